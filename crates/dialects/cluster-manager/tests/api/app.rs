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
use tenantry_dialect_cluster_manager::operations::{self, Gives, Operation};
use tenantry_dialect_cluster_manager::{NAME, ObjectId, Options};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::quota::Limits;
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Clock as _, DatacenterId, Error, Result, TenantId, Uid};
use tenantry_driver_api::Kubeconfig;
use tenantry_service::{Ctx, Peers, RequestInfo, Services, Settings, auth, datacenter, session, tenant, user};
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

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// HTTP status and code of a failure; the code is empty for a success.
    pub fn codes(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    pub fn message(&self) -> &str {
        self.body["error"]["errormsg"].as_str().unwrap_or_default()
    }

    /// Nothing was done, and the envelope says why.
    #[track_caller]
    pub fn refused(&self, codes: (u16, &str)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert!(self.message().len() > 10 && self.body["success"] == false && self.body.get("data").is_none(), "{}", self.body);
        assert_eq!((self.body.as_object().unwrap().len(), self.body["error"].as_object().unwrap().len()), (2, 2), "{}", self.body);
    }

    /// The header with the length of the whole list.
    pub fn count(&self) -> Option<&str> {
        self.headers.get("x-object-count").map(|v| v.to_str().unwrap())
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    operations::ALL.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// A user's id as the dialect shows it.
pub fn user_id(user: &User) -> String {
    ObjectId::new(user.created_at, user.id.0).to_string()
}

/// A tenant's id as the dialect shows it.
pub fn tenant_id(tenant: &Tenant) -> String {
    ObjectId::new(tenant.created_at, tenant.id.0).to_string()
}

impl App {
    /// With the administrator logged in, and a datacenter `local` that was made a second after everything else.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let database = TestDatabase::sqlite().await;
        let settings = Settings { wait: Duration::ZERO, ..Settings::default() };
        let services = Services::new(database.store.clone(), settings, Arc::new(Well));
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let (router, document) = tenantry_dialect_cluster_manager::router(tenantry_http::Api::new(services.clone()), options);
        let mut app = Self {
            router: NormalizePathLayer::trim_trailing_slash().layer(router),
            services,
            clock: Arc::clone(&database.clock),
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            _database: database,
        };
        app.admin = app.login("admin", "").await;
        app.clock.step(Duration::from_secs(1));
        let local = datacenter::Create {
            name: "local".to_owned(),
            comment: String::new(),
            connection: Connection::Sandbox { name: "local".to_owned() },
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(100_000), Some(100 << 10), Some(1000 << 10)),
            overcommit: None,
        };
        datacenter::create(&app.ctx(&app.admin).await, &local).await.unwrap();
        app.clock.step(Duration::from_secs(1));
        app
    }

    /// The id of the datacenter, which was made a second before now as long as no test stepped the clock.
    pub fn cluster(&self) -> String {
        ObjectId::new(tenantry_domain::Timestamp(self.clock.now().0 - 1000), 1).to_string()
    }

    /// What a token may do, past the dialect.
    pub async fn ctx(&self, token: &str) -> Ctx {
        let session = auth::authenticate(&self.services, token, NAME).await.unwrap();
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: NAME, ..RequestInfo::default() })
    }

    /// The administrator as a user.
    pub async fn administrator(&self) -> User {
        session::me(&self.ctx(&self.admin).await).await.unwrap()
    }

    /// Writes that many records of refused requests.
    pub async fn records(&self, number: usize) {
        let ctx = self.ctx(&self.admin).await;
        for i in 0..number {
            ctx.refused_request(&format!("POST /v1/{i}"), "a reason").await.unwrap();
        }
    }

    /// A session of a user of a tenant; of nobody's in particular when that is empty.
    pub async fn login(&self, username: &str, tenant: &str) -> String {
        let body = json!({"username": username, "password": PASSWORD, "tenantname": tenant});
        let answer = self.send("", "POST", "/v1/token", body).await;
        documented(operation("create_token"), &answer);
        answer.body["data"]["id"].as_str().unwrap().to_owned()
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
            request = request.header("X-Auth-Token", token);
        }
        self.raw(request.body(body.into()).unwrap()).await
    }

    /// With a JSON body, unless it is null.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.text(token, method, path, if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).await
    }

    /// The logs that somebody sees, as the document says they look.
    pub async fn logs(&self, token: &str, query: &str) -> Vec<Value> {
        let answer = self.send(token, "GET", &format!("/v1/logs{query}"), Value::Null).await;
        documented(operation("list_logs"), &answer);
        answer.body["data"].as_array().unwrap().clone()
    }

    /// A tenant with an administrator `admin`.
    pub async fn tenant(&self, name: &str, label: &str) -> Tenant {
        let administrator = user::Create {
            username: Some("admin".to_owned()),
            password: Some(PASSWORD.to_owned()),
            role: Some(Role::TenantAdmin),
            ..user::Create::default()
        };
        let open = tenant::Open {
            name: name.to_owned(),
            label: tenant::Label::Given(label.to_owned()),
            administrator: Some(administrator),
            cpu_millicores: 1000,
            memory_mib: 1024,
            storage_mib: Some(1024),
            datacenters: Some(vec![DatacenterId(1)]),
            ..tenant::Open::default()
        };
        tenant::open(&self.ctx(&self.admin).await, &open).await.unwrap()
    }

    /// A user of a tenant, who has to log in.
    pub async fn user(&self, tenant: TenantId, name: &str, role: Option<Role>, group_admin: bool) -> User {
        let new = user::Create {
            username: Some(name.to_owned()),
            password: Some(PASSWORD.to_owned()),
            role,
            group_admin,
            ..user::Create::default()
        };
        user::create(&self.ctx(&self.admin).await, tenant, &new).await.unwrap()
    }
}

/// An answer has every field that the table of operations documents, of the type that it says, and no other.
#[track_caller]
pub fn documented(operation: &Operation, answer: &Answer) {
    assert_eq!((answer.status, &answer.body["success"]), (200, &json!(true)), "{}: {}", operation.id, answer.body);
    let envelope: Vec<&String> = answer.body.as_object().unwrap().keys().filter(|k| *k != "count").collect();
    assert_eq!(envelope, ["data", "success"], "{}", operation.id);
    let data = &answer.body["data"];
    let differences: Vec<String> = match operation.gives {
        Gives::One(object) => object.differences(operation.id, data),
        Gives::Many(object) => data.as_array().unwrap().iter().flat_map(|item| object.differences(operation.id, item)).collect(),
    };
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
