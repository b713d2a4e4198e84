//! Virtual servers through the server's front door, on the sandbox, as they become real: made, commanded, given volumes and addresses,
//! looked at, and removed without leaving anything behind.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use common::Server;
use serde_json::{Value, json};

struct World {
    server: Server,
    tenant: i64,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let quota = json!({"cpu": 8, "memory_gib": 16, "storage_gib": 100});
        let opened = server.post("/api/v2/tenants?wait=30", json!({"name": "dev", "datacenter_ids": [1], "quota": quota})).await;
        assert_eq!(opened.status, 201, "{}", opened.body);
        Self { tenant: opened.body["id"].as_i64().unwrap(), server }
    }

    /// Something new, when it is ready.
    async fn make(&self, collection: &str, mut body: Value) -> Value {
        if !["attachments", "snapshots", "router-interfaces"].contains(&collection) {
            body["tenant_id"] = json!(self.tenant);
        }
        let made = self.server.post(&format!("/api/v2/{collection}?wait=30"), body).await;
        assert_eq!((made.status.as_u16(), &made.body["state"]), (201, &json!("ready")), "{collection}: {}", made.body);
        made.body
    }

    /// A change, when it is ready.
    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let after = self.server.send(&self.server.token, method, &format!("/api/v2/{path}?wait=30"), Some(body)).await;
        assert_eq!((after.status.as_u16(), &after.body["state"]), (200, &json!("ready")), "{path}: {}", after.body);
        after.body
    }

    async fn command(&self, id: &Value, command: &str, hard: bool) -> Value {
        self.send("POST", &format!("servers/{id}/commands"), json!({"command": command, "hard": hard})).await
    }

    async fn gone(&self, path: &str) {
        let joint = if path.contains('?') { "&" } else { "?" };
        let gone = self.server.delete(&format!("/api/v2/{path}{joint}wait=30")).await;
        assert_eq!(gone.status, 204, "{path}: {}", gone.body);
    }

    async fn used(&self) -> Value {
        self.server.get(&format!("/api/v2/tenants/{}/quotas", self.tenant)).await.body["items"][0]["used"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_lives_from_its_default_network_to_its_removal() {
    let world = World::new().await;
    let before = world.used().await;
    let offered = world.server.get(&format!("/api/v2/tenants/{}/catalog", world.tenant)).await.body;
    assert!(offered["flavors"].as_array().unwrap().iter().any(|f| f["name"] == "m1.tiny"), "{offered}");
    let server =
        world.make("servers", json!({"name": "web", "image_id": "cirros-0.6.3", "flavor": "m1.tiny", "default_network": true})).await;
    let id = &server["id"];
    assert_eq!((&server["status"]["power"], &server["status"]["fault"]), (&json!("running"), &json!("")), "{server}");
    assert_eq!(server["status"]["addresses"][0]["network"], "default", "{server}");

    let volume = world.make("volumes", json!({"name": "data", "size_gib": 2})).await;
    let attachment = world.make("attachments", json!({"server_id": id, "volume_id": volume["id"]})).await;
    assert!(attachment["status"]["device"].as_str().unwrap().starts_with("/dev/"), "{attachment}");
    let again = world.server.post("/api/v2/attachments", json!({"server_id": id, "volume_id": volume["id"]})).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("conflict")), "{}", again.body);
    let address = world.make("floating-ips", json!({"external_network": "public", "server_id": id})).await;
    assert_ne!(address["status"]["address"], "", "{address}");
    assert_eq!(address["status"]["fixed_address"], server["status"]["addresses"][0]["address"], "{address}");
    let kept = world.send("PATCH", &format!("floating-ips/{}", address["id"]), json!({"server_id": null})).await;
    assert_eq!((&kept["status"]["address"], &kept["status"]["fixed_address"]), (&address["status"]["address"], &json!("")));

    assert_eq!(world.command(id, "stop", false).await["status"]["power"], "stopped");
    let twice = world.server.post(&format!("/api/v2/servers/{id}/commands"), json!({"command": "stop"})).await;
    assert_eq!((twice.status.as_u16(), &twice.body["code"]), (409, &json!("conflict")), "{}", twice.body);
    assert!(twice.body["detail"].as_str().unwrap().contains("is stopped"), "{}", twice.body);
    assert_eq!(world.command(id, "start", false).await["status"]["power"], "running");
    assert_eq!(world.command(id, "pause", false).await["status"]["power"], "paused");
    assert_eq!(world.command(id, "unpause", false).await["status"]["power"], "running");
    assert_eq!(world.command(id, "suspend", false).await["status"]["power"], "suspended");
    assert_eq!(world.command(id, "resume", false).await["status"]["power"], "running");
    assert_eq!(world.command(id, "reboot", true).await["status"]["reboots"], 1);
    let group = world.make("security-groups", json!({"name": "ssh", "rules": [{"direction": "ingress", "protocol": "tcp"}]})).await;
    let moved = world.send("PATCH", &format!("servers/{id}"), json!({"security_groups": ["ssh"]})).await;
    assert_eq!(moved["spec"]["security_groups"][0]["security_group_id"], group["id"]);

    let snapshot = world.make("snapshots", json!({"volume_id": volume["id"], "name": "before"})).await;
    let copy = world.make("volumes", json!({"name": "copy", "snapshot_id": snapshot["id"]})).await;
    assert_eq!(copy["spec"]["size_gib"], 2);
    let used = world.used().await;
    assert_eq!((&used["servers"], &used["volumes"], &used["storage_gib"]), (&json!(1), &json!(2), &json!(6)), "{used}");

    for path in [
        format!("attachments/{}", attachment["id"]),
        format!("snapshots/{}", snapshot["id"]),
        format!("servers/{id}"),
        format!("volumes/{}", volume["id"]),
        format!("volumes/{}", copy["id"]),
        format!("floating-ips/{}", address["id"]),
        format!("security-groups/{}", group["id"]),
    ] {
        world.gone(&path).await;
    }
    for collection in ["routers", "networks"] {
        let there = world.server.get(&format!("/api/v2/{collection}?name=default")).await.body["items"][0]["id"].clone();
        world.gone(&format!("{collection}/{there}?cascade=true")).await;
    }
    assert_eq!(world.used().await, before, "everything that was taken is given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_into_a_server_is_recorded_and_its_address_is_told_once() {
    let world = World::new().await;
    let new = json!({"name": "web", "image_id": "cirros-0.6.3", "cpu": 1, "memory_gib": 0.5, "network_ids": ["shared"]});
    let server = world.make("servers", new).await;
    let path = format!("/api/v2/servers/{}", server["id"]);
    let console = world.server.post(&format!("{path}/console"), json!({})).await;
    assert_eq!((console.status.as_u16(), &console.headers["cache-control"]), (200, &"no-store".parse().unwrap()), "{}", console.body);
    let url = console.body["url"].as_str().unwrap().to_owned();
    assert!(!url.is_empty() && !console.body["kind"].as_str().unwrap().is_empty(), "{}", console.body);
    let log = world.server.get(&format!("{path}/console-log?lines=1")).await.body["text"].clone();
    assert!(log.as_str().unwrap().lines().count() <= 1, "{log}");
    let audit = world.server.get("/api/v2/audit?action=issue_credential").await.body;
    assert_eq!((audit["items"].as_array().unwrap().len(), &audit["items"][0]["object"]), (1, &json!("server")), "{audit}");
    assert!(!audit.to_string().contains(&url), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_made_says_why_and_can_be_removed() {
    let world = World::new().await;
    let new = json!({"tenant_id": world.tenant, "name": "bad", "image_id": "broken-1.0", "flavor": "m1.tiny", "network_ids": ["shared"]});
    let made = world.server.post("/api/v2/servers?wait=30", new).await;
    assert_eq!((made.status.as_u16(), &made.body["state"]), (201, &json!("failed")), "{}", made.body);
    assert_ne!(made.body["reason"], "", "{}", made.body);
    let path = format!("/api/v2/servers/{}", made.body["id"]);
    let refused = world.server.post(&format!("{path}/commands"), json!({"command": "start"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("conflict")), "{}", refused.body);
    world.gone(&format!("servers/{}", made.body["id"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_account_is_empty_is_suspended_and_goes_on_as_it_was_when_it_is_recharged() {
    let world = World::new().await;
    let tenant = format!("/api/v2/tenants/{}", world.tenant);
    let put = async |path: &str, body: Value| {
        let answer = world.server.send(&world.server.token, "PUT", path, Some(body)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    };
    let new = |name: &str| json!({"name": name, "image_id": "cirros-0.6.3", "flavor": "m1.tiny", "network_ids": ["shared"]});
    let (running, stopped) = (world.make("servers", new("runs")).await, world.make("servers", new("rests")).await);
    world.command(&stopped["id"], "stop", false).await;
    let app = world.make("apps", json!({"name": "web", "datacenter_id": 1, "image": "nginx:1.27", "replicas": 2})).await;
    let look = async |path: String| {
        let found = world.server.get(&format!("/api/v2/{path}?wait=30")).await.body;
        assert_eq!(found["state"], "ready", "{path}: {found}");
        found
    };
    let powers = async || {
        let mut powers = Vec::new();
        for server in [&running, &stopped] {
            let found = look(format!("servers/{}", server["id"])).await;
            powers.push((found["spec"]["power"].clone(), found["status"]["power"].clone(), found["reason"] != ""));
        }
        powers
    };
    put(&format!("{tenant}/account"), json!({"balance": 0})).await;
    put(&format!("{tenant}/account/policy"), json!({"when_empty": "suspend"})).await;
    let (run, stop) = (json!("running"), json!("stopped"));
    assert_eq!(powers().await, [(run.clone(), stop.clone(), true), (stop.clone(), stop.clone(), false)]);
    let seen = look(format!("apps/{}", app["id"])).await;
    assert_eq!((&seen["spec"]["replicas"], &seen["status"]["replicas"]), (&json!(2), &json!(0)), "{seen}");
    assert!(seen["reason"].as_str().unwrap().contains("suspended"), "{seen}");
    let scaled =
        world.server.send(&world.server.token, "PATCH", &format!("/api/v2/apps/{}", app["id"]), Some(json!({"replicas": 3}))).await;
    assert_eq!((scaled.status.as_u16(), &scaled.body["code"]), (409, &json!("balance_too_low")), "{}", scaled.body);
    put(&format!("{tenant}/account"), json!({"balance": 5})).await;
    assert_eq!(powers().await, [(run.clone(), run, false), (stop.clone(), stop, false)]);
    let seen = look(format!("apps/{}", app["id"])).await;
    assert_eq!((&seen["status"]["replicas"], &seen["reason"]), (&json!(2), &json!("")), "{seen}");
}
