//! What was in a project before: seen, described, claimed, and let go.

use serde_json::json;
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{ServerNetwork, ServerSecurityGroup};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_driver_api::cloud::{CloudNetworks as _, CloudPlace, Import as _, Known, NetworkWant, Servers as _};
use tenantry_driver_api::{DriverErrorKind, Inspect as _, Rollout};

use crate::cloud::{Scene, complete, gone};

#[tokio::test]
async fn what_was_there_before_is_seen_described_claimed_and_let_go() {
    let Some(scene) = Scene::begin("import").await else { return };
    let (driver, project) = (&scene.driver, scene.want.name.clone());
    let inside = scene.inside().await;
    let id = |made: &serde_json::Value, one: &str| made[one]["id"].as_str().unwrap().to_owned();
    let network =
        id(&inside.post("network", "networks", json!({"network": {"name": "old", "description": "from before"}})).await, "network");
    let subnet = json!({"subnet": {"network_id": network, "cidr": "10.7.0.0/24", "ip_version": 4, "dns_nameservers": ["9.9.9.9"]}});
    inside.post("network", "subnets", subnet).await;
    let volume = id(&inside.post("block-storage", "volumes", json!({"volume": {"size": 1, "name": "old"}})).await, "volume");
    let flavor = scene.catalog.flavors.iter().min_by_key(|flavor| flavor.memory_mib).unwrap();
    let image = &scene.catalog.images[0];
    let body = json!({"name": "old", "imageRef": image.id, "flavorRef": flavor.id, "networks": [{"uuid": network}]});
    let server = id(&inside.post("compute", "servers", json!({"server": body})).await, "server");
    inside.server_is(&server, "ACTIVE").await;
    // and something that is ours
    let own = scene.network("ours");
    complete("network", async || driver.ensure_network(&own).await).await;

    let seen = driver.unmanaged(&project, 100).await.unwrap();
    let found: Vec<(Kind, &str)> = seen.iter().map(|u| (u.kind, u.peer_id.as_str())).collect();
    assert_eq!(found, [(Kind::Network, network.as_str()), (Kind::Volume, &volume), (Kind::Server, &server)]);
    assert!(seen[2].summary.contains("ACTIVE") && seen[2].summary.contains("10.7.0."), "{:?}", seen[2]);
    assert_eq!(driver.unmanaged(&project, 1).await.unwrap().len(), 1);

    let mut known = Known::new();
    let error = driver.describe(&project, Kind::Server, &server, &known).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Conflict && error.message.contains(&network), "{error}");
    let (name, Spec::Network(spec)) = driver.describe(&project, Kind::Network, &network, &known).await.unwrap() else { panic!() };
    assert_eq!((name.as_str(), spec.cidr.to_string().as_str(), spec.pool), ("old", "10.7.0.0/24", None));
    assert_eq!(spec.description, "from before");
    known.insert(network.clone(), ResourceId(7));
    let (_, Spec::Server(described)) = driver.describe(&project, Kind::Server, &server, &known).await.unwrap() else { panic!() };
    assert_eq!(described.networks, [ServerNetwork::Own(ResourceId(7))]);
    assert_eq!(described.security_groups, [ServerSecurityGroup::Peer("default".to_owned())]);
    assert_eq!((described.size.flavor_id.as_ref(), described.image_id.as_str()), (Some(&flavor.id), image.id.as_str()));
    let (_, Spec::Volume(size)) = driver.describe(&project, Kind::Volume, &volume, &known).await.unwrap() else { panic!() };
    assert_eq!(size.size_gib, 1);

    let claimed = |peer_id: &str| CloudPlace { peer_id: peer_id.to_owned(), existed: true, ..scene.at("old") };
    let (of_network, of_volume, of_server) = (claimed(&network), claimed(&volume), claimed(&server));
    for (kind, at) in [(Kind::Network, &of_network), (Kind::Volume, &of_volume), (Kind::Server, &of_server)] {
        driver.claim(kind, at).await.unwrap();
        driver.claim(kind, at).await.unwrap();
        assert!(driver.holds(kind, &at.place).await.unwrap());
        let other = CloudPlace { place: scene.at("old").place, ..at.clone() };
        assert_eq!(driver.claim(kind, &other).await.unwrap_err().kind, DriverErrorKind::NotOurs);
    }
    assert!(driver.unmanaged(&project, 100).await.unwrap().is_empty());
    // what was described is how it is
    let want = NetworkWant { at: of_network.clone(), spec };
    let (status, rollout) = driver.ensure_network(&want).await.unwrap();
    assert!(rollout == Rollout::Complete && status.repaired.is_empty(), "{rollout:?} {status:?}");
    let mut want = scene.server("old", &[&network]);
    want.at = of_server.clone();
    want.spec = described;
    want.security_groups = vec!["default".to_owned()];
    assert_eq!(driver.ensure_server(&want).await.unwrap().1, Rollout::Complete);

    for (kind, at) in [(Kind::Network, &of_network), (Kind::Volume, &of_volume), (Kind::Server, &of_server)] {
        driver.release(kind, at).await.unwrap();
        driver.release(kind, at).await.unwrap();
        assert!(!driver.holds(kind, &at.place).await.unwrap());
    }
    assert_eq!(driver.unmanaged(&project, 100).await.unwrap(), seen);
    // what was let go is not removed by us any more
    gone("server", async || driver.delete_server(&of_server).await).await;
    assert_eq!(driver.unmanaged(&project, 100).await.unwrap(), seen);
    inside.delete("compute", &format!("servers/{server}")).await;
    inside.server_is(&server, "gone").await;
    inside.delete("block-storage", &format!("volumes/{volume}")).await;
    inside.delete("network", &format!("networks/{network}")).await;
    gone("network", async || driver.delete_network(&own.at).await).await;
    scene.end().await;
}
