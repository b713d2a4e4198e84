//! Single sign-on: a browser and a command line that log in, and everything that does not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};

use crate::common::{Answer, App};

/// A browser: what it is led by, and its cookies.
#[derive(Default)]
struct Browser {
    cookie: String,
}

const COOKIE: &str = "__Host-tenantry_sign_on";
const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

impl Browser {
    async fn get(&self, app: &App, path: &str) -> Answer {
        let cookie = ("cookie", self.cookie.as_str());
        app.raw("", "GET", path, &[PAGE, cookie], Body::empty()).await
    }

    /// Begins a login; answers the state that the provider will give back.
    async fn begin(&mut self, app: &App, return_to: &str) -> String {
        let answer = self.get(app, &format!("/sign-ons/company{return_to}")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let kept = answer.headers["set-cookie"].to_str().unwrap();
        self.cookie = kept.split(';').next().unwrap().to_owned();
        answer.headers["location"].to_str().unwrap().split_once("state=").unwrap().1.to_owned()
    }

    async fn back(&self, app: &App, query: &str) -> Answer {
        self.get(app, &format!("/sign-ons/company/callback?{query}")).await
    }
}

/// A refusal: a page for a person, without a session.
fn refused(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(!answer.headers.contains_key("set-cookie"));
    assert!(answer.body.as_str().unwrap().contains(part), "{part}: {}", answer.body);
}

/// The audit's latest records of logins.
async fn recorded(app: &App) -> String {
    let sql = "SELECT action || ' ' || outcome || ' ' || user_name || ': ' || detail FROM audit WHERE object = 'session' ORDER BY id DESC LIMIT 1";
    app.database.texts(sql).await.pop().unwrap()
}

#[tokio::test]
async fn a_browser_goes_to_the_provider_and_comes_back_logged_in() {
    let app = App::start().await;
    let methods = app.raw("", "GET", "/login-methods", &[], Body::empty()).await;
    let method = |name: &str| json!({"name": name, "label": format!("The {name}"), "url": format!("/api/v2/sign-ons/{name}")});
    assert_eq!(methods.body, json!({"password": true, "sign_on": [method("company"), method("partners")]}));
    let begun = app.raw("", "GET", "/sign-ons/company?return_to=/console%3Fa%3D1%26b%3D%22", &[PAGE], Body::empty()).await;
    assert_eq!(begun.headers["location"], "https://login.example/authorize?state=state-0");
    let kept = begun.headers["set-cookie"].to_str().unwrap();
    assert_eq!(kept, format!("{COOKIE}=nonce-0.verifier-0; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"));
    assert_eq!(recorded(&app).await, "sign_on allowed : begun at 'company'");
    // of what proves the login the database knows nothing
    let row = "SELECT state_hash || secret_hash || provider || redirect_uri || return_to FROM sign_ons";
    let row = app.database.texts(row).await.pop().unwrap();
    assert!(!row.contains("state-0") && !row.contains("nonce-0") && !row.contains("verifier-0"), "{row}");
    // a session that somebody planted before is not what one comes out with
    let planted = format!("{COOKIE}=nonce-0.verifier-0; tenantry_session={}", app.admin);
    let browser = Browser { cookie: planted };
    let back = browser.back(&app, "state=state-0&code=code-of-ann&session_state=x&iss=y").await;
    assert_eq!(back.status, 200, "{}", back.body);
    let page = back.body.as_str().unwrap();
    assert!(page.contains("content=\"0;url=/console?a=1&amp;b=&quot;\""), "{page}");
    for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")] {
        assert_eq!(back.headers[name], value);
    }
    let cookies: Vec<&str> = back.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    let token = cookies[0].strip_prefix("tenantry_session=").unwrap().split(';').next().unwrap();
    assert!(token != app.admin && cookies[0].ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"), "{cookies:?}");
    assert!(cookies[1].starts_with(&format!("{COOKIE}=; Path=/; Max-Age=0;")), "{cookies:?}");
    let session = app.send(token, "GET", "/sessions/current", &[], Value::Null).await.body;
    assert_eq!((&session["user"]["username"], &session["user"]["origin"]), (&json!("ann"), &json!("company")), "{session}");
    assert_eq!(recorded(&app).await, "login allowed ann: by 'company'");
    assert!(app.database.texts("SELECT provider FROM sign_ons").await.is_empty());
}

#[tokio::test]
async fn what_is_not_this_browsers_own_login_is_refused_and_takes_nothing_from_it() {
    let app = App::start().await;
    let (mut mine, mut other) = (Browser::default(), Browser::default());
    let (state, others) = (mine.begin(&app, "").await, other.begin(&app, "").await);
    let unknown = "begun in another browser";
    // an attacker's own answer of the provider, planted in somebody's browser: with that browser's cookie, with none, with a made-up one
    refused(&mine.back(&app, &format!("state={others}&code=code-of-mallory")).await, 401, unknown);
    refused(&Browser::default().back(&app, &format!("state={state}&code=code-of-mallory")).await, 401, unknown);
    refused(&Browser { cookie: format!("{COOKIE}=nonce") }.back(&app, &format!("state={state}&code=code-of-ann")).await, 401, unknown);
    // without TLS' prefix a cookie could be another host's
    let bare = Browser { cookie: mine.cookie.replace("__Host-", "") };
    refused(&bare.back(&app, &format!("state={state}&code=code-of-ann")).await, 401, unknown);
    refused(&mine.back(&app, "state=made-up&code=code-of-ann").await, 401, unknown);
    // nor is it another provider's
    let elsewhere = mine.get(&app, &format!("/sign-ons/partners/callback?state={state}&code=code-of-ann")).await;
    refused(&elsewhere, 401, unknown);
    assert_eq!(recorded(&app).await, "login refused : a login that is unknown, over, or was begun elsewhere");
    assert_eq!(mine.back(&app, &format!("state={state}&code=code-of-ann")).await.status, 200);
    // once
    refused(&mine.back(&app, &format!("state={state}&code=code-of-ann")).await, 401, unknown);
    // and in time
    app.clock.step(Duration::from_secs(600));
    refused(&other.back(&app, &format!("state={others}&code=code-of-bob")).await, 401, "ten minutes");
    assert!(app.database.texts("SELECT username FROM users WHERE username IN ('bob', 'mallory')").await.is_empty());
    assert_eq!(app.database.store.sign_ons().purge().await.unwrap(), 1);
}

#[tokio::test]
async fn two_answers_to_one_login_at_the_same_moment_open_one_session() {
    let app = App::start().await;
    let mut browser = Browser::default();
    let state = browser.begin(&app, "").await;
    let query = format!("state={state}&code=code-of-ann");
    let (first, second) = tokio::join!(browser.back(&app, &query), browser.back(&app, &query));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_and_what_anybody_could_have_written_is_not() {
    let app = App::start().await;
    let mut browser = Browser::default();
    for (said, told, noted) in [
        ("error=access_denied&error_description=%3Cb%3Ecall%20555", "(access_denied)", "the provider answered 'access_denied'"),
        ("error=%3Cb%3Ecall%20555", "(another error)", "the provider answered 'another error'"),
        ("error=login_required&code=code-of-ann", "(login_required)", "the provider answered 'login_required'"),
        ("code=nobodys", "did not log you in: begin again", "the provider does not accept the code"),
    ] {
        let state = browser.begin(&app, "").await;
        let answer = browser.back(&app, &format!("state={state}&{said}")).await;
        refused(&answer, 401, told);
        assert!(!answer.body.as_str().unwrap().contains("555"), "{}", answer.body);
        assert_eq!(recorded(&app).await, format!("login refused : {noted}"));
        refused(&browser.back(&app, &format!("state={state}&code=code-of-ann")).await, 401, "finished before");
    }
}

#[tokio::test]
async fn no_link_leads_out_of_here() {
    let app = App::start().await;
    for evil in
        ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example", "%2F%2Fevil.example", "javascript:alert(1)", ""]
    {
        let answer = Browser::default().get(&app, &format!("/sign-ons/company?return_to={evil}")).await;
        refused(&answer, 422, "must be a path of this server");
    }
    assert!(app.database.texts("SELECT provider FROM sign_ons").await.is_empty());
}

#[tokio::test]
async fn what_another_sites_page_loads_begins_and_ends_nothing() {
    let app = App::start().await;
    let mut browser = Browser::default();
    let state = browser.begin(&app, "").await;
    for kind in ["image", "iframe", "script", "empty"] {
        for path in ["/sign-ons/company".to_owned(), format!("/sign-ons/company/callback?state={state}&code=code-of-ann")] {
            let headers = [PAGE, ("cookie", browser.cookie.as_str()), ("sec-fetch-dest", kind)];
            refused(&app.raw("", "GET", &path, &headers, Body::empty()).await, 403, "a page of its own");
        }
    }
    assert_eq!(app.database.texts("SELECT provider FROM sign_ons").await.len(), 1);
    let headers = [PAGE, ("cookie", browser.cookie.as_str()), ("sec-fetch-dest", "document")];
    let back = app.raw("", "GET", &format!("/sign-ons/company/callback?state={state}&code=code-of-ann"), &headers, Body::empty()).await;
    assert_eq!(back.status, 200, "{}", back.body);
}

#[tokio::test]
async fn a_provider_that_is_down_is_named_and_local_users_log_in() {
    let app = App::start().await;
    let mut browser = Browser::default();
    let state = browser.begin(&app, "").await;
    app.company.down.store(true, Ordering::SeqCst);
    let down = "the provider &#39;company&#39; cannot be asked now";
    refused(&browser.back(&app, &format!("state={state}&code=code-of-ann")).await, 502, down);
    let answer = browser.get(&app, "/sign-ons/company").await;
    refused(&answer, 502, down);
    assert!(!answer.body.as_str().unwrap().contains("login.internal"));
    assert_eq!(recorded(&app).await, "login refused : the provider 'company' cannot be asked: connection refused by login.internal");
    // a program is told the same as a problem
    let problem = app.raw("", "GET", "/sign-ons/company", &[], Body::empty()).await;
    assert_eq!((problem.status.as_u16(), &problem.body["code"]), (502, &json!("peer_unavailable")));
    app.login("admin").await;
}

#[tokio::test]
async fn a_command_line_begins_with_its_port_and_finishes_with_its_secret() {
    let app = App::start().await;
    let begin = || app.send("", "POST", "/sign-ons/company", &[], json!({"redirect_uri": "http://127.0.0.1:40001/callback"}));
    let begun = begin().await;
    assert_eq!((begun.status.as_u16(), &begun.headers["cache-control"]), (201, &"no-store".parse().unwrap()), "{}", begun.body);
    assert!(!begun.headers.contains_key("set-cookie"));
    let finish = async |secret: &str, more: Value| {
        let mut body = json!({"state": begun.body["state"], "secret": secret});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.send("", "POST", "/sign-ons/company/finish", &[], body).await
    };
    let secret = begun.body["secret"].as_str().unwrap();
    let wrong = finish("nonce-0.verifier-9", json!({"code": "code-of-ann"})).await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["code"]), (401, &json!("wrong_credentials")));
    // a browser cannot finish it without the secret, which was never in one
    refused(&Browser::default().back(&app, "state=state-0&code=code-of-ann").await, 401, "another browser");
    let started = finish(secret, json!({"code": "code-of-ann"})).await;
    assert_eq!((started.status.as_u16(), &started.body["user"]["username"]), (201, &json!("ann")), "{}", started.body);
    let token = started.body["token"].as_str().unwrap();
    assert_eq!(app.send(token, "GET", "/sessions/current", &[], Value::Null).await.status, 200);
    assert_eq!(finish(secret, json!({"code": "code-of-ann"})).await.status, 401);
    let second = begin().await.body;
    let denied = json!({"state": second["state"], "secret": second["secret"], "error": "access_denied"});
    let denied = app.send("", "POST", "/sign-ons/company/finish", &[], denied).await;
    assert!(denied.status == 401 && denied.body["detail"].as_str().unwrap().contains("access_denied"), "{}", denied.body);
}

#[tokio::test]
async fn an_address_begins_so_many_logins_and_guesses_so_many_states() {
    let app = App::start().await;
    for _ in 0..100 {
        assert_eq!(app.raw("", "GET", "/sign-ons/company", &[], Body::empty()).await.status, 303);
    }
    let more = app.raw("", "GET", "/sign-ons/company", &[], Body::empty()).await;
    assert_eq!((more.status.as_u16(), more.headers.contains_key("retry-after")), (429, true), "{}", more.body);
    app.clock.step(Duration::from_secs(600));
    assert_eq!(app.raw("", "GET", "/sign-ons/company", &[], Body::empty()).await.status, 303);
    let browser = Browser::default();
    for n in 0..51 {
        refused(&browser.back(&app, &format!("state=guess-{n}&code=c")).await, 401, "not known");
    }
    refused(&browser.back(&app, "state=guess&code=c").await, 429, "try again in");
    assert_eq!(recorded(&app).await, "login refused : throttled");
    refused(&browser.get(&app, "/sign-ons/company").await, 429, "try again in");
    // who comes with a password is another matter
    app.login("admin").await;
}
