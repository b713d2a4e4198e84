//! The main job on real Kubernetes API servers, and the images of a real registry. `make test-peers` starts them.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use common::Server;
use serde_json::{Value, json};

/// The kubeconfig that a variable names; none, said on standard error, when there is none.
fn kubeconfig(variable: &str) -> Option<String> {
    let Ok(path) = std::env::var(variable) else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {variable} names no kubeconfig\n").as_bytes());
        return None;
    };
    Some(std::fs::read_to_string(path).unwrap())
}

async fn connect(server: &Server, name: &str, kubeconfig: &str) -> Value {
    let body = json!({"name": name, "kubeconfig": kubeconfig, "capacity": {"cpu": 16, "mem": 64, "storage": 1000}});
    server.post("/api/v1/datacenters", body).await.data()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_opened_used_and_closed_on_two_clusters() {
    let (Some(east), Some(west)) = (kubeconfig("TENANTRY_TEST_KUBECONFIG"), kubeconfig("TENANTRY_TEST_KUBECONFIG_2")) else { return };
    let server = Server::start().await;
    let (east, west) = (connect(&server, "east", &east).await, connect(&server, "west", &west).await);
    let name = format!("main-job-{}", std::process::id());
    let body = json!({"name": name, "dcIdList": [east, west], "cpuQuota": 2, "memQuota": 4, "balance": 10});
    let made = server.post("/api/v1/organization/new", body).await.data();
    let states: Vec<_> = made["dataCenters"].as_array().unwrap().iter().map(|d| d["status"].clone()).collect();
    assert_eq!(states, ["ready", "ready"], "{made}");
    let org = format!("/api/v1/organizations/{}", made["orgId"].as_str().unwrap());
    let disk = server.post(&format!("{org}/rbds"), json!({"name": "data", "size": 1, "dcId": east})).await.data();
    assert_eq!(disk["status"], "ready", "{disk}");
    let release = json!({"name": "web", "image": "nginx:1", "dcId": east, "ports": [80], "disks": [{"disk": "data", "path": "/data"}]});
    let released = server.post(&format!("{org}/users/1/deployments"), release).await.data();
    assert_eq!(released["status"], "succeeded", "{released}");
    let scaled = json!({"name": "two", "image": "nginx:1", "replicas": 2, "dcId": west});
    assert_eq!(server.post(&format!("{org}/users/1/deployments"), scaled).await.data()["status"], "succeeded");
    let too_much = json!({"name": "three", "image": "nginx:1", "replicas": 30, "cpu": 1, "dcId": west});
    assert_eq!(server.post(&format!("{org}/users/1/deployments"), too_much).await.refusal(), (409, 1701));
    let grown = server.post("/api/v1/organization/update", json!({"orgName": name, "cpuQuota": 3})).await.data();
    assert_eq!(grown["dataCenters"][1]["resourceQuota"]["cpu"], 3);
    assert_eq!(server.get(&org).await.data()["cpuQuota"], 3);
    // the same name in a second Tenantry is a namespace that is not its own: it is left alone, and the row says so
    let other = Server::start().await;
    let again = connect(&other, "east", &kubeconfig("TENANTRY_TEST_KUBECONFIG").unwrap()).await;
    let foreign =
        other.post("/api/v1/organization/new", json!({"name": name, "dcIdList": [again], "cpuQuota": 1, "memQuota": 1})).await.data();
    assert_eq!(foreign["dataCenters"][0]["status"], "failed", "{foreign}");
    assert!(foreign["dataCenters"][0]["reason"].as_str().unwrap().contains("not Tenantry's"), "{foreign}");
    assert_eq!(other.delete(&format!("/api/v1/organizations/{}", foreign["orgId"].as_str().unwrap())).await.data()["status"], "deleted");
    let closed = server.delete(&format!("{org}?cascade=true")).await.data();
    assert_eq!(closed["status"], "deleted", "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_credentials_are_wrong_is_refused_with_the_reason() {
    let Some(east) = kubeconfig("TENANTRY_TEST_KUBECONFIG") else { return };
    let server = Server::start().await;
    let address = east.lines().find_map(|l| l.trim().strip_prefix("server: ")).unwrap().to_owned();
    let no_ca = server.post("/api/v1/datacenters", json!({"name": "east", "endpoint": address, "token": "wrong"})).await;
    assert_eq!(no_ca.refusal(), (502, 1706));
    assert!(no_ca.body["message"].as_str().unwrap().to_lowercase().contains("certificate"), "{}", no_ca.body);
}
