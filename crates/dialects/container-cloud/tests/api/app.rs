//! The router behind the server's slash trimming, with the operations of the table called by their ids.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_dialect_container_cloud::operations::{self, Operation};
use tenantry_dialect_container_cloud::{NAME, Options};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, ErrorKind, Result, Uid};
use tenantry_driver_api::{Images as _, Kubeconfig};
use tenantry_driver_registry::Registry;
use tenantry_service::registry::RegistryDraft;
use tenantry_service::{Ctx, Peers, RequestInfo, Services, Settings, auth, registry};
use tenantry_testkit::{TestClock, TestDatabase};
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

pub const PASSWORD: &str = "a-test-password";
/// The endpoint of a datacenter that does not answer.
pub const DOWN: &str = "https://down.example:6443";

/// Datacenters are well but the one that is down; registries are read in earnest.
struct Fake;

#[async_trait]
impl Peers for Fake {
    async fn check(&self, connection: &Connection, _: &DatacenterOptions) -> Result<Health> {
        let down = matches!(connection, Connection::Kubernetes { endpoint: Some(endpoint), .. } if endpoint == DOWN);
        let message = if down { format!("{DOWN} does not answer") } else { String::new() };
        Ok(Health { healthy: !down, peer_version: "v1".to_owned(), message, ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Err(Error::internal("this dialect has no kubeconfigs"))
    }
    async fn images(&self, registry: &RegistryConnection, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        let failed = |e: tenantry_driver_api::DriverError| {
            Error::new(ErrorKind::PeerUnavailable, format!("the registry '{}' cannot be read: {}", registry.name, e.message))
        };
        Registry::new(registry).map_err(failed)?.images(after, limit).await.map_err(failed)
    }
}

pub struct App {
    router: NormalizePath<Router>,
    services: Services,
    pub clock: Arc<TestClock>,
    pub document: Value,
    pub admin: String,
    _database: TestDatabase,
}

/// Who calls.
#[derive(Clone, Default)]
pub struct User {
    pub id: i64,
    pub token: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// HTTP status and code of the envelope.
    pub fn codes(&self) -> (u16, i64) {
        (self.status, self.body["code"].as_i64().unwrap_or(-1))
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// The data of a success.
    #[track_caller]
    pub fn data(self) -> Value {
        assert_eq!(self.codes(), (200, 0), "{}", self.body);
        self.body["data"].clone()
    }

    /// Nothing was done, and the envelope says why.
    #[track_caller]
    pub fn refused(&self, codes: (u16, i64)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert!(self.message().len() > 10 && self.body["msg"] == self.body["message"] && self.body["data"].is_null(), "{}", self.body);
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    operations::ALL.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// The path of an operation with ids put in.
pub fn path(operation: &Operation, ids: &[i64]) -> String {
    let mut ids = ids.iter();
    let part = |(i, text): (usize, &str)| if i % 2 == 1 { ids.next().unwrap().to_string() } else { text.to_owned() };
    operation.path.split(['{', '}']).enumerate().map(part).collect()
}

impl App {
    /// With the administrator logged in, and a sandbox datacenter of 100 cores, 100 GiB and 1000 GiB.
    pub async fn start() -> Self {
        let app = Self::empty(Options::default()).await;
        let capacity = json!({"cpu": "100", "mem": 100, "storage": 1000});
        app.ok("create_datacenter", &[], json!({"name": "local", "kind": "sandbox", "capacity": capacity})).await;
        app
    }

    pub async fn empty(options: Options) -> Self {
        let database = TestDatabase::sqlite().await;
        let settings = Settings { wait: std::time::Duration::ZERO, ..Settings::default() };
        let services = Services::new(database.store.clone(), settings, Arc::new(Fake));
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let (router, document) = tenantry_dialect_container_cloud::router(tenantry_http::Api::new(services.clone()), options);
        let mut app = Self {
            router: NormalizePathLayer::trim_trailing_slash().layer(router),
            services,
            clock: Arc::clone(&database.clock),
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            _database: database,
        };
        app.admin = app.login("admin").await.token;
        app
    }

    pub async fn login(&self, username: &str) -> User {
        let answer = self.send("", "POST", "/api/v1/users/login", json!({"username": username, "password": PASSWORD})).await;
        let data = &answer.body["data"];
        assert!(data["sessionId"].is_string(), "{}", answer.body);
        User { id: data["userId"].as_i64().unwrap(), token: data["sessionId"].as_str().unwrap().to_owned() }
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{} is no envelope: {bytes:?}", head.status));
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub async fn text(&self, token: &str, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        self.raw(request.body(body.into()).unwrap()).await
    }

    pub async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.text(token, method, path, if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).await
    }

    pub async fn call(&self, token: &str, id: &str, ids: &[i64], body: Value) -> Answer {
        let operation = operation(id);
        self.send(token, operation.method, &path(operation, ids), body).await
    }

    /// An operation of the administrator that works, and answers as its document says.
    pub async fn ok(&self, id: &str, ids: &[i64], body: Value) -> Value {
        let token = self.admin.clone();
        self.ok_as(&token, id, ids, body).await
    }

    pub async fn ok_as(&self, token: &str, id: &str, ids: &[i64], body: Value) -> Value {
        self.call(token, id, ids, body).await.data()
    }

    /// An organization with 4 cores, 8 GiB and 50 GiB in the first datacenter.
    pub async fn organization(&self, name: &str) -> i64 {
        let body = json!({"name": name, "dcIdList": [1], "cpuQuota": 4, "memQuota": 8, "storageQuota": 50});
        self.ok("create_organization", &[], body).await["id"].as_i64().unwrap()
    }

    /// A user of an organization, logged in.
    pub async fn user(&self, organization: i64, email: &str, role: &str) -> User {
        let body = json!({"email": email, "password": PASSWORD, "role": role});
        self.ok("create_user", &[organization], body).await;
        self.login(email).await
    }

    /// A registry, which other dialects record.
    pub async fn registry(&self, name: &str, url: &str) {
        let session = auth::authenticate(&self.services, &self.admin).await.unwrap();
        let ctx = Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: NAME, ..RequestInfo::default() });
        let draft = RegistryDraft { name: name.to_owned(), url: url.to_owned(), username: String::new(), password: None, ca_pem: None };
        registry::create(&ctx, &draft).await.unwrap();
    }
}
