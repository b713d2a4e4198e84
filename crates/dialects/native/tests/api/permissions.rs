//! Who may do what: every operation of the document, called by everybody that there is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::common::{self, App};
use crate::golden;

/// What an operation is sent so that it is understood; `{}` suffices where nothing is required.
fn body(operation: &str, tenant: i64) -> Value {
    match operation {
        "create_tenant" => json!({"name": "new", "parent_id": tenant, "quota": {"cpu": 0, "memory_gib": 0, "storage_gib": 0}}),
        "update_account" => json!({"balance": 5}),
        "create_purchase" => json!({"quota_plan_id": 1}),
        "create_quota" => json!({"datacenter_id": 1, "quota": {"cpu": 3}}),
        "create_user" => json!({"tenant_id": tenant, "username": "new", "password": "a-good-password"}),
        "update_password" => json!({"new_password": "a-good-password"}),
        "create_datacenter" => json!({"name": "new", "kind": "sandbox"}),
        "create_quota_plan" => json!({"name": "new", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 1}),
        "create_disk" => json!({"tenant_id": tenant, "datacenter_id": 1, "name": "new", "size_gib": 1}),
        "update_disk" => json!({"size_gib": 2}),
        "create_app" => json!({"tenant_id": tenant, "datacenter_id": 1, "name": "new", "image": "nginx"}),
        "create_registry" => json!({"name": "new", "url": "https://registry.example"}),
        "create_group" => json!({"name": "new", "tenant_id": tenant}),
        "update_tenant_role" => json!({"role": "team.member"}),
        "create_token" => json!({"name": "new"}),
        "begin_second_factor" | "renew_recovery_codes" | "delete_second_factor" => json!({"password": common::PASSWORD}),
        "confirm_second_factor" => json!({"code": "000000"}),
        "begin_sign_on" => json!({"redirect_uri": "http://127.0.0.1:1/callback"}),
        "finish_sign_on" => json!({"state": "unknown", "secret": "a.b", "code": "c"}),
        "create_link" => json!({"name": "new", "href": "/docs"}),
        _ => json!({}),
    }
}

/// The query that makes an operation one on somebody else's things.
fn query(operation: &str, tenant: i64, other: &Value) -> String {
    match operation {
        "get_kubeconfig" => "datacenter_id=1".to_owned(),
        "get_why" => format!("action=update&kind=tenant&tenant_id={tenant}"),
        "list_sessions" | "list_tokens" | "end_sessions" => format!("user_id={other}"),
        _ => String::new(),
    }
}

/// What who has to change the password may do all the same.
const FIRST_OF_ALL: [&str; 8] = [
    "create_session",
    "get_session",
    "delete_session",
    "list_login_methods",
    "open_sign_on",
    "return_from_sign_on",
    "begin_sign_on",
    "finish_sign_on",
];

#[tokio::test]
async fn who_may_do_what_is_as_the_table_says() {
    let app = App::start().await;
    let (tenant, elsewhere) = (app.tenant("dev").await, app.tenant("elsewhere").await);
    let place = json!({"tenant_id": tenant, "datacenter_id": 1});
    let with = |more: Value| {
        let mut all = place.as_object().unwrap().clone();
        all.extend(more.as_object().unwrap().clone());
        Value::Object(all)
    };
    let disk = app.post("/disks", with(json!({"name": "data", "size_gib": 1}))).await.body["id"].clone();
    let made = app.post("/apps", with(json!({"name": "web", "image": "nginx:1"}))).await;
    let release = made.headers["x-release-id"].to_str().unwrap().to_owned();
    app.post("/quota-plans", json!({"name": "small", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 0})).await;
    app.post("/registries", json!({"name": "hub", "url": "https://registry.example"})).await;
    app.post("/links", json!({"name": "manual", "href": "/docs"})).await;
    let namespace = app.get(&format!("/namespaces?tenant_id={tenant}")).await.body["items"][0]["id"].clone();
    let quota = app.get(&format!("/tenants/{tenant}/quotas")).await.body["items"][0]["id"].clone();
    let group = app.post("/groups", json!({"tenant_id": tenant, "name": "team"})).await.body["id"].clone();
    let inside = |name: &str, admin: bool| json!({"tenant_id": tenant, "username": name, "password": common::PASSWORD, "group_id": group, "group_admin": admin});
    let other = app.post("/users", inside("other", false)).await.body["id"].clone();
    let others = app.login("other").await;
    let token = app.send(&others, "POST", "/tokens", &[], json!({"name": "ci"})).await.body["id"].clone();
    let session = app.get(&format!("/sessions?user_id={other}")).await.body["items"][0]["id"].clone();
    assert_eq!(app.post("/users", inside("lead", true)).await.status, 201);
    let mut late = inside("late", false);
    late["must_change_password"] = json!(true);
    late["role"] = json!("tenant.admin");
    assert_eq!(app.post("/users", late).await.status, 201);
    let callers = [
        ("anonymous", String::new()),
        ("stranger", app.user(elsewhere, "stranger", "tenant.admin").await),
        ("member", app.user(tenant, "member", "team.member").await),
        ("group admin", app.login("lead").await),
        ("tenant admin", app.user(tenant, "boss", "tenant.admin").await),
        ("telecom", app.user(1, "telecom", "telecom").await),
        ("maintainer", app.user(1, "maintainer", "maintainer").await),
        ("platform admin", app.admin.clone()),
        ("must change", app.login("late").await),
    ];
    let mut table = format!("{:<26}{}\n", "operation", callers.iter().map(|(n, _)| format!("{n:<16}")).collect::<String>().trim_end());
    for (path, item) in app.document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let object = match path.split('/').nth(3).unwrap() {
                "tenants" => json!(tenant),
                "users" => other.clone(),
                "disks" => disk.clone(),
                "apps" => made.body["id"].clone(),
                "namespaces" => namespace.clone(),
                "releases" => json!(release.parse::<i64>().unwrap()),
                "groups" => group.clone(),
                "tokens" => token.clone(),
                "sessions" => session.clone(),
                _ => json!(1),
            };
            let place = path.strip_prefix("/api/v2").unwrap().replace("{id}", &object.to_string());
            let place = place.replace("{quota_id}", &quota.to_string()).replace("{user_id}", &other.to_string());
            let place = place.replace("{name}", if place.starts_with("/sign-ons") { "company" } else { "staff" });
            let method = method.to_uppercase();
            let dry = if method == "GET" { "" } else { "&dry_run=true" };
            let mut row = format!("{id:<26}");
            for (caller, token) in &callers {
                let sent = if method == "GET" { Value::Null } else { body(id, tenant) };
                let answer = app.send(token, &method, &format!("{place}?{}{dry}", query(id, tenant, &other)), &[], sent).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{id}: {}", answer.body);
                if *caller == "must change" && !FIRST_OF_ALL.contains(&id) {
                    let told = answer.body["detail"].as_str().unwrap_or_default();
                    assert!(status == 403 && told.contains("tenantry password"), "{id}: {status} {}", answer.body);
                }
                let _ = write!(row, "{status:<16}");
            }
            table += row.trim_end();
            table.push('\n');
        }
    }
    golden("permissions.txt", &table);
}
