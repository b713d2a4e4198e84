//! The native API through its router.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod clouds;
mod common;
mod identity;
mod openstack;
mod password_resets;
mod permissions;
mod places;
mod quotas;
mod sign_on;
mod usage;

use std::fmt::Write as _;

use axum::body::Body;
use common::App;
use serde_json::{Value, json};

#[tokio::test]
async fn an_app_is_made_changed_restarted_and_removed_each_by_a_release() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let disk = app.post("/disks", json!({"tenant_id": tenant, "datacenter_id": 1, "name": "data", "size_gib": 10})).await;
    assert_eq!((disk.status.as_u16(), &disk.body["spec"]["size_gib"]), (201, &json!(10)), "{}", disk.body);
    let mount = json!([{"disk": "data", "path": "/data"}]);
    let new = json!({"tenant_id": tenant, "datacenter_id": 1, "name": "web", "image": "nginx:1", "cpu": 0.5, "disks": mount,
        "environment": {"A": "1", "B": "2"}});
    let made = app.post("/apps", new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = made.headers["location"].to_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
    assert!(made.headers.contains_key("x-release-id"));
    let blocked = app.send(&app.admin, "DELETE", "/disks/2", &[], Value::Null).await;
    assert_eq!((blocked.status.as_u16(), &blocked.body["blockers"]), (409, &json!(["app 'web'"])), "{}", blocked.body);
    let changed = app.send(&app.admin, "PATCH", &path, &[], json!({"ports": [80], "environment": {"A": null}})).await;
    assert_eq!(
        (&changed.body["spec"]["ports"], &changed.body["spec"]["environment"]),
        (&json!([80]), &json!({"B": "2"})),
        "{}",
        changed.body
    );
    assert_eq!(app.post(&format!("{path}/restart"), json!({"comment": "again"})).await.status, 200);
    assert_eq!(app.send(&app.admin, "DELETE", &path, &[], Value::Null).await.status, 202);
    let releases = app.get(&format!("/releases?tenant_id={tenant}")).await.body;
    let operations: Vec<&str> = releases["items"].as_array().unwrap().iter().map(|r| r["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["delete", "restart", "update", "create"]);
}

#[tokio::test]
async fn pages_show_everything_once_in_every_order() {
    let app = App::start().await;
    for name in ["c", "a", "e", "b", "d"] {
        app.tenant(name).await;
    }
    for (sort, wanted) in [("name", "a b c d e root"), ("-name", "root e d c b a"), ("id", "root c a e b d"), ("-id", "d b e a c root")] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/tenants?limit=2&sort={sort}{after}")).await.body;
            seen.extend(page["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.join(" "), wanted, "{sort}");
    }
}

#[tokio::test]
async fn a_change_of_an_old_version_is_refused() {
    let app = App::start().await;
    let path = format!("/tenants/{}", app.tenant("dev").await);
    let tag = app.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
    let change = |text: &str| json!({"description": text});
    assert_eq!(app.send(&app.admin, "PATCH", &path, &[("if-match", &tag)], change("one")).await.status, 200);
    let stale = app.send(&app.admin, "PATCH", &path, &[("if-match", &tag)], change("two")).await;
    assert_eq!((stale.status.as_u16(), &stale.body["code"]), (412, &json!("stale_version")));
    assert_eq!(app.send(&app.admin, "DELETE", "/datacenters/1", &[("if-match", "\"99\"")], Value::Null).await.status, 412);
    assert_eq!(app.get(&path).await.body["description"], "one");
}

#[tokio::test]
async fn the_same_key_happens_once_also_at_the_same_moment() {
    let app = App::start().await;
    let body = json!({"name": "once", "quota": {"cpu": 1, "memory_gib": 1}});
    let key = [("idempotency-key", "k-1")];
    let send = || app.send(&app.admin, "POST", "/tenants", &key, body.clone());
    let (first, second) = tokio::join!(send(), send());
    for answer in [&first, &second] {
        assert!(matches!(answer.status.as_u16(), 201 | 303), "{} {}", answer.status, answer.body);
    }
    let replayed = [&first, &second].iter().filter(|a| a.headers.contains_key("idempotent-replayed")).count();
    assert_eq!(replayed, 1);
    let again = send().await;
    assert_eq!((again.status.as_u16(), again.headers.get("idempotent-replayed").is_some()), (201, true), "{}", again.body);
    assert!(again.headers.contains_key("location") && again.headers.contains_key("etag"));
    let other = app.send(&app.admin, "POST", "/tenants", &key, json!({"name": "other"})).await;
    assert_eq!((other.status.as_u16(), &other.body["code"]), (422, &json!("invalid_argument")));
    assert_eq!(app.get("/tenants?name=once").await.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    app.post("/disks", json!({"tenant_id": tenant, "datacenter_id": 1, "name": "data", "size_gib": 10})).await;
    let before = app.get("/disks").await.body;
    let new = json!({"tenant_id": tenant, "datacenter_id": 1, "name": "more", "size_gib": 5});
    let dry = app.post("/disks?dry_run=true", new).await;
    assert_eq!((dry.status.as_u16(), &dry.body["dry_run"]), (200, &json!(true)), "{}", dry.body);
    assert_eq!(
        dry.body["quota"],
        json!([{"datacenter_id": 1, "tenant_id": tenant, "cpu": 0, "memory_gib": 0, "storage_gib": 5, "servers": 0, "volumes": 1,
        "networks": 0, "routers": 0, "floating_ips": 0, "instances": 0}])
    );
    let large = json!({"tenant_id": tenant, "datacenter_id": 1, "name": "large", "size_gib": 500});
    assert_eq!(app.post("/disks?dry_run=true", large).await.body["code"], "quota_exceeded");
    let blocked = app.send(&app.admin, "DELETE", &format!("/tenants/{tenant}?dry_run=true"), &[], Value::Null).await;
    assert_eq!((blocked.status.as_u16(), &blocked.body["blockers"]), (409, &json!(["disk 'data'"])), "{}", blocked.body);
    let close = app.send(&app.admin, "DELETE", &format!("/tenants/{tenant}?dry_run=true&cascade=true"), &[], Value::Null).await.body;
    let mut removed: Vec<&str> = close["removes"].as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap()).collect();
    removed.sort_unstable();
    assert_eq!(removed, ["disk", "namespace", "tenant"]);
    assert_eq!(
        (app.get("/disks").await.body, app.get(&format!("/tenants/{tenant}")).await.body["state"].clone()),
        (before, json!("active"))
    );
}

#[tokio::test]
async fn bad_input_is_a_problem_that_names_the_argument() {
    let app = App::start().await;
    let mut table = String::new();
    for (method, path, body) in [
        ("POST", "/tenants", "{"),
        ("POST", "/tenants", "[]"),
        ("POST", "/tenants", "{}"),
        ("POST", "/tenants", r#"{"name":"x","quota":{"cpu":"much"}}"#),
        ("POST", "/tenants", r#"{"name":"x","quota":{"gpu":1}}"#),
        ("POST", "/tenants", r#"{"name":"x","quota":{"cpu":-1,"memory_gib":1}}"#),
        ("POST", "/tenants", r#"{"name":"Not A Label","quota":{"cpu":1,"memory_gib":1}}"#),
        ("GET", "/tenants?limit=0", ""),
        ("GET", "/tenants?after=x", ""),
        ("GET", "/tenants?colour=red", ""),
        ("GET", "/tenants?sort=colour", ""),
        ("GET", "/tenants/1?wait=61", ""),
        ("GET", "/tenants/x", ""),
        ("GET", "/nothing", ""),
        ("POST", "/tenants", r#"{"name":"x","administrator":{"username":"x"}}"#),
        ("POST", "/groups", "{}"),
        ("POST", "/groups", r#"{"name":" "}"#),
        ("GET", "/groups?parent_id=x", ""),
        ("PUT", "/groups/1/members/1", r#"{"admin":"perhaps"}"#),
        ("PUT", "/tenants/1/roles/1", "{}"),
        ("PUT", "/tenants/1/roles/1", r#"{"role":"king"}"#),
        ("PUT", "/tenants/1/roles/x", r#"{"role":"telecom"}"#),
        ("GET", "/sessions?user_id=x", ""),
        ("DELETE", "/sessions?colour=red", ""),
        ("DELETE", "/sessions/x", ""),
        ("POST", "/tokens", "{}"),
        ("POST", "/tokens", r#"{"name":"x","days":-1}"#),
        ("POST", "/tokens", r#"{"name":"x","tenant_ids":["x"]}"#),
        ("POST", "/tokens", r#"{"name":"x","scope":{}}"#),
        ("POST", "/users/me/second-factor", "{}"),
        ("POST", "/users/me/second-factor/confirm", "{}"),
        ("PUT", "/users/me/second-factor", "{}"),
        ("POST", "/password-resets", "{}"),
        ("POST", "/password-resets", r#"{"username":" "}"#),
        ("POST", "/password-resets", r#"{"username":"x","email":"x"}"#),
        ("POST", "/password-resets/confirm", r#"{"token":"x"}"#),
        ("POST", "/password-resets/confirm", r#"{"token":"x","new_password":"a-good-password"}"#),
        ("GET", "/mails?colour=red", ""),
        ("POST", "/links", r#"{"name":"x"}"#),
        ("POST", "/links", r#"{"name":"x","href":"javascript:x"}"#),
        ("GET", "/why", ""),
        ("GET", "/why?action=fly&kind=disk", ""),
        ("PUT", "/tenants", "{}"),
        ("GET", "/sign-ons/nobody", ""),
        ("GET", "/sign-ons/company?return_to=//evil.example", ""),
        ("GET", "/sign-ons/company?to=/", ""),
        ("GET", "/sign-ons/company/callback", ""),
        ("GET", "/sign-ons/company/callback?state=s", ""),
        ("GET", "/sign-ons/company/callback?state=s&code=c&code=d", ""),
        ("POST", "/sign-ons/company", "{}"),
        ("POST", "/sign-ons/company", r#"{"redirect_uri":"https://evil.example/callback"}"#),
        ("POST", "/sign-ons/company/finish", r#"{"state":"s","secret":"a.b"}"#),
        ("POST", "/sign-ons/company/finish", r#"{"state":"s","secret":"a.b","code":"c"}"#),
    ] {
        let answer = app.raw(&app.admin, method, path, &[], Body::from(body)).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        let field = answer.body["field"].as_str().unwrap_or("-");
        let _ = writeln!(table, "{} {} {field} <- {method} {path} {body}", answer.status.as_u16(), answer.body["code"].as_str().unwrap());
    }
    golden("bad_input.txt", &table);
}

/// Compares with a committed file of this name.
fn golden(name: &str, table: &str) {
    tenantry_testkit::committed(&format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR")), table);
}

#[tokio::test]
async fn directories_are_looked_at_and_their_people_come_in_pages() {
    let app = App::start().await;
    let found = app.get("/directories").await.body;
    let well = |name: &str, kind: &str| json!({"name": name, "kind": kind, "healthy": true, "message": ""});
    let all = [well("staff", "directory"), well("company", "provider"), well("partners", "provider")];
    assert_eq!(found, json!({"items": all, "next": null}));
    let first = app.get("/directories/staff/users?prefix=an&limit=1").await.body;
    assert_eq!(first["items"], json!([{"username": "ann", "name": "ANN", "email": null, "phone": null}]));
    let next = first["next"].as_str().unwrap();
    let second = app.get(&format!("/directories/staff/users?prefix=an&limit=1&after={next}")).await.body;
    assert_eq!((second["items"][0]["username"].as_str(), &second["next"]), (Some("anton"), &Value::Null));
    assert_eq!(app.get("/directories/elsewhere/users").await.status, 404);
}
