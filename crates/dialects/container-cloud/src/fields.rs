//! What requests take and answers give, field by field: the OpenAPI document is made from these tables, and the tests compare every answer with them.

use Kind::{Boolean, Id, Integer, Integers, Many, Map, Number, One, Text, Texts, Time};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text.
    Text,
    /// A point in time, RFC 3339 in UTC.
    Time,
    /// A whole number.
    Integer,
    /// A whole number, or a text with one: the documents show ids in both forms.
    Id,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Texts.
    Texts,
    /// Whole numbers.
    Integers,
    /// Texts under names that the caller chose.
    Map,
    /// An object.
    One(&'static Object),
    /// Objects.
    Many(&'static Object),
}

/// An object of the document.
#[derive(Debug)]
pub struct Object {
    /// What the document calls it.
    pub name: &'static str,
    /// What it holds.
    pub fields: &'static [Field],
}

/// A field of a request or an answer.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub about: &'static str,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether an answer may be without it.
    pub sometimes: bool,
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about, nullable: false, sometimes: false }
}

impl Field {
    const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    const fn sometimes(self) -> Self {
        Self { sometimes: true, ..self }
    }
}

const ID: Field = field("id", Integer, "its id");
const NAME: Field = field("name", Text, "its name");
const CREATED: Field = field("createdAt", Time, "when it was made");
const UPDATED: Field = field("updatedAt", Time, "when it was changed last");
const REASON: Field = field("reason", Text, "why it stands so; empty when there is nothing to say");
const SINCE: Field = field("since", Time, "since when it stands so");
const ATTEMPTS: Field = field("attempts", Integer, "how often it was tried since");
const NEXT_ATTEMPT: Field = field("nextAttemptAt", Time, "when it is tried next").or_null();
const CPU_QUOTA: Field = field("cpuQuota", Number, "cores in each datacenter; null is no limit").or_null();
const MEM_QUOTA: Field = field("memQuota", Number, "GiB of memory in each datacenter; null is no limit").or_null();
const STORAGE_QUOTA: Field = field("storageQuota", Number, "GiB of disks in each datacenter; null is no limit").or_null();
const BUDGET: Field = field("budget", Number, "the money planned, in yuan");
const BALANCE: Field = field("balance", Number, "the money left, in yuan");
const RESOURCE_STATE: Field = field("status", Text, "pending, provisioning, ready, updating, deleting or failed");

pub(crate) static ORGANIZATION: Object = Object {
    name: "Organization",
    fields: &[
        ID,
        NAME,
        field("description", Text, "free text"),
        CPU_QUOTA,
        MEM_QUOTA,
        STORAGE_QUOTA,
        BUDGET,
        BALANCE,
        field("dcIdList", Integers, "the datacenters that it has namespaces in"),
        field("parentId", Integer, "the organization above; null for the root").or_null(),
        field("status", Text, "active or closing"),
        REASON,
        CREATED,
        UPDATED,
    ],
};

pub(crate) static USER: Object = Object {
    name: "User",
    fields: &[
        ID,
        field("name", Text, "the name to show"),
        field("username", Text, "the login name"),
        field("email", Text, "the email address; empty when there is none"),
        field("phone", Text, "the telephone number"),
        field("comment", Text, "free text"),
        field("orgId", Integer, "the organization"),
        field("role", Text, "team.member, tenant.admin or system.admin"),
        field("enabled", Boolean, "whether the user may log in"),
        field("password", Text, "always empty"),
        CREATED,
        UPDATED,
    ],
};

pub(crate) static SESSION: Object = Object {
    name: "Session",
    fields: &[
        field("sessionId", Text, "the token for the header Authorization: 64 upper-case hex digits, shown this once"),
        field("userId", Integer, "who logged in"),
        field("userName", Text, "the login name"),
        field("name", Text, "the name to show"),
        field("orgId", Integer, "the user's organization"),
        field("role", Text, "team.member, tenant.admin or system.admin"),
        field("expiresAt", Time, "when the session ends"),
    ],
};

pub(crate) static USER_ID: Object = Object { name: "UserId", fields: &[field("userId", Integer, "whose")] };

static CAPACITY: Object = Object {
    name: "Capacity",
    fields: &[
        field("cpu", Number, "cores; null is no limit").or_null(),
        field("mem", Number, "GiB of memory; null is no limit").or_null(),
        field("storage", Number, "GiB of disks; null is no limit").or_null(),
    ],
};

static NAMESPACE: Object = Object { name: "Namespace", fields: &[NAME, RESOURCE_STATE, REASON] };

pub(crate) static DATACENTER: Object = Object {
    name: "Datacenter",
    fields: &[
        ID,
        NAME,
        field("kind", Text, "kubernetes or sandbox"),
        field("comment", Text, "free text"),
        field("endpoint", Text, "where it is; empty for who may not change it"),
        field("capacity", One(&CAPACITY), "what there is; all null for who may not change it"),
        field("overcommit", Number, "how often the capacity may be promised; null for who may not change it").or_null(),
        field("storageClass", Text, "the StorageClass of disks").or_null(),
        field("imageRegistry", Text, "put before image names that have no registry").or_null(),
        field("domainSuffix", Text, "the domain below which apps get their names").or_null(),
        field("version", Text, "what the peer says it is"),
        field("status", Text, "healthy or unhealthy"),
        field("reason", Text, "what is wrong; empty for who may not change it"),
        SINCE,
        ATTEMPTS,
        NEXT_ATTEMPT,
        CREATED,
        UPDATED,
        field("namespace", One(&NAMESPACE), "the organization's namespace there; where the datacenters of an organization are listed")
            .sometimes(),
    ],
};

pub(crate) static QUOTA: Object = Object {
    name: "QuotaStandard",
    fields: &[
        ID,
        NAME,
        field("cpu", Number, "cores"),
        field("mem", Number, "GiB of memory"),
        field("storage", Number, "GiB of disks"),
        field("cost", Number, "the price in yuan"),
        CREATED,
    ],
};

pub(crate) static DCQUOTA: Object = Object {
    name: "DatacenterQuota",
    fields: &[
        ID,
        field("orgId", Integer, "the organization"),
        field("dcId", Integer, "the datacenter"),
        field("dcName", Text, "the datacenter's name"),
        field("cpuQuota", Number, "cores; null is no limit").or_null(),
        field("memQuota", Number, "GiB of memory; null is no limit").or_null(),
        field("storageQuota", Number, "GiB of disks; null is no limit").or_null(),
        field("cpuUsed", Number, "cores taken, also by organizations below"),
        field("memUsed", Number, "GiB of memory taken, also by organizations below"),
        field("storageUsed", Number, "GiB of disks taken, also by organizations below"),
        field("overridden", Boolean, "whether it was set for this datacenter, so that the organization's totals do not hold"),
        UPDATED,
    ],
};

pub(crate) static DISK: Object = Object {
    name: "Disk",
    fields: &[
        ID,
        NAME,
        field("size", Integer, "GiB"),
        field("dcId", Integer, "the datacenter"),
        field("orgId", Integer, "the organization"),
        field("bound", Boolean, "whether there is storage behind it"),
        field("usedBy", Texts, "the apps that use it"),
        RESOURCE_STATE,
        REASON,
        SINCE,
        ATTEMPTS,
        NEXT_ATTEMPT,
        CREATED,
        UPDATED,
    ],
};

static MOUNT: Object =
    Object { name: "Mount", fields: &[field("disk", Text, "the disk's name"), field("path", Text, "the absolute path in the container")] };

pub(crate) static DEPLOYMENT: Object = Object {
    name: "Deployment",
    fields: &[
        ID,
        field("orgId", Integer, "the organization"),
        field("userId", Integer, "who released"),
        field("name", Text, "the app's name; free text in a plain record"),
        field("operation", Text, "create, update, scale, restart, stop, start, delete or rollback; free text in a plain record"),
        field("comment", Text, "free text"),
        field("dcId", Integer, "the datacenter; null in a plain record").or_null(),
        field("appId", Integer, "the app; null in a plain record and when it is gone").or_null(),
        field("image", Text, "the image; null when there is nothing to run").or_null(),
        field("replicas", Integer, "how many copies; null when there is nothing to run").or_null(),
        field("ports", Integers, "the ports that it listens on"),
        field("environment", Map, "the environment"),
        field("disks", Many(&MOUNT), "the disks in it"),
        field("cpu", Number, "cores of one copy; null when there is nothing to run").or_null(),
        field("mem", Number, "GiB of memory of one copy; null when there is nothing to run").or_null(),
        field("status", Text, "recorded, running, succeeded, failed or superseded"),
        field("message", Text, "why it stands so"),
        CREATED,
        field("endedAt", Time, "when it ended").or_null(),
    ],
};

static TAG: Object = Object {
    name: "ImageTag",
    fields: &[
        field("name", Text, "the tag"),
        field("digest", Text, "the digest of its manifest"),
        field("size", Integer, "bytes of its layers, of all platforms for an index"),
    ],
};

pub(crate) static IMAGE: Object = Object {
    name: "Image",
    fields: &[field("name", Text, "the repository"), field("registry", Text, "the registry's name"), field("tags", Many(&TAG), "its tags")],
};

static ACCOUNT: Object = Object { name: "Account", fields: &[BUDGET, BALANCE] };

pub(crate) static INIT: Object = Object {
    name: "Preparation",
    fields: &[
        field("dcList", Many(&DATACENTER), "the datacenters that the caller sees"),
        field("account", One(&ACCOUNT), "the account of the caller's organization"),
        field("quotaPkg", Many(&QUOTA), "the quota standards, as packages"),
    ],
};

static RESOURCE_QUOTA: Object = Object {
    name: "ResourceQuota",
    fields: &[field("cpu", Number, "cores; null is no limit").or_null(), field("mem", Number, "GiB of memory; null is no limit").or_null()],
};

static OPENED_IN: Object = Object {
    name: "OpenedIn",
    fields: &[
        field("dcId", Integer, "the datacenter"),
        field("namespace", Text, "the namespace's name"),
        field("resourceQuota", One(&RESOURCE_QUOTA), "its quota"),
        RESOURCE_STATE,
        REASON,
    ],
};

pub(crate) static OPENED: Object = Object {
    name: "OpenedOrganization",
    fields: &[
        field("orgId", Text, "the organization's id, as a text"),
        field("orgName", Text, "its name"),
        BUDGET,
        BALANCE,
        field("dataCenters", Many(&OPENED_IN), "its namespaces"),
    ],
};

static LISTED_ORGANIZATION: Object = Object {
    name: "ListedOrganization",
    fields: &[
        ID,
        NAME,
        field("description", Text, "free text"),
        CPU_QUOTA,
        MEM_QUOTA,
        STORAGE_QUOTA,
        BUDGET,
        BALANCE,
        field("dcIdList", Text, "the datacenters that it has namespaces in, as JSON in a text"),
        field("dcList", Integers, "the same as a list"),
        field("parentId", Integer, "the organization above").or_null(),
        field("status", Text, "active or closing"),
        REASON,
        CREATED,
        UPDATED,
    ],
};

pub(crate) static ORGANIZATIONS: Object =
    Object { name: "Organizations", fields: &[field("organizations", Many(&LISTED_ORGANIZATION), "a page of them")] };

/// What requests take. Beside these, numbers and booleans are taken as texts, and lists as texts too.
pub(crate) mod takes {
    use super::{Boolean, Field, Id, Integer, Integers, MOUNT, Many, Map, Number, Object, One, Text, field};

    const CPU_QUOTA: Field = field("cpuQuota", Number, "cores in each datacenter");
    const MEM_QUOTA: Field = field("memQuota", Number, "GiB of memory in each datacenter");
    const STORAGE_QUOTA: Field = field("storageQuota", Number, "GiB of disks in each datacenter");
    const BUDGET: Field = field("budget", Number, "the money planned, in yuan; from platform administrators");
    const BALANCE: Field = field("balance", Number, "what the account should hold, in yuan; from platform administrators");
    const DC_IDS: Field = field("dcIdList", Integers, "the datacenters that it should have namespaces in");
    const PACKAGE: Field = field("quotaPkgId", Integer, "a quota standard to buy: its cost is debited, what is in it added");
    const COUNT: Field = field("count", Integer, "how many of it; 1 without it");
    const CASCADE: Field = field("cascade", Boolean, "whether what is inside goes too");
    const OPERATOR: Field = field("orgId", Id, "the operator's organization");
    const OPERATOR_USER: Field = field("userId", Integer, "the operator; the session says who it is");
    const DESCRIPTION: Field = field("description", Text, "free text");

    pub(crate) static NEW_ORGANIZATION: &[Field] = &[
        field("name", Text, "an RFC 1123 label, unique on the platform; its namespaces are called so"),
        field("parentId", Integer, "the organization above; the caller's own without it"),
        DESCRIPTION,
        DC_IDS,
        CPU_QUOTA,
        MEM_QUOTA,
        STORAGE_QUOTA,
        BUDGET,
        BALANCE,
    ];
    pub(crate) static ORGANIZATION: &[Field] =
        &[DESCRIPTION, DC_IDS, CPU_QUOTA, MEM_QUOTA, STORAGE_QUOTA, BUDGET, BALANCE, PACKAGE, COUNT, CASCADE];
    pub(crate) static NEW_USER: &[Field] = &[
        field("email", Text, "the email address, unique on the platform; the login name unless another is given"),
        field("username", Text, "another login name"),
        field("name", Text, "the name to show; the login name without it"),
        field("password", Text, "at least 8 characters, and not the login name"),
        field("phone", Text, "the telephone number"),
        field("comment", Text, "free text"),
        field("role", Text, "team.member (without it), tenant.admin or system.admin"),
        field("enabled", Boolean, "whether the user may log in; true without it"),
    ];
    pub(crate) static USER: &[Field] = &[
        field("email", Text, "the email address; an empty one takes it away"),
        field("username", Text, "the login name"),
        field("name", Text, "the name to show"),
        field("phone", Text, "the telephone number"),
        field("comment", Text, "free text"),
        field("role", Text, "team.member, tenant.admin or system.admin"),
        field("enabled", Boolean, "whether the user may log in"),
    ];
    pub(crate) static LOGIN: &[Field] =
        &[field("username", Text, "the login name; email and name are taken too"), field("password", Text, "the password")];
    pub(crate) static PASSWORDS: &[Field] = &[
        field("oldPassword", Text, "the present one, for one's own; password is taken too"),
        field("newPassword", Text, "at least 8 characters, and not the login name"),
    ];
    static CAPACITY: Object = Object {
        name: "NewCapacity",
        fields: &[
            field("cpu", Number, "cores").or_null().sometimes(),
            field("mem", Number, "GiB of memory").or_null().sometimes(),
            field("storage", Number, "GiB of disks").or_null().sometimes(),
        ],
    };
    pub(crate) static DATACENTER: &[Field] = &[
        field("name", Text, "an RFC 1123 label"),
        field("kind", Text, "kubernetes (without it) or sandbox"),
        field("comment", Text, "free text"),
        field("kubeconfig", Text, "a kubeconfig document; stored sealed, never shown"),
        field("endpoint", Text, "the URL of the API server, with token instead of a kubeconfig"),
        field("ca", Text, "the PEM of its certificate authority"),
        field("token", Text, "a bearer token; stored sealed, never shown"),
        field("sandbox", Text, "the name of a sandbox; the datacenter's without it"),
        field("storageClass", Text, "the StorageClass of disks; an empty one is the cluster's default"),
        field("imageRegistry", Text, "put before image names that have no registry"),
        field("domainSuffix", Text, "the domain below which apps get their names"),
        field("capacity", One(&CAPACITY), "what there is; what is not named has no limit"),
        field("overcommit", Number, "how often the capacity may be promised; 1 without it"),
    ];
    pub(crate) static QUOTA: &[Field] = &[
        field("name", Text, "a unique name"),
        field("cpu", Number, "cores"),
        field("mem", Number, "GiB of memory"),
        field("storage", Number, "GiB of disks"),
        field("cost", Number, "the price in yuan"),
    ];
    const CPU: Field = field("cpuQuota", Number, "cores; cpu is taken too");
    const MEM: Field = field("memQuota", Number, "GiB of memory; mem is taken too");
    const STORAGE: Field = field("storageQuota", Number, "GiB of disks; storage is taken too");
    pub(crate) static NEW_DCQUOTA: &[Field] = &[field("dcId", Integer, "the datacenter"), CPU, MEM, STORAGE];
    pub(crate) static DCQUOTA: &[Field] = &[CPU, MEM, STORAGE];
    pub(crate) static NEW_DISK: &[Field] = &[
        field("name", Text, "an RFC 1123 label, unique in the namespace"),
        field("size", Integer, "GiB"),
        field("dcId", Integer, "the datacenter"),
    ];
    pub(crate) static DISK: &[Field] = &[field("size", Integer, "GiB, not less than it has")];
    pub(crate) static DEPLOYMENT: &[Field] = &[
        field("name", Text, "the app's name; free text in a plain record"),
        field("operation", Text, "create, update, scale, restart, stop, start, delete or rollback; free text in a plain record"),
        field("comment", Text, "free text"),
        field("dcId", Integer, "the datacenter; without it, or without anything of an app, nothing is carried out: it is a plain record"),
        field("image", Text, "the image"),
        field("replicas", Integer, "how many copies"),
        field("ports", Integers, "the ports that it listens on"),
        field("environment", Map, "the environment; env is taken too"),
        field("disks", Many(&MOUNT), "the disks in it"),
        field("cpu", Number, "cores of one copy"),
        field("mem", Number, "GiB of memory of one copy"),
        field("rollbackTo", Integer, "the release to go back to"),
    ];
    pub(crate) static CHECK: &[Field] = &[field("orgName", Text, "the name that is wanted"), OPERATOR];
    pub(crate) static OPEN: &[Field] = &[
        field("name", Text, "an RFC 1123 label, unique on the platform; its namespaces are called so"),
        OPERATOR,
        OPERATOR_USER,
        DC_IDS,
        CPU_QUOTA,
        MEM_QUOTA,
        STORAGE_QUOTA,
        BUDGET,
        BALANCE,
    ];
    pub(crate) static RESIZE: &[Field] = &[
        field("orgName", Text, "the organization that is changed; name is taken too"),
        OPERATOR,
        OPERATOR_USER,
        DC_IDS,
        CPU_QUOTA,
        MEM_QUOTA,
        STORAGE_QUOTA,
        BUDGET,
        BALANCE,
        PACKAGE,
        COUNT,
        CASCADE,
    ];
    pub(crate) static CLOSE: &[Field] = &[field("orgName", Text, "the organization that goes; name is taken too"), OPERATOR, CASCADE];

    const PAGE: Field = field("page", Integer, "the page, from 1; everything without page and pageSize");
    const PAGE_SIZE: Field = field("pageSize", Integer, "how many on a page; 20 without it, 1000 at most");
    pub(crate) static PAGES: &[Field] = &[PAGE, PAGE_SIZE];
    pub(crate) static NAMED_PAGES: &[Field] = &[PAGE, PAGE_SIZE, field("name", Text, "only this name")];
    pub(crate) static USER_PAGES: &[Field] = &[PAGE, PAGE_SIZE, field("name", Text, "only login names that begin so")];
    pub(crate) static IMAGE_PAGES: &[Field] = &[
        PAGE,
        PAGE_SIZE,
        field("registry", Text, "only this registry"),
        field("after", Text, "only what comes after this registry/repository"),
    ];
    pub(crate) static WITH_CASCADE: &[Field] = &[CASCADE];
}
