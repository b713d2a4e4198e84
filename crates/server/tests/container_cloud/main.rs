//! The container cloud's dialect through the server's front door: its document, and waiting for what a request began.

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
#[path = "../common/mod.rs"]
mod common;

use common::Server;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_present_one() {
    let server = Server::start().await;
    let document = server.get("/openapi/container-cloud.json").await.body;
    let present = serde_json::to_string_pretty(&document).unwrap() + "\n";
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/openapi/container-cloud.json"), &present);
}

/// A synchronous client reads the end of what it asked for in the answer, not the beginning.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_what_it_began() {
    let server = Server::start().await;
    let org = server.post("/api/v1/organizations/", json!({"name": "dev", "dcIdList": "1", "cpuQuota": "4", "memQuota": "8"})).await.data();
    let org = format!("/api/v1/organizations/{}", org["id"]);
    assert_eq!(server.get(&format!("{org}/datacenters")).await.data()[0]["namespace"]["status"], "ready");
    let disk = server.post(&format!("{org}/rbds"), json!({"name": "data", "size": 1, "dcId": 1})).await.data();
    assert_eq!((&disk["status"], &disk["bound"]), (&json!("ready"), &json!(true)));
    let deployments = format!("{org}/users/1/deployments");
    let releases = [
        json!({"name": "web", "image": "nginx:1", "dcId": 1}),
        json!({"name": "web", "image": "nginx:2", "dcId": 1}),
        json!({"name": "web", "operation": "stop", "dcId": 1}),
        json!({"name": "web", "operation": "start", "dcId": 1}),
        json!({"name": "web", "operation": "rollback", "dcId": 1}),
    ];
    let mut last = Value::Null;
    for release in releases {
        last = server.post(&deployments, release).await.data();
        assert_eq!((&last["status"], last["endedAt"].is_string()), (&json!("succeeded"), true), "{last}");
    }
    assert_eq!(last["image"], "nginx:1");
    let update = json!({"orgName": "dev", "cpuQuota": 5});
    assert_eq!(
        server.send(&server.token, "PUT", "/api/v1/organization/update", Some(update)).await.data()["dataCenters"][0]["status"],
        "ready"
    );
    server.post(&deployments, json!({"name": "web", "operation": "delete", "dcId": 1})).await.data();
    let gone = json!({"id": disk["id"], "name": "data", "status": "deleted"});
    assert_eq!(server.delete(&format!("{org}/rbds/{}", disk["id"])).await.data(), gone);
    assert_eq!(server.post("/api/v1/organization/delete", json!({"orgName": "dev"})).await.data()["status"], "deleted");
    assert_eq!(server.get(&org).await.refusal(), (404, 1414));
}
