//! Logging in: nothing is learnt from a refusal, nothing is adopted from outside, and no other site's page acts with a cookie.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use serde_json::{Value, json};
use tenantry_domain::Clock as _;
use tenantry_testkit::TestClock;
use totp_rs::{Algorithm, Builder, Secret};

use crate::common::{PASSWORD, Server, request};
use crate::{GOOD, log_in, status, tenant, user};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_a_wrong_password_and_a_disabled_user_get_the_same_answer() {
    let server = Server::start().await;
    let dev = tenant(&server, "dev").await;
    user(&server, dev, "ann", json!({})).await;
    user(&server, dev, "shut", json!({"enabled": false})).await;
    user(&server, dev, "blank", json!({"password": null})).await;
    let mut told = Vec::new();
    for (name, password) in
        [("ann", "wrong-password"), ("nobody", "wrong-password"), ("shut", GOOD), ("blank", "wrong-password"), ("ann#nowhere", GOOD)]
    {
        let login = json!({"username": name, "password": password});
        let native = server.send("", "POST", "/api/v2/sessions", Some(login.clone())).await;
        let mut body = native.body.clone();
        body["request_id"] = Value::Null;
        let legacy = server.send("", "POST", "/api/v1/users/login", Some(login)).await;
        told.push((name, native.status.as_u16(), body, legacy.refusal(), legacy.body["message"].clone()));
    }
    let first = told[0].clone();
    assert_eq!((first.1, first.3), (401, (401, 1401)), "{first:?}");
    for other in &told {
        assert_eq!((&other.1, &other.2, &other.3, &other.4), (&first.1, &first.2, &first.3, &first.4), "{}", other.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_client_brings_along_is_never_adopted() {
    let server = Server::start().await;
    let planted = "AB".repeat(32);
    let cookie = format!("tenantry_session={planted}");
    for headers in [vec![("authorization", planted.as_str())], vec![("cookie", cookie.as_str())], vec![("x-auth-token", planted.as_str())]]
    {
        let body = json!({"username": "admin", "password": PASSWORD});
        let mut login = Request::builder().method("POST").uri("/api/v2/sessions");
        for (name, value) in &headers {
            login = login.header(*name, *value);
        }
        let started = server.raw(login.body(body.to_string().into()).unwrap()).await;
        assert_eq!(started.status, 201, "{}", started.body);
        let token = started.body["token"].as_str().unwrap();
        assert!(token != planted && token.len() == 64, "a token is made here");
        assert_eq!(status(&server, &planted, "GET", "/api/v2/sessions/current", None).await, 401, "{headers:?}");
        assert_eq!(status(&server, token, "GET", "/api/v2/sessions/current", None).await, 200);
    }
    let again = server.login("admin", PASSWORD).await;
    assert_ne!(again, server.token, "each login has a token of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_good_for_this_sites_pages_and_for_no_others() {
    let server = Server::start().await;
    let cookie = format!("theme=dark; tenantry_session={}", server.token);
    let body = json!({"name": "forged", "quota": {"cpu": 0, "memory_gib": 0}});
    let attempt = async |headers: &[(&str, &str)], method: &str, path: &str| {
        let mut request = Request::builder().method(method).uri(path).header("host", "cloud.example").header("cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        server.raw(request.body(body.to_string().into()).unwrap()).await.status.as_u16()
    };
    let evil = ("origin", "https://evil.example");
    for headers in [&[("sec-fetch-site", "cross-site"), evil][..], &[("sec-fetch-site", "same-site")], &[evil], &[("origin", "null")]] {
        assert_eq!(attempt(headers, "POST", "/api/v2/tenants").await, 403, "{headers:?}");
        assert_eq!(attempt(headers, "POST", "/api/v1/organization/new").await, 403, "{headers:?}");
        assert_eq!(attempt(headers, "DELETE", "/api/v2/sessions/current").await, 403, "{headers:?}");
    }
    assert_eq!(server.get("/api/v2/tenants?name=forged").await.body["items"], json!([]));
    let own = [("sec-fetch-site", "same-origin"), ("origin", "https://cloud.example")];
    assert_eq!(attempt(&own, "POST", "/api/v2/tenants").await, 201);
    // a header is set by who knows the token, whatever page that is
    let known = request(&server.token, "GET", "/api/v2/tenants", &[("sec-fetch-site", "cross-site"), evil], None);
    assert_eq!(server.raw(known).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_code_that_is_sent_twice_at_the_same_moment_opens_one_session() {
    let clock = Arc::new(TestClock::new(1));
    let server = Server::start_with(Arc::clone(&clock) as _, |_| ()).await;
    let dev = tenant(&server, "dev").await;
    user(&server, dev, "ann", json!({})).await;
    let ann = log_in(&server, "ann").await;
    let own = "/api/v2/users/me/second-factor";
    let offered = server.send(&ann, "POST", own, Some(json!({"password": GOOD}))).await.body;
    let secret = Secret::try_from_base32(offered["secret"].as_str().unwrap()).unwrap();
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30).with_skew(1).with_secret(secret).build();
    let totp = totp.unwrap();
    let code = || totp.generate(u64::try_from(clock.now().0 / 1000).unwrap()).to_string();
    let confirm = request(&ann, "POST", &format!("{own}/confirm"), &[], Some(json!({"code": code()})));
    assert_eq!(server.raw(confirm).await.status, 200);
    clock.step(Duration::from_secs(30));
    let login = json!({"username": "ann", "password": GOOD, "code": code()});
    let answers = server.at_once((0..4).map(|_| request("", "POST", "/api/v2/sessions", &[], Some(login.clone()))).collect()).await;
    let mut statuses: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401, 401, 401]);
    // clients that know nothing of codes put it behind the password
    clock.step(Duration::from_secs(60));
    let behind = json!({"username": "ann", "password": format!("{GOOD}{}", code())});
    assert_eq!(server.send("", "POST", "/api/v1/users/login", Some(behind.clone())).await.status, 200);
    assert_eq!(server.send("", "POST", "/api/v1/users/login", Some(behind)).await.refusal(), (401, 1401));
}
