//! The native API through the server's front door.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use axum::body::Body;
use common::{Answer, Server};
use http::{Request, StatusCode};
use serde_json::{Value, json};

async fn call(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", server.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.raw(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn open(server: &Server, name: &str) -> Value {
    let body = json!({"name": name, "datacenter_ids": [1], "quota": {"cpu": 2, "memory_gib": 2, "storage_gib": 20}});
    let answer = call(server, "POST", "/api/v2/tenants?wait=30", &[], &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_present_one() {
    let server = Server::start().await;
    let present = serde_json::to_string_pretty(&server.get("/openapi.json").await.body).unwrap() + "\n";
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/openapi.json"), &present);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_it_happen_once_and_another_request_with_it_is_refused() {
    let server = Server::start().await;
    let body = json!({"name": "once", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}});
    let key = [("idempotency-key", "k-1")];
    let (first, second) =
        tokio::join!(call(&server, "POST", "/api/v2/tenants", &key, &body), call(&server, "POST", "/api/v2/tenants", &key, &body));
    let made = if first.status == StatusCode::CREATED { &first } else { &second };
    let again = call(&server, "POST", "/api/v2/tenants", &key, &body).await;
    assert_eq!((again.status, &again.body["id"]), (StatusCode::CREATED, &made.body["id"]), "{}", again.body);
    let other = call(&server, "POST", "/api/v2/tenants", &key, &json!({"name": "other"})).await;
    assert_eq!((other.status.as_u16(), &other.body["code"]), (422, &json!("invalid_argument")));
    let listed = server.get("/api/v2/tenants?name=once").await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_another_version_is_refused_and_a_dry_run_changes_nothing() {
    let server = Server::start().await;
    let tenant = open(&server, "dev").await;
    let path = format!("/api/v2/tenants/{}", tenant["id"]);
    let stale = call(&server, "PATCH", &path, &[("if-match", "\"99\"")], &json!({"description": "x"})).await;
    assert_eq!((stale.status.as_u16(), &stale.body["code"]), (412, &json!("stale_version")));
    let etag = format!("\"{}\"", tenant["version"]);
    let changed = call(&server, "PATCH", &path, &[("if-match", &etag)], &json!({"description": "x", "quota": {"cpu": 3}})).await;
    assert_eq!((changed.status.as_u16(), changed.body["quota"]["cpu"].as_f64()), (200, Some(3.0)), "{}", changed.body);
    let dry = call(&server, "DELETE", &format!("{path}?dry_run=true&cascade=true"), &[], &json!({})).await;
    assert_eq!(dry.body["removes"][0]["kind"], "namespace", "{}", dry.body);
    assert_eq!(server.get(&path).await.body["state"], "active");
    let dry = call(
        &server,
        "POST",
        "/api/v2/disks?dry_run=true",
        &[],
        &json!({"tenant_id": tenant["id"], "datacenter_id": 1, "name": "d", "size_gib": 1}),
    )
    .await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.body);
    let too_big = call(
        &server,
        "POST",
        "/api/v2/disks?dry_run=true",
        &[],
        &json!({"tenant_id": tenant["id"], "datacenter_id": 1, "name": "d", "size_gib": 100}),
    )
    .await;
    assert_eq!(too_big.body["code"], "quota_exceeded", "{}", too_big.body);
    assert_eq!(server.get("/api/v2/disks").await.body["items"], json!([]));
    let typo = call(&server, "PATCH", &path, &[], &json!({"descripton": "x"})).await;
    assert_eq!(typo.status.as_u16(), 422, "{}", typo.body);
    assert_eq!(server.get("/api/v2/tenants?colour=red").await.status.as_u16(), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_page_by_key_and_what_is_removed_ends() {
    let server = Server::start().await;
    for i in 0..5 {
        open(&server, &format!("t{i}")).await;
    }
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = server.get(&format!("/api/v2/tenants?limit=2&sort=-name{after}")).await.body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, ["t4", "t3", "t2", "t1", "t0", "root"]);
    let gone = call(&server, "DELETE", "/api/v2/tenants/2?wait=30", &[], &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    assert_eq!(server.get("/api/v2/tenants/2").await.body["code"], "not_found");
    let audit = server.get("/api/v2/audit?action=delete&object=tenant").await.body;
    assert_eq!((&audit["items"][0]["outcome"], &audit["items"][0]["object_id"]), (&json!("allowed"), &json!("2")));
}
