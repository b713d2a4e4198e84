//! A real OpenID provider, over TLS with a private CA, and a browser made of plain requests. `make test-peers` starts it.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]
#![expect(clippy::disallowed_methods, reason = "the provider's tokens are of its own time")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use common::Stepped;
use reqwest::{Client, redirect};
use tenantry_driver_api::{DriverErrorKind, Guard, PendingSignOn, SignOn as _, SignedOn, tls};
use tenantry_driver_oidc::{OpenId, Settings};
use url::Url;

const REDIRECT: &str = "https://cloud.example.net/sso/callback";

/// The settings for the provider that the environment names; none, said on standard error, when it names none.
fn settings() -> Option<Settings> {
    let Ok(issuer) = std::env::var("TENANTRY_TEST_OIDC") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_OIDC names no provider\n");
        return None;
    };
    let ca = std::fs::read_to_string(std::env::var("TENANTRY_TEST_OIDC_CA").unwrap()).unwrap();
    Some(Settings {
        name: "company".into(),
        issuer,
        client_id: "tenantry".into(),
        client_secret: "tenantry-client-secret".into(),
        ca_pem: Some(ca),
        scopes: ["profile", "email", "groups"].map(str::to_owned).to_vec(),
        ..Settings::default()
    })
}

fn open(settings: Settings) -> OpenId {
    let clock = Arc::new(Stepped::at(0));
    clock.step(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
    OpenId::new(settings, &Guard::new(&["127.0.0.0/8", "::1"]).unwrap(), clock).unwrap()
}

/// Goes where the browser is sent, fills in the form, and answers with what the provider led back with.
async fn browse(settings: &Settings, pending: &PendingSignOn, login: &str, password: &str) -> BTreeMap<String, String> {
    let tls = tls::config(settings.ca_pem.as_deref()).unwrap();
    let http = Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let mut cookies = BTreeMap::new();
    let mut url: Url = pending.url.parse().unwrap();
    for _ in 0..10 {
        let jar = |cookies: &BTreeMap<String, String>| cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ");
        let mut answer = http.get(url.clone()).header("cookie", jar(&cookies)).send().await.unwrap();
        if answer.status() == 200 {
            keep(&answer, &mut cookies);
            let form = http.post(url.clone()).header("cookie", jar(&cookies)).form(&[("login", login), ("password", password)]);
            answer = form.send().await.unwrap();
        }
        keep(&answer, &mut cookies);
        assert!(answer.status().is_redirection(), "{}: {}", answer.status(), answer.text().await.unwrap());
        url = url.join(answer.headers()["location"].to_str().unwrap()).unwrap();
        if url.as_str().starts_with(REDIRECT) {
            return url.query_pairs().into_owned().collect();
        }
    }
    panic!("the provider does not lead back: {url}");
}

fn keep(answer: &reqwest::Response, cookies: &mut BTreeMap<String, String>) {
    for cookie in answer.headers().get_all("set-cookie") {
        let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[tokio::test]
async fn a_person_signs_on_and_brings_name_mail_and_groups_whatever_the_algorithm() {
    let Some(settings) = settings() else { return };
    for client_id in ["tenantry", "tenantry-es"] {
        let settings = Settings { client_id: client_id.into(), ..settings.clone() };
        let provider = open(settings.clone());
        provider.check().await.unwrap();
        let pending = provider.begin(REDIRECT).await.unwrap();
        let back = browse(&settings, &pending, "alice", "alice-password").await;
        assert_eq!(back["state"], pending.state);
        let SignedOn::User(person) = provider.finish(&pending, &back["code"]).await.unwrap() else { panic!("refused") };
        assert_eq!((person.subject.as_str(), person.login.as_str(), person.name.as_str()), ("subject-of-alice", "alice", "Alice Example"));
        assert_eq!(person.email.as_deref(), Some("alice@example.net"));
        assert_eq!(person.groups, ["cloud-admins", "everybody"]);
        // a code is good once
        assert_eq!(provider.finish(&pending, &back["code"]).await.unwrap(), SignedOn::Refused);
    }
}

#[tokio::test]
async fn a_wrong_password_leads_back_without_a_code() {
    let Some(settings) = settings() else { return };
    let provider = open(settings.clone());
    let pending = provider.begin(REDIRECT).await.unwrap();
    let back = browse(&settings, &pending, "alice", "bob-password").await;
    assert_eq!((back["state"].as_str(), back["error"].as_str()), (pending.state.as_str(), "access_denied"));
    assert!(!back.contains_key("code"));
}

#[tokio::test]
async fn a_code_is_of_use_only_to_who_began_the_login() {
    let Some(settings) = settings() else { return };
    let provider = open(settings.clone());
    let (mine, theirs) = (provider.begin(REDIRECT).await.unwrap(), provider.begin(REDIRECT).await.unwrap());
    let back = browse(&settings, &mine, "bob", "bob-password").await;
    // another login's verifier does not prove anything
    assert_eq!(provider.finish(&theirs, &back["code"]).await.unwrap(), SignedOn::Refused);
    // and with the right verifier, a token of another login is not believed
    let back = browse(&settings, &mine, "bob", "bob-password").await;
    let mixed = PendingSignOn { nonce: theirs.nonce.clone(), ..mine.clone() };
    let error = provider.finish(&mixed, &back["code"]).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("another login"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_said() {
    let Some(settings) = settings() else { return };
    let secret = Settings { client_secret: "not-the-secret".into(), ..settings.clone() };
    let provider = open(secret.clone());
    let pending = provider.begin(REDIRECT).await.unwrap();
    let back = browse(&secret, &pending, "carol", "carol-password").await;
    let error = provider.finish(&pending, &back["code"]).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Unauthorized && !error.message.contains("not-the-secret"), "{error}");
    for (settings, kind, part) in [
        (Settings { ca_pem: None, ..settings.clone() }, DriverErrorKind::Unreachable, "certificate"),
        (Settings { issuer: format!("{}/", settings.issuer), ..settings.clone() }, DriverErrorKind::Invalid, "issuer"),
        (Settings { issuer: format!("{}/realm", settings.issuer), ..settings.clone() }, DriverErrorKind::Invalid, "issuer"),
    ] {
        let error = open(settings).check().await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(part), "{:?} {error}", error.kind);
    }
}
