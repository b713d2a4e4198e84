//! Every operation of documents 1 and 2, as a table: what the OpenAPI document and the tests are made from.

use crate::fields::{
    DATACENTER, DCQUOTA, DEPLOYMENT, DISK, IMAGE, INIT, OPENED, ORGANIZATION, ORGANIZATIONS, QUOTA, SESSION, USER, USER_ID, takes,
};
use Gives::{Leaving, Many, Nothing, One};
pub use tenantry_http::fields::{Field, Kind, Object};
use tenantry_http::openapi::op;

/// What the data of an answer is.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// Null.
    Nothing,
    /// An object.
    One(&'static Object),
    /// A list of objects.
    Many(&'static Object),
    /// An object that is on its way out, or only `id`, `name` and the status `deleted` when it is gone already.
    Leaving(&'static Object),
}

/// An operation of this dialect; where POST changes something, PUT does too.
pub type Operation = tenantry_http::openapi::Operation<Gives>;

/// Whether the header `X-Total-Count` says how long the whole list is: where it is answered in pages.
#[must_use]
pub fn counted(operation: &Operation) -> bool {
    operation.asks.iter().any(|field| field.name == "page")
}

/// The 43 operations, and the delete that the page of B05 has a button for.
pub const ALL: &[Operation] = &[
    op("A01", "POST", "/api/v1/organizations", "create_organization", "Open an organization", One(&ORGANIZATION))
        .takes(takes::NEW_ORGANIZATION, &["name"]),
    op("A02", "GET", "/api/v1/organizations", "list_organizations", "List organizations", Many(&ORGANIZATION)).asks(takes::NAMED_PAGES),
    op("A03", "GET", "/api/v1/organizations/{orgId}", "get_organization", "Get an organization", One(&ORGANIZATION)),
    op("A04", "POST", "/api/v1/organizations/{orgId}", "update_organization", "Change an organization", One(&ORGANIZATION))
        .takes(takes::ORGANIZATION, &[]),
    op(
        "A05",
        "GET",
        "/api/v1/organizations/{orgId}/datacenters",
        "list_organization_datacenters",
        "List its datacenters",
        Many(&DATACENTER),
    )
    .asks(takes::NAMED_PAGES),
    op("A06", "DELETE", "/api/v1/organizations/{orgId}", "delete_organization", "Close an organization", Leaving(&ORGANIZATION))
        .asks(takes::WITH_CASCADE),
    op("A07", "POST", "/api/v1/organizations/{orgId}/users", "create_user", "Make a user", One(&USER))
        .takes(takes::NEW_USER, &["password"]),
    op("A08", "GET", "/api/v1/organizations/{orgId}/users", "list_users", "List users", Many(&USER)).asks(takes::USER_PAGES),
    op("A09", "GET", "/api/v1/organizations/{orgId}/users/{userId}", "get_user", "Get a user", One(&USER)),
    op("A10", "POST", "/api/v1/organizations/{orgId}/users/{userId}", "update_user", "Change a user", One(&USER)).takes(takes::USER, &[]),
    op("A11", "DELETE", "/api/v1/organizations/{orgId}/users/{userId}", "delete_user", "Remove a user", One(&USER)),
    op("A12", "POST", "/api/v1/users/login", "create_session", "Log in", One(&SESSION)).takes(takes::LOGIN, &["username", "password"]),
    op("A13", "POST", "/api/v1/users/{userId}/logout", "delete_session", "Log out", One(&USER_ID)),
    op("A14", "POST", "/api/v1/user/{userId}/password", "update_password", "Change a password", One(&USER_ID))
        .takes(takes::PASSWORDS, &["newPassword"]),
    op("A15", "POST", "/api/v1/datacenters", "create_datacenter", "Connect a datacenter", One(&DATACENTER))
        .takes(takes::DATACENTER, &["name"]),
    op("A16", "GET", "/api/v1/datacenters", "list_datacenters", "List datacenters", Many(&DATACENTER)).asks(takes::NAMED_PAGES),
    op("A17", "GET", "/api/v1/datacenters/{dcId}", "get_datacenter", "Get a datacenter", One(&DATACENTER)),
    op("A18", "POST", "/api/v1/datacenters/{dcId}", "update_datacenter", "Change a datacenter", One(&DATACENTER))
        .takes(takes::DATACENTER, &[]),
    op("A19", "DELETE", "/api/v1/datacenters/{dcId}", "delete_datacenter", "Disconnect a datacenter", One(&DATACENTER)),
    op("A20", "POST", "/api/v1/quotas", "create_quota", "Make a quota standard", One(&QUOTA)).takes(takes::QUOTA, &["name"]),
    op("A21", "GET", "/api/v1/quotas", "list_quotas", "List quota standards", Many(&QUOTA)).asks(takes::NAMED_PAGES),
    op("A22", "GET", "/api/v1/quotas/{id}", "get_quota", "Get a quota standard", One(&QUOTA)),
    op("A23", "POST", "/api/v1/quotas/{id}", "update_quota", "Change a quota standard", One(&QUOTA)).takes(takes::QUOTA, &[]),
    op("A24", "DELETE", "/api/v1/quotas/{id}", "delete_quota", "Remove a quota standard", One(&QUOTA)),
    op("A25", "POST", "/api/v1/organizations/{orgId}/dcquotas", "create_dcquota", "Set a datacenter quota", One(&DCQUOTA))
        .takes(takes::NEW_DCQUOTA, &["dcId"]),
    op("A26", "GET", "/api/v1/organizations/{orgId}/dcquotas", "list_dcquotas", "List datacenter quotas", Many(&DCQUOTA))
        .asks(takes::PAGES),
    op("A27", "GET", "/api/v1/organizations/{orgId}/dcquotas/{id}", "get_dcquota", "Get a datacenter quota", One(&DCQUOTA)),
    op("A28", "POST", "/api/v1/organizations/{orgId}/dcquotas/{id}", "update_dcquota", "Change a datacenter quota", One(&DCQUOTA))
        .takes(takes::DCQUOTA, &[]),
    op("A29", "DELETE", "/api/v1/organizations/{orgId}/dcquotas/{id}", "delete_dcquota", "Take a datacenter quota back", One(&DCQUOTA)),
    op("A30", "POST", "/api/v1/organizations/{orgId}/rbds", "create_disk", "Make a disk", One(&DISK))
        .takes(takes::NEW_DISK, &["name", "size", "dcId"]),
    op("A31", "GET", "/api/v1/organizations/{orgId}/rbds", "list_disks", "List disks", Many(&DISK)).asks(takes::NAMED_PAGES),
    op("A32", "GET", "/api/v1/organizations/{orgId}/rbds/{id}", "get_disk", "Get a disk", One(&DISK)),
    op("A33", "POST", "/api/v1/organizations/{orgId}/rbds/{id}", "update_disk", "Grow a disk", One(&DISK)).takes(takes::DISK, &["size"]),
    op("A34", "DELETE", "/api/v1/organizations/{orgId}/rbds/{id}", "delete_disk", "Remove a disk", Leaving(&DISK)),
    op(
        "A35",
        "POST",
        "/api/v1/organizations/{orgId}/users/{userId}/deployments",
        "create_deployment",
        "Append a release",
        One(&DEPLOYMENT),
    )
    .takes(takes::DEPLOYMENT, &["name"]),
    op(
        "A36",
        "GET",
        "/api/v1/organizations/{orgId}/users/{userId}/deployments",
        "list_deployments",
        "List releases, newest first",
        Many(&DEPLOYMENT),
    )
    .asks(takes::NAMED_PAGES),
    op("A37", "GET", "/api/v1/organizations/{orgId}/users/{userId}/deployments/{id}", "get_deployment", "Get a release", One(&DEPLOYMENT)),
    op("A38", "GET", "/api/v1/registry/images", "list_images", "List images", Many(&IMAGE)).asks(takes::IMAGE_PAGES),
    op("B01", "GET", "/api/v1/organization/init", "prepare_organization", "Datacenters, account and packages", One(&INIT)),
    op("B02", "POST", "/api/v1/organization/check", "check_organization_name", "Whether a name is free", Nothing)
        .takes(takes::CHECK, &["orgName"]),
    op("B03", "POST", "/api/v1/organization/new", "open_organization", "Open an organization with its namespaces", One(&OPENED))
        .takes(takes::OPEN, &["name"]),
    op("B04", "POST", "/api/v1/organization/update", "resize_organization", "Change quota, datacenters and account", One(&OPENED))
        .takes(takes::RESIZE, &["orgName"]),
    op("B05", "GET", "/api/v1/organization", "list_organization_accounts", "List organizations", One(&ORGANIZATIONS))
        .asks(takes::NAMED_PAGES),
    op("B05+", "POST", "/api/v1/organization/delete", "close_organization", "Close an organization by name", Leaving(&ORGANIZATION))
        .takes(takes::CLOSE, &["orgName"]),
];
