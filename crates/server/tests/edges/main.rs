//! Through the front door, what lies at the edges: streams that are interrupted, requests that are repeated, sessions that end, bodies that are
//! too large, and many requests at the same moment.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
#[path = "../common/mod.rs"]
mod common;

mod at_once;
mod bodies;
mod events;
mod repeats;
mod sessions;

use common::Server;
use serde_json::{Value, json};

/// A tenant of the root, with its quota in the sandbox datacenter.
async fn tenant(server: &Server, name: &str, quota: Value) -> i64 {
    let body = json!({"name": name, "datacenter_ids": [1], "quota": quota});
    let made = server.post("/api/v2/tenants?wait=30", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_i64().unwrap()
}

/// A tenant without any datacenter: nothing of it takes time.
async fn plain_tenant(server: &Server, name: &str, parent: i64) -> i64 {
    let body = json!({"name": name, "parent_id": parent, "quota": {"cpu": 0, "memory_gib": 0}});
    let made = server.post("/api/v2/tenants", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_i64().unwrap()
}

/// A user of a tenant, logged in.
async fn user(server: &Server, tenant: i64, name: &str, role: &str) -> String {
    let password = "a-good-password";
    let made = server.post("/api/v2/users", json!({"tenant_id": tenant, "username": name, "password": password, "role": role})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    server.login(name, password).await
}
