//! Tokens in every form, sessions that end, and the statuses of old.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_container_cloud::Options;
use tenantry_service::auth;

use crate::app::{App, Envelope as _, PASSWORD};

const PLACE: &str = "/api/v1/organizations";

#[tokio::test]
async fn a_token_is_taken_in_every_header_and_form() {
    let app = App::empty(Options::default()).await;
    let token = app.admin.clone();
    for (header, value) in [
        ("Authorization", token.clone()),
        ("Authorization", format!("Bearer {token}")),
        ("Authorization", format!("bearer {token}")),
        ("Authorization", format!("admin_{token}")),
        ("Authorization", token.to_lowercase()),
        ("X-Auth-Token", token.clone()),
        ("X_Auth_Token", token.clone()),
        ("token", token.clone()),
        ("token", format!("a_name_{token}")),
        ("Cookie", format!("other=1; tenantry_session={token}")),
    ] {
        let request = Request::builder().uri(PLACE).header(header, &value).body(Body::empty()).unwrap();
        assert_eq!(app.raw(request).await.codes(), (200, 0), "{header}: {value}");
    }
    for (header, value) in [
        ("Authorization", String::new()),
        ("Authorization", "Bearer".to_owned()),
        ("Authorization", token[1..].to_owned()),
        ("Authorization", "0".repeat(64)),
        ("Authorization", format!("Basic {token}")),
        ("Cookie", format!("session={token}")),
        ("X-Token", token.clone()),
    ] {
        let request = Request::builder().uri(PLACE).header(header, &value).body(Body::empty()).unwrap();
        app.raw(request).await.refused((401, 1402));
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_half_a_day_in_any_case() {
    let app = App::empty(Options::default()).await;
    for _ in 0..6 {
        app.clock.step(Duration::from_secs(2 * 3600 - 1));
        app.ok("list_organizations", &[], Value::Null).await;
        auth::note_use(&app.services).await.unwrap();
    }
    app.clock.step(Duration::from_secs(7));
    app.call(&app.admin, "list_organizations", &[], Value::Null).await.refused((401, 1402));
    let again = app.login("admin").await;
    app.clock.step(Duration::from_secs(2 * 3600 + 1));
    app.call(&again.token, "list_organizations", &[], Value::Null).await.refused((401, 1402));
}

#[tokio::test]
async fn a_user_who_is_disabled_or_removed_is_out_at_once() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let user = app.user(org, "a@dev.example", "team.member").await;
    app.ok_as(&user.token, "get_organization", &[org], Value::Null).await;
    app.ok("update_user", &[org, user.id], json!({"enabled": "0"})).await;
    app.call(&user.token, "get_organization", &[org], Value::Null).await.refused((401, 1402));
    let login = json!({"username": "a@dev.example", "password": PASSWORD});
    app.call("", "create_session", &[], login.clone()).await.refused((401, 1401));
    app.ok("update_user", &[org, user.id], json!({"enabled": 1})).await;
    let again = app.login("a@dev.example").await;
    app.ok("delete_user", &[org, user.id], Value::Null).await;
    app.call(&again.token, "get_organization", &[org], Value::Null).await.refused((401, 1402));
    app.call("", "create_session", &[], login).await.refused((401, 1401));
}

#[tokio::test]
async fn wrong_passwords_are_answered_alike_and_slowed_down() {
    let app = App::empty(Options::default()).await;
    let login = |name: &str| json!({"username": name, "password": "wrong-password"});
    let wrong = app.call("", "create_session", &[], login("admin")).await;
    let unknown = app.call("", "create_session", &[], login("nobody")).await;
    assert_eq!((wrong.codes(), wrong.message()), ((401, 1401), unknown.message()));
    let mut last = wrong;
    for _ in 0..8 {
        last = app.call("", "create_session", &[], login("admin")).await;
    }
    last.refused((429, 1704));
    let wait = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    app.clock.step(Duration::from_secs(wait));
    app.login("admin").await;
}

#[tokio::test]
async fn with_the_statuses_of_old_every_answer_is_200_and_the_code_tells() {
    let app = App::empty(Options { legacy_status: true }).await;
    let huge = "x".repeat(3 << 20);
    for (method, path, token, body, code) in [
        ("GET", "/api/v1/organizations", app.admin.as_str(), "", 0),
        ("GET", "/api/v1/organizations", "", "", 1402),
        ("GET", "/api/v1/organizations/99", &app.admin, "", 1414),
        ("POST", "/api/v1/organizations", &app.admin, "{", 1600),
        ("POST", "/api/v1/organizations", &app.admin, "{}", 1601),
        ("POST", "/api/v1/organizations", &app.admin, r#"{"name":"NO"}"#, 1605),
        ("POST", "/api/v1/organizations", &app.admin, &huge, 1605),
        ("PATCH", "/api/v1/organizations", &app.admin, "", 1705),
        ("GET", "/api/v1/nothing", &app.admin, "", 1414),
        ("POST", "/api/v1/users/login", "", r#"{"username":"admin","password":"wrong"}"#, 1401),
    ] {
        let answer = app.text(token, method, path, body.to_owned()).await;
        assert_eq!(answer.codes(), (200, code), "{method} {path}: {}", answer.body);
        assert!(code == 0 || answer.body["data"].is_null(), "{}", answer.body);
    }
}
