//! Servers and all that belongs to them, broken before and after each driver call and each commit of each phase of their lives: rows
//! and sandbox end as they would have, so nothing is there twice and nothing is left.

use std::collections::BTreeSet;

use crate::support::World;
use crate::support::cloud::{Servers, group, network, volume};
use crate::support::faulty::{Injector, Mode};
use serde_json::Value;
use tenantry_domain::TenantId;
use tenantry_domain::cloud::{FloatingIpSpec, Power, RouterSpec};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_domain::usage::SUSPENDED;

#[derive(Debug, Clone, Copy)]
enum Phase {
    Made,
    Suspended,
    Resumed,
    Changed,
    Closed,
}

/// What people do in a phase.
async fn act(world: &World, phase: Phase, project: (TenantId, tenantry_domain::ResourceId), asked: &mut Option<Servers>, theirs: &str) {
    match (phase, &asked) {
        (Phase::Made, _) => {
            world.adopt(project, "theirs", Spec::Volume(volume(1, None)), theirs).await;
            *asked = Some(world.ask_servers(project, "cirros-0.6.3").await);
        }
        (Phase::Changed, Some(it)) => {
            let mut lan = network();
            lan.dns = vec!["10.0.0.53".parse().unwrap()];
            world.change_now(it.network, Spec::Network(lan)).await;
            world.change_now(it.group, Spec::SecurityGroup(group(443))).await;
            world.change_now(it.volume, Spec::Volume(volume(3, None))).await;
            let external = world.external().await;
            let edge = RouterSpec { description: "to the world".to_owned(), external_network: Some(external.clone()) };
            world.change_now(it.router, Spec::Router(edge)).await;
            let mut server = world.server_spec("cirros-0.6.3", it.network, it.group).await;
            (server.power, server.reboots) = (Power::Stopped, 1);
            world.change_now(it.server, Spec::Server(server)).await;
            let front = FloatingIpSpec { description: String::new(), external_network: external, server: None };
            world.change_now(it.address, Spec::FloatingIp(front)).await;
        }
        (Phase::Suspended, _) => world.suspend(project.0).await,
        (Phase::Resumed, _) => world.recharge(project.0).await,
        (Phase::Closed, _) => world.close_tenant(project.0).await,
        (Phase::Changed, None) => panic!("what was not made cannot be changed"),
    }
}

/// The rows and the sandbox at rest, and again after everything was looked at.
async fn rest(world: &World, tenant: TenantId) -> [Value; 2] {
    world.work().await;
    let worked = world.snapshot_of(&[TenantId::ROOT, tenant], false).await;
    world.look_again().await;
    [worked, world.snapshot_of(&[TenantId::ROOT, tenant], true).await]
}

async fn broken_everywhere(mode: Mode) {
    let mut world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    world.work().await;
    let theirs = world.sandbox.plant(Kind::Volume, "alpha", "theirs", &[]).await.unwrap();
    let (mut asked, mut broken) = (None, BTreeSet::new());
    for phase in [Phase::Made, Phase::Suspended, Phase::Resumed, Phase::Changed, Phase::Closed] {
        let (undisturbed, before) = (world.fork(Injector::never()).await, asked);
        act(&undisturbed, phase, project, &mut asked, &theirs).await;
        let expected = rest(&undisturbed, project.0).await;
        let points = undisturbed.injector.passed();
        if !matches!(phase, Phase::Closed) {
            let rows = expected[0]["tenants"][1]["resources"].as_array().unwrap();
            assert_eq!(rows.len(), 12, "{phase:?}");
            let held = matches!(phase, Phase::Suspended);
            let reason = |row: &Value| if held && row["kind"] == "server" { SUSPENDED } else { "" };
            assert!(rows.iter().all(|row| row["state"] == "ready" && row["reason"] == reason(row)), "{phase:?}: {rows:#?}");
            let objects = expected[0]["sandbox"].as_array().unwrap();
            let life = &objects.iter().find(|o| o["kind"] == "server").unwrap()["body"]["life"];
            let stopped = matches!(phase, Phase::Suspended | Phase::Changed);
            assert_eq!(life["is"], if stopped { "stopped" } else { "running" }, "{phase:?}");
        } else {
            assert_eq!(undisturbed.held().await, ["namespace alpha", "volume theirs"], "only what is not ours is left");
        }
        let mut at = 0;
        loop {
            let disturbed = world.fork(Injector::new(mode, at)).await;
            let mut again = before;
            act(&disturbed, phase, project, &mut again, &theirs).await;
            disturbed.work().await;
            let Some(place) = disturbed.injector.fired() else { break };
            let worked = disturbed.snapshot_of(&[TenantId::ROOT, project.0], false).await;
            assert_eq!(expected[0], worked, "{phase:?}, {mode:?} at point {at} ({place})");
            if !place.contains("commit") {
                // what a call leaves is also as it would have been when all is looked at again
                disturbed.look_again().await;
                let looked = disturbed.snapshot_of(&[TenantId::ROOT, project.0], true).await;
                assert_eq!(expected[1], looked, "{phase:?}, looked at again, {mode:?} at point {at} ({place})");
            }
            broken.insert(place);
            at += 1;
        }
        assert!(at >= points, "{at} of {points} points were broken");
        world = undisturbed;
    }
    let kinds = ["network", "router", "router_interface", "security_group", "volume", "snapshot", "server", "attachment", "floating_ip"];
    let calls = kinds.iter().flat_map(|k| [format!("ensure_{k}"), format!("delete_{k}")]);
    let calls = calls.chain(["claim", "release", "delete_namespace", "a commit"].map(str::to_owned));
    for call in calls.flat_map(|c| [format!("before {c}"), format!("after {c}")]) {
        assert!(broken.contains(&call), "'{call}' was never broken");
    }
}

#[tokio::test]
async fn a_crash_at_any_point_of_a_servers_life_leaves_what_an_undisturbed_run_leaves() {
    broken_everywhere(Mode::Crash).await;
}

#[tokio::test]
async fn a_lost_answer_at_any_point_of_a_servers_life_leaves_what_an_undisturbed_run_leaves() {
    broken_everywhere(Mode::Error).await;
}
