//! `POST /v1/token`, tokens in every form, sessions that end, and the statuses of old.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_cluster_manager::Options;

use crate::app::{App, Envelope as _, PASSWORD, tenant_id, user_id};

#[tokio::test]
async fn a_session_is_opened_by_name_and_tenant_with_every_field() {
    let app = App::start().await;
    let tenant = app.tenant("客户 One", "one").await;
    let ann = app.user(tenant.id, "ann", None, false).await;
    app.tenant("other", "other").await;
    for (username, tenantname) in
        [("ann", json!("客户 One")), ("ann", json!("one")), ("ANN", json!(" One ")), ("ann#one", Value::Null), ("ann", json!(""))]
    {
        let body = json!({"username": username, "password": PASSWORD, "tenantname": tenantname});
        let answer = app.send("", "POST", "/v1/token", body).await;
        let data = &answer.body["data"];
        let token = data["id"].as_str().unwrap_or_else(|| panic!("{username} {tenantname}: {}", answer.body));
        assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
        let wanted = json!({
            "id": token, "userid": user_id(&ann), "username": "ann", "tenantid": tenant_id(&tenant), "tenantname": "客户 One",
            "time_expire": "2026-01-01T12:00:02Z",
        });
        assert_eq!(answer.body, json!({"success": true, "data": wanted}));
    }
    app.login("admin", "root").await;
    // both tenants have one: whose is it?
    let other = app.login("admin", "other").await;
    assert_eq!(app.ctx(&other).await.caller.home.0, tenant.id.0 + 1);
}

#[tokio::test]
async fn another_tenants_user_and_a_wrong_password_are_answered_alike() {
    let app = App::start().await;
    let tenant = app.tenant("one", "one").await;
    app.tenant("other", "other").await;
    app.user(tenant.id, "ann", None, false).await;
    let mut messages = Vec::new();
    for (username, password, tenantname) in [
        ("ann", "wrong-password", "one"),
        ("ann", PASSWORD, "other"),
        ("ann", PASSWORD, "nowhere"),
        ("ann", PASSWORD, "root"),
        ("nobody", PASSWORD, "one"),
    ] {
        let body = json!({"username": username, "password": password, "tenantname": tenantname});
        let answer = app.send("", "POST", "/v1/token", body).await;
        answer.refused((401, "E12004"));
        messages.push(answer.message().to_owned());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn a_login_that_is_refused_is_seen_by_the_tenants_administrator_and_by_no_other() {
    let app = App::start().await;
    let tenant = app.tenant("one", "one").await;
    app.tenant("other", "other").await;
    let ann = app.user(tenant.id, "ann", None, false).await;
    for _ in 0..7 {
        let body = json!({"username": "ann", "password": "wrong-password", "tenantname": "one"});
        let answer = app.send("", "POST", "/v1/token", body).await;
        assert_eq!(answer.codes().1, "E12004", "{}", answer.body);
    }
    let query = format!("?user_id={}&queryType=session", user_id(&ann));
    let seen = app.logs(&app.login("admin", "one").await, &query).await;
    let words: Vec<_> = seen.iter().map(|l| ["operateType", "status", "comments"].map(|f| l[f].as_str().unwrap().to_owned())).collect();
    let wrong = ["login", "fail", "wrong user or password"].map(str::to_owned);
    let throttled = ["login", "fail", "throttled"].map(str::to_owned);
    assert!(words.contains(&wrong) && words.contains(&throttled) && words.len() == 7, "{words:?}");
    assert!(seen.iter().all(|l| l["tenant_id"] == tenant_id(&tenant)), "{seen:?}");
    assert!(app.logs(&app.login("admin", "other").await, &query).await.is_empty());
    // whom nobody knows belongs to nobody's tenant
    app.send("", "POST", "/v1/token", json!({"username": "nobody", "password": "x", "tenantname": "one"})).await.refused((401, "E12004"));
    assert!(app.logs(&app.login("admin", "one").await, "?user_name=nobody%23one").await.is_empty());
    let all = app.logs(&app.admin, "?user_name=nobody%23one").await;
    assert_eq!((all.len(), &all[0]["user_id"], &all[0]["tenant_id"]), (1, &json!(""), &json!("")));
}

#[tokio::test]
async fn a_token_is_taken_in_every_header_and_form() {
    let app = App::start().await;
    let token = app.admin.clone();
    for (header, value) in [
        ("X-Auth-Token", token.clone()),
        ("X_Auth_Token", token.clone()),
        ("X-Auth-Token", token.to_lowercase()),
        ("Authorization", format!("Bearer {token}")),
        ("token", format!("admin_{token}")),
        ("Cookie", format!("tenantry_session={token}")),
    ] {
        let request = Request::builder().uri("/v1/logs/").header(header, &value).body(Body::empty()).unwrap();
        assert_eq!(app.raw(request).await.codes(), (200, ""), "{header}: {value}");
    }
    for (header, value) in [("X-Auth-Token", "59c1d404403cba000a11635e".to_owned()), ("X-Auth-Token", "0".repeat(64)), ("X-Token", token)] {
        let request = Request::builder().uri("/v1/logs").header(header, &value).body(Body::empty()).unwrap();
        app.raw(request).await.refused((401, "E12004"));
    }
    app.clock.step(Duration::from_secs(2 * 3600 + 1));
    app.send(&app.admin, "GET", "/v1/logs", Value::Null).await.refused((401, "E12004"));
}

#[tokio::test]
async fn with_the_statuses_of_old_every_error_is_500_and_the_code_tells() {
    let app = App::start_with(Options { legacy_status: true }).await;
    assert_eq!(app.send(&app.admin, "GET", "/v1/logs?count=true", Value::Null).await.codes(), (200, ""));
    for (method, path, token, body, code) in [
        ("GET", "/v1/logs", "", "", "E12004"),
        ("GET", "/v1/logs?limit=x", &app.admin, "", "E12002"),
        ("DELETE", "/v1/logs", &app.admin, "", "E12002"),
        ("GET", "/v1/nothing", &app.admin, "", "E12002"),
        ("POST", "/v1/token", "", "{", "E12002"),
        ("POST", "/v1/token", "", "{\"username\":\"admin\",\"password\":\"wrong\"}", "E12004"),
    ] {
        app.text(token, method, path, body.to_owned()).await.refused((500, code));
    }
}
