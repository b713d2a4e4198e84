//! Networks, routers and security groups.

use tenantry_domain::cloud::{Direction, Protocol, SecurityGroupSpec, SecurityRule};
use tenantry_domain::resource::Kind;

use super::super::{Outcome, check, refused, told};
use super::scene::Scene;
use crate::cloud::{AttachmentWant, CloudPlace, NetworkWant, RouterInterfaceWant, RouterWant};
use crate::{Deletion, DriverErrorKind, Result, Rollout};

/// A removal that waits for what uses the thing.
pub(super) fn waits_for(what: &str, answer: &Result<Deletion>, name: &str) -> Outcome {
    let named = matches!(answer, Ok(Deletion::InProgress(why)) if why.contains(name));
    check(named, || format!("deleting {what} should wait for '{name}' and name it, and was answered {answer:?}"))
}

pub(super) async fn deleting_what_is_absent_succeeds(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let cloud = scene.cloud;
    let absent = "00000000-0000-4000-8000-00000000dead".to_owned();
    for peer_id in [String::new(), absent.clone()] {
        let at = CloudPlace { peer_id, ..scene.at("absent") };
        let (one, two, three) = (absent.clone(), absent.clone(), absent.clone());
        let interface = RouterInterfaceWant { at: at.clone(), router: one, network: two, subnet: three };
        let attachment = AttachmentWant { at: at.clone(), server: absent.clone(), volume: absent.clone() };
        let answers = [
            ("network", cloud.delete_network(&at).await),
            ("router", cloud.delete_router(&at).await),
            ("interface", cloud.delete_router_interface(&interface).await),
            ("security group", cloud.delete_security_group(&at).await),
            ("floating address", cloud.delete_floating_ip(&at).await),
            ("volume", cloud.delete_volume(&at).await),
            ("snapshot", cloud.delete_snapshot(&at).await),
            ("server", cloud.delete_server(&at).await),
            ("attachment", cloud.delete_attachment(&attachment).await),
        ];
        for (what, answer) in answers {
            check(answer == Ok(Deletion::Gone), || format!("deleting an absent {what} was answered {answer:?}"))?;
        }
    }
    Ok(())
}

pub(super) async fn a_network_is_made_once_and_found_by_its_uid(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (want, status) = scene.network("lan").await?;
    check(!status.peer_id.is_empty() && !status.subnet_id.is_empty(), || format!("a network that was made has no ids: {status:?}"))?;
    for peer_id in ["", "00000000-0000-4000-8000-00000000dead", status.peer_id.as_str()] {
        let again = NetworkWant { at: CloudPlace { peer_id: peer_id.to_owned(), ..want.at.clone() }, ..want.clone() };
        let found = scene.complete("the network", || scene.cloud.ensure_network(&again)).await?;
        check((&found.peer_id, &found.subnet_id) == (&status.peer_id, &status.subnet_id), || {
            format!("a network whose id is taken for '{peer_id}' was made again: {found:?}, it is {status:?}")
        })?;
    }
    let looked = NetworkWant { at: CloudPlace { existed: true, repair: true, ..want.at.clone() }, ..want.clone() };
    let found = scene.complete("the network", || scene.cloud.ensure_network(&looked)).await?;
    check(found.repaired.is_empty(), || format!("nothing changed, and yet it repaired {:?}", found.repaired))?;
    for there in [true, false] {
        let holds = scene.cloud.holds(Kind::Network, &want.at.place).await.map_err(|e| told("looking for the network", &e))?;
        check(holds == there, || format!("a network that is {} is said to be there: {holds}", if there { "there" } else { "gone" }))?;
        scene.gone("the network", || scene.cloud.delete_network(&want.at)).await?;
    }
    Ok(())
}

pub(super) async fn names_need_not_be_unique(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, one) = scene.network("lan").await?;
    let (two, other) = scene.network("lan").await?;
    check(one.peer_id != other.peer_id, || "two networks of one name are one".to_owned())?;
    scene.gone("the second network", || scene.cloud.delete_network(&two.at)).await?;
    let (third, _) = scene.router("lan").await?;
    let answer = scene.cloud.ensure_router(&third).await;
    check(answer.is_ok(), || format!("a router of the name of a network was answered {answer:?}"))
}

pub(super) async fn a_network_is_changed_and_keeps_its_addresses(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (mut want, status) = scene.network("lan").await?;
    want.at.place.name = "wide".to_owned();
    want.spec.description = "changed".to_owned();
    want.spec.dns = ["10.41.0.53".parse()].into_iter().flatten().collect();
    want.spec.pool = "10.41.0.100".parse().ok().zip("10.41.0.199".parse().ok());
    want.spec.gateway = None;
    let changed = scene.complete("the changed network", || scene.cloud.ensure_network(&want)).await?;
    check(changed.peer_id == status.peer_id && changed.subnet_id == status.subnet_id, || format!("a change made another: {changed:?}"))?;
    let looked = NetworkWant { at: CloudPlace { existed: true, ..want.at.clone() }, ..want.clone() };
    scene.complete("the changed network, looked at for drift", || scene.cloud.ensure_network(&looked)).await?;
    want.spec.cidr = "10.42.0.0/24".parse().map_err(|e| format!("{e}"))?;
    want.spec.pool = None;
    refused("other addresses for a network", &scene.cloud.ensure_network(&want).await, DriverErrorKind::Invalid)
}

pub(super) async fn a_network_that_was_removed_is_told_or_made_anew(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (mut want, status) = scene.network("lan").await?;
    scene.world.remove(Kind::Network, &scene.name, &status.peer_id).await.map_err(|e| told("removing", &e))?;
    want.at.existed = true;
    let answer = scene.cloud.ensure_network(&want).await;
    check(matches!(&answer, Ok((_, Rollout::Drifted(why))) if !why.is_empty()), || {
        format!("a network that somebody removed should be told as drift, and was answered {answer:?}")
    })?;
    let holds = scene.cloud.holds(Kind::Network, &want.at.place).await.map_err(|e| told("looking for the network", &e))?;
    check(!holds, || "drift that is only told was put right".to_owned())?;
    want.at.repair = true;
    let (made, rollout) = scene.cloud.ensure_network(&want).await.map_err(|e| told("making it anew", &e))?;
    check(!made.repaired.is_empty(), || format!("what was put right is not named: {made:?}, {rollout:?}"))?;
    check(made.peer_id != status.peer_id, || "what was made anew has the id of what was removed".to_owned())
}

pub(super) async fn a_router_leads_out_until_it_does_not(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (want, status) = scene.router("edge").await?;
    check(!status.external_address.is_empty(), || "a router to an external network has no address there".to_owned())?;
    let again = RouterWant { at: CloudPlace { peer_id: String::new(), ..want.at.clone() }, ..want.clone() };
    let found = scene.complete("the router", || scene.cloud.ensure_router(&again)).await?;
    check(found == status, || format!("a router was made twice, or changed: {found:?}, it was {status:?}"))?;
    let inner = RouterWant { external_network: None, ..want.clone() };
    let found = scene.complete("the router that leads nowhere", || scene.cloud.ensure_router(&inner)).await?;
    check(found.external_address.is_empty(), || format!("a router that leads nowhere has the address {}", found.external_address))?;
    let nowhere = RouterWant { external_network: Some("00000000-0000-4000-8000-00000000dead".to_owned()), ..want };
    refused("an external network that is not there", &scene.cloud.ensure_router(&nowhere).await, DriverErrorKind::Invalid)
}

pub(super) async fn a_network_is_connected_once_and_then_in_use(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (network, network_is) = scene.network("lan").await?;
    let (router, router_is) = scene.router("edge").await?;
    let (want, status) = scene.connect(&router_is, &network_is).await?;
    check(status.address == "10.41.0.1", || format!("the router should have the gateway 10.41.0.1, and has {}", status.address))?;
    let again = RouterInterfaceWant { at: CloudPlace { peer_id: String::new(), ..want.at.clone() }, ..want.clone() };
    let found = scene.complete("the interface", || scene.cloud.ensure_router_interface(&again)).await?;
    check(found.peer_id == status.peer_id, || format!("a network was connected twice: {found:?}, {status:?}"))?;
    waits_for("a connected network", &scene.cloud.delete_network(&network.at).await, "edge")?;
    waits_for("a connected router", &scene.cloud.delete_router(&router.at).await, "lan")?;
    scene.gone("the interface", || scene.cloud.delete_router_interface(&want)).await?;
    scene.gone("the router", || scene.cloud.delete_router(&router.at)).await?;
    scene.gone("the network", || scene.cloud.delete_network(&network.at)).await
}

pub(super) async fn a_security_group_has_the_rules_that_are_wanted(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let any: ipnet::IpNet = "0.0.0.0/0".parse().map_err(|e| format!("{e}"))?;
    let tcp = |port| SecurityRule { direction: Direction::Ingress, protocol: Some(Protocol::Tcp), ports: Some((port, port)), remote: any };
    let out = SecurityRule { direction: Direction::Egress, protocol: None, ports: None, remote: any };
    let ping = SecurityRule { direction: Direction::Ingress, protocol: Some(Protocol::Icmp), ports: None, remote: any };
    let first = SecurityGroupSpec { description: String::new(), rules: vec![tcp(22), out.clone()] };
    let (mut want, status) = scene.group("web", first).await?;
    for rules in [vec![out.clone(), tcp(22)], vec![tcp(443), ping, out], Vec::new()] {
        want.at.existed = false;
        want.spec.rules = rules;
        let found = scene.complete("the rules", || scene.cloud.ensure_security_group(&want)).await?;
        check(found.peer_id == status.peer_id, || "a change of the rules made another group".to_owned())?;
        // told as drift if it has other rules now
        want.at.existed = true;
        scene.complete("the rules, looked at for drift", || scene.cloud.ensure_security_group(&want)).await?;
    }
    Ok(())
}
