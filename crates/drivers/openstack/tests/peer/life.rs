//! Everything that a tenant has, from its beginning to its end.

use std::fmt::Debug;

use tenantry_domain::cloud::{
    Direction, FloatingIpStatus, NetworkStatus, Protocol, RouterStatus, SecurityGroupStatus, SecurityRule, ServerStatus, VolumeStatus,
};
use tenantry_domain::resource::Kind;
use tenantry_driver_api::cloud::{
    AttachmentWant, CloudNetworks as _, CloudPlace, FloatingIpWant, NetworkWant, RouterWant, SecurityGroupWant, ServerWant, Servers as _,
    SnapshotWant, VolumeWant, Volumes as _,
};
use tenantry_driver_api::{Deletion, Inspect as _, Namespaces as _, Result, Rollout};

use crate::cloud::{Scene, complete, gone};

fn rule(direction: Direction, protocol: Option<Protocol>, ports: Option<(u16, u16)>, remote: &str) -> SecurityRule {
    SecurityRule { direction, protocol, ports, remote: remote.parse().unwrap() }
}

/// What is found again without its id, as after an answer that was lost.
fn forgotten(at: &CloudPlace) -> CloudPlace {
    CloudPlace { peer_id: String::new(), ..at.clone() }
}

fn says(deletion: Deletion, part: &str) {
    assert!(matches!(&deletion, Deletion::InProgress(why) if why.contains(part)), "{part}: {deletion:?}");
}

#[tokio::test]
async fn everything_is_made_once_found_again_and_removed_in_order() {
    let Some(scene) = Scene::begin("life").await else { return };
    let driver = &scene.driver;
    let connected = scene.connected().await;
    let (network, router, interface) = &connected;
    let seen = driver.ensure_network(network).await.unwrap().0;
    assert_eq!(
        driver.ensure_network(&tenantry_driver_api::cloud::NetworkWant { at: forgotten(&network.at), ..network.clone() }).await.unwrap().0,
        seen
    );
    let first = driver.ensure_router_interface(interface).await.unwrap().0;
    assert_eq!((first.address.as_str(), driver.ensure_router_interface(interface).await.unwrap().0), ("10.9.0.1", first.clone()));

    let rules =
        vec![rule(Direction::Ingress, Some(Protocol::Tcp), Some((22, 22)), "0.0.0.0/0"), rule(Direction::Egress, None, None, "::/0")];
    let mut group = scene.group("door", rules);
    group.at.peer_id = complete("group", async || driver.ensure_security_group(&group).await).await.peer_id;
    let rules_there = async || {
        let found = scene.api.get("network", &format!("security-groups/{}", group.at.peer_id)).await;
        found["security_group"]["security_group_rules"].as_array().unwrap().len()
    };
    assert_eq!(rules_there().await, 2);
    group.spec.rules = vec![rule(Direction::Ingress, Some(Protocol::Icmp), None, "10.0.0.0/8")];
    complete("group", async || driver.ensure_security_group(&group).await).await;
    assert_eq!(rules_there().await, 1);

    let mut server = scene.server("web", &[&network.at.peer_id]);
    server.security_groups = vec![group.at.peer_id.clone()];
    // the answer to the first call is lost, and that to the second
    driver.ensure_server(&server).await.unwrap();
    driver.ensure_server(&server).await.unwrap();
    let status = complete("server", async || driver.ensure_server(&server).await).await;
    server.at.peer_id = status.peer_id.clone();
    assert!(status.addresses.iter().any(|a| a.address.to_string().starts_with("10.9.0.")), "{status:?}");
    let servers = scene.api.get("compute", &format!("servers?all_tenants=1&project_id={}", scene.project)).await;
    assert_eq!(servers["servers"].as_array().unwrap().len(), 1);

    let mut volume = scene.volume("data", 1);
    let made = complete("volume", async || driver.ensure_volume(&volume).await).await;
    assert_eq!(complete("volume", async || driver.ensure_volume(&volume).await).await, made);
    volume.at.peer_id = made.peer_id.clone();
    let attachment = AttachmentWant { at: scene.at("web-data"), server: server.at.peer_id.clone(), volume: volume.at.peer_id.clone() };
    let attached = complete("attachment", async || driver.ensure_attachment(&attachment).await).await;
    assert!(attached.device.starts_with("/dev/"), "{attached:?}");
    // grows while it is in use
    volume.size_gib = 2;
    assert_eq!(complete("volume", async || driver.ensure_volume(&volume).await).await.size_gib, 2);
    let mut snapshot = SnapshotWant { at: scene.at("yesterday"), description: String::new(), volume: volume.at.peer_id.clone() };
    let taken = complete("snapshot", async || driver.ensure_snapshot(&snapshot).await).await;
    assert_eq!(complete("snapshot", async || driver.ensure_snapshot(&snapshot).await).await, taken);
    snapshot.at.peer_id = taken.peer_id;
    let mut copy = scene.volume("copy", 2);
    copy.snapshot = Some(snapshot.at.peer_id.clone());
    complete("copy", async || driver.ensure_volume(&copy).await).await;

    let mut address = FloatingIpWant {
        at: scene.at("door-sign"),
        description: "the shop".to_owned(),
        external_network: scene.external(),
        server: Some(server.at.peer_id.clone()),
    };
    let floating = complete("address", async || driver.ensure_floating_ip(&address).await).await;
    assert!(floating.fixed_address.starts_with("10.9.0.") && floating.address.starts_with("172.24.4."), "{floating:?}");
    assert_eq!(complete("address", async || driver.ensure_floating_ip(&address).await).await, floating);
    address.server = None;
    assert_eq!(complete("address", async || driver.ensure_floating_ip(&address).await).await.fixed_address, "");

    for (kind, at) in [
        (Kind::Network, &network.at),
        (Kind::Router, &router.at),
        (Kind::RouterInterface, &interface.at),
        (Kind::SecurityGroup, &group.at),
        (Kind::Server, &server.at),
        (Kind::Volume, &volume.at),
        (Kind::Snapshot, &snapshot.at),
        (Kind::Attachment, &attachment.at),
        (Kind::FloatingIp, &address.at),
    ] {
        assert!(driver.holds(kind, &at.place).await.unwrap(), "{kind}");
        assert!(!driver.holds(kind, &scene.at("nobody").place).await.unwrap(), "{kind}");
    }
    let used = driver.ensure_namespace(&scene.want).await.unwrap().used;
    assert_eq!(used[tenantry_domain::Metric::Servers], 1);
    assert_eq!(used[tenantry_domain::Metric::Volumes], 2);

    // what is in use says who uses it
    says(driver.delete_network(&network.at).await.unwrap(), "the server 'web'");
    says(driver.delete_router(&router.at).await.unwrap(), "the network 'net'");
    says(driver.delete_volume(&volume.at).await.unwrap(), "the server 'web'");
    says(driver.delete_security_group(&group.at).await.unwrap(), "the server 'web'");
    says(driver.delete_namespace(&scene.want.name, scene.want.uid).await.unwrap(), "'web'");

    gone("address", async || driver.delete_floating_ip(&forgotten(&address.at)).await).await;
    gone("attachment", async || driver.delete_attachment(&attachment).await).await;
    says(driver.delete_volume(&volume.at).await.unwrap(), "'yesterday'");
    gone("snapshot", async || driver.delete_snapshot(&forgotten(&snapshot.at)).await).await;
    gone("volume", async || driver.delete_volume(&volume.at).await).await;
    gone("copy", async || driver.delete_volume(&copy.at).await).await;
    gone("server", async || driver.delete_server(&forgotten(&server.at)).await).await;
    gone("group", async || driver.delete_security_group(&group.at).await).await;
    scene.disconnect(&connected).await;
    // what is absent is deleted
    gone("attachment", async || driver.delete_attachment(&attachment).await).await;
    gone("server", async || driver.delete_server(&server.at).await).await;
    gone("address", async || driver.delete_floating_ip(&address.at).await).await;
    scene.end().await;
}

#[tokio::test]
async fn a_server_that_goes_takes_its_attachment_and_address_along() {
    let Some(scene) = Scene::begin("along").await else { return };
    let driver = &scene.driver;
    let connected = scene.connected().await;
    let mut server = scene.server("web", &[&connected.0.at.peer_id]);
    server.at.peer_id = complete("server", async || driver.ensure_server(&server).await).await.peer_id;
    let mut volume = scene.volume("data", 1);
    volume.at.peer_id = complete("volume", async || driver.ensure_volume(&volume).await).await.peer_id;
    let attachment = AttachmentWant { at: scene.at("web-data"), server: server.at.peer_id.clone(), volume: volume.at.peer_id.clone() };
    complete("attachment", async || driver.ensure_attachment(&attachment).await).await;
    gone("server", async || driver.delete_server(&server.at).await).await;
    gone("attachment", async || driver.delete_attachment(&attachment).await).await;
    gone("volume", async || driver.delete_volume(&volume.at).await).await;
    scene.disconnect(&connected).await;
    scene.end().await;
}

/// Makes something twice, as when a cloud does it after it was given up and asked again; answers where it is, as far as is known.
async fn twice<S: Debug>(
    mut at: CloudPlace,
    id: impl Fn(S) -> String,
    ensure: impl AsyncFn(CloudPlace) -> Result<(S, Rollout)>,
) -> CloudPlace {
    // what was never tried is not looked for
    at.untried = true;
    let first = id(ensure(at.clone()).await.unwrap().0);
    let second = id(ensure(at.clone()).await.unwrap().0);
    assert_ne!(first, second);
    CloudPlace { peer_id: second, untried: false, unchanged: true, ..at }
}

#[tokio::test]
async fn what_a_slow_cloud_made_twice_goes_as_one() {
    let Some(scene) = Scene::begin("twice").await else { return };
    let driver = &scene.driver;
    let want = scene.network("net");
    let network = twice(
        want.at.clone(),
        |seen: NetworkStatus| seen.peer_id,
        async |at| driver.ensure_network(&NetworkWant { at, ..want.clone() }).await,
    )
    .await;
    let want = RouterWant { external_network: None, ..scene.router("router") };
    let router = twice(
        want.at.clone(),
        |seen: RouterStatus| seen.peer_id,
        async |at| driver.ensure_router(&RouterWant { at, ..want.clone() }).await,
    )
    .await;
    let want = scene.group("group", Vec::new());
    let group = twice(
        want.at.clone(),
        |seen: SecurityGroupStatus| seen.peer_id,
        async |at| driver.ensure_security_group(&SecurityGroupWant { at, ..want.clone() }).await,
    )
    .await;
    let address = twice(
        scene.at("address"),
        |seen: FloatingIpStatus| seen.peer_id,
        async |at| {
            let (description, external_network) = (String::new(), scene.external());
            driver.ensure_floating_ip(&FloatingIpWant { at, description, external_network, server: None }).await
        },
    )
    .await;
    let want = scene.volume("data", 1);
    let volume = twice(
        want.at.clone(),
        |seen: VolumeStatus| seen.peer_id,
        async |at| driver.ensure_volume(&VolumeWant { at, ..want.clone() }).await,
    )
    .await;
    let want = scene.server("web", &[&network.peer_id]);
    let server = twice(
        want.at.clone(),
        |seen: ServerStatus| seen.peer_id,
        async |at| driver.ensure_server(&ServerWant { at, ..want.clone() }).await,
    )
    .await;
    gone("server", async || driver.delete_server(&server).await).await;
    gone("volume", async || driver.delete_volume(&volume).await).await;
    gone("address", async || driver.delete_floating_ip(&address).await).await;
    gone("group", async || driver.delete_security_group(&group).await).await;
    gone("router", async || driver.delete_router(&router).await).await;
    gone("network", async || driver.delete_network(&network).await).await;
    // the project is empty
    scene.end().await;
}

#[tokio::test]
async fn a_network_is_changed_as_it_is_asked_for() {
    let Some(scene) = Scene::begin("change").await else { return };
    let driver = &scene.driver;
    let mut network = scene.network("net");
    network.at.peer_id = complete("network", async || driver.ensure_network(&network).await).await.peer_id;
    network.at.place.name = "renamed".to_owned();
    network.spec.description = "other".to_owned();
    network.spec.gateway = None;
    network.spec.dns = vec!["1.1.1.1".parse().unwrap(), "8.8.8.8".parse().unwrap()];
    network.spec.dhcp = false;
    network.spec.pool = Some(("10.9.0.100".parse().unwrap(), "10.9.0.120".parse().unwrap()));
    let seen = complete("network", async || driver.ensure_network(&network).await).await;
    let found = scene.api.get("network", &format!("networks/{}", seen.peer_id)).await;
    assert_eq!(found["network"]["name"], "renamed");
    let found = scene.api.get("network", &format!("subnets/{}", seen.subnet_id)).await;
    let subnet = &found["subnet"];
    assert!(subnet["gateway_ip"].is_null() && subnet["enable_dhcp"] == false, "{subnet}");
    assert_eq!(subnet["allocation_pools"][0]["start"], "10.9.0.100");
    // and once it is so it stays so
    network.at.existed = true;
    let (again, _) = driver.ensure_network(&network).await.unwrap();
    assert_eq!(again, seen);
    gone("network", async || driver.delete_network(&network.at).await).await;
    let mut router = scene.router("router");
    router.external_network = None;
    let seen = complete("router", async || driver.ensure_router(&router).await).await;
    assert_eq!(seen.external_address, "");
    router.external_network = Some(scene.external());
    let seen = complete("router", async || driver.ensure_router(&router).await).await;
    assert!(seen.external_address.starts_with("172.24.4."), "{seen:?}");
    router.external_network = None;
    assert_eq!(complete("router", async || driver.ensure_router(&router).await).await.external_address, "");
    gone("router", async || driver.delete_router(&router.at).await).await;
    scene.end().await;
}
