//! The cluster manager's dialect through the server's front door: its document, and what it shares with the others.

#[expect(dead_code, reason = "a harness that the tests of all dialects share")]
#[path = "../common/mod.rs"]
mod common;

use common::{PASSWORD, Server, request};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_present_one() {
    let server = Server::start().await;
    let document = server.get("/openapi/cluster-manager.json").await.body;
    let present = serde_json::to_string_pretty(&document).unwrap() + "\n";
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/openapi/cluster-manager.json"), &present);
}

/// One token for all dialects, and logs of what was done in any.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_in_another_dialect_is_in_the_logs() {
    let server = Server::start().await;
    let login = json!({"username": "admin", "password": PASSWORD, "tenantname": "root"});
    let token = server.send("", "POST", "/v1/token/", Some(login)).await.body["data"]["id"].as_str().unwrap().to_owned();
    let made = server
        .send(&token, "POST", "/api/v1/organizations", Some(json!({"name": "dev", "dcIdList": "1", "cpuQuota": 1, "memQuota": 1})))
        .await;
    made.data();
    let sent = request("", "GET", "/v1/logs?queryType=tenant&count=true", &[("X_Auth_Token", &token)], None);
    let answer = server.raw(sent).await;
    assert_eq!((&answer.body["count"], answer.headers["x-object-count"].to_str().unwrap()), (&json!(1), "1"), "{}", answer.body);
    let log = &answer.body["data"][0];
    assert_eq!((&log["operateType"], &log["status"], &log["userName"]), (&json!("create_tenant"), &json!("success"), &json!("admin")));
    let refused = server.send("", "GET", "/v1/cluster", None).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]["code"]), (404, &json!("E12002")));
}
