//! Bad days of a real cloud: users are told what is the matter, nobody else waits for it, and all is made once when it is well again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::way::{Mood, Way};
use super::{Cloud, Tenant, server_on};

/// The longest that requests may take which ask the cloud for nothing. The processors are shared with the cloud itself.
const QUICK: Duration = Duration::from_secs(5);

/// Requests that ask the cloud for nothing are answered at once, whoever sends them.
async fn others_are_quick(tenant: &Tenant<'_>, other: &Tenant<'_>) {
    let begun = Instant::now();
    for (whose, path) in [(tenant, "/nova/servers"), (other, "/nova/servers"), (other, "/network/network"), (tenant, "/storage/volumes")] {
        assert_eq!(whose.send("GET", path, json!({})).await.status, 200, "{path}");
    }
    assert_eq!(tenant.server.get("/api/v2/tenants").await.status, 200);
    assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_slow_fails_breaks_off_or_is_busy_is_waited_for_and_told_of() {
    let Some(cloud) = Cloud::of_environment() else { return };
    let way = Way::to(&cloud.auth_url).await;
    let server = server_on(&cloud, &way.auth_url, |config| config.tenants.wait_s = 1).await;
    let (tenant, other) = (Tenant::open(&server, "bad", false).await, Tenant::open(&server, "other", false).await);
    for tenant in [&tenant, &other] {
        let namespace = tenant.natives("namespaces").await[0]["id"].clone();
        assert_eq!(server.get(&format!("/api/v2/namespaces/{namespace}?wait=60")).await.body["state"], "ready");
    }
    // what there is to choose from is known
    assert_eq!(tenant.send("GET", "/nova/images", json!({})).await.status, 200);

    let moods = [
        (Mood::Slow(Duration::from_secs(60)), ["datacenter 'stack' did not answer in time: the ", " service did not answer within 30s"]),
        (Mood::Failing, ["datacenter 'stack' failed: the ", " service answered 500: Unexpected API Error."]),
        (Mood::Broken, ["datacenter 'stack' cannot be reached: the ", " service cannot be reached"]),
        (Mood::Busy, ["datacenter 'stack' asks to be called less often: the ", " service answered 429: Too many requests."]),
    ];
    for (turn, (mood, reason)) in moods.into_iter().enumerate() {
        way.becomes(mood);
        let name = format!("net-{turn}");
        let third = u8::try_from(turn).unwrap();
        let begun = Instant::now();
        let made = super::object(tenant.send("POST", "/network/network", Tenant::new_network(&name, third)).await, "network");
        assert!(begun.elapsed() < Duration::from_secs(1) + QUICK, "it is waited for as long as is configured: {:?}", begun.elapsed());
        assert!(["pending", "provisioning"].contains(&made["status"].as_str().unwrap()), "{made}");
        others_are_quick(&tenant, &other).await;
        let id = made["resource_id"].clone();
        let seen = async || super::object(tenant.send("GET", "/network/network", json!({"network_id": id})).await, "network");
        let told = crate::until(async || Some(seen().await).filter(|seen| seen["reason"] != "")).await;
        assert!(reason.iter().all(|part| told["reason"].as_str().unwrap().contains(part)), "{mood:?}: {told}");
        assert_eq!(told["status"], "provisioning", "{told}");
        others_are_quick(&tenant, &other).await;
        way.becomes(Mood::Well);
        let well = crate::until(async || Some(seen().await).filter(|seen| seen["status"] == "ready")).await;
        assert_eq!(well["reason"], "", "{well}");
    }
    let api = cloud.api().await;
    let project = api.project(&tenant.project).await.unwrap();
    let contents = api.contents(&project).await;
    let names = |wanted: &str| {
        let mut names: Vec<&str> = contents.iter().filter(|(many, _)| *many == wanted).map(|(_, n)| n["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(names("networks"), "net-0 net-1 net-2 net-3", "nothing is there twice");
    assert_eq!(contents.iter().filter(|(many, _)| *many == "subnets").count(), 4);
    let others = api.project(&other.project).await.unwrap();
    tenant.close().await;
    other.close().await;
    api.is_empty_of(&tenant.project, &project).await;
    api.is_empty_of(&other.project, &others).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_which_the_cloud_has_no_room_says_so_to_its_user_and_can_be_removed() {
    let Some(cloud) = Cloud::of_environment() else { return };
    let server = server_on(&cloud, &cloud.auth_url, |config| {
        // more than the host has
        config.tenants.default_cpu = 20_000;
        config.tenants.default_memory_gib = 1 << 20;
    })
    .await;
    let options = json!({"options": {"private_flavors": true}});
    let changed = server.send(&server.token, "PATCH", "/api/v2/datacenters/1", Some(options)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let tenant = Tenant::open(&server, "huge", true).await;
    let new = json!({"instance_name": "huge", "image_id": "cirros", "cpu": 1, "memory": 1 << 23, "default": true});
    let made = super::object(tenant.send("POST", "/nova/servers", new).await, "server");
    assert_eq!((&made["status"], &made["condition"], &made["power"]), (&json!("failed"), &json!("ERROR"), &Value::Null), "{made}");
    assert!(made["reason"].as_str().unwrap().contains("No valid host was found"), "{made}");
    let refused = tenant.send("GET", &format!("/nova/command/start/{}", made["id"]), json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let gone = tenant.send("DELETE", "/nova/servers", json!({"virtual_server_id": made["id"]})).await;
    assert_eq!(super::object(gone, "server")["status"], "deleted");
    let api = cloud.api().await;
    let project = api.project(&tenant.project).await.unwrap();
    assert!(api.contents(&project).await.iter().all(|(many, _)| *many != "servers"));
    tenant.close().await;
    api.is_empty_of(&tenant.project, &project).await;
}
