//! A dialect as its tests call it: the router behind the server's slash trimming, on a database of its own. No reconciler runs.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tenantry_domain::datacenter::{Connection, DatacenterOptions};
use tenantry_domain::quota::Limits;
use tenantry_http::Api;
use tenantry_http::openapi::Operation;
use tenantry_service::{Ctx, Peers, People, RequestInfo, Services, Settings, auth, datacenter};
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};
use utoipa::openapi::OpenApi;

use crate::{TestClock, TestDatabase};

/// Everybody's password.
pub const PASSWORD: &str = "a-test-password";

/// A dialect, and what is behind it.
pub struct Dialect {
    /// The use cases.
    pub services: Services,
    /// The clock.
    pub clock: Arc<TestClock>,
    /// The OpenAPI document.
    pub document: Value,
    /// The database.
    pub database: TestDatabase,
    router: NormalizePath<Router>,
    name: &'static str,
    header: &'static str,
}

/// What was answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The JSON.
    pub body: Value,
}

impl Dialect {
    /// The dialect with this name in the audit, whose clients send the token in this header, on an empty database with the user `admin`.
    /// No request waits for anything to settle.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start(
        name: &'static str,
        header: &'static str,
        peers: Arc<dyn Peers>,
        settings: Settings,
        router: impl FnOnce(Api) -> (Router, OpenApi),
    ) -> Self {
        Self::with_people(name, header, peers, People::default(), settings, router).await
    }

    /// The same with people from elsewhere.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn with_people(
        name: &'static str,
        header: &'static str,
        peers: Arc<dyn Peers>,
        people: People,
        settings: Settings,
        router: impl FnOnce(Api) -> (Router, OpenApi),
    ) -> Self {
        let database = TestDatabase::sqlite().await;
        let settings = Settings { wait: Duration::ZERO, ..settings };
        let services = Services::with_people(database.store.clone(), settings, peers, people);
        auth::bootstrap(&services, PASSWORD).await.expect("the administrator is made");
        let (router, document) = router(Api::new(services.clone()));
        Self {
            services,
            clock: Arc::clone(&database.clock),
            document: serde_json::to_value(&document).expect("the document is JSON"),
            database,
            router: NormalizePathLayer::trim_trailing_slash().layer(router),
            name,
            header,
        }
    }

    /// What a token may do, past the dialect.
    ///
    /// # Panics
    /// When it is no session's.
    pub async fn ctx(&self, token: &str) -> Ctx {
        let token = auth::normalize_token(token).expect("a token");
        let session = auth::authenticate(&self.services, &token, self.name).await.expect("a session");
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: self.name, ..RequestInfo::default() })
    }

    /// Connects the datacenter `local` of 100 cores, 100 GiB of memory and 1000 GiB of storage.
    ///
    /// # Panics
    /// When the token is not allowed to.
    pub async fn datacenter(&self, token: &str) {
        let local = datacenter::Create {
            name: "local".to_owned(),
            comment: String::new(),
            connection: Connection::Sandbox { name: "local".to_owned() },
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(100_000), Some(100 << 10), Some(1000 << 10)),
            overcommit: None,
        };
        datacenter::create(&self.ctx(token).await, &local).await.expect("a datacenter is connected");
    }

    /// The answer with its body unread.
    pub async fn respond(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// What a request is answered.
    ///
    /// # Panics
    /// When that is no JSON.
    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.respond(request).await.into_parts();
        let bytes = body.collect().await.expect("the whole answer").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{} is no JSON: {bytes:?}", head.status));
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// With this body, and a token unless it is empty.
    ///
    /// # Panics
    /// When it is no request, or the answer no JSON.
    pub async fn text(&self, token: &str, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = if token.is_empty() { request } else { request.header(self.header, token) };
        self.raw(request.body(body.into()).expect("a request")).await
    }

    /// With a JSON body, unless it is null.
    ///
    /// # Panics
    /// As [`Self::text`].
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.text(token, method, path, if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).await
    }
}

/// The operation with this id.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn operation<G>(all: &'static [Operation<G>], id: &str) -> &'static Operation<G> {
    all.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// The path of an operation with names and ids put in.
///
/// # Panics
/// When there are not enough of them.
#[must_use]
pub fn path<G>(operation: &Operation<G>, names: &[impl Display]) -> String {
    let mut names = names.iter();
    let part = |(i, text): (usize, &str)| if i % 2 == 1 { names.next().expect("a name").to_string() } else { text.to_owned() };
    operation.path.split(['{', '}']).enumerate().map(part).collect()
}
