//! The router on a database of its own, with peers that are always well. No reconciler runs: nothing settles.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_driver_api::{Directory, DirectoryUser, DirectoryUsers, DriverError};
use tenantry_service::directory::Configured;
use tenantry_service::{Services, Settings, auth};
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

pub struct App {
    pub router: Router,
    pub document: Value,
    pub admin: String,
    pub clock: Arc<TestClock>,
    _database: TestDatabase,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl App {
    pub async fn start() -> Self {
        let database = TestDatabase::sqlite().await;
        let staff = Configured { name: "staff".to_owned(), directory: Arc::new(Staff), roles: Vec::new(), create: false };
        let services = Services::with_directories(database.store.clone(), Settings::default(), Arc::new(Well), vec![staff]);
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let (router, document) = tenantry_dialect_native::router(tenantry_http::Api::new(services));
        let mut app = Self {
            router,
            document: serde_json::to_value(&document).unwrap(),
            admin: String::new(),
            clock: Arc::clone(&database.clock),
            _database: database,
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
        Answer { status: head.status, headers: head.headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(&self.admin, "GET", path, &[], Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(&self.admin, "POST", path, &[], body).await
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
