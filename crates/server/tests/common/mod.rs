//! The whole server in the test's process, on an embedded database of its own, with its reconciler running.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_domain::Clock;
use tenantry_driver_sandbox::Sandbox;
use tenantry_server::{Config, SystemClock, serve};
use tenantry_store::{Options, Store, Vault};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub const PASSWORD: &str = "front-door-password";

pub struct Server {
    application: serve::Application,
    pub store: Store,
    stop: CancellationToken,
    pub token: String,
    folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Server {
    /// A server after its first start, with the administrator logged in.
    pub async fn start() -> Self {
        Self::start_with(Arc::new(SystemClock), |_| ()).await
    }

    /// The same with a clock and a configuration of the test's own.
    pub async fn start_with(clock: Arc<dyn Clock>, configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = folder.path().to_owned();
        config.outgoing.allow = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
        config.tenants.wait_s = 30;
        configure(&mut config);
        let store = Store::connect(&Options::embedded(folder.path()), clock, Vault::new(&[7; 32])).await.unwrap();
        Self::assemble(folder, config, store).await
    }

    /// The same on a database of the test's own, which other servers may share.
    pub async fn start_on(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = folder.path().to_owned();
        config.database.url = Some("opened already".to_owned());
        Self::assemble(folder, config, store).await
    }

    async fn assemble(folder: tempfile::TempDir, config: Config, store: Store) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let application = serve::assemble_with(&config, store.clone(), None, Some(PASSWORD)).await.unwrap();
        let stop = CancellationToken::new();
        application.start_work(&stop);
        let mut server = Self { application, store, stop, token: String::new(), folder };
        server.token = server.login("admin", PASSWORD).await;
        server
    }

    /// The embedded sandbox, as somebody beside Tenantry uses it.
    pub async fn sandbox(&self) -> Sandbox {
        Sandbox::open(&self.folder.path().join("sandbox/sandbox.db"), Arc::default()).await.unwrap()
    }

    pub async fn login(&self, username: &str, password: &str) -> String {
        let answer = self.send("", "POST", "/api/v1/users/login", Some(json!({"username": username, "password": password}))).await;
        answer.body["data"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body)).to_owned()
    }

    /// A request with a token.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.raw(request(token, method, path, &[], body)).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        Answer::of(self.respond(request).await).await
    }

    /// The answer with its body unread.
    pub async fn respond(&self, request: Request<Body>) -> Response {
        self.application.routes.clone().oneshot(request).await.unwrap()
    }

    /// All of these at the same moment, each on a task of its own.
    pub async fn at_once(&self, requests: Vec<Request<Body>>) -> Vec<Answer> {
        let start = Arc::new(Barrier::new(requests.len()));
        let send = |request| {
            let (routes, start) = (self.application.routes.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                Answer::of(routes.oneshot(request).await.unwrap()).await
            })
        };
        let tasks: Vec<_> = requests.into_iter().map(send).collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(&self.token, "GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(&self.token, "POST", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(&self.token, "DELETE", path, None).await
    }
}

/// A request with a token, headers, and a JSON body.
pub fn request(token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("authorization", token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.map_or_else(Body::empty, |b| Body::from(b.to_string()))).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Self { status: head.status, headers: head.headers, body }
    }

    /// The data of a success.
    pub fn data(self) -> Value {
        assert_eq!((self.status, &self.body["code"]), (StatusCode::OK, &json!(0)), "{}", self.body);
        self.body["data"].clone()
    }

    /// Status and code of a failure.
    pub fn refusal(&self) -> (u16, i64) {
        (self.status.as_u16(), self.body["code"].as_i64().unwrap_or(-1))
    }
}
