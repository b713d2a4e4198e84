//! How far somebody reaches: group administrators, administrators of tenants, members, and tokens for programs.

use serde_json::{Value, json};

use crate::common::Server;
use crate::{GOOD, log_in, status, tenant, user};

/// What each of these is answered with.
async fn answers(server: &Server, token: &str, asked: &[(&str, String, Option<Value>, u16)]) {
    for (method, path, body, wanted) in asked {
        let answer = server.send(token, method, &format!("/api/v2{path}"), body.clone()).await;
        assert_eq!(answer.status.as_u16(), *wanted, "{method} {path}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_of_a_group_manages_the_people_below_it_and_nobody_else() {
    let server = Server::start().await;
    let dev = tenant(&server, "dev").await;
    let group = async |parent: Option<i64>, name: &str| {
        let body = json!({"name": name, "parent_id": parent, "tenant_id": if parent.is_none() { json!(dev) } else { Value::Null }});
        server.post("/api/v2/groups", body).await.body["id"].as_i64().unwrap()
    };
    let team = group(None, "team").await;
    let squad = group(Some(team), "squad").await;
    let beside = group(None, "beside").await;
    user(&server, dev, "lead", json!({"group_id": team, "group_admin": true})).await;
    let below = user(&server, dev, "below", json!({"group_id": squad})).await;
    let peer = user(&server, dev, "peer", json!({"group_id": team, "group_admin": true})).await;
    let outside = user(&server, dev, "outside", json!({"group_id": beside})).await;
    let boss = user(&server, dev, "boss", json!({"group_id": squad, "role": "tenant.admin"})).await;
    let lead = log_in(&server, "lead").await;
    let new = |name: &str, more: Value| {
        let mut body = json!({"tenant_id": dev, "username": name, "password": GOOD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Some(body)
    };
    let reset = || Some(json!({"new_password": "another-password"}));
    let renamed = || Some(json!({"comment": "moved"}));
    answers(
        &server,
        &lead,
        &[
            ("POST", "/users".into(), new("made", json!({"group_id": squad})), 201),
            ("PATCH", format!("/users/{below}"), renamed(), 200),
            ("PUT", format!("/users/{below}/password"), reset(), 204),
            ("GET", format!("/sessions?user_id={below}"), None, 200),
            ("POST", "/groups".into(), Some(json!({"name": "crew", "parent_id": squad})), 201),
            ("PUT", format!("/groups/{squad}/members/{below}"), Some(json!({"admin": true})), 200),
            // beside it, above it, and those who are as strong or stronger
            ("POST", "/users".into(), new("no", json!({})), 403),
            ("POST", "/users".into(), new("no", json!({"group_id": beside})), 403),
            ("POST", "/users".into(), new("no", json!({"group_id": squad, "role": "tenant.admin"})), 403),
            ("PATCH", format!("/users/{below}"), Some(json!({"role": "tenant.admin"})), 403),
            ("PATCH", format!("/users/{outside}"), renamed(), 403),
            ("PUT", format!("/users/{outside}/password"), reset(), 403),
            ("PUT", format!("/users/{peer}/password"), reset(), 403),
            ("DELETE", format!("/users/{peer}"), None, 403),
            ("PUT", format!("/users/{boss}/password"), reset(), 403),
            ("DELETE", format!("/users/{boss}/second-factor"), None, 403),
            ("GET", format!("/sessions?user_id={boss}"), None, 403),
            ("PUT", format!("/groups/{beside}/members/{below}"), Some(json!({})), 403),
            ("PUT", format!("/groups/{squad}/members/{outside}"), Some(json!({})), 403),
            ("DELETE", format!("/groups/{beside}"), None, 403),
            ("POST", "/groups".into(), Some(json!({"name": "x", "tenant_id": dev})), 403),
            ("PUT", format!("/tenants/{dev}/roles/{below}"), Some(json!({"role": "tenant.admin"})), 403),
            ("PATCH", format!("/tenants/{dev}"), renamed().map(|_| json!({"description": "mine"})), 403),
            ("PUT", "/users/1/password".into(), reset(), 404),
        ],
    )
    .await;
    assert_eq!(server.get(&format!("/api/v2/users/{outside}")).await.body["comment"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_administrator_neither_makes_nor_changes_platform_staff() {
    let server = Server::start().await;
    let (dev, qa) = (tenant(&server, "dev").await, tenant(&server, "qa").await);
    user(&server, dev, "boss", json!({"role": "tenant.admin"})).await;
    // staff may belong to a customer's tenant
    let staff = user(&server, dev, "staff", json!({})).await;
    assert_eq!(
        status(&server, &server.token, "PUT", &format!("/api/v2/tenants/1/roles/{staff}"), Some(json!({"role": "maintainer"}))).await,
        200
    );
    let member = user(&server, dev, "member", json!({})).await;
    let stranger = user(&server, qa, "stranger", json!({})).await;
    let boss = log_in(&server, "boss").await;
    let role = |role: &str| Some(json!({"role": role}));
    let reset = || Some(json!({"new_password": "another-password"}));
    answers(
        &server,
        &boss,
        &[
            ("PUT", format!("/tenants/{dev}/roles/{member}"), role("tenant.admin"), 200),
            ("PUT", format!("/tenants/{dev}/roles/{member}"), role("telecom"), 422),
            ("PUT", format!("/tenants/1/roles/{member}"), role("system.admin"), 404),
            ("PUT", format!("/tenants/1/roles/{member}"), role("team.member"), 404),
            ("PATCH", format!("/users/{member}"), role("system.admin"), 422),
            ("POST", "/users".into(), Some(json!({"tenant_id": 1, "username": "x", "password": GOOD})), 404),
            ("PATCH", format!("/users/{staff}"), Some(json!({"comment": "x"})), 403),
            ("PATCH", format!("/users/{staff}"), Some(json!({"enabled": false})), 403),
            ("PUT", format!("/users/{staff}/password"), reset(), 403),
            ("DELETE", format!("/users/{staff}/second-factor"), None, 403),
            ("DELETE", format!("/users/{staff}"), None, 403),
            ("DELETE", format!("/tenants/1/roles/{staff}"), None, 404),
            ("GET", "/users/1".into(), None, 404),
            ("PUT", "/users/1/password".into(), reset(), 404),
            ("GET", format!("/users/{stranger}"), None, 404),
            ("PUT", format!("/tenants/{qa}/roles/{member}"), role("team.member"), 404),
            ("PUT", format!("/tenants/{dev}/roles/{stranger}"), role("team.member"), 404),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_reads_nobody_elses_sessions_and_tokens() {
    let server = Server::start().await;
    let dev = tenant(&server, "dev").await;
    let ann = user(&server, dev, "ann", json!({})).await;
    user(&server, dev, "bob", json!({})).await;
    let (anns, bobs) = (log_in(&server, "ann").await, log_in(&server, "bob").await);
    let token = server.send(&anns, "POST", "/api/v2/tokens", Some(json!({"name": "ci"}))).await.body["id"].clone();
    let session = server.send(&anns, "GET", "/api/v2/sessions", None).await.body["items"][0]["id"].clone();
    answers(
        &server,
        &bobs,
        &[
            ("GET", format!("/sessions?user_id={ann}"), None, 403),
            ("DELETE", format!("/sessions?user_id={ann}"), None, 403),
            ("DELETE", format!("/sessions/{session}"), None, 404),
            ("GET", format!("/tokens?user_id={ann}"), None, 403),
            ("GET", format!("/tokens/{token}"), None, 404),
            ("POST", format!("/tokens/{token}/rotate"), None, 404),
            ("DELETE", format!("/tokens/{token}"), None, 404),
            ("GET", "/sessions?user_id=1".into(), None, 404),
            ("GET", "/tokens?user_id=1".into(), None, 404),
        ],
    )
    .await;
    assert_eq!(status(&server, &anns, "GET", "/api/v2/sessions/current", None).await, 200);
    // an administrator sees a token and removes it, and has no secret of it
    answers(
        &server,
        &server.token,
        &[("GET", format!("/tokens/{token}"), None, 200), ("POST", format!("/tokens/{token}/rotate"), None, 403)],
    )
    .await;
    answers(&server, &server.token, &[("DELETE", format!("/tokens/{token}"), None, 204)]).await;
    answers(&server, &anns, &[("GET", format!("/tokens/{token}"), None, 404)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_no_more_than_its_scope_in_any_dialect() {
    let server = Server::start().await;
    let (dev, qa) = (tenant(&server, "dev").await, tenant(&server, "qa").await);
    let make = async |body: Value| server.post("/api/v2/tokens", body).await.body["secret"].as_str().unwrap().to_owned();
    let narrow = make(json!({"name": "narrow", "roles": ["team.member"], "tenant_ids": [dev]})).await;
    let native = make(json!({"name": "native", "dialects": ["native"]})).await;
    let whole = make(json!({"name": "whole"})).await;
    let container = |token: String, method: &'static str, path: String, body: Option<Value>| {
        let server = &server;
        async move { server.send(&token, method, &format!("/api/v1{path}"), body).await }
    };
    let organization = |id: i64| format!("/organizations/{id}");
    assert_eq!(container(narrow.clone(), "GET", organization(dev), None).await.data()["name"], "dev");
    assert_eq!(container(narrow.clone(), "GET", organization(qa), None).await.refusal(), (404, 1414));
    assert_eq!(container(narrow.clone(), "POST", organization(dev), Some(json!({"cpuQuota": 9}))).await.refusal(), (403, 1700));
    assert_eq!(container(native, "GET", organization(dev), None).await.refusal(), (401, 1402), "it is for the native API");
    assert_eq!(container(whole.clone(), "GET", organization(qa), None).await.data()["name"], "qa");
    answers(
        &server,
        &narrow,
        &[
            ("GET", format!("/tenants/{dev}"), None, 200),
            ("GET", format!("/tenants/{qa}"), None, 404),
            ("PATCH", format!("/tenants/{dev}"), Some(json!({"description": "x"})), 403),
            ("PATCH", "/users/1".into(), Some(json!({"email": "mine@evil.example"})), 404),
            ("POST", "/quota-plans".into(), Some(json!({"name": "x", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 1})), 403),
        ],
    )
    .await;
    // even one without limits makes no other credentials, and does not change whose it is
    answers(
        &server,
        &whole,
        &[
            ("GET", "/users/1".into(), None, 200),
            ("PATCH", "/users/1".into(), Some(json!({"email": "mine@evil.example"})), 403),
            ("POST", "/tokens".into(), Some(json!({"name": "more"})), 403),
            ("GET", "/sessions".into(), None, 403),
            ("POST", "/users/me/second-factor".into(), Some(json!({"password": crate::common::PASSWORD})), 403),
        ],
    )
    .await;
}
