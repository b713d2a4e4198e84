//! Tokens in every form, sessions that end, guessing, and the option `http_status`.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::Options;
use tenantry_service::Settings;

use crate::app::{App, Envelope as _, PASSWORD};

const PLACE: &str = "/keystone/tenants";

#[tokio::test]
async fn a_token_is_taken_in_every_header_and_form() {
    let app = App::start().await;
    let token = app.admin.clone();
    for (header, value, status) in [
        ("Authorization", token.clone(), 200),
        ("Authorization", format!("Bearer {token}"), 200),
        ("X-Auth-Token", token.clone(), 200),
        ("X_Auth_Token", token.clone(), 200),
        ("token", format!("admin_{token}"), 200),
        ("Cookie", format!("other=1; tenantry_session={token}"), 200),
        ("Authorization", "0".repeat(64), 401),
        ("Authorization", token[1..].to_owned(), 401),
        ("Cookie", format!("session={token}"), 401),
    ] {
        let request = Request::builder().uri(PLACE).header(header, &value).body(Body::empty()).unwrap();
        let answer = app.raw(request).await;
        assert_eq!(answer.status, status, "{header}: {value}");
        if status == 401 {
            answer.refused(401);
        }
    }
}

#[tokio::test]
async fn a_cookie_alone_is_not_believed_from_the_page_of_another_site() {
    let app = App::start().await;
    let cookie = format!("tenantry_session={}", app.admin);
    let request = Request::builder().method("POST").uri(PLACE).header("cookie", cookie).header("origin", "https://evil.example");
    app.raw(request.header("host", "cloud.example").body(Body::from(r#"{"name":"x"}"#)).unwrap()).await.refused(403);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let app = App::start().await;
    app.clock.step(Duration::from_secs(2 * 3600 + 1));
    app.call(&app.admin, "list_tenants", 0, Value::Null).await.refused(401);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let app = App::start().await;
    let login = || json!({"identification": "admin", "password": "wrong-password"});
    let mut last = app.call("", "create_session", 0, login()).await;
    for _ in 0..8 {
        last = app.call("", "create_session", 0, login()).await;
    }
    last.refused(429);
    app.clock.step(Duration::from_secs(last.headers["retry-after"].to_str().unwrap().parse().unwrap()));
    app.login("admin").await;
}

#[tokio::test]
async fn with_the_statuses_of_old_every_answer_is_200_and_the_code_tells() {
    let app = App::start_with(Options { legacy_status: true }, Settings::default()).await;
    let wrong = json!({"identification": "admin", "password": format!("{PASSWORD}x")});
    for (method, path, token, body, code) in [
        ("GET", PLACE, app.admin.as_str(), Value::Null, Value::Null),
        ("GET", PLACE, "", Value::Null, json!(401)),
        ("POST", "/auth/login", "", wrong, json!(401)),
        ("GET", "/keystone/tenants/99", &app.admin, Value::Null, json!(404)),
        ("POST", PLACE, &app.admin, json!({}), json!(400)),
        ("POST", PLACE, &app.admin, json!({"name": "x", "default": "perhaps"}), json!(422)),
        ("PATCH", PLACE, &app.admin, Value::Null, json!(405)),
        ("GET", "/ticket/user", &app.admin, Value::Null, json!(404)),
    ] {
        let answer = app.send(token, method, path, body).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (200, &code), "{method} {path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_client_that_counts_on_200_gets_it_for_servers_too() {
    let app = App::start_with(Options { legacy_status: true }, Settings::default()).await;
    for (method, place) in [("GET", "/nova/servers?virtual_server_id=99"), ("GET", "/nova/command/stop/99"), ("POST", "/storage/volumes")] {
        let answer = app.send(&app.admin, method, place, Value::Null).await;
        assert_eq!(answer.status, 200, "{method} {place}");
        assert!(matches!(answer.body["error"]["code"].as_i64(), Some(400 | 404)), "{}", answer.body);
        answer.explained();
    }
}
