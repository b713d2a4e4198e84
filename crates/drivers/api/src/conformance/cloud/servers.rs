//! Servers, and the floating addresses that lead to them.

use std::net::IpAddr;

use tenantry_domain::cloud::{Power, SecurityGroupSpec, ServerSize};

use super::super::{Outcome, check, told};
use super::networks::waits_for;
use super::scene::Scene;
use crate::cloud::{CloudPlace, FloatingIpWant};
use crate::{DriverError, Rollout};

pub(super) async fn a_server_is_made_once_with_an_address_of_its_network(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (network, network_is) = scene.network("lan").await?;
    let mut want = scene.server_want("web", &[&network_is]);
    let (first, _) = scene.cloud.ensure_server(&want).await.map_err(|e| told("the server", &e))?;
    check(!first.peer_id.is_empty(), || format!("a server that was asked for has no id: {first:?}"))?;
    // as if the answer had been lost
    let status = scene.complete("the server", || scene.cloud.ensure_server(&want)).await?;
    check(status.peer_id == first.peer_id, || format!("a server was made twice: {first:?}, {status:?}"))?;
    check(status.power == Some(Power::Running) && status.fault.is_empty(), || format!("a server that was made is {status:?}"))?;
    let within = |address: &IpAddr| network.spec.cidr.contains(address) && Some(*address) != network.spec.gateway;
    check(status.addresses.iter().any(|a| a.network == "lan" && within(&a.address) && !a.floating), || {
        format!("the server should have an address of the network 'lan', and has {:?}", status.addresses)
    })?;
    let (_, other) = scene.server("web", &[&network_is]).await?;
    check(other.peer_id != status.peer_id && other.addresses != status.addresses, || format!("two servers are one: {other:?}"))?;
    want.at.existed = true;
    let looked = scene.complete("the server, looked at for drift", || scene.cloud.ensure_server(&want)).await?;
    check(looked.repaired.is_empty(), || format!("nothing changed, and yet it repaired {:?}", looked.repaired))
}

pub(super) async fn a_server_gets_every_power(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (mut want, _) = scene.server("web", &[&network]).await?;
    for power in scene.can.powers.iter().flat_map(|power| [*power, Power::Running]) {
        want.spec.power = power;
        let status = scene.complete(power.name(), || scene.cloud.ensure_server(&want)).await?;
        check(status.power == Some(power), || format!("a server that should be {power} is {status:?}"))?;
    }
    Ok(())
}

pub(super) async fn a_reboot_is_done_once(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (mut want, _) = scene.server("web", &[&network]).await?;
    for (reboots, hard) in [(1, false), (1, false), (2, true)] {
        want.spec.reboots = reboots;
        want.spec.hard_reboot = hard;
        let status = scene.complete("the reboot", || scene.cloud.ensure_server(&want)).await?;
        check(status.reboots == reboots && status.power == Some(Power::Running), || format!("after {reboots} reboots it is {status:?}"))?;
    }
    Ok(())
}

pub(super) async fn a_server_without_a_flavor_gets_a_private_one(scene: &Scene<'_>) -> Outcome {
    if !scene.can.private_flavors {
        return Ok(());
    }
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let image = &scene.offered.image;
    let (memory_mib, disk_gib) = (image.min_memory_mib.max(256) + 64, image.min_disk_gib.max(1) + 1);
    for name in ["one", "two"] {
        let mut want = scene.server_want(name, &[&network]);
        want.spec.size = ServerSize { flavor_id: None, flavor: String::new(), cpu_millicores: 1000, memory_mib, disk_gib };
        scene.complete("a server of a size of its own", || scene.cloud.ensure_server(&want)).await?;
    }
    let catalog = scene.cloud.catalog(&scene.name).await.map_err(|e| told("reading the catalog", &e))?;
    let made: Vec<_> = catalog.flavors.iter().filter(|f| !f.public && f.memory_mib == memory_mib && f.disk_gib == disk_gib).collect();
    check(made.len() == 1, || format!("two servers of one size should have one private flavor, and the project has {made:?}"))
}

pub(super) async fn a_server_that_the_cloud_gives_up_on_is_stuck(scene: &Scene<'_>) -> Outcome {
    let Some(image) = &scene.offered.broken else { return Ok(()) };
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let mut want = scene.server_want("web", &[&network]);
    want.spec.image_id.clone_from(&image.id);
    let mut last = String::new();
    for _ in 0..scene.patience.rounds {
        match scene.cloud.ensure_server(&want).await {
            Ok((status, Rollout::Stuck(why))) => {
                return check(status.fault == why && !why.is_empty() && status.power.is_none(), || {
                    format!("it is stuck because '{why}', and its status is {status:?}")
                });
            }
            answer => last = format!("a server that the cloud gives up on should be stuck, and was answered {answer:?}"),
        }
        scene.pause().await;
    }
    Err(last)
}

pub(super) async fn a_server_that_was_stopped_is_told_or_started(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (mut want, status) = scene.server("web", &[&network]).await?;
    scene.world.stop(&scene.name, &status.peer_id).await.map_err(|e| told("stopping", &e))?;
    want.at.existed = true;
    let (seen, rollout) = scene.cloud.ensure_server(&want).await.map_err(|e| told("looking", &e))?;
    check(matches!(&rollout, Rollout::Drifted(why) if !why.is_empty()) && seen.power == Some(Power::Stopped), || {
        format!("a server that somebody stopped should be told as drift, and was answered {rollout:?}, {seen:?}")
    })?;
    want.at.repair = true;
    let (mut repaired, mut seen) = (Vec::new(), seen);
    for _ in 0..scene.patience.rounds {
        let (status, rollout) = scene.cloud.ensure_server(&want).await.map_err(|e| told("starting", &e))?;
        repaired.extend(status.repaired.clone());
        seen = status;
        if rollout == Rollout::Complete {
            break;
        }
        scene.pause().await;
    }
    check(seen.power == Some(Power::Running) && !repaired.is_empty(), || format!("it put right {repaired:?}, and is {seen:?}"))
}

pub(super) async fn a_server_is_renamed_and_gets_other_groups(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (group, group_is) = scene.group("web", SecurityGroupSpec { description: String::new(), rules: Vec::new() }).await?;
    let (mut want, status) = scene.server("web", &[&network]).await?;
    want.at.place.name = "shop".to_owned();
    want.security_groups = vec![group_is.peer_id.clone()];
    let changed = scene.complete("the changed server", || scene.cloud.ensure_server(&want)).await?;
    check(changed.peer_id == status.peer_id, || "a change made another server".to_owned())?;
    waits_for("a security group with a server", &scene.cloud.delete_security_group(&group.at).await, "shop")?;
    want.security_groups = vec!["default".to_owned()];
    scene.complete("the server without the group", || scene.cloud.ensure_server(&want)).await?;
    scene.gone("the group without servers", || scene.cloud.delete_security_group(&group.at)).await
}

pub(super) async fn what_a_server_uses_stays_until_it_is_gone(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (network, network_is) = scene.network("lan").await?;
    let (server, _) = scene.server("web", &[&network_is]).await?;
    waits_for("a network with a server", &scene.cloud.delete_network(&network.at).await, "web")?;
    scene.gone("the server", || scene.cloud.delete_server(&server.at)).await?;
    scene.gone("the server that is gone", || scene.cloud.delete_server(&server.at)).await?;
    scene.gone("the network", || scene.cloud.delete_network(&network.at)).await
}

pub(super) async fn a_console_is_of_the_server(scene: &Scene<'_>) -> Outcome {
    if !scene.can.consoles {
        return Ok(());
    }
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (server, _) = scene.server("web", &[&network]).await?;
    let console = scene.cloud.console(&server.at).await.map_err(|e| told("the console", &e))?;
    check(console.url.starts_with("http") && !console.kind.is_empty(), || "the console has no address".to_owned())?;
    let log = scene.cloud.console_log(&server.at, 2).await.map_err(|e| told("the console's log", &e))?;
    check(log.lines().count() <= 2, || format!("two lines of the log were asked for: {log}"))?;
    let absent = scene.cloud.console(&scene.at("absent")).await;
    check(absent.is_err(), || "a server that is not there has a console".to_owned())
}

pub(super) async fn a_floating_address_leads_to_its_server(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (_, router) = scene.router("edge").await?;
    let (interface, _) = scene.connect(&router, &network).await?;
    let (server, server_is) = scene.server("web", &[&network]).await?;
    let mut want = scene.floating_ip_want("front", &server_is);
    let status = scene.complete("the floating address", || scene.cloud.ensure_floating_ip(&want)).await?;
    let inner = server_is.addresses.iter().map(|a| a.address.to_string()).find(|a| *a == status.fixed_address);
    check(!status.address.is_empty() && inner.is_some(), || format!("the address should lead to {server_is:?}, and is {status:?}"))?;
    want.at = CloudPlace { peer_id: String::new(), ..want.at };
    let again = scene.complete("the floating address", || scene.cloud.ensure_floating_ip(&want)).await?;
    check((&again.peer_id, &again.address) == (&status.peer_id, &status.address), || format!("two were taken: {status:?}, {again:?}"))?;
    waits_for("an interface that a floating address needs", &scene.cloud.delete_router_interface(&interface).await, "")?;
    let kept = FloatingIpWant { server: None, ..want.clone() };
    let parted = scene.complete("the address that leads nowhere", || scene.cloud.ensure_floating_ip(&kept)).await?;
    check(parted.fixed_address.is_empty() && parted.address == status.address, || format!("an address that is kept is {parted:?}"))?;
    scene.complete("the address that leads there again", || scene.cloud.ensure_floating_ip(&want)).await?;
    // the server goes before the address: that is kept, and leads nowhere
    scene.gone("the server", || scene.cloud.delete_server(&server.at)).await?;
    let parted = scene.complete("the address without its server", || scene.cloud.ensure_floating_ip(&kept)).await?;
    check(parted.fixed_address.is_empty(), || format!("an address whose server is gone is {parted:?}"))?;
    lost(&scene.cloud.ensure_floating_ip(&want).await.err())
}

/// What refers to what is gone is refused, but not for good: it may be on its way.
fn lost(error: &Option<DriverError>) -> Outcome {
    check(error.as_ref().is_some_and(|e| !e.permanent()), || format!("leading to a server that is gone was answered {error:?}"))
}
