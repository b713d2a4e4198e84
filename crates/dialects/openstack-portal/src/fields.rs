//! What operations take and answer, field by field: the OpenAPI document is made from these tables, and the tests compare every answer with them.

use tenantry_http::fields::Kind::{Boolean, Integer, Many, One, Text, Time};
use tenantry_http::fields::{Field, Object, field};

pub(crate) mod cloud;

const ID: Field = field("id", Integer, "its id");
const NAME: Field = field("name", Text, "its name");
const DESCRIPTION: Field = field("description", Text, "free text");
const TENANT_ID: Field = field("tenant_id", Integer, "the tenant");
const CREATED: Field = field("created_at", Time, "when it was made");
const UPDATED: Field = field("updated_at", Time, "when it was changed last");

static TENANT: Object = Object {
    name: "Tenant",
    fields: &[
        ID,
        NAME,
        field("label", Text, "what its namespaces and projects are called by: an RFC 1123 label, made from the name when it was opened"),
        DESCRIPTION,
        field("customer_manager", Text, "who looks after the customer"),
        field("enabled", Boolean, "whether its users, and those of the tenants below, may log in"),
        field("default", Boolean, "whether it has a default network"),
        field("root_group_id", Integer, "the group at the top of its tree of groups"),
        field("parent_tenant_id", Integer, "the tenant above; null for the root").or_null(),
        field("status", Text, "active or closing"),
        field("reason", Text, "why it stands so, or why it got no default network; empty when there is nothing to say"),
        CREATED,
        UPDATED,
    ],
};

static CHILD: Object =
    Object { name: "ChildGroup", fields: &[ID, NAME, DESCRIPTION, field("parent_group_id", Integer, "the group above")] };

static GROUP: Object = Object {
    name: "Group",
    fields: &[
        ID,
        NAME,
        DESCRIPTION,
        TENANT_ID,
        field("parent_group_id", Integer, "the group above; null for a tenant's root group").or_null(),
        field("children_set", Many(&CHILD), "the groups right below it"),
        CREATED,
        UPDATED,
    ],
};

static PLACE: Object = Object {
    name: "PlaceInGroup",
    fields: &[field("group_id", Integer, "the group"), field("is_admin", Boolean, "whether the user administers it and all below it")],
};

static USER: Object = Object {
    name: "User",
    fields: &[
        ID,
        field("name", Text, "the name: the user logs in as name#tenant"),
        DESCRIPTION,
        field("password", Text, "always empty"),
        TENANT_ID,
        field("role", Text, "team.member, tenant.admin, system.admin, telecom or maintainer; null without one on the tenant").or_null(),
        field("enabled", Boolean, "whether the user may log in"),
        field("group_id", Integer, "the group that was asked for, else the first of groups; null in no group").or_null(),
        field("is_admin", Boolean, "whether the user administers that group and all below it"),
        field("groups", Many(&PLACE), "every group that the user is in"),
        CREATED,
        UPDATED,
    ],
};

static ERROR: Object = Object {
    name: "Error",
    fields: &[field("code", Integer, "the HTTP status"), field("message", Text, "what was wrong, and what would be right")],
};

pub(crate) static REFUSAL: Object = Object { name: "Refusal", fields: &[field("error", One(&ERROR), "why it was refused")] };

pub(crate) static LOGIN: Object = Object {
    name: "LoginAnswer",
    fields: &[
        field("token", Text, "64 upper-case hex digits for the header Authorization, shown this once; a cookie holds it too"),
        field("expires_at", Time, "when it ends, also when it is in use"),
        field("user", One(&USER), "who logged in"),
    ],
};

pub(crate) static TENANT_ANSWER: Object = Object { name: "TenantAnswer", fields: &[field("tenant", One(&TENANT), "the tenant")] };

pub(crate) static TENANTS_ANSWER: Object = Object { name: "TenantsAnswer", fields: &[field("tenants", Many(&TENANT), "all of them")] };

pub(crate) static GROUP_ANSWER: Object = Object { name: "GroupAnswer", fields: &[field("group", One(&GROUP), "the group")] };

pub(crate) static USER_ANSWER: Object = Object { name: "UserAnswer", fields: &[field("user", One(&USER), "the user")] };

pub(crate) static USERS_ANSWER: Object = Object {
    name: "UsersAnswer",
    fields: &[
        field("users", Many(&USER), "everybody in the group; when group_id alone was given").sometimes(),
        field("user", One(&USER), "the user; when user_id was given").sometimes(),
    ],
};

/// What operations take. Beside these, ids are taken as texts, and booleans as texts and as 1 and 0.
pub(crate) mod takes {
    use super::{Boolean, Field, Integer, Text, field};

    const NAME: Field = field("name", Text, "another name");
    const DESCRIPTION: Field = field("description", Text, "free text");
    const MANAGER: Field = field("customer_manager", Text, "who looks after the customer");
    const TENANT_ID: Field = field("tenant_id", Integer, "the tenant");
    const ENABLED: Field = field("enabled", Boolean, "whether its users may log in, as a text: true or false");
    const USER_ENABLED: Field = field("enabled", Boolean, "whether the user may log in; true for a new one without it");
    const PASSWORD: Field = field("password", Text, "at least 8 characters, and not the user's name");

    pub(crate) static LOGIN: &[Field] = &[
        field("identification", Text, "user#tenant, with the tenant's name; without # platform staff, or an email address"),
        field("password", Text, "the password"),
        field("code", Text, "the one-time code of a user with a second factor; it is taken behind the password too"),
    ];
    pub(crate) static NEW_TENANT: &[Field] = &[
        field("name", Text, "a name that no other tenant has"),
        DESCRIPTION,
        MANAGER,
        field("default", Boolean, "whether a default network and router are wanted in its clouds; the answer says whether they were made"),
        field("admin_name", Text, "the name of its first administrator; admin without it"),
        field("admin_password", Text, "the first administrator's password; without it nobody logs in as such until one is set"),
        field("admin_description", Text, "free text about the first administrator"),
        field("tenant_id", Integer, "a tenant to change: with it this is C04 and makes nothing"),
        field("enabled", Boolean, "with tenant_id: whether its users may log in, as a text: true or false"),
    ];
    pub(crate) static TENANT: &[Field] = &[TENANT_ID, NAME, DESCRIPTION, MANAGER, ENABLED];
    pub(crate) static NEW_GROUP: &[Field] = &[
        field("parent_group_id", Integer, "the group above; a tenant's answer names its root_group_id"),
        field("name", Text, "a name that no other group right below that one has"),
        DESCRIPTION,
    ];
    pub(crate) static GROUP: &[Field] = &[field("group_id", Integer, "the group of the path again"), NAME, DESCRIPTION];
    pub(crate) static NEW_USER: &[Field] = &[
        field("group_id", Integer, "the group that the user is put into, and with it the tenant"),
        field("name", Text, "a name that no other user of the tenant has"),
        PASSWORD,
        DESCRIPTION,
        USER_ENABLED,
        field("is_admin", Boolean, "whether the user administers the group and all below it; false without it"),
    ];
    pub(crate) static USER: &[Field] = &[
        field("user_id", Integer, "the user of the path again"),
        field("group_id", Integer, "the group that the user is in, or is moved to: out of all others then"),
        NAME,
        PASSWORD,
        field("old_password", Text, "the present password, for changing one's own"),
        DESCRIPTION,
        USER_ENABLED,
        field(
            "is_admin",
            Boolean,
            "whether the user administers that group; without it that stays, and a user who is moved is a plain member",
        ),
    ];
    pub(crate) static USERS: &[Field] = &[
        field("group_id", Integer, "the group whose users are listed; required without user_id, ignored with it"),
        field("user_id", Integer, "this user alone, for who administers them"),
    ];
    pub(crate) static REMOVED_USER: &[Field] = &[
        field("user_id", Integer, "the user"),
        field("group_id", Integer, "the group that the user leaves and stays with the tenant; without it the user is removed for good"),
    ];
}
