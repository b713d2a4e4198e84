//! Logging in, and what is remembered of it.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Machine, answer, page, problem, user};
use serde_json::json;
use tenantry_cli::Exit;
use wiremock::matchers::{any, body_json, header, method, path};
use wiremock::{Mock, MockServer};

async fn logged_in() -> Machine {
    let machine = Machine { token: None, ..Machine::new().await };
    Mock::given(method("POST"))
        .and(path("/api/v2/sessions"))
        .and(body_json(json!({"username": "admin", "password": "correct horse"})))
        .respond_with(answer(201, json!({"token": "FRESH", "user": user(), "expires_at": crate::support::THEN})))
        .mount(&machine.server)
        .await;
    let ended = machine.run_with("login admin --password-stdin", "correct horse\n").await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Ok, ""), "{}", ended.err);
    assert!(!ended.err.contains("FRESH") && ended.err.contains("as admin until 2026"), "{}", ended.err);
    machine
}

#[tokio::test]
async fn a_login_is_remembered_for_its_owner_alone() {
    let machine = logged_in().await;
    assert_eq!(std::fs::metadata(machine.profiles()).unwrap().permissions().mode() & 0o777, 0o600);
    let session = json!({"user": user(), "expires_at": crate::support::THEN});
    Mock::given(path("/api/v2/sessions/current"))
        .and(header("authorization", "Bearer FRESH"))
        .respond_with(answer(200, session))
        .mount(&machine.server)
        .await;
    let ended = machine.run_anywhere("whoami", "").await;
    assert!(ended.exit == Exit::Ok && ended.out.contains("user.username              admin\n"), "{}{}", ended.out, ended.err);
    let listed = machine.run_anywhere("profiles list", "").await;
    assert!(listed.out.contains("default") && !listed.out.contains("FRESH"), "{}", listed.out);
}

#[tokio::test]
async fn a_token_is_never_sent_to_another_server() {
    let machine = logged_in().await;
    let other = MockServer::start().await;
    Mock::given(any()).respond_with(problem(401, "unauthenticated")).mount(&other).await;
    let ended = machine.run_anywhere(&format!("tenants list --server {}", other.uri()), "").await;
    assert_eq!(ended.exit, Exit::NotAuthenticated);
    assert!(ended.err.contains("tenantry login"), "{}", ended.err);
    let sent = other.received_requests().await.unwrap();
    assert!(sent.len() == 1 && !sent[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_token_of_the_environment_goes_before_that_of_the_profile() {
    let machine = Machine { token: Some("OTHER"), ..logged_in().await };
    Mock::given(path("/api/v2/tenants"))
        .and(header("authorization", "Bearer OTHER"))
        .respond_with(page(&[]))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run_anywhere("tenants list", "").await.exit, Exit::Ok);
}

#[tokio::test]
async fn logging_out_ends_the_session_and_forgets_the_token() {
    let machine = logged_in().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v2/sessions/current"))
        .respond_with(wiremock::ResponseTemplate::new(204))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run_anywhere("logout", "").await.exit, Exit::Ok);
    let kept = std::fs::read_to_string(machine.profiles()).unwrap();
    assert!(!kept.contains("FRESH") && kept.contains(&machine.server.uri()), "{kept}");
}

#[tokio::test]
async fn a_profile_that_is_used_decides_the_server() {
    let machine = logged_in().await;
    assert_eq!(machine.run_with("login admin --password-stdin --profile east", "correct horse\n").await.exit, Exit::Ok);
    assert_eq!(machine.run_anywhere("profiles use west", "").await.exit, Exit::NotFound);
    assert_eq!(machine.run_anywhere("profiles use east", "").await.exit, Exit::Ok);
    let listed = machine.run_anywhere("profiles list -o json", "").await;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        rows.iter().map(|row| (row["name"].as_str(), row["in_use"] == true)).collect::<Vec<_>>(),
        [(Some("default"), false), (Some("east"), true)]
    );
    assert_eq!(machine.run_anywhere("profiles delete east", "").await.exit, Exit::Ok);
    assert!(machine.run_anywhere("profiles list", "").await.out.contains("default"));
}

#[tokio::test]
async fn a_broken_file_of_profiles_is_an_error_that_shows_no_token() {
    let machine = logged_in().await;
    let broken = std::fs::read_to_string(machine.profiles()).unwrap().replace("\"FRESH\"", "FRESH x");
    std::fs::write(machine.profiles(), broken).unwrap();
    let ended = machine.run_anywhere("whoami", "").await;
    assert_eq!(ended.exit, Exit::Failure);
    assert!(ended.err.contains("is not a file of profiles") && !ended.err.contains("FRESH"), "{}", ended.err);
}

#[tokio::test]
async fn a_password_is_asked_of_a_person_and_refused_to_be_guessed() {
    let mut machine = logged_in().await;
    let nobody = machine.run("login admin").await;
    assert_eq!(nobody.exit, Exit::Usage);
    assert!(nobody.err.contains("--password-stdin"), "{}", nobody.err);
    machine.interactive = true;
    let asked = machine.run_with("login", "admin\n").await;
    assert_eq!(asked.exit, Exit::Ok, "{}", asked.err);
    assert!(!asked.err.contains("correct horse"));
}
