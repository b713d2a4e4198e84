//! The router behind the server's slash trimming, with the operations of the table called by their ids; and the reconciler, which works
//! when it is told to, on a sandbox.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use serde_json::{Value, json};
use tenantry_controllers::Platforms;
use tenantry_dialect_ocmanager::operations::{self, Gives, Operation};
use tenantry_dialect_ocmanager::{NAME, Options};
use tenantry_domain::policy::Allowed;
use tenantry_domain::{Clock as _, DatacenterId, TenantId};
use tenantry_driver_api::cloud::CloudPlatform;
use tenantry_driver_api::{ContainerPlatform, Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, Platform};
use tenantry_driver_sandbox::{Fault, Faults, Sandbox};
use tenantry_engine::Engine;
use tenantry_http::Api;
use tenantry_http::proxy::Proxies;
use tenantry_service::admission::{Origin, OriginKind};
use tenantry_service::directory::Configured;
use tenantry_service::{People, Settings};
use tenantry_store::users::NewUser;
use tenantry_testkit::Well;
use tenantry_testkit::dialect::{self, Answer, Dialect};
pub use tenantry_testkit::dialect::{PASSWORD, path};

pub const BASE: &str = "/ocmanager/v1/api";
/// Where the proxy is that is believed.
pub const PROXY: &str = "10.9.8.7";

/// A directory of people who do not log in; one of nobody is down.
pub struct Staff(pub &'static [&'static str]);

#[async_trait]
impl Directory for Staff {
    async fn check(&self) -> Result<(), DriverError> {
        Ok(())
    }
    async fn authenticate(&self, _: &str, _: &str) -> Result<Option<DirectoryUser>, DriverError> {
        Ok(None)
    }
    async fn find(&self, _: &str) -> Result<Option<DirectoryUser>, DriverError> {
        Ok(None)
    }
    async fn users(&self, prefix: &str, limit: usize) -> Result<DirectoryUsers, DriverError> {
        if self.0.is_empty() {
            return Err(DriverError::new(DriverErrorKind::Unreachable, "connection refused"));
        }
        let person = |login: &&str| DirectoryUser { login: (*login).to_owned(), ..DirectoryUser::default() };
        let found: Vec<_> = self.0.iter().filter(|login| login.starts_with(prefix)).map(person).collect();
        Ok(DirectoryUsers { more: found.len() > limit, users: found.into_iter().take(limit).collect() })
    }
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
    pub id: String,
    pub name: String,
    pub token: String,
}

/// What the envelope of an answer says.
pub trait Envelope {
    /// HTTP status and code of the body.
    fn codes(&self) -> (u16, i64);
    fn message(&self) -> &str;
    /// Nothing was done, and the body says what failed and why.
    fn refused(&self, codes: (u16, i64));
}

impl Envelope for Answer {
    fn codes(&self) -> (u16, i64) {
        let code = self.body.get("resCodel").or_else(|| self.body.get("resCode"));
        (self.status, code.and_then(Value::as_i64).unwrap_or(-1))
    }

    fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn refused(&self, codes: (u16, i64)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert_eq!(self.body.as_object().unwrap().len(), 3, "{}", self.body);
        let status = self.body["status"].as_str().unwrap();
        assert!(self.message().len() > 10 && status.ends_with(" failed"), "{}", self.body);
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
        let app = Self::empty(Options::default(), Settings::default()).await;
        app.datacenter(&app.admin).await;
        app
    }

    pub async fn empty(options: Options, settings: Settings) -> Self {
        Self::with_directories(options, settings, Vec::new()).await
    }

    /// The same with directories, whose people are those of these names.
    pub async fn with_directories(options: Options, settings: Settings, directories: Vec<Staff>) -> Self {
        let configured = |(n, staff): (usize, Staff)| Configured {
            origin: Origin { name: format!("staff-{n}"), kind: OriginKind::Directory, roles: Vec::new(), create: false },
            directory: Arc::new(staff),
        };
        let people = People { directories: directories.into_iter().enumerate().map(configured).collect(), ..People::default() };
        let router = |api| tenantry_dialect_ocmanager::router(Api { proxies: Proxies::new(&[PROXY.to_owned()]).unwrap(), ..api }, options);
        let dialect = Dialect::with_people(NAME, "token", Arc::new(Well), people, settings, router).await;
        let faults = Arc::new(Faults::default());
        let platforms: Arc<dyn Platforms> = Arc::new(Sandboxes { folder: tempfile::tempdir().unwrap(), faults: Arc::clone(&faults) });
        let controllers = tenantry_controllers::all(&dialect.database.store, &platforms);
        let engine = Engine::new(dialect.database.store.clone(), controllers, tenantry_engine::Settings::default());
        let mut app = Self { dialect, engine, faults, admin: String::new() };
        app.admin = app.login("admin").await.token;
        app
    }

    /// A user who came from a directory.
    pub async fn add_directory_user(&self, username: &str) {
        let new = NewUser {
            username: username.to_owned(),
            name: username.to_owned(),
            enabled: true,
            origin: Some(("people".to_owned(), format!("id-of-{username}"))),
            ..NewUser::default()
        };
        let tx = self.dialect.database.store.begin().await.unwrap();
        tx.users().insert(&Allowed::system(TenantId::ROOT), &new).await.unwrap();
        tx.commit().await.unwrap();
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

    /// Every datacenter fails like this from now on.
    pub fn fail(&self, fault: Fault) {
        self.faults.set(fault);
    }

    pub async fn login(&self, username: &str) -> User {
        let answer = self.send("", "POST", &format!("{BASE}/authc/login"), json!({"username": username, "password": PASSWORD})).await;
        let token = answer.body["token"].as_str().unwrap_or_else(|| panic!("no token: {}", answer.body)).to_owned();
        let found = self.send(&token, "GET", &format!("{BASE}/user/name/{username}"), Value::Null).await;
        User { id: found.body["id"].as_str().unwrap().to_owned(), name: username.to_owned(), token }
    }

    /// A request that comes from an address, with these headers.
    pub async fn from(&self, address: &str, headers: &[(&str, &str)], path: &str) -> Answer {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let mut request = request.body(Body::empty()).unwrap();
        let address: IpAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 4000))));
        self.raw(request).await
    }

    pub async fn call(&self, token: &str, id: &str, names: &[&str], body: Value) -> Answer {
        let operation = operation(id);
        self.send(token, operation.method, &path(operation, names), body).await
    }

    /// An operation of the administrator that works, and answers as its document says.
    pub async fn ok(&self, id: &str, names: &[&str], body: Value) -> Value {
        let token = self.admin.clone();
        self.ok_as(&token, id, names, body).await
    }

    pub async fn ok_as(&self, token: &str, id: &str, names: &[&str], body: Value) -> Value {
        let answer = self.call(token, id, names, body).await;
        documented(operation(id), &answer);
        answer.body
    }

    /// The same with a query.
    pub async fn asked(&self, id: &str, names: &[&str], query: &str) -> Value {
        let operation = operation(id);
        let answer = self.send(&self.admin, operation.method, &format!("{}{query}", path(operation, names)), Value::Null).await;
        documented(operation, &answer);
        answer.body
    }

    /// A tenant right below the root, called by its id.
    pub async fn tenant(&self, id: &str) {
        self.below("root", id).await;
    }

    pub async fn below(&self, parent: &str, id: &str) {
        self.ok("create_tenant", &[], json!({"id": id, "name": id, "parentId": parent})).await;
    }

    /// A user whom the administrator made, with a role on a tenant, logged in.
    pub async fn user(&self, name: &str, tenant: &str, role: &str) -> User {
        let made = self.ok("create_user", &[], json!({"username": name, "password": PASSWORD})).await;
        self.ok("create_assignment", &[tenant], json!({"userId": made["id"], "roleId": role})).await;
        self.login(name).await
    }
}

/// An answer has every field that the table of operations documents, of the type that it says, and no other.
#[track_caller]
fn documented(operation: &Operation, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.body);
    assert_eq!(answer.headers["content-type"], "application/json", "{}", operation.id);
    let all = || answer.body.as_array().unwrap_or_else(|| panic!("{} is no list: {}", operation.id, answer.body));
    let differences: Vec<String> = match operation.gives {
        Gives::One(object) => object.differences(operation.id, &answer.body),
        Gives::Many(object) => all().iter().flat_map(|item| object.differences(operation.id, item)).collect(),
        Gives::Names => all().iter().filter(|item| !item.is_string()).map(|item| format!("{item} is no name")).collect(),
    };
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The values of one field of a list, in order.
pub fn pluck(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}
