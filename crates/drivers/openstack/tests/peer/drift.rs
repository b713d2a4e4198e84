//! What somebody does behind our back: told and left alone, or put right, as the datacenter says.

use serde_json::json;
use tenantry_domain::cloud::Power;
use tenantry_driver_api::Rollout;
use tenantry_driver_api::cloud::{AttachmentWant, CloudNetworks as _, CloudPlace, Servers as _, Volumes as _};

use crate::cloud::{Scene, complete, gone, told};

fn complete_before(at: &CloudPlace, peer_id: &str) -> CloudPlace {
    CloudPlace { peer_id: peer_id.to_owned(), existed: true, ..at.clone() }
}

#[tokio::test]
async fn a_server_that_was_stopped_renamed_or_removed_is_told_or_put_right() {
    let Some(scene) = Scene::begin("drift").await else { return };
    let driver = &scene.driver;
    let mut server = scene.server("web", &[]);
    let id = complete("server", async || driver.ensure_server(&server).await).await.peer_id;
    server.at = complete_before(&server.at, &id);
    assert_eq!(driver.ensure_server(&server).await.unwrap().1, Rollout::Complete);
    scene.api.call(reqwest::Method::POST, "compute", &format!("servers/{id}/action"), Some(json!({"os-stop": null}))).await;
    scene.api.server_is(&id, "SHUTOFF").await;
    scene.api.put("compute", &format!("servers/{id}"), json!({"server": {"name": "theirs"}})).await;
    told("its name is 'theirs', it is stopped, and should be running", async || driver.ensure_server(&server).await).await;
    // told is left alone
    told("it is stopped", async || driver.ensure_server(&server).await).await;
    server.at.repair = true;
    let (status, rollout) = driver.ensure_server(&server).await.unwrap();
    assert!(matches!(rollout, Rollout::Progressing(_)) && status.repaired.len() == 2, "{status:?}");
    assert_eq!(complete("repair", async || driver.ensure_server(&server).await).await.power, Some(Power::Running));

    scene.api.delete("compute", &format!("servers/{id}")).await;
    scene.api.server_is(&id, "gone").await;
    server.at.repair = false;
    told("not there any more", async || driver.ensure_server(&server).await).await;
    server.at.repair = true;
    let (status, _) = driver.ensure_server(&server).await.unwrap();
    assert!(status.repaired[0].contains("was gone") && status.peer_id != id, "{status:?}");
    complete("anew", async || driver.ensure_server(&server).await).await;
    gone("server", async || driver.delete_server(&server.at).await).await;
    scene.end().await;
}

#[tokio::test]
async fn a_network_that_was_changed_or_removed_is_told_or_put_right() {
    let Some(scene) = Scene::begin("drift-net").await else { return };
    let driver = &scene.driver;
    let (mut network, mut router, mut interface) = scene.connected().await;
    let seen = driver.ensure_network(&network).await.unwrap().0;
    network.at = complete_before(&network.at, &seen.peer_id);
    scene.api.put("network", &format!("subnets/{}", seen.subnet_id), json!({"subnet": {"dns_nameservers": []}})).await;
    told("name servers", async || driver.ensure_network(&network).await).await;
    network.at.repair = true;
    assert_eq!(driver.ensure_network(&network).await.unwrap().0.repaired, ["its name servers are others"]);
    assert!(driver.ensure_network(&network).await.unwrap().0.repaired.is_empty());

    let router_id = router.at.peer_id.clone();
    router.at = complete_before(&router.at, &router_id);
    let path = format!("routers/{router_id}");
    scene.api.put("network", &path, json!({"router": {"external_gateway_info": {}}})).await;
    told("leads to no external network", async || driver.ensure_router(&router).await).await;
    router.at.repair = true;
    let (status, rollout) = driver.ensure_router(&router).await.unwrap();
    assert!(rollout == Rollout::Complete && !status.external_address.is_empty() && status.repaired.len() == 1, "{status:?}");

    let port = driver.ensure_router_interface(&interface).await.unwrap().0.peer_id;
    interface.at = complete_before(&interface.at, &port);
    scene.api.put("network", &format!("{path}/remove_router_interface"), json!({"port_id": port})).await;
    told("was gone", async || driver.ensure_router_interface(&interface).await).await;
    interface.at.repair = true;
    let (status, rollout) = driver.ensure_router_interface(&interface).await.unwrap();
    assert!(rollout == Rollout::Complete && status.peer_id != port && status.repaired.len() == 1, "{status:?}");

    let mut group = scene.group("door", Vec::new());
    let id = complete("group", async || driver.ensure_security_group(&group).await).await.peer_id;
    group.at = complete_before(&group.at, &id);
    let rule = json!({"security_group_rule": {"security_group_id": id, "direction": "ingress", "protocol": "tcp"}});
    scene.api.post("network", "security-group-rules", rule).await;
    told("1 more rules", async || driver.ensure_security_group(&group).await).await;
    group.at.repair = true;
    assert_eq!(driver.ensure_security_group(&group).await.unwrap().0.repaired.len(), 1);
    scene.api.delete("network", &format!("security-groups/{id}")).await;
    group.at.repair = false;
    told("not there any more", async || driver.ensure_security_group(&group).await).await;
    group.at.repair = true;
    assert!(driver.ensure_security_group(&group).await.unwrap().0.repaired[0].contains("was gone"));
    gone("group", async || driver.delete_security_group(&group.at).await).await;
    scene.disconnect(&(network, router, interface)).await;
    scene.end().await;
}

#[tokio::test]
async fn a_volume_that_was_removed_or_detached_is_told_and_never_made_again_empty() {
    let Some(scene) = Scene::begin("drift-vol").await else { return };
    let driver = &scene.driver;
    let mut server = scene.server("web", &[]);
    server.at.peer_id = complete("server", async || driver.ensure_server(&server).await).await.peer_id;
    let mut volume = scene.volume("data", 1);
    let id = complete("volume", async || driver.ensure_volume(&volume).await).await.peer_id;
    volume.at = complete_before(&volume.at, &id);
    let mut attachment = AttachmentWant { at: scene.at("web-data"), server: server.at.peer_id.clone(), volume: id.clone() };
    let seen = complete("attachment", async || driver.ensure_attachment(&attachment).await).await;
    attachment.at = complete_before(&attachment.at, &seen.peer_id);
    let path = format!("servers/{}/os-volume_attachments/{id}", server.at.peer_id);
    scene.api.delete("compute", &path).await;
    for _ in 0..240 {
        if driver.ensure_volume(&volume).await.unwrap().0.condition == "available" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    told("not there any more", async || driver.ensure_attachment(&attachment).await).await;
    attachment.at.repair = true;
    complete("attachment", async || driver.ensure_attachment(&attachment).await).await;
    gone("attachment", async || driver.delete_attachment(&attachment).await).await;

    let inside = scene.inside().await;
    inside.delete("block-storage", &format!("volumes/{id}")).await;
    gone("volume", async || driver.delete_volume(&volume.at).await).await;
    for repair in [false, true] {
        volume.at.repair = repair;
        told("and its data with it", async || driver.ensure_volume(&volume).await).await;
    }
    gone("server", async || driver.delete_server(&server.at).await).await;
    scene.end().await;
}
