//! Every mutation and login of both dialects is in the audit once, whoever tried it and however it ended, with address and request id.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use common::{Answer, PASSWORD, Server};
use http::Request;
use serde_json::{Value, json};
use tenantry_dialect_container_cloud::operations;

const ADDRESS: &str = "192.0.2.7";

/// A server with a tenant that has one of everything, and callers of every kind.
struct World {
    server: Server,
    callers: Vec<(&'static str, String)>,
    tenant: i64,
    other: i64,
    ids: Value,
    sent: usize,
}

/// What an operation is sent so that it is understood, in both dialects. Each caller makes a new thing.
fn body(id: &str, tenant: i64, turn: usize) -> Value {
    let new = format!("new-{turn}");
    match id {
        "create_tenant" => json!({"name": new, "parent_id": tenant, "quota": {"cpu": 0, "memory_gib": 0, "storage_gib": 0}}),
        "update_tenant" | "update_organization" => json!({"description": "x"}),
        "update_account" => json!({"balance": 5}),
        "create_purchase" => json!({"quota_plan_id": 1}),
        "create_session" => json!({"username": "other", "password": PASSWORD}),
        "create_password_reset" => json!({"username": "other"}),
        "confirm_password_reset" => json!({"token": "unknown", "new_password": PASSWORD}),
        "update_password" => json!({"new_password": PASSWORD, "newPassword": PASSWORD}),
        "create_datacenter" => json!({"name": new, "kind": "sandbox"}),
        "create_quota_plan" => json!({"name": new, "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 1}),
        "create_app" => json!({"tenant_id": tenant, "datacenter_id": 1, "name": new, "image": "nginx"}),
        "update_app" => json!({"image": "nginx:2"}),
        "create_registry" => json!({"name": new, "url": "https://registry.example"}),
        "create_group" => json!({"name": new, "tenant_id": tenant}),
        "update_tenant_role" => json!({"role": "team.member"}),
        "create_token" => json!({"name": new}),
        "begin_second_factor" | "renew_recovery_codes" | "delete_second_factor" => json!({"password": PASSWORD}),
        "confirm_second_factor" => json!({"code": "000000"}),
        "create_link" => json!({"name": new, "href": "/docs"}),
        "create_network" => json!({"tenant_id": tenant, "name": new, "cidr": format!("10.{}.{}.0/24", turn / 256, turn % 256)}),
        "create_router" | "create_security_group" => json!({"tenant_id": tenant, "name": new}),
        "create_volume" | "create_floating_ip" => json!({"tenant_id": tenant, "name": new}),
        "create_server" => new_server(tenant, &new),
        "update_server" => json!({"security_groups": ["default"]}),
        "update_account_policy" => json!({"when_empty": "nothing"}),
        "update_rates" => json!({"cpu": 0.05}),
        "update_volume" => json!({"size_gib": 12}),
        "update_floating_ip" => json!({"server_id": null}),
        "command_server" => json!({"command": "reboot", "hard": true}),
        "adopt_place" => json!({"name": "nothing"}),
        "adopt_resource" => json!({"kind": "volume", "peer_id": "nothing"}),
        "create_organization" | "open_organization" => json!({"name": new, "cpuQuota": 0, "memQuota": 0, "storageQuota": 0}),
        "create_dcquota" => json!({"dcId": 1, "cpuQuota": 3}),
        "create_deployment" => json!({"name": new, "operation": "a note"}),
        "resize_organization" => json!({"orgName": "dev", "cpuQuota": 5}),
        "close_organization" => json!({"orgName": "third", "cascade": true}),
        _ => json!({}),
    }
}

fn new_server(tenant: i64, name: &str) -> Value {
    json!({"tenant_id": tenant, "name": name, "image_id": "cirros-0.6.3", "flavor": "m1.tiny", "network_ids": ["shared"], "private": true})
}

/// The same where the dialects have an operation of one name and bodies of their own.
fn body_of(dialect: &str, id: &str, tenant: i64, turn: usize, ids: &Value) -> Value {
    let new = format!("{dialect}-{turn}").replace('_', "-");
    match (dialect, id) {
        ("native", "create_router_interface") => json!({"router_id": ids["routers"], "network_id": ids["loose network"]}),
        ("native", "create_attachment") => json!({"server_id": ids["servers"], "volume_id": ids["loose volume"]}),
        ("native", "create_snapshot") => json!({"volume_id": ids["volumes"]}),
        ("native", "assign_server") => json!({"user_id": ids["users"]}),
        ("native", "create_user") => json!({"tenant_id": tenant, "username": new, "password": PASSWORD}),
        ("native", "create_disk") => json!({"tenant_id": tenant, "datacenter_id": 1, "name": new, "size_gib": 1}),
        ("native", "update_disk") => json!({"size_gib": 2}),
        ("native", "create_quota") => json!({"datacenter_id": 1, "quota": {"cpu": 6}}),
        ("native", "update_quota") => json!({"quota": {"cpu": 5}}),
        ("native", "update_password") => json!({"new_password": PASSWORD}),
        (_, "create_user") => json!({"email": format!("{new}@example.com"), "password": PASSWORD}),
        (_, "create_disk") => json!({"name": new, "size": 1, "dcId": 1}),
        (_, "update_disk") => json!({"size": 2}),
        (_, "create_quota") => json!({"name": new, "cpu": 1, "mem": 1, "storage": 1, "cost": 1}),
        (_, "update_password") => json!({"newPassword": PASSWORD}),
        _ => body(id, tenant, turn),
    }
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let make = async |path: &str, body: Value| {
            let answer = server.post(&format!("/api/v2{path}"), body).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
            answer.body["id"].as_i64().unwrap_or_default()
        };
        let quota = json!({"cpu": 8, "memory_gib": 16, "storage_gib": 100});
        let tenant = make("/tenants?wait=30", json!({"name": "dev", "datacenter_ids": [1], "quota": quota, "balance": 100})).await;
        let elsewhere = make("/tenants?wait=30", json!({"name": "elsewhere", "quota": {"cpu": 0, "memory_gib": 0}})).await;
        make("/tenants?wait=30", json!({"name": "third", "quota": {"cpu": 0, "memory_gib": 0}})).await;
        make("/datacenters", json!({"name": "spare", "kind": "sandbox"})).await;
        let user = async |tenant: i64, name: &str, role: &str| {
            make("/users", json!({"tenant_id": tenant, "username": name, "password": PASSWORD, "role": role})).await
        };
        let other = user(tenant, "other", "team.member").await;
        user(elsewhere, "stranger", "tenant.admin").await;
        user(tenant, "member", "team.member").await;
        let place = |more: Value| {
            let mut all = json!({"tenant_id": tenant, "datacenter_id": 1});
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let disk = make("/disks?wait=30", place(json!({"name": "data", "size_gib": 1}))).await;
        let app = make("/apps?wait=30", place(json!({"name": "web", "image": "nginx:1"}))).await;
        make("/quota-plans", json!({"name": "small", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 1})).await;
        let own = |more: Value| {
            let mut all = json!({"tenant_id": tenant});
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let network = make("/networks?wait=30", own(json!({"name": "inner", "cidr": "192.168.1.0/24"}))).await;
        let loose_network = make("/networks?wait=30", own(json!({"name": "loose", "cidr": "192.168.2.0/24"}))).await;
        let router = make("/routers?wait=30", own(json!({"name": "edge", "external_network": "public"}))).await;
        let interface = make("/router-interfaces?wait=30", json!({"router_id": router, "network_id": network})).await;
        let security_group = make("/security-groups?wait=30", own(json!({"name": "ssh"}))).await;
        let volume = make("/volumes?wait=30", own(json!({"name": "data"}))).await;
        let loose_volume = make("/volumes?wait=30", own(json!({"name": "loose"}))).await;
        let machine = make("/servers?wait=30", new_server(tenant, "web")).await;
        let attachment = make("/attachments?wait=30", json!({"server_id": machine, "volume_id": volume})).await;
        let snapshot = make("/snapshots?wait=30", json!({"volume_id": volume})).await;
        let address = make("/floating-ips?wait=30", own(json!({"external_network": "public"}))).await;
        let registry = make("/registries", json!({"name": "hub", "url": "https://registry.example"})).await;
        let group = make("/groups", json!({"tenant_id": tenant, "name": "team"})).await;
        let link = make("/links", json!({"name": "manual", "href": "/docs"})).await;
        let token = make("/tokens", json!({"name": "ci"})).await;
        server.login("other", PASSWORD).await;
        let first = async |path: String| server.get(&path).await.body["items"][0]["id"].clone();
        let ids = json!({
            "namespaces": first(format!("/api/v2/namespaces?tenant_id={tenant}")).await,
            "quotas": first(format!("/api/v2/tenants/{tenant}/quotas")).await,
            "sessions": first(format!("/api/v2/sessions?user_id={other}")).await,
            "groups": group, "links": link, "tokens": token,
            "networks": network, "loose network": loose_network, "routers": router, "router-interfaces": interface,
            "security-groups": security_group, "servers": machine, "volumes": volume, "loose volume": loose_volume,
            "attachments": attachment, "snapshots": snapshot, "floating-ips": address,
            "tenants": tenant, "users": other, "disks": disk, "apps": app, "registries": registry,
        });
        let mut callers = Vec::new();
        for name in ["stranger", "member"] {
            callers.push((name, server.login(name, PASSWORD).await));
        }
        callers.push(("admin", server.token.clone()));
        Self { server, callers, tenant, other, ids, sent: 0 }
    }

    /// Sends a request with an id and an address of its own; answers with its outcome and the records that it left.
    async fn send(&mut self, token: &str, method: &str, path: &str, body: &str) -> (Answer, Vec<Value>) {
        self.sent += 1;
        let id = format!("call-{}", self.sent);
        let address: SocketAddr = format!("{ADDRESS}:40000").parse().unwrap();
        let request = Request::builder().method(method).uri(path).header("authorization", token).header("x-request-id", &id);
        let request = request.extension(ConnectInfo(address)).body(Body::from(body.to_owned())).unwrap();
        let answer = self.server.raw(request).await;
        assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.body);
        let listed = self.server.get("/api/v2/audit?limit=20").await.body;
        let records = listed["items"].as_array().unwrap().iter().filter(|r| r["request_id"] == json!(id)).cloned().collect();
        (answer, records)
    }

    /// One mutation by every caller, and once so that it cannot be understood; answers whether it succeeded at all.
    async fn try_out(&mut self, dialect: &str, id: &str, method: &str, path: &str) -> bool {
        let success = |answer: &Answer| answer.status.is_success() && answer.body["code"].as_i64().unwrap_or(0) == 0;
        let turn = self.sent;
        let (anonymous, records) = self.send("", method, path, &body_of(dialect, id, self.tenant, turn, &self.ids).to_string()).await;
        if !WITHOUT_A_SESSION.contains(&id) {
            assert_eq!((anonymous.status.as_u16(), records), (401, vec![]), "{id} without a session");
        }
        let mut done = false;
        for (caller, token) in self.callers.clone() {
            let token = if id == "delete_session" { self.server.login(caller, PASSWORD).await } else { token };
            let turn = self.sent;
            for sent in ["{".to_owned(), body_of(dialect, id, self.tenant, turn, &self.ids).to_string()] {
                if id == "delete_session" && sent == "{" {
                    continue;
                }
                let (answer, records) = self.send(&token, method, path, &sent).await;
                let outcome = if success(&answer) { "allowed" } else { "refused" };
                done |= success(&answer);
                assert_eq!(records.len(), 1, "{dialect} {id} by {caller} with {sent}: {} {records:?}", answer.body);
                let record = &records[0];
                assert_eq!(
                    (&record["outcome"], &record["address"], &record["dialect"]),
                    (&json!(outcome), &json!(ADDRESS), &json!(dialect)),
                    "{id} by {caller} with {sent}: {record}"
                );
                if !WITHOUT_A_SESSION.contains(&id) {
                    assert_eq!(record["user_name"], json!(caller), "{id}: {record}");
                }
                assert!(!record.to_string().contains(PASSWORD) && !record.to_string().contains(&token), "{id}: {record}");
            }
        }
        done
    }
}

/// What removes things comes last, so that the others find them.
fn last(method: &str, id: &str) -> u8 {
    match id {
        "delete_tenant" | "delete_organization" => 6,
        "delete_user" => 5,
        // ends the user's sessions
        "close_organization" | "update_password" => 4,
        "delete_group" | "forget_tenant" | "forget_namespace" | "forget_disk" | "forget_app" => 3,
        // what other things need, or need no more
        "delete_attachment" | "delete_router_interface" | "delete_snapshot" | "unassign_server" => 1,
        _ if method == "DELETE" => 2,
        _ => 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mutation_of_the_native_api_leaves_one_record() {
    let mut world = World::new().await;
    let document = world.server.get("/openapi.json").await.body;
    let mut operations: Vec<(String, String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let collection = path.split('/').nth(3).unwrap();
        // nobody has a session there: the tests of single sign-on look at its records
        if collection == "sign-ons" {
            continue;
        }
        for (method, operation) in item.as_object().unwrap().iter().filter(|(m, _)| *m != "get") {
            let id = world.ids.get(collection).unwrap_or(&json!(1)).to_string();
            let name = operation["operationId"].as_str().unwrap().to_owned();
            let loose = world.ids["loose volume"].to_string();
            let id = match name.as_str() {
                "delete_datacenter" => "2",
                // the other one has snapshots by then
                "delete_volume" => &loose,
                _ => &id,
            };
            let cascade = if ["delete_tenant", "delete_router", "delete_volume"].contains(&name.as_str()) { "?cascade=true" } else { "" };
            let path = path.replace("{id}", id).replace("{quota_id}", &world.ids["quotas"].to_string());
            let path = path.replace("{user_id}", &world.other.to_string());
            operations.push((name, method.to_uppercase(), path + cascade));
        }
    }
    operations.sort_by_key(|(id, method, _)| last(method, id));
    assert!(operations.len() > 35, "{}", operations.len());
    let mut refused_to_all = Vec::new();
    for (id, method, path) in &operations {
        if !world.try_out("native", id, method, path).await {
            refused_to_all.push(id.as_str());
        }
        if !WITHOUT_A_SESSION.contains(&id.as_str()) {
            let admin = world.server.token.clone();
            let body = body_of("native", id, world.tenant, 900, &world.ids).to_string();
            let query = if path.contains('?') { "&dry_run=true" } else { "?dry_run=true" };
            let (_, records) = world.send(&admin, method, &format!("{path}{query}"), &body).await;
            assert!(records.is_empty(), "{id} tried out: {records:?}");
        }
    }
    refused_to_all.sort_unstable();
    assert_eq!(refused_to_all, REFUSED, "what nobody could do here proves nothing of what is allowed");
}

/// What is for those who are not logged in.
const WITHOUT_A_SESSION: [&str; 3] = ["create_session", "create_password_reset", "confirm_password_reset"];

/// What even the administrator is refused here: nothing hangs that could be given up, nothing was given up, nothing
/// is there that nobody manages, nobody has a second factor, and no mail is sent.
const REFUSED: [&str; 21] = [
    "adopt_namespace",
    "adopt_place",
    "adopt_resource",
    "confirm_password_reset",
    "confirm_second_factor",
    "create_password_reset",
    "delete_orphan",
    "forget_app",
    "forget_attachment",
    "forget_disk",
    "forget_floating_ip",
    "forget_namespace",
    "forget_network",
    "forget_router",
    "forget_router_interface",
    "forget_security_group",
    "forget_server",
    "forget_snapshot",
    "forget_tenant",
    "forget_volume",
    "renew_recovery_codes",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mutation_of_the_container_cloud_leaves_one_record() {
    let mut world = World::new().await;
    let mut operations: Vec<_> = operations::ALL.iter().filter(|o| o.method != "GET" && o.id != "check_organization_name").collect();
    operations.sort_by_key(|o| last(o.method, o.id));
    assert!(operations.len() > 22, "{}", operations.len());
    let mut refused_to_all = Vec::new();
    for operation in operations {
        let part = |(i, name): (usize, &str)| match (i % 2, name, operation.path.split('/').nth(5)) {
            (0, ..) => name.to_owned(),
            (_, "orgId", _) => world.tenant.to_string(),
            (_, "userId", _) if matches!(operation.id, "delete_session" | "create_deployment") => "1".to_owned(),
            (_, "dcId", _) if operation.id == "delete_datacenter" => "2".to_owned(),
            (_, "userId", _) => world.other.to_string(),
            (_, "id", Some("rbds")) => world.ids["disks"].to_string(),
            (_, "id", Some("dcquotas")) => world.ids["quotas"].to_string(),
            _ => "1".to_owned(),
        };
        let path: String = operation.path.split(['{', '}']).enumerate().map(part).collect();
        let path = if operation.id == "delete_organization" { path + "?cascade=true" } else { path };
        if !world.try_out("container_cloud", operation.id, operation.method, &path).await {
            refused_to_all.push(operation.id);
        }
    }
    refused_to_all.sort_unstable();
    assert_eq!(refused_to_all, [] as [&str; 0], "what nobody could do here proves nothing of what is allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_leaves_a_record_whether_it_succeeds_or_not_and_a_read_leaves_none() {
    let mut world = World::new().await;
    for path in ["/api/v2/sessions", "/api/v1/users/login"] {
        for (name, password, outcome) in
            [("member", PASSWORD, "allowed"), ("member", "wrong-password", "refused"), ("nobody", PASSWORD, "refused")]
        {
            let (_, records) = world.send("", "POST", path, &json!({"username": name, "password": password}).to_string()).await;
            assert_eq!(records.len(), 1, "{path} {name}: {records:?}");
            let shown = ["action", "outcome", "user_name", "address"].map(|f| records[0][f].clone());
            assert_eq!(json!(shown), json!(["login", outcome, name, ADDRESS]), "{path}");
            assert!(!records[0].to_string().contains(password), "{path}");
        }
    }
    let token = world.server.token.clone();
    for path in ["/api/v2/tenants", "/api/v2/audit", "/api/v2/users/99", "/api/v1/organizations"] {
        assert_eq!(world.send(&token, "GET", path, "").await.1, [] as [Value; 0], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenants_administrator_reads_what_happened_in_its_subtree_and_what_its_people_were_refused() {
    let mut world = World::new().await;
    let (tenant, member) = (world.tenant, world.callers[1].1.clone());
    let boss = json!({"tenant_id": tenant, "username": "boss", "password": PASSWORD, "role": "tenant.admin"});
    world.server.post("/api/v2/users", boss).await;
    let boss = world.server.login("boss", PASSWORD).await;
    let refused = world.send(&member, "PATCH", &format!("/api/v2/tenants/{tenant}"), r#"{"description":"mine"}"#).await.0;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
    let child = json!({"name": "child", "parent_id": tenant, "quota": {"cpu": 0, "memory_gib": 0, "storage_gib": 0}});
    let child = world.server.send(&boss, "POST", "/api/v2/tenants?wait=30", Some(child)).await.body["id"].clone();
    let gone = world.server.send(&boss, "DELETE", &format!("/api/v2/tenants/{child}?wait=30"), None).await;
    assert_eq!(gone.status.as_u16(), 204, "{}", gone.body);
    let all = world.server.send(&boss, "GET", "/api/v2/audit?limit=1000", None).await.body;
    let items = all["items"].as_array().unwrap();
    assert!(items.iter().all(|r| r["tenant_id"] == json!(tenant) || r["tenant_id"] == child), "{all}");
    let of_child: Vec<&Value> = items.iter().filter(|r| r["tenant_id"] == child).map(|r| &r["action"]).collect();
    assert_eq!(of_child, ["delete", "create"], "also of a tenant that is gone");
    let has = |user: &str, action: &str, outcome: &str| {
        items.iter().any(|r| r["user_name"] == user && r["action"] == action && r["outcome"] == outcome)
    };
    assert!(has("admin", "create", "allowed") && has("member", "login", "allowed") && has("member", "update", "refused"), "{all}");
    assert_eq!(world.server.send(&member, "GET", "/api/v2/audit", None).await.status.as_u16(), 403);
    for path in ["/api/v2/audit/export", "/api/v2/audit/verification"] {
        assert_eq!(world.server.send(&member, "GET", path, None).await.status.as_u16(), 403, "{path}");
    }
    assert_eq!(world.server.send(&boss, "GET", "/api/v2/audit/verification", None).await.status.as_u16(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_all_that_is_sealed_and_what_is_sealed_is_intact() {
    let world = World::new().await;
    // sealed within a second by the server itself
    let sealed = loop {
        let verdict = world.server.get("/api/v2/audit/verification").await.body;
        if verdict["unsealed"] == 0 {
            break verdict;
        }
    };
    assert_eq!((&sealed["intact"], &sealed["complete"], &sealed["findings"]), (&json!(true), &json!(true), &json!([])), "{sealed}");
    let lines = async |query: &str| {
        let Value::String(text) = world.server.get(&format!("/api/v2/audit/export{query}")).await.body else { panic!("no lines") };
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let all = lines("").await;
    let numbers: Vec<i64> = all.iter().map(|r| r["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=sealed["sealed_to"].as_i64().unwrap()).collect::<Vec<_>>());
    assert_eq!(all.last().unwrap()["hash"], sealed["hash"]);
    assert_eq!(lines("?after=3").await, all[3..]);
    let made: Vec<Value> = all.iter().filter(|r| r["action"] == "create" && r["object"] == "user").cloned().collect();
    assert_eq!(lines("?action=create&object=user").await, made);
    assert!(made.len() == 3 && all.len() > 10, "{}", all.len());
    let noted = format!("/api/v2/audit/verification?noted={}:{}", sealed["sealed_to"], sealed["hash"].as_str().unwrap());
    assert_eq!(world.server.get(&noted).await.body["intact"], true);
    let forged = format!("/api/v2/audit/verification?noted=1:{}", "0".repeat(64));
    assert_eq!(world.server.get(&forged).await.body["findings"][0]["fault"], "rewritten");
    assert_eq!(world.server.get("/api/v2/audit/verification?noted=x").await.status.as_u16(), 422);
    for (query, wanted) in [("sort=at&limit=1", 1), ("sort=-at&limit=1", numbers.len())] {
        let listed = world.server.get(&format!("/api/v2/audit?{query}")).await.body;
        assert_eq!(listed["items"][0]["id"], all[wanted - 1]["id"], "{query}");
    }
}
