//! Servers: power, reboots, names, consoles, sizes, and those that the cloud gives up.

use tenantry_domain::cloud::Power;
use tenantry_driver_api::cloud::{CloudNetworks as _, Offers as _, Servers as _};
use tenantry_driver_api::{DriverErrorKind, Namespaces as _, Rollout};

use crate::cloud::{Scene, complete, connect, gone};

#[tokio::test]
async fn a_server_is_brought_to_every_power_rebooted_and_renamed() {
    let Some(scene) = Scene::begin("power").await else { return };
    let driver = &scene.driver;
    let mut server = scene.server("web", &[]);
    server.at.peer_id = complete("server", async || driver.ensure_server(&server).await).await.peer_id;
    for power in [Power::Stopped, Power::Paused, Power::Suspended, Power::Stopped, Power::Running] {
        server.spec.power = power;
        let seen = complete("power", async || driver.ensure_server(&server).await).await;
        assert_eq!(seen.power, Some(power), "{seen:?}");
    }
    let actions = async || {
        let found = scene.api.get("compute", &format!("servers/{}/os-instance-actions", server.at.peer_id)).await;
        found["instanceActions"].as_array().unwrap().iter().filter(|action| action["action"] == "reboot").count()
    };
    for (reboots, hard) in [(1, false), (2, true)] {
        server.spec.reboots = reboots;
        server.spec.hard_reboot = hard;
        let seen = complete("reboot", async || driver.ensure_server(&server).await).await;
        assert_eq!((seen.reboots, seen.power), (reboots, Some(Power::Running)), "{seen:?}");
        complete("rest", async || driver.ensure_server(&server).await).await;
        assert_eq!(i64::try_from(actions().await).unwrap(), reboots);
    }
    server.at.place.name = "shop".to_owned();
    complete("rename", async || driver.ensure_server(&server).await).await;
    let found = scene.api.get("compute", &format!("servers/{}", server.at.peer_id)).await;
    assert_eq!(found["server"]["name"], "shop");
    let console = driver.console(&server.at).await.unwrap();
    assert!(console.url.starts_with("http") && !console.kind.is_empty());
    assert!(!driver.console_log(&server.at, 10).await.unwrap().is_empty());
    gone("server", async || driver.delete_server(&server.at).await).await;
    let error = driver.console(&server.at).await.err().unwrap();
    assert_eq!(error.kind, DriverErrorKind::Conflict, "{error}");
    scene.end().await;
}

#[tokio::test]
async fn a_servers_security_groups_are_those_that_are_wanted() {
    let Some(scene) = Scene::begin("groups").await else { return };
    let driver = &scene.driver;
    let connected = scene.connected().await;
    let mut groups = Vec::new();
    for name in ["one", "two"] {
        let mut group = scene.group(name, Vec::new());
        group.at.peer_id = complete("group", async || driver.ensure_security_group(&group).await).await.peer_id;
        groups.push(group);
    }
    let mut server = scene.server("web", &[&connected.0.at.peer_id]);
    server.at.peer_id = complete("server", async || driver.ensure_server(&server).await).await.peer_id;
    let there = async || {
        let found = scene.api.get("network", &format!("ports?device_id={}", server.at.peer_id)).await;
        found["ports"][0]["security_groups"].as_array().unwrap().len()
    };
    assert_eq!(there().await, 1);
    server.security_groups = vec![groups[0].at.peer_id.clone(), groups[1].at.peer_id.clone(), "default".to_owned()];
    complete("groups", async || driver.ensure_server(&server).await).await;
    assert_eq!(there().await, 3);
    server.security_groups = vec![groups[1].at.peer_id.clone()];
    complete("groups", async || driver.ensure_server(&server).await).await;
    assert_eq!(there().await, 1);
    gone("group", async || driver.delete_security_group(&groups[0].at).await).await;
    gone("server", async || driver.delete_server(&server.at).await).await;
    gone("group", async || driver.delete_security_group(&groups[1].at).await).await;
    scene.disconnect(&connected).await;
    scene.end().await;
}

#[tokio::test]
async fn a_private_flavor_is_made_for_the_project_and_goes_with_its_last_server() {
    let Some(scene) = Scene::begin("flavor").await else { return };
    let driver = &scene.driver;
    let of_project = async || {
        let found = scene.api.get("compute", "flavors?is_public=None").await;
        found["flavors"].as_array().unwrap().iter().filter(|flavor| flavor["id"].to_string().contains(&scene.project)).count()
    };
    let mut servers = Vec::new();
    for name in ["a", "b"] {
        let mut server = scene.server(name, &[]);
        server.spec.size.flavor_id = None;
        server.spec.size.cpu_millicores = 3000;
        server.spec.size.memory_mib = 768;
        let seen = complete("server", async || driver.ensure_server(&server).await).await;
        assert_eq!(seen.power, Some(Power::Running));
        server.at.peer_id = seen.peer_id;
        servers.push(server);
        assert_eq!(of_project().await, 1);
    }
    // the project's own, and nobody else's
    let private = async |name: &str| driver.catalog(name).await.unwrap().flavors.iter().filter(|flavor| !flavor.public).count();
    assert_eq!((private(&scene.want.name).await, private("nobody").await), (1, 0));
    let without = tenantry_driver_openstack::OpenStack::connect(
        &scene.connection,
        &tenantry_domain::datacenter::DatacenterOptions::default(),
        &tenantry_driver_api::Guard::new(&["127.0.0.0/8"]).unwrap(),
    );
    let other = tenantry_driver_api::cloud::ServerWant { at: scene.at("c"), ..servers[0].clone() };
    assert_eq!(without.unwrap().ensure_server(&other).await.unwrap_err().kind, DriverErrorKind::Invalid);
    gone("a", async || driver.delete_server(&servers[0].at).await).await;
    assert_eq!(of_project().await, 1);
    gone("b", async || driver.delete_server(&servers[1].at).await).await;
    assert_eq!(of_project().await, 0);
    scene.end().await;
}

#[tokio::test]
async fn a_server_that_the_cloud_gives_up_is_stuck_with_the_clouds_words() {
    let Some(scene) = Scene::begin("stuck").await else { return };
    let driver = &scene.driver;
    let mut server = scene.server("huge", &[]);
    server.spec.size.flavor_id = None;
    server.spec.size.cpu_millicores = 9_000_000;
    let mut stuck = String::new();
    for _ in 0..240 {
        if let Rollout::Stuck(why) = driver.ensure_server(&server).await.unwrap().1 {
            stuck = why;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    assert!(stuck.contains("No valid host"), "{stuck}");
    gone("server", async || driver.delete_server(&server.at).await).await;
    scene.end().await;
}

#[tokio::test]
async fn what_is_over_the_quota_or_does_not_exist_is_refused_for_good() {
    let Some(mut scene) = Scene::begin("over").await else { return };
    scene.want.limits = tenantry_domain::quota::Limits::compute(Some(0), None, Some(0)).with(tenantry_domain::Metric::Networks, Some(0));
    scene.driver.ensure_namespace(&scene.want).await.unwrap();
    let driver = connect(&scene.connection);
    let error = driver.ensure_server(&scene.server("web", &[])).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::QuotaExceeded, "{error}");
    let error = tenantry_driver_api::cloud::Volumes::ensure_volume(&driver, &scene.volume("data", 1)).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::QuotaExceeded, "{error}");
    let error = driver.ensure_network(&scene.network("net")).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::QuotaExceeded, "{error}");
    scene.want.limits = tenantry_domain::quota::Limits::NONE;
    scene.driver.ensure_namespace(&scene.want).await.unwrap();
    let mut server = scene.server("web", &[]);
    server.spec.image_id = "00000000-0000-0000-0000-000000000000".to_owned();
    let error = driver.ensure_server(&server).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("mage"), "{error}");
    scene.end().await;
}
