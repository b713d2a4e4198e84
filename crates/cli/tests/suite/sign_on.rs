//! Logging in with a browser, which the test is.

use serde_json::{Value, json};
use tenantry_cli::Exit;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, Request};

use crate::support::{Machine, THEN, answer, problem, user};

async fn methods(machine: &Machine, names: &[&str]) {
    let all: Vec<Value> = names.iter().map(|n| json!({"name": n, "label": n, "url": format!("/api/v2/sign-ons/{n}")})).collect();
    let methods = json!({"password": true, "sign_on": all});
    Mock::given(method("GET")).and(path("/api/v2/login-methods")).respond_with(answer(200, methods)).mount(&machine.server).await;
}

/// The server leads to a page whose address has where the command listens.
async fn begins(machine: &Machine, provider: &str) {
    let begun = |request: &Request| {
        let sent: Value = serde_json::from_slice(&request.body).unwrap();
        let url = format!("https://login.example/authorize#{}", sent["redirect_uri"].as_str().unwrap());
        answer(201, json!({"url": url, "state": "s-1", "secret": "n-1.v-1", "expires_at": THEN}))
    };
    Mock::given(method("POST")).and(path(format!("/api/v2/sign-ons/{provider}"))).respond_with(begun).mount(&machine.server).await;
}

fn finishes(provider: &str, said: Value) -> wiremock::MockBuilder {
    let mut sent = json!({"state": "s-1", "secret": "n-1.v-1"});
    sent.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    Mock::given(method("POST")).and(path(format!("/api/v2/sign-ons/{provider}/finish"))).and(body_json(sent))
}

/// What a browser is answered that is led back with this query.
async fn led_back(page: &str, query: &str) -> String {
    let there = page.split_once("#http://").unwrap().1.strip_suffix("/callback").unwrap();
    let mut stream = TcpStream::connect(there).await.unwrap();
    stream.write_all(format!("GET {query} HTTP/1.1\r\nHost: {there}\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_browser_opens_and_what_it_brings_back_is_a_session_in_the_profile() {
    let (open, mut opened) = unbounded_channel();
    let machine = Machine { token: None, interactive: true, browser: Some(open), ..Machine::new().await };
    methods(&machine, &["company"]).await;
    begins(&machine, "company").await;
    let session = answer(201, json!({"token": "FRESH", "user": user(), "expires_at": THEN}));
    finishes("company", json!({"code": "c 1"})).respond_with(session).expect(1).mount(&machine.server).await;
    let browser = async {
        let page = opened.recv().await.unwrap();
        // a connection that is never used, and pages that know nothing of this login
        let _idle = TcpStream::connect(page.split_once("#http://").unwrap().1.strip_suffix("/callback").unwrap()).await.unwrap();
        for other in ["/favicon.ico", "/callback?code=planted&state=another", "/callback"] {
            assert!(led_back(&page, other).await.starts_with("HTTP/1.1 404 "), "{other}");
        }
        led_back(&page, "/callback?code=c%201&state=s-1&iss=x").await
    };
    let (ended, told) = tokio::join!(machine.run("login --sso --profile east"), browser);
    assert!(told.starts_with("HTTP/1.1 200 ") && told.contains("command line"), "{told}");
    assert_eq!(ended.exit, Exit::Ok, "{}", ended.err);
    assert!(
        ended.err.contains("if none has opened, go to\nhttps://login.example/authorize#") && ended.err.contains("as admin"),
        "{}",
        ended.err
    );
    for secret in ["FRESH", "n-1.v-1", "c 1"] {
        assert!(!ended.err.contains(secret) && !ended.out.contains(secret), "{secret}");
    }
    let profiles = std::fs::read_to_string(machine.profiles()).unwrap();
    assert!(profiles.contains("[profiles.east]") && profiles.contains("token = \"FRESH\""), "{profiles}");
}

#[tokio::test]
async fn without_a_browser_the_page_is_printed_and_a_refusal_is_told() {
    let machine = Machine { token: None, ..Machine::new().await };
    methods(&machine, &["company", "partners"]).await;
    begins(&machine, "partners").await;
    let refused = finishes("partners", json!({"error": "access_denied"}));
    refused.respond_with(problem(401, "wrong_credentials")).expect(1).mount(&machine.server).await;
    let waiting = machine.run("login --sso=partners");
    let person = async {
        // the request that begins it says where the command listens
        loop {
            let requests = machine.server.received_requests().await.unwrap();
            if let Some(begun) = requests.iter().find(|r| r.url.path() == "/api/v2/sign-ons/partners") {
                let sent: Value = serde_json::from_slice(&begun.body).unwrap();
                return led_back(&format!("#{}", sent["redirect_uri"].as_str().unwrap()), "/callback?error=access_denied&state=s-1").await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (ended, told) = tokio::join!(waiting, person);
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    assert_eq!(ended.exit, Exit::NotAuthenticated, "{}", ended.err);
    assert!(ended.err.contains("log in with a browser on this machine at\nhttps://login.example/authorize#"), "{}", ended.err);
    assert!(!machine.profiles().exists());
}

#[tokio::test]
async fn where_to_log_in_is_asked_for_when_it_is_not_clear() {
    let machine = Machine { token: None, ..Machine::new().await };
    methods(&machine, &["company", "partners"]).await;
    for (line, told) in [
        ("login --sso", "say where: --sso=NAME, one of company, partners"),
        ("login --sso=elsewhere", "there is no single sign-on at 'elsewhere': --sso takes company, partners"),
    ] {
        let ended = machine.run(line).await;
        assert_eq!((ended.exit, ended.err.as_str()), (Exit::Usage, format!("error: {told}\n").as_str()), "{line}");
    }
    assert_eq!(machine.run("login admin --sso").await.exit, Exit::Usage);
    let none = Machine { token: None, ..Machine::new().await };
    methods(&none, &[]).await;
    let ended = none.run("login --sso").await;
    assert!(ended.exit == Exit::Usage && ended.err.contains("has no single sign-on"), "{}", ended.err);
}
