//! The router behind the server's slash trimming, with the operations of the table called by their ids; and the reconciler, which works
//! when it is told to, on a sandbox.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_controllers::Platforms;
use tenantry_dialect_ocmanager::operations::{self, Gives, Operation};
use tenantry_dialect_ocmanager::{NAME, Options};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::policy::Allowed;
use tenantry_domain::quota::Limits;
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{Clock as _, DatacenterId, Error, Result, TenantId, Uid};
use tenantry_driver_api::{ContainerPlatform, Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, Kubeconfig};
use tenantry_driver_sandbox::{Fault, Faults, Sandbox};
use tenantry_engine::Engine;
use tenantry_http::Api;
use tenantry_http::proxy::Proxies;
use tenantry_service::directory::Configured;
use tenantry_service::{Ctx, Peers, RequestInfo, Services, Settings, auth, datacenter};
use tenantry_store::users::NewUser;
use tenantry_testkit::{TestClock, TestDatabase};
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

pub const PASSWORD: &str = "a-test-password";
pub const BASE: &str = "/ocmanager/v1/api";
/// Where the proxy is that is believed.
pub const PROXY: &str = "10.9.8.7";

/// Datacenters are well; there is nothing else that this dialect asks of peers.
struct Fake;

#[async_trait]
impl Peers for Fake {
    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        Ok(Health { healthy: true, peer_version: "v1".to_owned(), ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Err(Error::internal("this dialect has no kubeconfigs"))
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        Err(Error::internal("this dialect has no registries"))
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        Err(Error::internal("this dialect has no images"))
    }
}

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
    async fn platform(&self, datacenter: DatacenterId) -> std::result::Result<Arc<dyn ContainerPlatform>, DriverError> {
        let file = self.folder.path().join(format!("{datacenter}.db"));
        Ok(Arc::new(
            Sandbox::open(&file, Arc::clone(&self.faults)).await.map_err(|e| DriverError::new(DriverErrorKind::Server, e.message))?,
        ))
    }
}

pub struct App {
    router: NormalizePath<Router>,
    pub services: Services,
    engine: Engine,
    faults: Arc<Faults>,
    pub clock: Arc<TestClock>,
    pub document: Value,
    pub admin: String,
    database: TestDatabase,
}

/// Who calls.
#[derive(Clone, Default)]
pub struct User {
    pub id: String,
    pub name: String,
    pub token: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// HTTP status and code of the body.
    pub fn codes(&self) -> (u16, i64) {
        let code = self.body.get("resCodel").or_else(|| self.body.get("resCode"));
        (self.status, code.and_then(Value::as_i64).unwrap_or(-1))
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// Nothing was done, and the body says what failed and why.
    #[track_caller]
    pub fn refused(&self, codes: (u16, i64)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert_eq!(self.body.as_object().unwrap().len(), 3, "{}", self.body);
        let status = self.body["status"].as_str().unwrap();
        assert!(self.message().len() > 10 && status.ends_with(" failed"), "{}", self.body);
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    operations::ALL.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// The path of an operation with names and ids put in.
pub fn path(operation: &Operation, names: &[&str]) -> String {
    let mut names = names.iter();
    let part = |(i, text): (usize, &str)| if i % 2 == 1 { (*names.next().unwrap()).to_owned() } else { text.to_owned() };
    operation.path.split(['{', '}']).enumerate().map(part).collect()
}

impl App {
    /// With the administrator logged in, and a sandbox datacenter of 100 cores, 100 GiB and 1000 GiB.
    pub async fn start() -> Self {
        let app = Self::empty(Options::default(), Settings::default()).await;
        app.datacenter().await;
        app
    }

    pub async fn empty(options: Options, settings: Settings) -> Self {
        Self::with_directories(options, settings, Vec::new()).await
    }

    /// The same with directories, whose people are those of these names.
    pub async fn with_directories(options: Options, settings: Settings, directories: Vec<Staff>) -> Self {
        let configured = |(n, staff): (usize, Staff)| Configured {
            name: format!("staff-{n}"),
            directory: Arc::new(staff),
            roles: Vec::new(),
            create: false,
        };
        let directories = directories.into_iter().enumerate().map(configured).collect();
        let database = TestDatabase::sqlite().await;
        let settings = Settings { wait: Duration::ZERO, ..settings };
        let services = Services::with_directories(database.store.clone(), settings, Arc::new(Fake), directories);
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let api = Api { proxies: Proxies::new(&[PROXY.to_owned()]).unwrap(), ..Api::new(services.clone()) };
        let (router, document) = tenantry_dialect_ocmanager::router(api, options);
        let faults = Arc::new(Faults::default());
        let platforms: Arc<dyn Platforms> = Arc::new(Sandboxes { folder: tempfile::tempdir().unwrap(), faults: Arc::clone(&faults) });
        let controllers = tenantry_controllers::all(&database.store, &platforms);
        let mut app = Self {
            engine: Engine::new(database.store.clone(), controllers, tenantry_engine::Settings::default()),
            faults,
            router: NormalizePathLayer::trim_trailing_slash().layer(router),
            services,
            clock: Arc::clone(&database.clock),
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            database,
        };
        app.admin = app.login("admin").await.token;
        app
    }

    pub async fn datacenter(&self) {
        let new = datacenter::Create {
            name: "local".to_owned(),
            comment: String::new(),
            connection: Connection::Sandbox { name: "local".to_owned() },
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(100_000), Some(100 * 1024), Some(1000 * 1024)),
            overcommit: None,
        };
        datacenter::create(&self.ctx(&self.admin).await, &new).await.unwrap();
    }

    /// The caller with a token, for what other dialects do.
    pub async fn ctx(&self, token: &str) -> Ctx {
        let token = auth::normalize_token(token).unwrap();
        let session = auth::authenticate(&self.services, &token, NAME).await.unwrap();
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: NAME, ..RequestInfo::default() })
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
        let tx = self.database.store.begin().await.unwrap();
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

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{} is no JSON: {bytes:?}", head.status));
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub async fn text(&self, token: &str, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("token", token);
        }
        self.raw(request.body(body.into()).unwrap()).await
    }

    pub async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.text(token, method, path, if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).await
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
