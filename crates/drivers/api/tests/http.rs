//! The guarded HTTP client against names that change, redirects that lead inside, and addresses written in every way.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, Response};
use tenantry_driver_api::http::Http;
use tenantry_driver_api::{DriverErrorKind, Guard, Network, Purpose, Result};
use tokio::net::TcpListener;
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const LIMIT: Duration = Duration::from_secs(5);

/// A resolver that answers one address after the other.
struct Answers(Mutex<VecDeque<IpAddr>>);

#[async_trait]
impl Network for Answers {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.lock().unwrap().pop_front().into_iter().collect())
    }
    fn owns(&self, _: IpAddr) -> bool {
        false
    }
}

/// A client that may go to 127.0.0.1 and no other loopback address.
fn client(answers: &[&str]) -> Http {
    let network = Answers(Mutex::new(answers.iter().map(|a| a.parse().unwrap()).collect()));
    Http::new(&Guard::new(&["127.0.0.1"]).unwrap().on(Arc::new(network)), Purpose::Registry, None).unwrap()
}

async fn get(client: &Http, url: &str) -> Result<Response> {
    client.send(Method::GET, Url::parse(url).unwrap(), LIMIT, |request| request).await
}

async fn serving(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    // each request makes a connection of its own
    Mock::given(any()).respond_with(answer.insert_header("connection", "close")).mount(&server).await;
    server
}

/// A listener at 127.0.0.2, and whether nobody ever knocked there.
async fn inside() -> TcpListener {
    TcpListener::bind("127.0.0.2:0").await.unwrap()
}

async fn nobody_knocked(listener: &TcpListener) -> bool {
    std::future::poll_fn(|context| Poll::Ready(listener.poll_accept(context).is_pending())).await
}

#[tokio::test]
async fn a_peer_that_the_operator_allows_answers_by_name_and_by_address() {
    let server = serving(ResponseTemplate::new(200)).await;
    let port = server.address().port();
    assert_eq!(get(&client(&["127.0.0.1"]), &format!("http://peer.example:{port}/")).await.unwrap().status(), 200);
    assert_eq!(get(&client(&[]), &format!("http://127.0.0.1:{port}/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_name_that_turns_between_two_requests_is_refused_at_the_second() {
    let (server, inside) = (serving(ResponseTemplate::new(200)).await, inside().await);
    let client = client(&["127.0.0.1", "127.0.0.2"]);
    assert_eq!(get(&client, &format!("http://turns.example:{}/", server.address().port())).await.unwrap().status(), 200);
    let error = get(&client, &format!("http://turns.example:{}/", inside.local_addr().unwrap().port())).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
    assert!(nobody_knocked(&inside).await);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let inside = inside().await;
    for target in [format!("http://{}/", inside.local_addr().unwrap()), "http://169.254.169.254/latest/meta-data/".to_owned()] {
        let server = serving(ResponseTemplate::new(302).insert_header("location", target)).await;
        assert_eq!(get(&client(&[]), &server.uri()).await.unwrap().status(), 302);
    }
    assert!(nobody_knocked(&inside).await);
}

#[tokio::test]
async fn an_address_in_the_url_is_looked_at_however_it_is_written() {
    let inside = inside().await;
    let port = inside.local_addr().unwrap().port();
    for host in ["127.0.0.2", "2130706434", "0x7f.2", "0177.0.0.2", "[::ffff:127.0.0.2]", "[64:ff9b::7f00:2]", "[::1]", "0.0.0.0", "[::]"] {
        let error = get(&client(&[]), &format!("http://{host}:{port}/")).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{host}: {error}");
    }
    assert!(nobody_knocked(&inside).await);
}

#[tokio::test]
async fn failures_tell_what_happened_and_not_the_url() {
    let closed = inside().await;
    let address = closed.local_addr().unwrap();
    drop(closed);
    let open = Http::new(&Guard::new(&["127.0.0.0/8"]).unwrap(), Purpose::Registry, None).unwrap();
    let error = get(&open, &format!("http://{address}/with-a-secret")).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Unreachable && !error.message.contains("secret"), "{error}");
    let error = get(&client(&[]), "http://no-such-host.example/with-a-secret").await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("no-such-host.example"), "{error}");
    let slow = serving(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let request = open.send(Method::GET, slow.uri().parse().unwrap(), Duration::from_millis(100), |request| request);
    assert_eq!(request.await.unwrap_err().kind, DriverErrorKind::Timeout);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let server = serving(ResponseTemplate::new(200).set_body_string("x".repeat(1000))).await;
    let answer = get(&client(&[]), &server.uri()).await.unwrap();
    assert_eq!(Http::read(answer, 1000, LIMIT).await.unwrap().len(), 1000);
    let answer = get(&client(&[]), &server.uri()).await.unwrap();
    assert_eq!(Http::read(answer, 999, LIMIT).await.unwrap_err().kind, DriverErrorKind::Server);
}
