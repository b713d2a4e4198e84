//! The router behind the server's slash trimming, with the operations of the table called by their ids, on a database with one datacenter.
//! No reconciler runs but when a test lets it.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::operations::{self, Operation};
use tenantry_dialect_openstack_portal::{NAME, Options};
use tenantry_domain::user::Role;
use tenantry_domain::{TenantId, UserId};
use tenantry_driver_sandbox::Faults;
use tenantry_engine::Engine;
use tenantry_service::{Settings, role, user};
pub use tenantry_testkit::dialect::PASSWORD;
use tenantry_testkit::dialect::{self, Answer, Dialect};

use crate::cloud::Local;

pub struct App {
    dialect: Dialect,
    pub admin: String,
    pub engine: Engine,
    pub faults: Arc<Faults>,
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

/// What the envelope of an answer says.
pub trait Envelope {
    fn message(&self) -> &str;
    /// Nothing was done, and the envelope says why, with the status as its code.
    fn refused(&self, status: u16);
    /// The envelope of errors, and nothing else.
    fn explained(&self);
}

impl Envelope for Answer {
    fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn refused(&self, status: u16) {
        assert_eq!((self.status, &self.body["error"]["code"]), (status, &json!(status)), "{}", self.body);
        self.explained();
    }

    #[track_caller]
    fn explained(&self) {
        assert!(self.message().len() > 10 && self.body.as_object().unwrap().len() == 1, "{}", self.body);
        assert_eq!(self.body["error"].as_object().unwrap().len(), 2, "{}", self.body);
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    dialect::operation(operations::ALL, id)
}

/// The path of an operation with an id put in, if it has one.
pub fn path(operation: &Operation, id: impl std::fmt::Display) -> String {
    let (word, id) = ("stop".to_owned(), id.to_string());
    // the last name in a path is the id; C17 has its command before it
    let names = if operation.path.contains("{command}") { vec![word, id] } else { vec![id] };
    dialect::path(operation, &names)
}

/// The id of what was answered.
#[track_caller]
pub fn id(object: &Value) -> i64 {
    object["id"].as_i64().unwrap_or_else(|| panic!("no id in {object}"))
}

impl std::ops::Deref for App {
    type Target = Dialect;

    fn deref(&self) -> &Dialect {
        &self.dialect
    }
}

impl App {
    /// With the administrator logged in, and a datacenter of 100 cores, 100 GiB of memory and 1000 GiB of storage.
    pub async fn start() -> Self {
        Self::start_with(Options::default(), Settings::default()).await
    }

    pub async fn start_with(options: Options, settings: Settings) -> Self {
        let router = |api| tenantry_dialect_openstack_portal::router(api, options);
        let local = Local::open().await;
        let dialect = Dialect::start(NAME, "authorization", Arc::new(local.clone()), settings, router).await;
        let engine = local.engine(&dialect.database.store);
        let mut app = Self { dialect, admin: String::new(), engine, faults: local.faults };
        app.admin = app.login("admin").await.token;
        app.datacenter(&app.admin).await;
        app
    }

    pub async fn login(&self, identification: &str) -> User {
        let answer = self.send("", "POST", "/auth/login", json!({"identification": identification, "password": PASSWORD})).await;
        assert!(answer.body["token"].is_string(), "{}", answer.body);
        let token = answer.body["token"].as_str().unwrap().to_owned();
        User { id: id(&answer.body["user"]), token, identification: identification.to_owned() }
    }

    /// With a body of this content type, unless that is empty.
    pub async fn text(&self, token: &str, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = if token.is_empty() { request } else { request.header("authorization", token) };
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        self.raw(request.body(body.into()).unwrap()).await
    }

    /// A request whose answer has a status and no body.
    pub async fn bare(&self, request: Request<Body>, status: u16) {
        let answer = self.dialect.respond(request).await;
        assert_eq!(answer.status().as_u16(), status);
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
