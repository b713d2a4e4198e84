//! The server is killed at every change that it makes in the cloud, when the change was made and before it is told so.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::way::{Mood, Way};
use super::{Cloud, unique};
use crate::process::Process;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// A server that is started again whenever it was killed.
struct Undying<'a> {
    folder: &'a Path,
    way: &'a Way,
    process: Option<Process>,
    token: String,
    deaths: usize,
    begun: Instant,
}

impl<'a> Undying<'a> {
    async fn start(folder: &'a Path, way: &'a Way) -> Self {
        let mut server = Self { folder, way, process: None, token: String::new(), deaths: 0, begun: Instant::now() };
        server.begin().await;
        server.token = server.process.as_ref().unwrap().login().await;
        server
    }

    async fn begin(&mut self) {
        assert!(self.begun.elapsed() < PATIENCE, "after {} deaths it is not over: {:?}", self.deaths, self.way.changes());
        // waits for it as whoever killed it would
        self.process = None;
        self.way.next_life();
        let settings =
            [("TENANTRY_SANDBOX__CREATE", "false"), ("TENANTRY_OUTGOING__ALLOW", "127.0.0.0/8"), ("TENANTRY_LOG__FILTER", "off")];
        let process = Process::start(self.folder, &settings).await;
        self.way.lives_as(process.child.id());
        self.process = Some(process);
    }

    /// Sends a request until a server lives long enough to answer it.
    async fn ask(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let key = unique("request");
        loop {
            let process = self.process.as_ref().unwrap();
            if let Ok(answer) = process.send(method, path, &self.token, &[("idempotency-key", &key)], body.clone()).await {
                return answer;
            }
            self.deaths += 1;
            self.begin().await;
        }
    }

    /// Something new, which may not be ready yet.
    async fn make(&mut self, collection: &str, body: Value) -> Value {
        let (status, made) = self.ask("POST", &format!("/api/v2/{collection}"), body).await;
        assert!(matches!(status, 200 | 201), "{collection}: {status} {made}");
        made["id"].clone()
    }

    /// Waits until something is ready; answers with its id at the cloud.
    async fn ready(&mut self, collection: &str, id: &Value) -> String {
        loop {
            let (_, seen) = self.ask("GET", &format!("/api/v2/{collection}/{id}?wait=20"), Value::Null).await;
            assert_ne!(seen["state"], "failed", "{seen}");
            if seen["state"] == "ready" {
                return seen["status"]["peer_id"].as_str().unwrap().to_owned();
            }
            assert!(self.begun.elapsed() < PATIENCE, "{seen}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_every_change_makes_everything_once_and_leaves_nothing() {
    let Some(cloud) = Cloud::of_environment() else { return };
    let way = Way::to(&cloud.auth_url).await;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Undying::start(folder.path(), &way).await;
    let datacenter = server.make("datacenters", cloud.connection("stack", &way.auth_url)).await;
    way.becomes(Mood::Deadly);

    let name = unique("killed");
    let quota = json!({"cpu": 4, "memory_gib": 8, "storage_gib": 20});
    let tenant = server.make("tenants", json!({"name": name, "datacenter_ids": [datacenter], "quota": quota})).await;
    let (_, catalog) = loop {
        // there is nothing to choose from before the project is there
        let answer = server.ask("GET", &format!("/api/v2/tenants/{tenant}/catalog"), Value::Null).await;
        if answer.0 == 200 {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let external = catalog["networks"].as_array().unwrap().iter().find(|n| n["external"] == true).unwrap()["id"].clone();
    let network = server.make("networks", json!({"tenant_id": tenant, "name": "net", "cidr": "10.8.0.0/24", "gateway": "10.8.0.1"})).await;
    let router = server.make("routers", json!({"tenant_id": tenant, "name": "edge", "external_network": external})).await;
    let interface = server.make("router-interfaces", json!({"router_id": router, "network_id": network})).await;
    let new = json!({"tenant_id": tenant, "name": "web", "image_id": "cirros", "flavor": "m1.tiny", "network_ids": [network.to_string()]});
    let machine = server.make("servers", new).await;
    let volume = server.make("volumes", json!({"tenant_id": tenant, "name": "data", "size_gib": 1})).await;
    let attachment = server.make("attachments", json!({"server_id": machine, "volume_id": volume})).await;

    let api = cloud.api().await;
    let project = api.project(&name).await.unwrap();
    let mut ids = Vec::new();
    for (collection, many, id) in [
        ("networks", "networks", &network),
        ("routers", "routers", &router),
        ("router-interfaces", "ports", &interface),
        ("servers", "servers", &machine),
        ("volumes", "volumes", &volume),
        ("attachments", "", &attachment),
    ] {
        ids.push((many, server.ready(collection, id).await));
    }
    let contents = api.contents(&project).await;
    for (many, id) in ids.iter().filter(|(many, _)| !many.is_empty()) {
        // the ports are the router's two ends and the server's
        let there = contents.iter().filter(|(what, item)| what == many && (*many != "ports" || item["id"] == *id));
        let there: Vec<&str> = there.map(|(_, item)| item["id"].as_str().unwrap()).collect();
        assert_eq!(there, [id], "{many}");
    }
    let count = |wanted: &str| contents.iter().filter(|(many, _)| *many == wanted).count();
    assert_eq!((count("subnets"), count("security_groups"), count("floatingips")), (1, 1, 0));
    let owners: Vec<&Value> = contents.iter().filter(|(many, _)| *many == "ports").map(|(_, port)| &port["device_owner"]).collect();
    assert!(owners.len() == 2 && owners.contains(&&json!("network:router_interface")), "{owners:?}");
    let volumes = contents.iter().filter(|(many, _)| *many == "volumes").map(|(_, volume)| volume["attachments"].as_array().unwrap().len());
    assert_eq!(volumes.collect::<Vec<_>>(), [1]);
    let made = way.changes().len();

    loop {
        let (status, answer) = server.ask("DELETE", &format!("/api/v2/tenants/{tenant}?cascade=true&wait=20"), Value::Null).await;
        if matches!(status, 204 | 404) {
            break;
        }
        assert!(server.begun.elapsed() < PATIENCE, "{status} {answer}");
    }
    api.is_empty_of(&name, &project).await;
    let changes = way.changes();
    assert_eq!(server.deaths, changes.len(), "{changes:#?}");
    assert!(made >= 13 && changes.len() - made >= 11, "{made} of {changes:#?}");
}
