//! D01 to D03, D43: login, logout, the kind of login, and who a proxy says was logged in; tokens in every form, and the statuses of old.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_ocmanager::Options;
use tenantry_service::Settings;

use crate::app::{App, BASE, Envelope as _, PASSWORD, PROXY};

#[tokio::test]
async fn a_session_is_opened_used_and_ended() {
    let app = App::start().await;
    let opened = app.ok_as("", "login", &[], json!({"username": "admin", "password": PASSWORD})).await;
    let token = opened["token"].as_str().unwrap();
    let (name, hex) = token.rsplit_once('_').unwrap();
    assert!(name == "admin" && hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)), "{token}");
    let shown = json!({"message": "Please add token in request header", "resCode": 200, "status": "Login successful", "token": token});
    assert_eq!(opened, shown);
    app.ok_as(token, "list_users", &[], Value::Null).await;
    let ended = app.ok_as(token, "logout", &["username"], Value::Null).await;
    assert_eq!(ended, json!({"resCode": 200, "status": "Logout successful!"}));
    app.call(token, "list_users", &[], Value::Null).await.refused((401, 401));
    app.call(token, "logout", &["admin"], Value::Null).await.refused((401, 401));
    assert_eq!(app.call("", "login", &[], json!({"username": "admin", "password": "wrong"})).await.body["resCode"], 401);
    assert_eq!(app.ok("logout", &["somebody.else"], Value::Null).await["resCode"], 200, "it is the token's session that ends");
}

#[tokio::test]
async fn the_kind_of_login_follows_from_whether_a_directory_is_configured() {
    let app = App::start().await;
    assert_eq!(app.ok("get_authc_type", &[], Value::Null).await, json!({"type": 1}));
    let app = App::empty(Options::default(), Settings { directory: true, ..Settings::default() }).await;
    assert_eq!(app.ok("get_authc_type", &[], Value::Null).await, json!({"type": 0}));
}

const SSO: &str = "/ocmanager/v1/api/sso/user";

#[tokio::test]
async fn a_proxy_of_ours_is_believed_about_who_was_logged_in_and_nobody_else() {
    let app = App::start().await;
    app.ok("create_user", &[], json!({"username": "user1", "password": PASSWORD})).await;
    let named = |login: &'static str| [("http_x_proxy_cas_loginname", login), ("http_x_proxy_cas_username", login)];
    let told = app.from(PROXY, &named("user1"), SSO).await;
    let shown = json!({
        "http_x_proxy_cas_email": "",
        "http_x_proxy_cas_loginname": "user1",
        "http_x_proxy_cas_mobile": "",
        "http_x_proxy_cas_userid": "",
        "http_x_proxy_cas_username": "user1",
        "admin": false,
    });
    assert_eq!((told.status, told.body), (200, shown), "get_proxy_user");
    assert_eq!(app.from(PROXY, &named("admin"), SSO).await.body["admin"], true);
    let nobody = app.from(PROXY, &named("nobody"), SSO).await;
    assert_eq!((nobody.status, &nobody.body["admin"]), (200, &json!(false)));
    let chinese = app.from(PROXY, &[("http_x_proxy_cas_loginname", "张三"), ("http_x_proxy_cas_mobile", " 123 ")], SSO).await;
    assert_eq!((&chinese.body["http_x_proxy_cas_loginname"], &chinese.body["http_x_proxy_cas_mobile"]), (&json!("张三"), &json!("123")));
    app.from(PROXY, &[("http_x_proxy_cas_username", "admin")], SSO).await.refused((401, 401));
    app.from("10.9.8.8", &named("admin"), SSO).await.refused((403, 403));
    let request = Request::builder().uri(SSO).header("token", &app.admin).header("http_x_proxy_cas_loginname", "admin");
    app.raw(request.body(Body::empty()).unwrap()).await.refused((403, 403));
    let forwarded = [("x-forwarded-for", PROXY), ("http_x_proxy_cas_loginname", "admin")];
    app.from("203.0.113.9", &forwarded, SSO).await.refused((403, 403));
}

#[tokio::test]
async fn an_administrator_who_is_disabled_is_none_for_a_proxy() {
    let app = App::start().await;
    let second = app.user("second", "root", "system.admin").await;
    let named = [("http_x_proxy_cas_loginname", "second")];
    assert_eq!(app.from(PROXY, &named, SSO).await.body["admin"], true);
    let ctx = app.ctx(&app.admin).await;
    let id = app.ctx(&second.token).await.caller.user;
    let change = tenantry_service::user::UserChange { enabled: Some(false), ..Default::default() };
    tenantry_service::user::update(&ctx, None, id, &change, None).await.unwrap();
    assert_eq!(app.from(PROXY, &named, SSO).await.body["admin"], false);
}

#[tokio::test]
async fn a_token_is_taken_in_every_header_and_form() {
    let app = App::start().await;
    let whole = app.admin.clone();
    let token = whole.strip_prefix("admin_").unwrap().to_owned();
    for (header, value) in [
        ("token", whole.clone()),
        ("token", token.clone()),
        ("token", format!("a_name_{token}")),
        ("Authorization", format!("Bearer {whole}")),
        ("X-Auth-Token", token.clone()),
        ("X_Auth_Token", whole.clone()),
        ("Cookie", format!("tenantry_session={token}")),
    ] {
        let request = Request::builder().uri(format!("{BASE}/user")).header(header, &value).body(Body::empty()).unwrap();
        assert_eq!(app.raw(request).await.status, 200, "{header}: {value}");
    }
    for (header, value) in [("token", String::new()), ("token", "admin_".to_owned()), ("token", "0".repeat(64)), ("X-Token", token)] {
        let request = Request::builder().uri(format!("{BASE}/user")).header(header, &value).body(Body::empty()).unwrap();
        app.raw(request).await.refused((401, 401));
    }
}

#[tokio::test]
async fn wrong_passwords_are_answered_alike_and_slowed_down() {
    let app = App::start().await;
    let login = |name: &str| json!({"username": name, "password": "wrong-password"});
    let wrong = app.call("", "login", &[], login("admin")).await;
    let unknown = app.call("", "login", &[], login("nobody")).await;
    assert_eq!((wrong.codes(), wrong.message()), ((401, 401), unknown.message()));
    assert_eq!((&wrong.body["resCode"], &wrong.body["status"]), (&json!(401), &json!("login failed")));
    let mut last = wrong;
    for _ in 0..8 {
        last = app.call("", "login", &[], login("admin")).await;
    }
    last.refused((429, 429));
    let wait = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    app.clock.step(Duration::from_secs(wait));
    app.login("admin").await;
}

#[tokio::test]
async fn with_the_statuses_of_old_every_answer_is_200_and_the_code_tells() {
    let app = App::empty(Options { legacy_status: true }, Settings::default()).await;
    for (method, path, token, body, code) in [
        ("GET", "/tenant", "", "", 401),
        ("GET", "/tenant/none", app.admin.as_str(), "", 404),
        ("POST", "/tenant", &app.admin, "{", 400),
        ("POST", "/tenant", &app.admin, r#"{"name":"x","id":"NO"}"#, 422),
        ("PATCH", "/tenant", &app.admin, "", 405),
        ("GET", "/nothing", &app.admin, "", 404),
        ("POST", "/authc/login", "", r#"{"username":"admin","password":"wrong"}"#, 401),
    ] {
        let answer = app.text(token, method, &format!("{BASE}{path}"), body.to_owned()).await;
        assert_eq!(answer.codes(), (200, code), "{method} {path}: {}", answer.body);
    }
    assert_eq!(app.send(&app.admin, "GET", &format!("{BASE}/tenant"), Value::Null).await.status, 200);
}
