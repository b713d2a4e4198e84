//! The router behind the server's slash trimming, with the operations of the table called by their ids, on a database with one datacenter.
//! No reconciler runs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::operations::{self, Operation};
use tenantry_dialect_openstack_portal::{NAME, Options};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::quota::Limits;
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, Result, TenantId, Uid, UserId};
use tenantry_driver_api::Kubeconfig;
use tenantry_service::{Ctx, Peers, RequestInfo, Services, Settings, auth, datacenter, role, user};
use tenantry_testkit::{TestClock, TestDatabase};
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

pub const PASSWORD: &str = "a-test-password";

/// Datacenters are well, and have nothing else to say.
struct Well;

#[async_trait]
impl Peers for Well {
    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        Ok(Health { healthy: true, peer_version: "v1".to_owned(), ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Err(Error::internal("this dialect has no kubeconfigs"))
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        Ok(Vec::new())
    }
}

pub struct App {
    router: NormalizePath<Router>,
    pub services: Services,
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
    /// What the user logs in as.
    pub identification: String,
}

/// A tenant, and its root group.
#[derive(Clone, Copy)]
pub struct Tenant {
    pub id: i64,
    pub root: i64,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    /// Nothing was done, and the envelope says why, with the status as its code.
    #[track_caller]
    pub fn refused(&self, status: u16) {
        assert_eq!((self.status, &self.body["error"]["code"]), (status, &json!(status)), "{}", self.body);
        self.explained();
    }

    /// The envelope of errors, and nothing else.
    #[track_caller]
    pub fn explained(&self) {
        assert!(self.message().len() > 10 && self.body.as_object().unwrap().len() == 1, "{}", self.body);
        assert_eq!(self.body["error"].as_object().unwrap().len(), 2, "{}", self.body);
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    operations::ALL.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// The path of an operation with an id put in, if it has one.
pub fn path(operation: &Operation, id: impl std::fmt::Display) -> String {
    operation.path.split(['{', '}']).enumerate().map(|(i, text)| if i % 2 == 1 { id.to_string() } else { text.to_owned() }).collect()
}

/// The id of what was answered.
#[track_caller]
pub fn id(object: &Value) -> i64 {
    object["id"].as_i64().unwrap_or_else(|| panic!("no id in {object}"))
}

impl App {
    /// With the administrator logged in, and a datacenter of 100 cores, 100 GiB of memory and 1000 GiB of storage.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let database = TestDatabase::sqlite().await;
        let settings = Settings { wait: Duration::ZERO, ..Settings::default() };
        let services = Services::new(database.store.clone(), settings, Arc::new(Well));
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let (router, document) = tenantry_dialect_openstack_portal::router(tenantry_http::Api::new(services.clone()), options);
        let mut app = Self {
            router: NormalizePathLayer::trim_trailing_slash().layer(router),
            services,
            clock: Arc::clone(&database.clock),
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            _database: database,
        };
        app.admin = app.login("admin").await.token;
        let local = datacenter::Create {
            name: "local".to_owned(),
            comment: String::new(),
            connection: Connection::Sandbox { name: "local".to_owned() },
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(100_000), Some(100 << 10), Some(1000 << 10)),
            overcommit: None,
        };
        datacenter::create(&app.ctx(&app.admin).await, &local).await.unwrap();
        app
    }

    /// What a token may do, past the dialect.
    pub async fn ctx(&self, token: &str) -> Ctx {
        let session = auth::authenticate(&self.services, token, NAME).await.unwrap();
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: NAME, ..RequestInfo::default() })
    }

    pub async fn login(&self, identification: &str) -> User {
        let answer = self.send("", "POST", "/auth/login", json!({"identification": identification, "password": PASSWORD})).await;
        assert!(answer.body["token"].is_string(), "{}", answer.body);
        let token = answer.body["token"].as_str().unwrap().to_owned();
        User { id: id(&answer.body["user"]), token, identification: identification.to_owned() }
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{} is no JSON: {bytes:?}", head.status));
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub async fn text(&self, token: &str, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        self.raw(request.body(body.into()).unwrap()).await
    }

    /// With a JSON body, unless it is null.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.text(token, method, path, "", if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).await
    }

    pub async fn call(&self, token: &str, operation_id: &str, id: i64, body: Value) -> Answer {
        let operation = operation(operation_id);
        self.send(token, operation.method, &path(operation, id), body).await
    }

    /// An operation of the administrator that works, and answers as its document says.
    pub async fn ok(&self, operation_id: &str, id: i64, body: Value) -> Value {
        self.ok_as(&self.admin, operation_id, id, body).await
    }

    pub async fn ok_as(&self, token: &str, operation_id: &str, id: i64, body: Value) -> Value {
        let answer = self.call(token, operation_id, id, body).await;
        documented(operation(operation_id), &answer);
        answer.body
    }

    /// A tenant whose administrator is `admin`.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let body = json!({"name": name, "admin_password": PASSWORD});
        let tenant = self.ok("create_tenant", 0, body).await["tenant"].take();
        Tenant { id: id(&tenant), root: tenant["root_group_id"].as_i64().unwrap() }
    }

    pub async fn group(&self, parent: i64, name: &str) -> i64 {
        id(&self.ok("create_group", 0, json!({"parent_group_id": parent, "name": name})).await["group"])
    }

    /// A user in a group of the tenant with this name, logged in.
    pub async fn user(&self, group: i64, name: &str, tenant: &str, is_admin: bool) -> User {
        self.ok("create_user", 0, json!({"group_id": group, "name": name, "password": PASSWORD, "is_admin": is_admin})).await;
        self.login(&format!("{name}#{tenant}")).await
    }

    /// Somebody of the platform's staff, logged in.
    pub async fn staff(&self, name: &str, as_what: Role) -> User {
        let ctx = self.ctx(&self.admin).await;
        let new = user::Create { username: Some(name.to_owned()), password: Some(PASSWORD.to_owned()), ..user::Create::default() };
        let made = user::create(&ctx, TenantId::ROOT, &new).await.unwrap();
        role::grant(&ctx, TenantId::ROOT, UserId(made.id.0), as_what).await.unwrap();
        self.login(name).await
    }
}

/// An answer has every field that the table of operations documents, of the type that it says, and no other.
#[track_caller]
pub fn documented(operation: &Operation, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.body);
    let differences = operation.gives.differences(operation.id, &answer.body);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The object has these fields with these values.
#[track_caller]
pub fn has(object: &Value, wanted: &Value) {
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&object[name], value, "{name} of {object}");
    }
}
