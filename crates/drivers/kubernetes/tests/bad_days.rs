//! API servers that fail in every way that they do: each failure becomes the right kind, says what happened, and holds no secret.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::datacenter::{Connection, DatacenterOptions};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::AppSpec;
use tenantry_domain::user::Role;
use tenantry_driver_api::{
    AppWant, Apps as _, Credentials as _, DiskWant, Disks as _, DriverError, DriverErrorKind, Guard, Inspect as _, NamespaceWant,
    Namespaces as _, Network, Place,
};
use tenantry_driver_kubernetes::Kubernetes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{any, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "the-operators-secret-token";
const LIMIT: Duration = Duration::from_millis(200);

async fn driver(endpoint: &str, ca_pem: Option<&str>) -> Kubernetes {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connection = Connection::Kubernetes {
        kubeconfig: None,
        endpoint: Some(endpoint.to_owned()),
        ca_pem: ca_pem.map(str::to_owned),
        token: Some(TOKEN.to_owned()),
    };
    Kubernetes::connect(&connection, &DatacenterOptions::default(), &loopback()).await.unwrap()
}

/// A guard that lets tests go where their servers are.
fn loopback() -> Guard {
    Guard::new(&["127.0.0.0/8", "::1"]).unwrap()
}

fn uid() -> Uid {
    "00000000-0000-7000-8000-000000000001".parse().unwrap()
}

fn place() -> Place {
    Place { namespace: "shop".to_owned(), name: "web".to_owned(), uid: uid(), tenant_uid: uid() }
}

fn namespace() -> NamespaceWant {
    let limits = Limits::compute(Some(1000), None, None);
    NamespaceWant { name: "shop".to_owned(), uid: uid(), tenant_uid: uid(), limits, adopt: false, existed: false }
}

/// What every call of the driver answers there; none of them may succeed.
async fn failures(driver: &Kubernetes) -> Vec<(&'static str, DriverError)> {
    let disk = DiskWant { place: place(), size_gib: 1, storage_class: None };
    let spec = AppSpec {
        image: "web:1".to_owned(),
        replicas: 1,
        ports: vec![80],
        environment: [].into(),
        disks: Vec::new(),
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    };
    let app = AppWant { place: place(), spec, image_registry: None };
    let existed = NamespaceWant { existed: true, ..namespace() };
    vec![
        ("list_namespaces", driver.list_namespaces().await.unwrap_err()),
        ("ensure_namespace", driver.ensure_namespace(&namespace()).await.unwrap_err()),
        ("ensure_namespace, existed", driver.ensure_namespace(&existed).await.unwrap_err()),
        ("delete_namespace", driver.delete_namespace("shop", uid()).await.unwrap_err()),
        ("kubeconfig", driver.kubeconfig("shop", uid(), Role::Member).await.err().unwrap()),
        ("ensure_disk", driver.ensure_disk(&disk).await.unwrap_err()),
        ("delete_disk", driver.delete_disk(&place()).await.unwrap_err()),
        ("ensure_app", driver.ensure_app(&app).await.unwrap_err()),
        ("delete_app", driver.delete_app(&place()).await.unwrap_err()),
    ]
}

/// Every call fails in this way; the check says the same and does not call it healthy.
async fn expect(what: &str, driver: &Kubernetes, kind: DriverErrorKind, permanent: bool, retry_after: Option<u64>, says: &str) {
    for (call, error) in failures(driver).await {
        let seen = (error.kind, error.permanent(), error.retry_after);
        assert_eq!(seen, (kind, permanent, retry_after.map(Duration::from_secs)), "{what}: {call}: {error}");
        assert!(error.message.contains(says), "{what}: {call}: {error}");
        assert!(!format!("{error:?} {error}").contains(TOKEN), "{what}: {call}: {error}");
        assert!(error.message.len() < 700, "{what}: {call}: {} bytes", error.message.len());
    }
    let health = driver.check().await;
    assert!(!health.healthy && health.message.contains(says) && !health.message.contains(TOKEN), "{what}: {health:?}");
}

fn status(code: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(code)
        .set_body_json(json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}))
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

#[tokio::test]
async fn each_answer_becomes_its_kind_of_failure() {
    use DriverErrorKind::{Conflict, Forbidden, Invalid, QuotaExceeded, Server, Throttled, Timeout, Unauthorized};
    let page = format!("<html>Bad gateway. Your request had: Authorization: Bearer {TOKEN}</html>");
    let asked = |code, message: &str, seconds: &str| status(code, message).insert_header("retry-after", seconds);
    let in_body = ResponseTemplate::new(429).set_body_json(
        json!({"kind": "Status", "message": "too many requests", "details": {"retryAfterSeconds": 5}, "code": 429, "status": "Failure"}),
    );
    let quota = "pods \"web\" is forbidden: exceeded quota: tenantry, requested: requests.cpu=1, used: requests.cpu=2";
    let gone = "namespaces \"shop\" is forbidden: unable to create new content in namespace shop because it is being terminated";
    let long = "x".repeat(100_000);
    let cases = [
        ("an error", status(500, "etcdserver: leader changed"), Server, false, None, "500: etcdserver: leader changed"),
        ("an error with a very long message", status(500, &long), Server, false, None, "answered 500: xxx"),
        ("a proxy's page", ResponseTemplate::new(502).set_body_string(&page), Server, false, None, "answered 502"),
        ("unavailable", asked(503, "not ready", "7"), Server, false, Some(7), "not ready"),
        ("unavailable, for how long it does not say", status(503, "not ready"), Server, false, None, "not ready"),
        ("a gateway's timeout", status(504, "timed out"), Timeout, false, None, "timed out"),
        ("too often", asked(429, "too many requests", "3"), Throttled, false, Some(3), "too many requests"),
        ("too often, said in the body", in_body, Throttled, false, Some(5), "too many requests"),
        ("too often, for how long it does not say", ResponseTemplate::new(429), Throttled, false, Some(1), "answered 429"),
        ("too often until a date", asked(429, "slow", "Wed, 21 Oct 2026 07:28:00 GMT"), Throttled, false, Some(1), "slow"),
        ("not known", status(401, "Unauthorized"), Unauthorized, false, None, "does not accept the credentials"),
        ("not known to a proxy", ResponseTemplate::new(401).set_body_string(&page), Unauthorized, false, None, "credentials"),
        ("not allowed", status(403, "namespaces is forbidden: User \"u\" cannot"), Forbidden, true, None, "User \"u\" cannot"),
        ("over the quota", status(403, quota), QuotaExceeded, true, None, "exceeded quota: tenantry"),
        ("a quota not counted yet", status(403, "status unknown for quota: tenantry"), Conflict, false, None, "unknown for quota"),
        ("on its way out", status(403, gone), Conflict, false, None, "being terminated"),
        ("a conflict", status(409, "the object has been modified"), Conflict, false, None, "has been modified"),
        ("a list that expired", status(410, "The provided continue parameter is too old"), Conflict, false, None, "too old"),
        ("a refusal", status(422, "spec.replicas: Invalid value: -1"), Invalid, true, None, "spec.replicas: Invalid value"),
        ("a page", ResponseTemplate::new(200).set_body_string(&page), Server, false, None, "does not speak like a Kubernetes"),
        ("half a document", ResponseTemplate::new(200).set_body_string("{\"items\": ["), Server, false, None, "does not speak like"),
        ("bytes", ResponseTemplate::new(200).set_body_bytes([0xff, 0xfe, 0x00]), Server, false, None, "does not speak like"),
        ("another place", ResponseTemplate::new(302).insert_header("location", "/login"), Server, false, None, "does not speak like"),
        // what only a proxy says is not there has not been deleted
        ("a proxy's not found", ResponseTemplate::new(404).set_body_string(&page), Server, false, None, "does not speak like"),
    ];
    for (what, template, kind, permanent, retry_after, says) in cases {
        let server = answering(template).await;
        expect(what, &driver(&server.uri(), None).await, kind, permanent, retry_after, says).await;
    }
}

#[tokio::test]
async fn the_driver_does_not_repeat_a_call_by_itself() {
    for code in [429, 500, 503, 504] {
        let server = answering(status(code, "not now")).await;
        driver(&server.uri(), None).await.list_namespaces().await.unwrap_err();
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_part_that_fails_fails_the_whole() {
    let server = MockServer::start().await;
    let broken = status(500, "no policies today");
    Mock::given(path_regex("networkpolicies")).respond_with(broken).with_priority(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201).set_body_json(json!({}))).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).mount(&server).await;
    let error = driver(&server.uri(), None).await.ensure_namespace(&namespace()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("no policies today"), "{error:?}");
    // and an answer without a token is no kubeconfig
    let error = driver(&server.uri(), None).await.kubeconfig("shop", uid(), Role::Member).await.err().unwrap();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("without a token"), "{error:?}");
}

#[tokio::test]
async fn a_quota_that_is_not_counted_in_time_is_not_ready_and_passes() {
    let looked = |status: Value| {
        let quota = json!({"kind": "ResourceQuota", "spec": {"hard": {"requests.cpu": "1"}}, "status": status});
        let answer = ResponseTemplate::new(200).set_body_json(quota);
        Mock::given(method("GET")).and(path_regex("resourcequotas")).respond_with(answer)
    };
    // what is applied comes back as it was sent: nobody has counted it
    let echo = || {
        Mock::given(any())
            .respond_with(|request: &wiremock::Request| ResponseTemplate::new(200).set_body_bytes(request.body.clone()))
            .with_priority(9)
    };
    let server = MockServer::start().await;
    echo().mount(&server).await;
    looked(json!({})).up_to_n_times(2).with_priority(1).mount(&server).await;
    looked(json!({"hard": {"requests.cpu": "1"}, "used": {"requests.cpu": "500m"}})).mount(&server).await;
    let seen = driver(&server.uri(), None).await.ensure_namespace(&namespace()).await.unwrap();
    assert_eq!(seen.used[tenantry_domain::Metric::Cpu], 500, "{seen:?}");

    let server = MockServer::start().await;
    echo().mount(&server).await;
    looked(json!({"hard": {"requests.cpu": "2"}})).mount(&server).await;
    let error = driver(&server.uri(), None).await.with_call_limit(LIMIT).ensure_namespace(&namespace()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Conflict && error.message.contains("not in force"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let (begun, driver) = (Instant::now(), driver(&server.uri(), None).await.with_call_limit(LIMIT));
    let error = driver.list_namespaces().await.unwrap_err();
    assert_eq!((error.kind, error.permanent()), (DriverErrorKind::Timeout, false), "{error}");
    assert!(error.message.contains("did not answer within 200ms"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// Answers every connection with these bytes, and then closes it or never says another word.
async fn breaking(answer: &'static str, then_hangs: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                let _ = connection.write_all(answer.as_bytes()).await;
                if then_hangs {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_connection_that_breaks_is_unreachable_and_tried_again() {
    for answer in
        ["", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"items\": [", "SSH-2.0-OpenSSH_9.2\r\n"]
    {
        let driver = driver(&breaking(answer, false).await, None).await;
        expect(answer, &driver, DriverErrorKind::Unreachable, false, None, "cannot be reached: ").await;
    }
    let stalled = breaking("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"items\": [", true).await;
    let error = driver(&stalled, None).await.with_call_limit(LIMIT).list_namespaces().await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_says_why() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = driver(&format!("http://{closed}"), None).await;
    expect("a closed port", &refused, DriverErrorKind::Unreachable, false, None, "refused").await;
    // a label of 70 letters: no resolver asks anybody for it
    let unknown = driver(&format!("http://{}.invalid:6443", "k".repeat(70)), None).await;
    expect("no such name", &unknown, DriverErrorKind::Unreachable, false, None, "failed to lookup address").await;
    let server = answering(ResponseTemplate::new(200)).await;
    let plain = driver(&server.uri().replace("http:", "https:"), None).await;
    expect("no TLS there", &plain, DriverErrorKind::Unreachable, false, None, "cannot be reached: ").await;
}

/// An API server of one answer, behind TLS.
fn with_tls(own: &CertifiedKey<KeyPair>) -> String {
    let certificate = own.cert.der().clone();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, config) = (connection.unwrap(), Arc::clone(&config));
            std::thread::spawn(move || {
                let mut session = rustls::ServerConnection::new(config).unwrap();
                let mut stream = rustls::Stream::new(&mut session, &mut connection);
                let mut request = [0; 4096];
                // a client that does not believe the certificate goes away here
                if stream.read(&mut request).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{\"items\":[]}");
                }
            });
        }
    });
    format!("https://{address}")
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_believed() {
    let own = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (this, another) = (own(), own());
    let endpoint = with_tls(&this);
    let known = driver(&endpoint, Some(&this.cert.pem())).await;
    assert_eq!(known.list_namespaces().await, Ok([].into()));
    let other = driver(&endpoint, Some(&another.cert.pem())).await;
    expect("another authority", &other, DriverErrorKind::Unreachable, false, None, "certificate").await;
    let system = driver(&endpoint, None).await;
    expect("the system's authorities", &system, DriverErrorKind::Unreachable, false, None, "certificate").await;
}

/// Answers one address after the other.
struct Answers(Mutex<VecDeque<IpAddr>>);

#[async_trait::async_trait]
impl Network for Answers {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.lock().unwrap().pop_front().into_iter().collect())
    }
    fn owns(&self, _: IpAddr) -> bool {
        false
    }
}

#[tokio::test]
async fn every_connection_goes_where_the_guard_lets_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = ResponseTemplate::new(200).set_body_json(json!({"items": []})).insert_header("connection", "close");
    let server = answering(answer).await;
    let inside = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let driver = async |endpoint: String, answers: &[&str]| {
        let answers = Answers(Mutex::new(answers.iter().map(|a| a.parse().unwrap()).collect()));
        let guard = Guard::new(&["127.0.0.1"]).unwrap().on(Arc::new(answers));
        let connection = Connection::Kubernetes { kubeconfig: None, endpoint: Some(endpoint), ca_pem: None, token: Some(TOKEN.to_owned()) };
        Kubernetes::connect(&connection, &DatacenterOptions::default(), &guard).await.unwrap()
    };
    // the name turns after the first connection
    let turns = driver(format!("http://turns.example:{}", server.address().port()), &["127.0.0.1", "127.0.0.2", "127.0.0.2"]).await;
    assert_eq!(turns.list_namespaces().await, Ok([].into()));
    let written = driver(format!("http://{}", inside.local_addr().unwrap()), &[]).await;
    let mapped = driver(format!("http://[::ffff:127.0.0.2]:{}", inside.local_addr().unwrap().port()), &[]).await;
    for driver in [turns, written, mapped] {
        let error = driver.list_namespaces().await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
        assert!(driver.check().await.message.contains("outgoing.allow"));
    }
    let knocked = std::future::poll_fn(|context| std::task::Poll::Ready(inside.poll_accept(context).is_ready())).await;
    assert!(!knocked);
}
