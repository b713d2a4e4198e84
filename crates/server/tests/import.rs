//! Putting Tenantry over what ran before it came, through the front door: places that nobody manages are listed and become tenants', what
//! lives in them is taken over piece by piece, and all that was taken over without the right to remove it outlives the tenant.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use common::Server;
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Kind;
use tenantry_driver_api::{NamespaceWant, Namespaces as _};
use tenantry_driver_sandbox::Sandbox;

/// A project of somebody else's, with a network, a server in it, and a volume.
struct Before {
    network: String,
    server: String,
    volume: String,
}

async fn before(sandbox: &Sandbox, project: &str) -> Before {
    sandbox.plant_namespace(project).await.unwrap();
    let network = sandbox.plant(Kind::Network, project, "lan", &[]).await.unwrap();
    let server = sandbox.plant(Kind::Server, project, "web", std::slice::from_ref(&network)).await.unwrap();
    let volume = sandbox.plant(Kind::Volume, project, "data", &[]).await.unwrap();
    Before { network, server, volume }
}

async fn names(server: &Server, query: &str) -> Vec<String> {
    let found = server.get(&format!("/api/v2/datacenters/1/unmanaged{query}")).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body["items"].as_array().unwrap().iter().map(|place| place["name"].as_str().unwrap().to_owned()).collect()
}

async fn adopt(server: &Server, tenant: &Value, kind: &str, peer_id: &str, may_remove: bool) -> Value {
    let body = json!({"kind": kind, "peer_id": peer_id, "may_remove": may_remove});
    let made = server.post(&format!("/api/v2/tenants/{tenant}/adopt?wait=30"), body).await;
    assert_eq!((made.status.as_u16(), &made.body["state"]), (201, &json!("ready")), "{kind}: {}", made.body);
    made.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_cloud_is_taken_over_place_by_place_and_outlives_the_tenants() {
    let server = Server::start().await;
    let sandbox = server.sandbox().await;
    let theirs = before(&sandbox, "old-shop").await;
    for more in ["old-mill", "old-barn", "Other"] {
        sandbox.plant_namespace(more).await.unwrap();
    }
    assert_eq!(names(&server, "?prefix=old-").await, ["old-barn", "old-mill", "old-shop"]);
    let first = server.get("/api/v2/datacenters/1/unmanaged?limit=3").await.body;
    assert_eq!((&first["items"][0]["name"], &first["items"][0]["adoptable"]), (&json!("Other"), &json!(false)), "{first}");
    assert!(first["items"][0]["why_not"].as_str().unwrap().contains("rename it"), "{first}");
    assert_eq!(names(&server, &format!("?after={}", first["next"].as_str().unwrap())).await, ["old-shop"]);

    // a quota below what lives there says what is needed; without one it is enough
    let small = json!({"name": "old-shop", "quota": {"volumes": 0}});
    let refused = server.post("/api/v2/datacenters/1/adopt", small).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("quota_exceeded")), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("at least volumes: 1"), "{}", refused.body);
    let taken = server.post("/api/v2/datacenters/1/adopt?wait=30", json!({"name": "old-shop", "display_name": "The Old Shop"})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["state"]), (201, &json!("ready")), "{}", taken.body);
    assert_eq!((&taken.body["origin"], &taken.body["name"]), (&json!("adopted"), &json!("old-shop")), "{}", taken.body);
    let tenant = &taken.body["tenant_id"];
    let opened = server.get(&format!("/api/v2/tenants/{tenant}")).await.body;
    assert_eq!((&opened["name"], &opened["label"], &opened["datacenter_ids"]), (&json!("The Old Shop"), &json!("old-shop"), &json!([1])));
    assert_eq!(names(&server, "?prefix=old-").await, ["old-barn", "old-mill"]);
    let again = server.post("/api/v2/datacenters/1/adopt", json!({"name": "old-shop"})).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("conflict")), "{}", again.body);

    let listed = server.get(&format!("/api/v2/tenants/{tenant}/unmanaged")).await.body;
    let mut kinds: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|thing| thing["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["network", "server", "volume"], "{listed}");
    adopt(&server, tenant, "network", &theirs.network, false).await;
    adopt(&server, tenant, "server", &theirs.server, false).await;
    adopt(&server, tenant, "volume", &theirs.volume, true).await;
    let own = json!({"tenant_id": tenant, "name": "own", "cidr": "10.88.0.0/24"});
    assert_eq!(server.post("/api/v2/networks?wait=30", own).await.body["state"], "ready");
    let used = server.get(&format!("/api/v2/tenants/{tenant}/quotas")).await.body["items"][0]["used"].clone();
    assert_eq!((&used["servers"], &used["networks"], &used["volumes"]), (&json!(1), &json!(2), &json!(1)), "{used}");

    let closed = server.delete(&format!("/api/v2/tenants/{tenant}?cascade=true&wait=30")).await;
    assert_eq!(closed.status, 204, "{}", closed.body);
    let still = async |kind: Kind, id: &str| sandbox.has_object(kind, "old-shop", id).await.unwrap();
    assert!(still(Kind::Network, &theirs.network).await && still(Kind::Server, &theirs.server).await);
    assert!(!still(Kind::Volume, &theirs.volume).await, "what may be removed is removed");
    let held = sandbox.export().await.unwrap();
    let own = held.as_array().unwrap().iter().find(|object| object["name"] == "own");
    assert_eq!(own, None, "what Tenantry made is gone");
    assert_eq!(names(&server, "?prefix=old-").await, ["old-barn", "old-mill", "old-shop"]);

    // what was let go is taken over again, this time with the right to remove it
    let taken = server.post("/api/v2/datacenters/1/adopt?wait=30", json!({"name": "old-barn", "may_remove": true})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["origin"]), (201, &json!("adopted_to_remove")), "{}", taken.body);
    let closed = server.delete(&format!("/api/v2/tenants/{}?wait=30", taken.body["tenant_id"])).await;
    assert_eq!(closed.status, 204, "{}", closed.body);
    assert_eq!(names(&server, "?prefix=old-").await, ["old-mill", "old-shop"]);
    let audit = server.get("/api/v2/audit?action=adopt").await.body;
    let told: Vec<&str> = audit["items"].as_array().unwrap().iter().map(|record| record["detail"].as_str().unwrap()).collect();
    assert!(told.contains(&"'old-shop' (adopted)") && told.contains(&"'old-barn' (adopted_to_remove)"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_there_gets_the_place_of_its_label_and_only_that() {
    let server = Server::start().await;
    let sandbox = server.sandbox().await;
    before(&sandbox, "dev").await;
    sandbox.plant_namespace("ops").await.unwrap();
    let quota = json!({"cpu": 1, "memory_gib": 1, "storage_gib": 0});
    let dev = server.post("/api/v2/tenants", json!({"name": "dev", "quota": quota})).await.body["id"].clone();
    let place = async |body: Value| server.post("/api/v2/datacenters/1/adopt?wait=30", body).await;
    let refused = place(json!({"name": "dev"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("quota_exceeded")), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("storage: "), "{}", refused.body);
    for wrong in [json!({"name": "dev", "parent_id": dev}), json!({"name": "dev", "display_name": "Development"})] {
        let refused = place(wrong).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("conflict")), "{}", refused.body);
    }
    let taken = place(json!({"name": "dev", "quota": {"storage_gib": 100}})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["state"]), (201, &json!("ready")), "{}", taken.body);
    assert_eq!((&taken.body["tenant_id"], &taken.body["origin"]), (&dev, &json!("adopted")), "{}", taken.body);
    let share = server.get(&format!("/api/v2/tenants/{dev}/quotas")).await.body["items"][0].clone();
    assert_eq!((&share["overridden"], &share["quota"]["storage_gib"], &share["quota"]["cpu"]), (&json!(true), &json!(100), &json!(1)));

    for (body, status, code) in [
        (json!({"name": "nowhere"}), 404, "not_found"),
        (json!({"name": "Not A Label"}), 422, "invalid_argument"),
        (json!({}), 400, "missing_argument"),
    ] {
        let refused = place(body).await;
        assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (status, Some(code)), "{}", refused.body);
    }

    // a namespace of its own that meets somebody else's is adopted as before, and the right to remove it can be given and taken back
    let ops = json!({"name": "ops", "datacenter_ids": [1], "quota": quota});
    let ops = server.post("/api/v2/tenants?wait=30", ops).await.body["id"].clone();
    let there = server.get(&format!("/api/v2/namespaces?tenant_id={ops}")).await.body["items"][0].clone();
    assert_eq!((&there["state"], &there["status"]["foreign"]), (&json!("failed"), &json!(true)), "{there}");
    let told = place(json!({"name": "ops"})).await;
    assert!(told.body["detail"].as_str().unwrap().contains(&format!("(id {})", there["id"])), "{}", told.body);
    let path = format!("/api/v2/namespaces/{}/adopt?wait=30", there["id"]);
    for (body, origin) in
        [(json!({"may_remove": true}), "adopted_to_remove"), (Value::Null, "adopted"), (json!({"may_remove": false}), "adopted")]
    {
        let body = (!body.is_null()).then_some(body);
        let after = server.send(&server.token, "POST", &path, body).await;
        assert_eq!((after.status.as_u16(), &after.body["state"], &after.body["origin"]), (200, &json!("ready"), &json!(origin)));
    }
    let closed = server.delete(&format!("/api/v2/tenants/{ops}?wait=30")).await;
    assert_eq!((closed.status.as_u16(), names(&server, "").await), (204, vec!["ops".to_owned()]), "{}", closed.body);
    // and what Tenantry made itself is nothing to take over
    let own = json!({"name": "own", "datacenter_ids": [1], "quota": quota});
    let own = server.post("/api/v2/tenants?wait=30", own).await.body["id"].clone();
    let there = server.get(&format!("/api/v2/namespaces?tenant_id={own}")).await.body["items"][0]["id"].clone();
    let refused = server.post(&format!("/api/v2/namespaces/{there}/adopt"), json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("conflict")), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_tenantry_has_is_told_and_left_to_it() {
    let server = Server::start().await;
    let sandbox = server.sandbox().await;
    let uid: Uid = "00000000-0000-7000-8000-0000000000ff".parse().unwrap();
    let theirs = NamespaceWant { name: "theirs".to_owned(), uid, tenant_uid: uid, limits: Limits::NONE, adopt: false, existed: false };
    sandbox.ensure_namespace(&theirs).await.unwrap();
    let listed = server.get("/api/v2/datacenters/1/unmanaged").await.body["items"][0].clone();
    assert_eq!((&listed["name"], &listed["adoptable"]), (&json!("theirs"), &json!(false)), "{listed}");
    assert!(listed["why_not"].as_str().unwrap().contains("another Tenantry"), "{listed}");
    let refused = server.post("/api/v2/datacenters/1/adopt", json!({"name": "theirs"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("conflict")), "{}", refused.body);
    // nor by the way round
    let quota = json!({"cpu": 1, "memory_gib": 1, "storage_gib": 1});
    let tenant = server.post("/api/v2/tenants?wait=30", json!({"name": "theirs", "datacenter_ids": [1], "quota": quota})).await;
    let there = server.get(&format!("/api/v2/namespaces?tenant_id={}", tenant.body["id"])).await.body["items"][0]["id"].clone();
    let after = server.post(&format!("/api/v2/namespaces/{there}/adopt?wait=30"), json!({"may_remove": true})).await.body;
    assert_eq!(after["state"], "failed", "{after}");
    assert!(after["reason"].as_str().unwrap().contains("another Tenantry"), "{after}");
    assert_eq!(server.delete(&format!("/api/v2/tenants/{}?wait=30", tenant.body["id"])).await.status, 204);
    assert_eq!(sandbox.list_namespaces().await.unwrap().get("theirs"), Some(&uid), "it is as it was");
}
