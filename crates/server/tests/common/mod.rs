//! The whole server in the test's process, on an embedded database of its own, with its reconciler running.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_server::{Config, serve};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub const PASSWORD: &str = "front-door-password";

pub struct Server {
    application: serve::Application,
    stop: CancellationToken,
    pub token: String,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Server {
    /// A server after its first start, with the administrator logged in.
    pub async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = folder.path().to_owned();
        config.outgoing.allow = vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
        config.tenants.wait_s = 30;
        let store = serve::open_store(&config).await.unwrap();
        let application = serve::assemble_with(&config, store, None, Some(PASSWORD)).await.unwrap();
        let stop = CancellationToken::new();
        application.start_work(&stop);
        let mut server = Self { application, stop, token: String::new(), _folder: folder };
        server.token = server.login("admin", PASSWORD).await;
        server
    }

    pub async fn login(&self, username: &str, password: &str) -> String {
        let answer = self.send("", "POST", "/api/v1/users/login", Some(json!({"username": username, "password": password}))).await;
        answer.body["data"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body)).to_owned()
    }

    /// A request with a token.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        let request = Request::builder().method(method).uri(path).header("authorization", token).body(body).unwrap();
        self.raw(request).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.application.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        }
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

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Answer {
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
