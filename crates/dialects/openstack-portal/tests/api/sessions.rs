//! C01 and C02.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_domain::Clock as _;
use tenantry_service::second_factor;

use crate::app::{App, Envelope as _, PASSWORD, documented, has, operation};

#[tokio::test]
async fn a_session_is_opened_with_its_cookie_and_ended() {
    let app = App::start().await;
    let tenant = app.tenant("Shop").await;
    let answer = app.call("", "create_session", 0, json!({"identification": "admin#Shop", "password": PASSWORD})).await;
    documented(operation("create_session"), &answer);
    let token = answer.body["token"].as_str().unwrap();
    assert!(token.len() == 64 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')), "{token}");
    let wanted = json!({"name": "admin", "tenant_id": tenant.id, "password": "", "enabled": true, "group_id": tenant.root, "is_admin": true,
        "role": "tenant.admin", "groups": [{"group_id": tenant.root, "is_admin": true}]});
    has(&answer.body["user"], &wanted);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with(&format!("tenantry_session={token};")), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Max-Age=43200"), "{cookie}");
    assert_eq!(answer.headers["cache-control"], "no-store");

    let with_cookie = |path: &str, site: &str| {
        let cookie = format!("tenantry_session={token}");
        Request::builder().uri(path).header("cookie", cookie).header("sec-fetch-site", site).body(Body::empty()).unwrap()
    };
    assert_eq!(app.raw(with_cookie("/keystone/tenants", "same-origin")).await.status, 200);
    app.raw(with_cookie("/auth/logout", "cross-site")).await.refused(403);
    let out = app.raw(with_cookie("/auth/logout/", "same-origin")).await;
    documented(operation("delete_session"), &out);
    assert_eq!(out.body["user"]["name"], "admin");
    assert!(out.headers["set-cookie"].to_str().unwrap().starts_with("tenantry_session=; Path=/; Max-Age=0;"));
    app.call(token, "list_tenants", 0, Value::Null).await.refused(401);
    app.call(token, "delete_session", 0, Value::Null).await.refused(401);
    let again = app.login("admin#Shop").await;
    assert_eq!(app.send(&again.token, "POST", "/auth/logout", Value::Null).await.body["user"]["name"], "admin");
    app.call(&again.token, "list_tenants", 0, Value::Null).await.refused(401);
}

#[tokio::test]
async fn one_logs_in_as_user_of_a_tenant_or_without_one_as_staff() {
    let app = App::start().await;
    let (one, two) = (app.tenant("One").await, app.tenant("二号").await);
    for (tenant, name) in [(one, "One"), (two, "二号")] {
        let user = app.login(&format!("admin#{name}")).await;
        has(&app.ok_as(&user.token, "get_tenant", tenant.id, Value::Null).await["tenant"], &json!({"name": name}));
    }
    let staff = app.ok("create_session", 0, json!({"identification": "admin", "password": PASSWORD})).await;
    has(&staff["user"], &json!({"role": "system.admin", "tenant_id": 1}));
    assert_eq!(app.login("admin#root").await.id, app.login("admin").await.id);
    for (identification, password) in [("admin#one", "wrong"), ("nobody#One", PASSWORD), ("admin#None", PASSWORD), ("nobody", PASSWORD)] {
        let answer = app.call("", "create_session", 0, json!({"identification": identification, "password": password})).await;
        answer.refused(401);
        assert_eq!(answer.message(), "wrong user or password", "{identification}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn nobody_can_mean_two_tenants_by_the_same_name() {
    let app = App::start().await;
    let first = app.tenant("Shop One").await;
    for name in ["shop one", "SHOP ONE", "shop-one", "Shop-One"] {
        app.call(&app.admin, "create_tenant", 0, json!({"name": name})).await.refused(409);
    }
    let second = app.tenant("Магазин").await;
    app.call(&app.admin, "update_tenant", second.id, json!({"name": "shop-ONE"})).await.refused(409);
    app.ok("update_tenant", first.id, json!({"name": "SHOP one"})).await;
    let third = app.ok("create_tenant", 0, json!({"name": "shop one 2", "admin_password": PASSWORD})).await["tenant"].take();
    app.ok("update_tenant", first.id, json!({"name": "branch"})).await;
    let fourth = app.ok("create_tenant", 0, json!({"name": "Branch!", "admin_password": PASSWORD})).await["tenant"].take();
    assert_eq!(fourth["label"], "branch-2", "a label is no other tenant's name");
    let ids = [json!(first.id), json!(first.id), json!(second.id), third["id"].clone(), fourth["id"].clone()];
    for (name, tenant) in ["Branch", "shop-one", "Магазин", "shop-one-2", "branch!"].into_iter().zip(ids) {
        let login = json!({"identification": format!("admin#{name}"), "password": PASSWORD});
        assert_eq!(app.ok_as("", "create_session", 0, login).await["user"]["tenant_id"], tenant, "{name}");
    }
}

#[tokio::test]
async fn a_one_time_code_comes_beside_the_password_or_behind_it() {
    let app = App::start().await;
    let tenant = app.tenant("one").await;
    let user = app.user(tenant.root, "ann", "one", false).await;
    let ctx = app.ctx(&user.token).await;
    let offer = second_factor::begin(&ctx, PASSWORD).await.unwrap();
    let code = || {
        let builder = totp_rs::Builder::new().with_algorithm(totp_rs::Algorithm::SHA1).with_digits(6).with_step_duration(30);
        let totp = builder.with_secret(totp_rs::Secret::try_from_base32(&offer.secret).unwrap()).build().unwrap();
        totp.generate(u64::try_from(app.clock.now().0).unwrap() / 1000).to_string()
    };
    second_factor::confirm(&ctx, &code()).await.unwrap();
    app.clock.step(Duration::from_secs(60));
    let login = |password: String, code: Value| json!({"identification": "ann#one", "password": password, "code": code});
    let missing = app.call("", "create_session", 0, login(PASSWORD.to_owned(), Value::Null)).await;
    missing.refused(401);
    assert!(missing.message().contains("one-time code"), "{}", missing.message());
    app.call("", "create_session", 0, login(PASSWORD.to_owned(), json!("a-wrong-code"))).await.refused(401);
    app.ok_as("", "create_session", 0, login(PASSWORD.to_owned(), json!(code()))).await;
    app.clock.step(Duration::from_secs(60));
    app.ok_as("", "create_session", 0, login(format!("{PASSWORD}{}", code()), Value::Null)).await;
}
