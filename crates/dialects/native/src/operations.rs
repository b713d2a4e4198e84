//! Every operation of the native API, as a table: what the OpenAPI document and the tests are made from.

use tenantry_http::openapi::{self, Operation, op};
use utoipa::openapi::OpenApi;

/// The operations.
pub const ALL: [Operation; 73] = [
    op("tenants", "POST", "/api/v2/tenants/{id}/retry", "retry_tenant", "Try again now", &[]),
    op("tenants", "POST", "/api/v2/tenants/{id}/forget", "forget_tenant", "Give up on what cannot be removed", &[]),
    op("sessions", "POST", "/api/v2/sessions", "create_session", "Log in", &["username", "password"]),
    op("sessions", "GET", "/api/v2/sessions/current", "get_session", "Who is logged in", &[]),
    op("sessions", "DELETE", "/api/v2/sessions/current", "delete_session", "Log out", &[]),
    op("tenants", "GET", "/api/v2/tenants", "list_tenants", "List tenants", &[]),
    op(
        "tenants",
        "POST",
        "/api/v2/tenants",
        "create_tenant",
        "Open a tenant",
        &["name", "parent_id", "description", "quota", "datacenter_ids", "budget", "balance"],
    ),
    op("tenants", "GET", "/api/v2/tenants/{id}", "get_tenant", "Get a tenant", &[]),
    op(
        "tenants",
        "PATCH",
        "/api/v2/tenants/{id}",
        "update_tenant",
        "Change a tenant",
        &["description", "quota", "datacenter_ids", "budget", "balance"],
    ),
    op("tenants", "DELETE", "/api/v2/tenants/{id}", "delete_tenant", "Close a tenant", &[]),
    op("tenants", "GET", "/api/v2/tenants/{id}/namespaces", "list_tenant_namespaces", "Its namespaces", &[]),
    op("tenants", "GET", "/api/v2/tenants/{id}/kubeconfig", "get_kubeconfig", "A kubeconfig limited to the tenant", &[]),
    op("accounts", "GET", "/api/v2/tenants/{id}/account", "get_account", "Get its account", &[]),
    op("accounts", "PUT", "/api/v2/tenants/{id}/account", "update_account", "Set budget or balance", &["budget", "balance"]),
    op("accounts", "GET", "/api/v2/tenants/{id}/account/lines", "list_account_lines", "Its ledger lines", &[]),
    op("accounts", "POST", "/api/v2/tenants/{id}/purchases", "create_purchase", "Buy packages", &["quota_plan_id", "count"]),
    op("quotas", "GET", "/api/v2/tenants/{id}/quotas", "list_quotas", "List datacenter quotas", &[]),
    op("quotas", "POST", "/api/v2/tenants/{id}/quotas", "create_quota", "Set a datacenter quota", &["datacenter_id", "quota"]),
    op("quotas", "GET", "/api/v2/tenants/{id}/quotas/{quota}", "get_quota", "Get a datacenter quota", &[]),
    op("quotas", "PATCH", "/api/v2/tenants/{id}/quotas/{quota}", "update_quota", "Change a datacenter quota", &["quota"]),
    op("quotas", "DELETE", "/api/v2/tenants/{id}/quotas/{quota}", "delete_quota", "Back to the totals", &[]),
    op("users", "GET", "/api/v2/users", "list_users", "List users", &[]),
    op(
        "users",
        "POST",
        "/api/v2/users",
        "create_user",
        "Make a user",
        &["tenant_id", "username", "name", "email", "password", "phone", "comment", "role", "enabled"],
    ),
    op("users", "GET", "/api/v2/users/{id}", "get_user", "Get a user", &[]),
    op(
        "users",
        "PATCH",
        "/api/v2/users/{id}",
        "update_user",
        "Change a user",
        &["username", "name", "email", "password", "phone", "comment", "role", "enabled"],
    ),
    op("users", "DELETE", "/api/v2/users/{id}", "delete_user", "Remove a user", &[]),
    op("users", "PUT", "/api/v2/users/{id}/password", "update_password", "Change a password", &["old_password", "new_password"]),
    op("datacenters", "GET", "/api/v2/datacenters", "list_datacenters", "List datacenters", &[]),
    op(
        "datacenters",
        "POST",
        "/api/v2/datacenters",
        "create_datacenter",
        "Connect a datacenter",
        &["name", "comment", "kind", "kubeconfig", "endpoint", "ca_pem", "token", "sandbox", "options", "capacity", "overcommit"],
    ),
    op("datacenters", "GET", "/api/v2/datacenters/{id}", "get_datacenter", "Get a datacenter", &[]),
    op(
        "datacenters",
        "PATCH",
        "/api/v2/datacenters/{id}",
        "update_datacenter",
        "Change a datacenter",
        &["name", "comment", "kind", "kubeconfig", "endpoint", "ca_pem", "token", "sandbox", "options", "capacity", "overcommit"],
    ),
    op("datacenters", "DELETE", "/api/v2/datacenters/{id}", "delete_datacenter", "Disconnect a datacenter", &[]),
    op("datacenters", "POST", "/api/v2/datacenters/{id}/check", "check_datacenter", "Check its health now", &[]),
    op("quota plans", "GET", "/api/v2/quota-plans", "list_quota_plans", "List quota plans", &[]),
    op(
        "quota plans",
        "POST",
        "/api/v2/quota-plans",
        "create_quota_plan",
        "Make a quota plan",
        &["name", "cpu", "memory_gib", "storage_gib", "cost"],
    ),
    op("quota plans", "GET", "/api/v2/quota-plans/{id}", "get_quota_plan", "Get a quota plan", &[]),
    op(
        "quota plans",
        "PATCH",
        "/api/v2/quota-plans/{id}",
        "update_quota_plan",
        "Change a quota plan",
        &["name", "cpu", "memory_gib", "storage_gib", "cost"],
    ),
    op("quota plans", "DELETE", "/api/v2/quota-plans/{id}", "delete_quota_plan", "Remove a quota plan", &[]),
    op("namespaces", "GET", "/api/v2/namespaces", "list_namespaces", "List namespaces", &[]),
    op("namespaces", "GET", "/api/v2/namespaces/{id}", "get_namespace", "Get a namespace", &[]),
    op("namespaces", "POST", "/api/v2/namespaces/{id}/retry", "retry_namespace", "Try again now", &[]),
    op("namespaces", "POST", "/api/v2/namespaces/{id}/forget", "forget_namespace", "Give up on what cannot be removed", &[]),
    op("disks", "GET", "/api/v2/disks", "list_disks", "List disks", &[]),
    op("disks", "GET", "/api/v2/disks/{id}", "get_disk", "Get a disk", &[]),
    op("disks", "POST", "/api/v2/disks/{id}/retry", "retry_disk", "Try again now", &[]),
    op("disks", "POST", "/api/v2/disks/{id}/forget", "forget_disk", "Give up on what cannot be removed", &[]),
    op("apps", "GET", "/api/v2/apps", "list_apps", "List apps", &[]),
    op("apps", "GET", "/api/v2/apps/{id}", "get_app", "Get an app", &[]),
    op("apps", "POST", "/api/v2/apps/{id}/retry", "retry_app", "Try again now", &[]),
    op("apps", "POST", "/api/v2/apps/{id}/forget", "forget_app", "Give up on what cannot be removed", &[]),
    op("namespaces", "POST", "/api/v2/namespaces/{id}/adopt", "adopt_namespace", "Take over a namespace that was there before", &[]),
    op("disks", "POST", "/api/v2/disks", "create_disk", "Make a disk", &["tenant_id", "datacenter_id", "name", "size_gib"]),
    op("disks", "PATCH", "/api/v2/disks/{id}", "update_disk", "Grow a disk", &["size_gib"]),
    op("disks", "DELETE", "/api/v2/disks/{id}", "delete_disk", "Remove a disk", &[]),
    op(
        "apps",
        "POST",
        "/api/v2/apps",
        "create_app",
        "Deploy an app",
        &["tenant_id", "datacenter_id", "name", "image", "replicas", "ports", "environment", "disks", "cpu", "memory_gib", "comment"],
    ),
    op(
        "apps",
        "PATCH",
        "/api/v2/apps/{id}",
        "update_app",
        "Change an app",
        &["image", "replicas", "ports", "environment", "disks", "cpu", "memory_gib", "comment"],
    ),
    op("apps", "DELETE", "/api/v2/apps/{id}", "delete_app", "Remove an app", &[]),
    op("apps", "POST", "/api/v2/apps/{id}/restart", "restart_app", "Restart an app", &["comment"]),
    op("apps", "POST", "/api/v2/apps/{id}/stop", "stop_app", "Stop an app", &["comment"]),
    op("apps", "POST", "/api/v2/apps/{id}/start", "start_app", "Start an app", &["comment"]),
    op("apps", "POST", "/api/v2/apps/{id}/rollback", "rollback_app", "Go back to an earlier release", &["release_id", "comment"]),
    op("releases", "GET", "/api/v2/releases", "list_releases", "List releases, newest first", &[]),
    op("releases", "GET", "/api/v2/releases/{id}", "get_release", "Get a release", &[]),
    op("registries", "GET", "/api/v2/registries", "list_registries", "List registries", &[]),
    op(
        "registries",
        "POST",
        "/api/v2/registries",
        "create_registry",
        "Record a registry",
        &["name", "url", "username", "password", "ca_pem"],
    ),
    op("registries", "GET", "/api/v2/registries/{id}", "get_registry", "Get a registry", &[]),
    op(
        "registries",
        "PATCH",
        "/api/v2/registries/{id}",
        "update_registry",
        "Change a registry",
        &["name", "url", "username", "password", "ca_pem"],
    ),
    op("registries", "DELETE", "/api/v2/registries/{id}", "delete_registry", "Remove a registry", &[]),
    op("registries", "GET", "/api/v2/images", "list_images", "List images", &[]),
    op("audit", "GET", "/api/v2/audit", "list_audit", "List audit records, newest first", &[]),
    op("orphans", "GET", "/api/v2/orphans", "list_orphans", "List what may have been left behind", &[]),
    op("orphans", "DELETE", "/api/v2/orphans/{id}", "delete_orphan", "Strike an orphan from the list", &[]),
    op("events", "GET", "/api/v2/events", "watch_events", "Watch what is committed", &[]),
];

/// The OpenAPI 3.1 document of the native API; committed as `generated/openapi.json`.
#[must_use]
pub fn openapi() -> OpenApi {
    openapi::document("Tenantry: native API", &ALL, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_the_present_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../generated/openapi.json");
        let present = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
        if std::env::var_os("TENANTRY_UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &present).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), present, "run: make generate");
    }
}
