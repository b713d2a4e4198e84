//! Through the front door: who is let in, how far they reach, and how soon that ends.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
#[path = "../common/mod.rs"]
mod common;

mod login;
mod reach;
mod revocation;

use common::Server;
use serde_json::{Value, json};

/// The password of everybody that these tests make.
const GOOD: &str = "a-good-password";

/// A tenant without any datacenter: nothing of it takes time.
async fn tenant(server: &Server, name: &str) -> i64 {
    let made = server.post("/api/v2/tenants", json!({"name": name, "quota": {"cpu": 0, "memory_gib": 0}})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_i64().unwrap()
}

/// A user of a tenant: the id.
async fn user(server: &Server, tenant: i64, name: &str, more: Value) -> i64 {
    let mut body = json!({"tenant_id": tenant, "username": name, "password": GOOD});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = server.post("/api/v2/users", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_i64().unwrap()
}

/// A login through the native API: its token.
async fn log_in(server: &Server, name: &str) -> String {
    let answer = server.send("", "POST", "/api/v2/sessions", Some(json!({"username": name, "password": GOOD}))).await;
    answer.body["token"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body)).to_owned()
}

/// How a request with a token ends.
async fn status(server: &Server, token: &str, method: &str, path: &str, body: Option<Value>) -> u16 {
    server.send(token, method, path, body).await.status.as_u16()
}
