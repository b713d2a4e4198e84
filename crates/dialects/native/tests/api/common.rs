//! The router on a database of its own, with peers that are always well. No reconciler runs: nothing settles.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_domain::page::PageRequest;
use tenantry_driver_api::{Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, PendingSignOn, SignOn, SignedOn};
use tenantry_service::admission::{Origin, OriginKind};
use tenantry_service::{People, Services, Settings, auth, directory, sign_on};
use tenantry_testkit::{TestClock, TestDatabase, Well};
use tower::ServiceExt as _;

pub const PASSWORD: &str = "native-test-password";

/// A directory with two people, who do not log in.
struct Staff;

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
        let person = |login: &str| DirectoryUser { login: login.into(), name: login.to_uppercase(), ..DirectoryUser::default() };
        let found: Vec<_> = ["ann", "anton"].into_iter().filter(|login| login.starts_with(prefix)).map(person).collect();
        Ok(DirectoryUsers { more: found.len() > limit, users: found.into_iter().take(limit).collect() })
    }
}

/// A provider of single sign-on that gives a code and knows who it is for, while it is not down.
#[derive(Default)]
pub struct Company {
    pub down: AtomicBool,
    begun: Mutex<Vec<PendingSignOn>>,
}

impl Company {
    fn is_up(&self) -> Result<(), DriverError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(DriverError::new(DriverErrorKind::Unreachable, "connection refused by login.internal"));
        }
        Ok(())
    }
}

#[async_trait]
impl SignOn for Company {
    async fn check(&self) -> Result<(), DriverError> {
        self.is_up()
    }
    async fn begin(&self, redirect_uri: &str) -> Result<PendingSignOn, DriverError> {
        self.is_up()?;
        let mut begun = self.begun.lock().unwrap();
        let n = begun.len();
        let pending = PendingSignOn {
            url: format!("https://login.example/authorize?state=state-{n}"),
            state: format!("state-{n}"),
            nonce: format!("nonce-{n}"),
            verifier: format!("verifier-{n}"),
            redirect_uri: redirect_uri.to_owned(),
        };
        begun.push(pending.clone());
        Ok(pending)
    }
    async fn finish(&self, pending: &PendingSignOn, code: &str) -> Result<SignedOn, DriverError> {
        self.is_up()?;
        let same = |p: &PendingSignOn| PendingSignOn { url: p.url.clone(), ..pending.clone() } == *p;
        assert!(self.begun.lock().unwrap().iter().any(same), "what was begun is what is finished");
        let Some(login) = code.strip_prefix("code-of-") else { return Ok(SignedOn::Refused) };
        let person = DirectoryUser { subject: format!("subject-of-{login}"), login: login.to_owned(), ..DirectoryUser::default() };
        Ok(SignedOn::User(person))
    }
}

pub struct App {
    pub router: Router,
    pub document: Value,
    pub admin: String,
    pub clock: Arc<TestClock>,
    pub company: Arc<Company>,
    pub services: Services,
    pub database: TestDatabase,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl App {
    pub async fn start() -> Self {
        let database = TestDatabase::sqlite().await;
        let settings = Settings { public_url: Some("https://cloud.test".to_owned()), ..Settings::default() };
        let origin = |name: &str, kind| Origin { name: name.to_owned(), kind, roles: Vec::new(), create: true };
        let staff = directory::Configured { origin: origin("staff", OriginKind::Directory), directory: Arc::new(Staff) };
        let company = Arc::new(Company::default());
        let provider = |name: &str| sign_on::Configured {
            origin: origin(name, OriginKind::Provider),
            label: format!("The {name}"),
            redirect_uri: format!("https://cloud.example/api/v2/sign-ons/{name}/callback"),
            provider: Arc::clone(&company) as Arc<dyn SignOn>,
        };
        let people = People { directories: vec![staff], providers: vec![provider("company"), provider("partners")] };
        let services = Services::with_people(database.store.clone(), settings, Arc::new(Well), people);
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let api = tenantry_http::Api { secure_cookies: true, ..tenantry_http::Api::new(services.clone()) };
        let (router, document) = tenantry_dialect_native::router(api);
        let mut app = Self {
            router,
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            clock: Arc::clone(&database.clock),
            company,
            services,
            database,
        };
        app.admin = app.login("admin").await;
        let datacenter = json!({"name": "local", "kind": "sandbox", "capacity": {"cpu": 100, "memory_gib": 100, "storage_gib": 1000}});
        assert_eq!(app.post("/datacenters", datacenter).await.status, StatusCode::CREATED);
        app
    }

    pub async fn login(&self, username: &str) -> String {
        let answer = self.send("", "POST", "/sessions", &[], json!({"username": username, "password": PASSWORD})).await;
        answer.body["token"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body)).to_owned()
    }

    pub async fn send(&self, token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.raw(token, method, path, headers, body).await
    }

    pub async fn raw(&self, token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v2{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        if head.headers.get("content-type").is_some_and(|t| t == "text/event-stream") {
            return Answer { status: head.status, headers: head.headers, body: Value::Null };
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text(&bytes)) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(&self.admin, "GET", path, &[], Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(&self.admin, "POST", path, &[], body).await
    }

    /// The text of the mail that was written last.
    pub async fn mail(&self) -> String {
        let mails = self.database.store.mails();
        let newest = mails.list(&PageRequest::first(1)).await.unwrap().items.pop().unwrap();
        mails.content(&mails.pending(newest.id).await.unwrap().unwrap()).unwrap().text
    }

    pub async fn change(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(&self.admin, method, path, &[], body).await
    }

    pub async fn tenant(&self, name: &str) -> i64 {
        let body = json!({"name": name, "datacenter_ids": [1], "quota": {"cpu": 4, "memory_gib": 8, "storage_gib": 50}});
        let answer = self.post("/tenants", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["id"].as_i64().unwrap()
    }

    pub async fn user(&self, tenant: i64, name: &str, role: &str) -> String {
        let body = json!({"tenant_id": tenant, "username": name, "password": PASSWORD, "role": role});
        let answer = self.post("/users", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        self.login(name).await
    }
}

/// A body that is no JSON, as a page is.
fn text(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { Value::String(String::from_utf8_lossy(bytes).into_owned()) }
}
