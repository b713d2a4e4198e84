//! Every operation of documents 1 and 2, as a table: what the OpenAPI document and the tests are made from.

use tenantry_http::openapi::{self, Operation, op};
use utoipa::openapi::OpenApi;

const ORGANIZATION: &[&str] =
    &["name", "description", "dcIdList", "cpuQuota", "memQuota", "storageQuota", "budget", "balance", "quotaPkgId", "count", "cascade"];
const USER: &[&str] = &["username", "name", "email", "password", "phone", "comment", "role", "enabled"];
const DATACENTER: &[&str] = &[
    "name",
    "kind",
    "comment",
    "kubeconfig",
    "endpoint",
    "ca",
    "token",
    "storageClass",
    "imageRegistry",
    "domainSuffix",
    "capacity",
    "overcommit",
];
const QUOTA: &[&str] = &["name", "cpu", "mem", "storage", "cost"];
const DCQUOTA: &[&str] = &["dcId", "cpuQuota", "memQuota", "storageQuota"];
const DISK: &[&str] = &["name", "size", "dcId"];
const RELEASE: &[&str] =
    &["name", "operation", "comment", "dcId", "image", "replicas", "ports", "environment", "disks", "cpu", "mem", "rollbackTo"];
const ADMIN: &[&str] = &[
    "orgId",
    "userId",
    "name",
    "orgName",
    "dcIdList",
    "cpuQuota",
    "memQuota",
    "storageQuota",
    "budget",
    "balance",
    "quotaPkgId",
    "count",
    "cascade",
];

/// The 43 operations, and the delete that the page of B05 has a button for.
pub const ALL: [Operation; 44] = [
    op("A01", "POST", "/api/v1/organizations", "create_organization", "Open an organization", ORGANIZATION),
    op("A02", "GET", "/api/v1/organizations", "list_organizations", "List organizations", &[]),
    op("A03", "GET", "/api/v1/organizations/{orgId}", "get_organization", "Get an organization", &[]),
    op("A04", "POST", "/api/v1/organizations/{orgId}", "update_organization", "Change an organization", ORGANIZATION),
    op("A05", "GET", "/api/v1/organizations/{orgId}/datacenters", "list_organization_datacenters", "List its datacenters", &[]),
    op("A06", "DELETE", "/api/v1/organizations/{orgId}", "delete_organization", "Close an organization", &[]),
    op("A07", "POST", "/api/v1/organizations/{orgId}/users", "create_user", "Make a user", USER),
    op("A08", "GET", "/api/v1/organizations/{orgId}/users", "list_users", "List users", &[]),
    op("A09", "GET", "/api/v1/organizations/{orgId}/users/{userId}", "get_user", "Get a user", &[]),
    op("A10", "POST", "/api/v1/organizations/{orgId}/users/{userId}", "update_user", "Change a user", USER),
    op("A11", "DELETE", "/api/v1/organizations/{orgId}/users/{userId}", "delete_user", "Remove a user", &[]),
    op("A12", "POST", "/api/v1/users/login", "create_session", "Log in", &["username", "password"]),
    op("A13", "POST", "/api/v1/users/{userId}/logout", "delete_session", "Log out", &[]),
    op("A14", "POST", "/api/v1/user/{userId}/password", "update_password", "Change a password", &["oldPassword", "newPassword"]),
    op("A15", "POST", "/api/v1/datacenters", "create_datacenter", "Connect a datacenter", DATACENTER),
    op("A16", "GET", "/api/v1/datacenters", "list_datacenters", "List datacenters", &[]),
    op("A17", "GET", "/api/v1/datacenters/{dcId}", "get_datacenter", "Get a datacenter", &[]),
    op("A18", "POST", "/api/v1/datacenters/{dcId}", "update_datacenter", "Change a datacenter", DATACENTER),
    op("A19", "DELETE", "/api/v1/datacenters/{dcId}", "delete_datacenter", "Disconnect a datacenter", &[]),
    op("A20", "POST", "/api/v1/quotas", "create_quota", "Make a quota standard", QUOTA),
    op("A21", "GET", "/api/v1/quotas", "list_quotas", "List quota standards", &[]),
    op("A22", "GET", "/api/v1/quotas/{id}", "get_quota", "Get a quota standard", &[]),
    op("A23", "POST", "/api/v1/quotas/{id}", "update_quota", "Change a quota standard", QUOTA),
    op("A24", "DELETE", "/api/v1/quotas/{id}", "delete_quota", "Remove a quota standard", &[]),
    op("A25", "POST", "/api/v1/organizations/{orgId}/dcquotas", "create_dcquota", "Set a datacenter quota", DCQUOTA),
    op("A26", "GET", "/api/v1/organizations/{orgId}/dcquotas", "list_dcquotas", "List datacenter quotas", &[]),
    op("A27", "GET", "/api/v1/organizations/{orgId}/dcquotas/{id}", "get_dcquota", "Get a datacenter quota", &[]),
    op("A28", "POST", "/api/v1/organizations/{orgId}/dcquotas/{id}", "update_dcquota", "Change a datacenter quota", DCQUOTA),
    op("A29", "DELETE", "/api/v1/organizations/{orgId}/dcquotas/{id}", "delete_dcquota", "Take a datacenter quota back", &[]),
    op("A30", "POST", "/api/v1/organizations/{orgId}/rbds", "create_disk", "Make a disk", DISK),
    op("A31", "GET", "/api/v1/organizations/{orgId}/rbds", "list_disks", "List disks", &[]),
    op("A32", "GET", "/api/v1/organizations/{orgId}/rbds/{id}", "get_disk", "Get a disk", &[]),
    op("A33", "POST", "/api/v1/organizations/{orgId}/rbds/{id}", "update_disk", "Grow a disk", DISK),
    op("A34", "DELETE", "/api/v1/organizations/{orgId}/rbds/{id}", "delete_disk", "Remove a disk", &[]),
    op("A35", "POST", "/api/v1/organizations/{orgId}/users/{userId}/deployments", "create_deployment", "Append a release", RELEASE),
    op("A36", "GET", "/api/v1/organizations/{orgId}/users/{userId}/deployments", "list_deployments", "List releases, newest first", &[]),
    op("A37", "GET", "/api/v1/organizations/{orgId}/users/{userId}/deployments/{id}", "get_deployment", "Get a release", &[]),
    op("A38", "GET", "/api/v1/registry/images", "list_images", "List images", &[]),
    op("B01", "GET", "/api/v1/organization/init", "prepare_organization", "Datacenters, account and packages", &[]),
    op("B02", "POST", "/api/v1/organization/check", "check_organization_name", "Whether a name is free", &["orgName", "orgId"]),
    op("B03", "POST", "/api/v1/organization/new", "open_organization", "Open an organization with its namespaces", ADMIN),
    op("B04", "POST", "/api/v1/organization/update", "resize_organization", "Change quota, datacenters and account", ADMIN),
    op("B05", "GET", "/api/v1/organization", "list_organization_accounts", "List organizations", &[]),
    op(
        "B05+",
        "POST",
        "/api/v1/organization/delete",
        "close_organization",
        "Close an organization by name",
        &["orgName", "orgId", "cascade"],
    ),
];

/// The OpenAPI 3.1 document of the dialect.
#[must_use]
pub fn openapi() -> OpenApi {
    openapi::document("Tenantry: container cloud dialect", &ALL, &["code", "message", "msg", "data"])
}
