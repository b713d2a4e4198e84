//! What requests take and answers give, field by field: the OpenAPI document is made from these tables, and the tests compare every answer with them.

use tenantry_http::fields::Kind::{Boolean, Integer, Many, One, Text, Texts, Time};
use tenantry_http::fields::{Field, Object, field};

const NO_PASSWORD: Field = field("password", Text, "always empty");
const ROLE_ID: Field = field("roleId", Text, "the role's id");
const ROLE_NAME: Field = field("roleName", Text, "the role's name");
const TENANT_ID: Field = field("tenantId", Text, "the tenant's id");
const USER_ID: Field = field("userId", Text, "the user's id");
const KIND: Field = field("kind", Text, "what it is");
const API_VERSION: Field = field("apiVersion", Text, "v1");

pub(crate) static SESSION: Object = Object {
    name: "Session",
    fields: &[
        field("message", Text, "what to do with the token"),
        field("resCode", Integer, "200"),
        field("status", Text, "Login successful"),
        field("token", Text, "the login name, '_' and 64 upper-case hex digits; shown this once"),
    ],
};

pub(crate) static LOGOUT: Object =
    Object { name: "Logout", fields: &[field("resCode", Integer, "200"), field("status", Text, "Logout successful!")] };

pub(crate) static KIND_OF_LOGIN: Object =
    Object { name: "KindOfLogin", fields: &[field("type", Integer, "0: a directory is configured; 1: users are kept here alone")] };

pub(crate) static DONE: Object = Object {
    name: "Done",
    fields: &[
        field("message", Text, "what it was done to, or what was wrong and what would be right"),
        field("resCodel", Integer, "200; in a failure the HTTP status, 4004 or 4061"),
        field("status", Text, "what was done, or what failed"),
    ],
};

pub(crate) static AUTHC_FAILURE: Object = Object {
    name: "LoginFailure",
    fields: &[
        field("message", Text, "what was wrong and what would be right"),
        field("resCode", Integer, "the HTTP status"),
        field("status", Text, "what failed"),
    ],
};

pub(crate) static USER: Object = Object {
    name: "User",
    fields: &[
        field("createTime", Text, "when it was made, as 2017-07-27 14:03:29.0 in UTC"),
        field("description", Text, "free text"),
        field("email", Text, "the email address; empty when there is none"),
        field("id", Text, "a UUID"),
        NO_PASSWORD,
        field("phone", Text, "the telephone number"),
        field("username", Text, "the login name"),
    ],
};

pub(crate) static IS_ADMIN: Object = Object {
    name: "IsAdmin",
    fields: &[
        field("admin", Boolean, "whether the user is a platform administrator: system.admin on the root tenant"),
        field("userName", Text, "whose name it is"),
    ],
};

const TENANT_DESCRIPTION: Field = field("description", Text, "free text");
const TENANT_SLUG: Field = field("id", Text, "the id: an RFC 1123 label");
const TENANT_LEVEL: Field = field("level", Integer, "1 for the root tenant, 2 right below it");
const TENANT_NAME: Field = field("name", Text, "the name to show");
const PARENT_ID: Field = field("parentId", Text, "the tenant above; absent for the root, and when the caller does not see it").sometimes();

pub(crate) static REACHED: Object =
    Object { name: "ReachedTenant", fields: &[TENANT_DESCRIPTION, TENANT_SLUG, TENANT_LEVEL, TENANT_NAME, PARENT_ID] };

pub(crate) static TENANT: Object = Object {
    name: "Tenant",
    fields: &[
        TENANT_DESCRIPTION,
        TENANT_SLUG,
        TENANT_NAME,
        PARENT_ID,
        TENANT_LEVEL,
        field("dacpTeamCode", Integer, "a number that no other tenant has"),
    ],
};

static HELD: Object = Object {
    name: "HeldRole",
    fields: &[
        ROLE_ID,
        ROLE_NAME,
        TENANT_ID,
        field("tenantName", Text, "the tenant's name"),
        field("userDescription", Text, "free text about the user"),
        USER_ID,
        field("userName", Text, "the login name"),
        field("parentTenantName", Text, "the name of the tenant above; absent for the root, and when the caller does not see it")
            .sometimes(),
    ],
};

pub(crate) static USER_WITH_TENANTS: Object = Object {
    name: "UserWithTenants",
    fields: &[
        field("description", Text, "free text"),
        field("email", Text, "the email address; empty when there is none"),
        field("id", Text, "a UUID"),
        NO_PASSWORD,
        field("username", Text, "the login name"),
        field("urv", Many(&HELD), "the roles held on tenants that the caller sees"),
    ],
};

pub(crate) static BINDING: Object = Object {
    name: "Binding",
    fields: &[field("assignmentStatus", Text, "how it ended"), field("instanceName", Text, "the service instance")],
};

pub(crate) static ROLE: Object = Object {
    name: "Role",
    fields: &[
        field("description", Text, "what it is for"),
        field("id", Text, "its id"),
        field("rolename", Text, "its name"),
        field("permission", Text, "what it may do where it is held and below, as tenant:create,read user:read"),
    ],
};

static ANNOTATIONS: Object = Object {
    name: "ProjectAnnotations",
    fields: &[
        field("openshift.io/description", Text, "the tenant's description"),
        field("openshift.io/display-name", Text, "the tenant's name"),
        field("openshift.io/requester", Text, "the login name of who opened it"),
        field("openshift.io/sa.scc.mcs", Text, "empty: a cluster's own business"),
        field("openshift.io/sa.scc.supplemental-groups", Text, "empty: a cluster's own business"),
        field("openshift.io/sa.scc.uid-range", Text, "empty: a cluster's own business"),
    ],
};

static PROJECT_METADATA: Object = Object {
    name: "ProjectMetadata",
    fields: &[
        field("name", Text, "the tenant's id"),
        field("selfLink", Text, "where OpenShift has it"),
        field("uid", Text, "the tenant's UUID, a label on all that is made for it"),
        field("resourceVersion", Text, "the version of the tenant"),
        field("creationTimestamp", Time, "when it was opened"),
        field("annotations", One(&ANNOTATIONS), "what OpenShift notes"),
    ],
};

static PROJECT_SPEC: Object = Object { name: "ProjectSpec", fields: &[field("finalizers", Texts, "what has to be done before it goes")] };

static PROJECT_STATUS: Object = Object {
    name: "ProjectStatus",
    fields: &[
        field("phase", Text, "of its namespaces: Active, Pending, Failed or Terminating"),
        field("message", Text, "why it is not Active, when there is something to say").sometimes(),
    ],
};

pub(crate) static PROJECT: Object = Object {
    name: "Project",
    fields: &[
        KIND,
        API_VERSION,
        field("metadata", One(&PROJECT_METADATA), "what it is called"),
        field("spec", One(&PROJECT_SPEC), "what holds it"),
        field("status", One(&PROJECT_STATUS), "how it stands"),
    ],
};

static NO_METADATA: Object = Object { name: "NoMetadata", fields: &[] };

pub(crate) static STATUS: Object = Object {
    name: "Status",
    fields: &[
        KIND,
        API_VERSION,
        field("metadata", One(&NO_METADATA), "empty"),
        field("status", Text, "Success"),
        field("code", Integer, "200"),
        field("message", Text, "that it is being closed, when it is not gone yet").sometimes(),
    ],
};

pub(crate) static GRANTED: Object = Object { name: "Granted", fields: &[ROLE_ID, TENANT_ID, USER_ID] };

pub(crate) static TENANT_USER: Object = Object {
    name: "TenantUser",
    fields: &[
        ROLE_ID,
        ROLE_NAME,
        TENANT_ID,
        field("userDescription", Text, "free text about the user"),
        field("userEmail", Text, "the email address; empty when there is none"),
        USER_ID,
        field("userName", Text, "the login name"),
        field("userPassword", Text, "always empty"),
        field("userPhone", Text, "the telephone number"),
    ],
};

pub(crate) static USER_ROLE: Object =
    Object { name: "UserRole", fields: &[ROLE_ID, TENANT_ID, USER_ID, field("userName", Text, "the login name")] };

pub(crate) static PROXY_USER: Object = Object {
    name: "ProxyUser",
    fields: &[
        field("http_x_proxy_cas_email", Text, "the header of that name"),
        field("http_x_proxy_cas_loginname", Text, "the header of that name"),
        field("http_x_proxy_cas_mobile", Text, "the header of that name"),
        field("http_x_proxy_cas_userid", Text, "the header of that name"),
        field("http_x_proxy_cas_username", Text, "the header of that name"),
        field("admin", Boolean, "whether the user of that login name is a platform administrator here"),
    ],
};

pub(crate) static LINK: Object = Object {
    name: "Link",
    fields: &[
        field("blank", Boolean, "whether it opens in a window of its own"),
        field("description", Text, "free text"),
        field("href", Text, "where it goes"),
        field("id", Integer, "its id"),
        field("imageUrl", Text, "a picture for it"),
        field("name", Text, "its name"),
    ],
};

/// What requests take.
pub(crate) mod takes {
    use super::{Boolean, Field, Integer, Text, field};

    const DESCRIPTION: Field = field("description", Text, "free text");
    const EMAIL: Field = field("email", Text, "the email address, unique on the platform; an empty one takes it away");
    const PHONE: Field = field("phone", Text, "the telephone number");

    pub(crate) static LOGIN: &[Field] = &[
        field("username", Text, "the login name, or name#tenant where several tenants have one of the name"),
        field("password", Text, "the password; a one-time code right behind it where there is a second factor"),
    ];
    pub(crate) static NEW_USER: &[Field] = &[
        field("username", Text, "the login name, unique in the tenant that the user belongs to"),
        EMAIL,
        DESCRIPTION,
        field("password", Text, "at least 8 characters, and not the login name"),
        PHONE,
        field("tenantId", Text, "the tenant that the user belongs to; not in the document: the caller's own without it"),
    ];
    pub(crate) static USER: &[Field] = &[DESCRIPTION, EMAIL, PHONE];
    pub(crate) static PASSWORD: &[Field] = &[
        field("password", Text, "at least 8 characters, and not the login name"),
        field("oldPassword", Text, "the present one, for one's own later than ten minutes after logging in"),
    ];
    pub(crate) static TENANT: &[Field] = &[
        field("id", Text, "an RFC 1123 label, unique on the platform; made from the name without it"),
        field("name", Text, "the name to show, unique on the platform"),
        DESCRIPTION,
        field("parentId", Text, "the tenant above; the caller's own without it"),
    ];
    pub(crate) static GRANT: &[Field] = &[
        field("userId", Text, "the user's id; a login name is taken too"),
        field("roleId", Text, "the role's id; its name and its place in the list of roles are taken too"),
    ];
    pub(crate) static LINK: &[Field] = &[
        field("blank", Boolean, "whether it opens in a window of its own"),
        DESCRIPTION,
        field("href", Text, "an http or https URL, a path on this server, or '#' and a place on the page"),
        field("imageUrl", Text, "an http or https URL, a path on this server, or the name of a picture that the page has"),
        field("name", Text, "a unique name"),
    ];

    const PAGE: Field = field("page", Integer, "the page, from 1; everything without page and pageSize");
    const PAGE_SIZE: Field = field("pageSize", Integer, "how many on a page; 20 without it, 1000 at most");
    pub(crate) static PAGES: &[Field] = &[PAGE, PAGE_SIZE];
    pub(crate) static CHILDREN: &[Field] =
        &[PAGE, PAGE_SIZE, field("all", Boolean, "whether all below are listed, not only those right below")];
    pub(crate) static CASCADE: &[Field] = &[field("cascade", Boolean, "whether what is inside goes too")];
}
