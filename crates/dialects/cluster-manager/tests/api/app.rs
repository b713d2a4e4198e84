//! The router behind the server's slash trimming, with the operations of the table called by their ids, on a database with one datacenter.
//! No reconciler runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_dialect_cluster_manager::operations::{self, Gives, Operation};
use tenantry_dialect_cluster_manager::{NAME, ObjectId, Options};
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Clock as _, DatacenterId, TenantId};
use tenantry_service::{Settings, session, tenant, user};
use tenantry_testkit::Well;
pub use tenantry_testkit::dialect::PASSWORD;
use tenantry_testkit::dialect::{self, Answer, Dialect};

pub struct App {
    dialect: Dialect,
    pub admin: String,
}

/// What the envelope of an answer says.
pub trait Envelope {
    /// HTTP status and code of a failure; the code is empty for a success.
    fn codes(&self) -> (u16, &str);
    fn message(&self) -> &str;
    /// Nothing was done, and the envelope says why.
    fn refused(&self, codes: (u16, &str));
    /// The header with the length of the whole list.
    fn count(&self) -> Option<&str>;
}

impl Envelope for Answer {
    fn codes(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    fn message(&self) -> &str {
        self.body["error"]["errormsg"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn refused(&self, codes: (u16, &str)) {
        assert_eq!(self.codes(), codes, "{}", self.body);
        assert!(self.message().len() > 10 && self.body["success"] == false && self.body.get("data").is_none(), "{}", self.body);
        assert_eq!((self.body.as_object().unwrap().len(), self.body["error"].as_object().unwrap().len()), (2, 2), "{}", self.body);
    }

    fn count(&self) -> Option<&str> {
        self.headers.get("x-object-count").map(|v| v.to_str().unwrap())
    }
}

/// The operation with this id.
pub fn operation(id: &str) -> &'static Operation {
    dialect::operation(operations::ALL, id)
}

/// A user's id as the dialect shows it.
pub fn user_id(user: &User) -> String {
    ObjectId::new(user.created_at, user.id.0).to_string()
}

/// A tenant's id as the dialect shows it.
pub fn tenant_id(tenant: &Tenant) -> String {
    ObjectId::new(tenant.created_at, tenant.id.0).to_string()
}

impl std::ops::Deref for App {
    type Target = Dialect;

    fn deref(&self) -> &Dialect {
        &self.dialect
    }
}

impl App {
    /// With the administrator logged in, and a datacenter `local` that was made a second after everything else.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let router = |api| tenantry_dialect_cluster_manager::router(api, options);
        let dialect = Dialect::start(NAME, "x-auth-token", Arc::new(Well), Settings::default(), router).await;
        let mut app = Self { dialect, admin: String::new() };
        app.admin = app.login("admin", "").await;
        app.clock.step(Duration::from_secs(1));
        app.datacenter(&app.admin).await;
        app.clock.step(Duration::from_secs(1));
        app
    }

    /// The id of the datacenter, which was made a second before now as long as no test stepped the clock.
    pub fn cluster(&self) -> String {
        ObjectId::new(tenantry_domain::Timestamp(self.clock.now().0 - 1000), 1).to_string()
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
