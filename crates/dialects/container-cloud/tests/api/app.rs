//! The router behind the server's slash trimming, with the operations of the table called by their ids; and the reconciler, which works
//! when it is told to, on a sandbox.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_controllers::Platforms;
use tenantry_dialect_container_cloud::operations::{self, Gives, Object, Operation};
use tenantry_dialect_container_cloud::{NAME, Options};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, Clock as _, DatacenterId, Error, ErrorKind, Result, TenantId, Uid, UserId};
use tenantry_driver_api::cloud::CloudPlatform;
use tenantry_driver_api::{
    ContainerPlatform, DriverError, DriverErrorKind, FoundPlace, Guard, Images as _, Kubeconfig, PlacePage, PlaceQuery, Platform,
};
use tenantry_driver_registry::Registry;
use tenantry_driver_sandbox::{Fault, Faults, Sandbox};
use tenantry_engine::Engine;
use tenantry_service::registry::RegistryDraft;
use tenantry_service::{Peers, Settings, registry, tenant, user};
use tenantry_testkit::dialect::{self, Answer, Dialect};
pub use tenantry_testkit::dialect::{PASSWORD, path};

/// The endpoint of a datacenter that does not answer.
pub const DOWN: &str = "https://down.example:6443";

/// Datacenters are well but the one that is down; registries are read in earnest.
struct Fake;

#[async_trait]
impl Peers for Fake {
    async fn places(&self, _: DatacenterId, _: &PlaceQuery) -> Result<PlacePage> {
        Err(Error::internal("this dialect takes nothing over"))
    }
    async fn place(&self, _: DatacenterId, _: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        Err(Error::internal("this dialect takes nothing over"))
    }
    fn clouds(&self) -> Option<&dyn tenantry_service::Clouds> {
        None
    }

    async fn check(&self, connection: &Connection, _: &DatacenterOptions) -> Result<Health> {
        let down = matches!(connection, Connection::Kubernetes { endpoint: Some(endpoint), .. } if endpoint == DOWN);
        let message = if down { format!("{DOWN} does not answer") } else { String::new() };
        Ok(Health { healthy: !down, peer_version: "v1".to_owned(), message, ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Err(Error::internal("this dialect has no kubeconfigs"))
    }
    async fn repositories(&self, registry: &RegistryConnection, limit: usize) -> Result<Vec<String>> {
        open(registry)?.repositories(limit).await.map_err(|e| unreadable(registry, &e))
    }
    async fn images(&self, registry: &RegistryConnection, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        open(registry)?.images(after, limit).await.map_err(|e| unreadable(registry, &e))
    }
}

fn open(registry: &RegistryConnection) -> Result<Registry> {
    let guard = Guard::new(&["127.0.0.0/8", "::1"]).map_err(|e| unreadable(registry, &e))?;
    Registry::new(registry, &guard).map_err(|e| unreadable(registry, &e))
}

fn unreadable(registry: &RegistryConnection, error: &DriverError) -> Error {
    Error::new(ErrorKind::PeerUnavailable, format!("the registry '{}' cannot be read: {}", registry.name, error.message))
}

struct Sandboxes {
    folder: tempfile::TempDir,
    faults: Arc<Faults>,
}

#[async_trait]
impl Platforms for Sandboxes {
    async fn platform(&self, datacenter: DatacenterId) -> std::result::Result<Arc<dyn Platform>, DriverError> {
        Ok(self.containers(datacenter).await?)
    }

    async fn cloud(&self, _: DatacenterId) -> std::result::Result<Arc<dyn CloudPlatform>, DriverError> {
        Err(DriverError::new(DriverErrorKind::Invalid, "no servers here"))
    }

    async fn containers(&self, datacenter: DatacenterId) -> std::result::Result<Arc<dyn ContainerPlatform>, DriverError> {
        let file = self.folder.path().join(format!("{datacenter}.db"));
        Ok(Arc::new(
            Sandbox::open(&file, Arc::clone(&self.faults)).await.map_err(|e| DriverError::new(DriverErrorKind::Server, e.message))?,
        ))
    }
}

pub struct App {
    dialect: Dialect,
    engine: Engine,
    faults: Arc<Faults>,
    pub admin: String,
}

/// Who calls.
#[derive(Clone, Default)]
pub struct User {
    pub id: i64,
    pub token: String,
}

/// What the envelope of an answer says.
pub trait Envelope {
    /// HTTP status and code of the envelope.
    fn codes(&self) -> (u16, i64);
    fn message(&self) -> &str;
    /// The data of a success.
    fn data(self) -> Value;
    /// Nothing was done, and the envelope says why.
    fn refused(&self, codes: (u16, i64));
}

impl Envelope for Answer {
    fn codes(&self) -> (u16, i64) {
        (self.status, self.body["code"].as_i64().unwrap_or(-1))
    }

    fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn data(self) -> Value {
        assert_eq!(self.codes(), (200, 0), "{}", self.body);
        self.body["data"].clone()
    }

    #[track_caller]
    fn refused(&self, codes: (u16, i64)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert!(self.message().len() > 10 && self.body["msg"] == self.body["message"] && self.body["data"].is_null(), "{}", self.body);
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    dialect::operation(operations::ALL, id)
}

impl std::ops::Deref for App {
    type Target = Dialect;

    fn deref(&self) -> &Dialect {
        &self.dialect
    }
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
        let router = |api| tenantry_dialect_container_cloud::router(api, options);
        let dialect = Dialect::start(NAME, "authorization", Arc::new(Fake), Settings::default(), router).await;
        let faults = Arc::new(Faults::default());
        let platforms: Arc<dyn Platforms> = Arc::new(Sandboxes { folder: tempfile::tempdir().unwrap(), faults: Arc::clone(&faults) });
        let controllers = tenantry_controllers::all(&dialect.database.store, &platforms);
        let engine = Engine::new(dialect.database.store.clone(), controllers, tenantry_engine::Settings::default());
        let mut app = Self { dialect, engine, faults, admin: String::new() };
        app.admin = app.login("admin").await.token;
        app
    }

    /// The reconciler does what is due in the next seconds.
    pub async fn settle(&self) {
        let end = self.clock.now().plus(Duration::from_secs(20));
        let advance = |due| {
            self.clock.step_to(due);
            due <= end
        };
        self.engine.run_until(advance).await.unwrap();
    }

    /// Every datacenter stops answering, and is looked at.
    pub async fn switch_off(&self) {
        self.faults.set(Fault::Down);
        self.clock.step(Duration::from_secs(60));
        self.settle().await;
    }

    pub async fn login(&self, username: &str) -> User {
        let answer = self.send("", "POST", "/api/v1/users/login", json!({"username": username, "password": PASSWORD})).await;
        let data = &answer.body["data"];
        assert!(data["sessionId"].is_string(), "{}", answer.body);
        User { id: data["userId"].as_i64().unwrap(), token: data["sessionId"].as_str().unwrap().to_owned() }
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
        let answer = self.call(token, id, ids, body).await;
        documented(operation(id), &answer);
        answer.data()
    }

    /// A list of the administrator with this query, and how long the whole of it is.
    pub async fn list(&self, id: &str, ids: &[i64], query: &str) -> (Value, String) {
        let operation = operation(id);
        let answer = self.send(&self.admin, operation.method, &format!("{}{query}", path(operation, ids)), Value::Null).await;
        documented(operation, &answer);
        let total = answer.headers.get("x-total-count").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (answer.data(), total)
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

    /// A member of an organization who administers its root group, logged in.
    pub async fn group_administrator(&self, organization: i64, email: &str) -> User {
        let made = self.user(organization, email, "team.member").await;
        let ctx = self.ctx(&self.admin).await;
        let group = tenant::get(&ctx, TenantId(organization)).await.unwrap().root_group.unwrap();
        user::place(&ctx, UserId(made.id), group, true).await.unwrap();
        made
    }

    /// A registry, which other dialects record.
    pub async fn registry(&self, name: &str, url: &str) {
        let ctx = self.ctx(&self.admin).await;
        let draft = RegistryDraft { name: name.to_owned(), url: url.to_owned(), username: String::new(), password: None, ca_pem: None };
        registry::create(&ctx, &draft).await.unwrap();
    }
}

/// An answer has every field that the table of operations documents, of the type that it says, and no other.
#[track_caller]
fn documented(operation: &Operation, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.body);
    let envelope: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(envelope, ["code", "data", "message", "msg"], "{}", operation.id);
    assert!(answer.headers.contains_key("x-total-count") || !operations::counted(operation), "{} has no total", operation.id);
    let data = &answer.body["data"];
    match operation.gives {
        Gives::Nothing => assert!(data.is_null(), "{}: {data}", operation.id),
        Gives::One(object) => conforms(operation.id, object, data),
        Gives::Many(object) => data.as_array().unwrap().iter().for_each(|item| conforms(operation.id, object, item)),
        Gives::Leaving(object) if data.as_object().unwrap().len() > 3 => conforms(operation.id, object, data),
        Gives::Leaving(_) => assert!(data["id"].is_i64() && data["name"].is_string() && data["status"] == "deleted", "{data}"),
    }
}

#[track_caller]
fn conforms(place: &str, object: &Object, data: &Value) {
    let differences = object.differences(place, data);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The fields that the documents name, each with its JSON type: `id:i name:s`. `?` after the type: or null.
#[track_caller]
pub fn has(data: &Value, fields: &str) {
    for (name, kind) in fields.split_whitespace().map(|f| f.split_once(':').unwrap()) {
        let value = data.get(name).unwrap_or_else(|| panic!("'{name}' is missing in {data}"));
        let fits = match kind.trim_end_matches('?') {
            _ if value.is_null() => kind.ends_with('?'),
            "i" => value.is_i64(),
            "n" => value.is_number(),
            "s" => value.is_string(),
            "b" => value.is_boolean(),
            "l" => value.is_array(),
            _ => value.is_object(),
        };
        assert!(fits, "'{name}' is no {kind}: {value}");
    }
}
