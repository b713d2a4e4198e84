//! How servers, and what belongs to them, converge on a sandbox that does not do as hoped.

use std::time::Duration;

use crate::support::World;
use crate::support::cloud::{Servers, network, volume};
use crate::support::faulty::Injector;
use tenantry_domain::cloud::{FloatingIpSpec, Power};
use tenantry_domain::resource::{Kind, Resource, Spec, State, Status};
use tenantry_domain::usage::{SUSPENDED, metered};
use tenantry_domain::{Amounts, Clock as _, ResourceId};
use tenantry_driver_sandbox::Fault;

const HOUR: Duration = Duration::from_secs(3600);

/// Everything that a server can have, at rest.
async fn made() -> (World, Servers) {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    let asked = world.ask_servers(project, "cirros-0.6.3").await;
    world.work().await;
    for id in asked.all() {
        let row = world.there(id).await;
        assert_eq!(told(&row), (State::Ready, ""), "{}", row.called());
    }
    (world, asked)
}

fn told(row: &Resource) -> (State, &str) {
    (row.state, row.progress.reason.as_str())
}

fn server_status(row: &Resource) -> &tenantry_domain::cloud::ServerStatus {
    let Status::Server(status) = &row.status else { panic!("a server has a server's status") };
    status
}

#[tokio::test]
async fn everything_is_made_after_what_it_needs_within_seconds() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    let asked = world.ask_servers(project, "cirros-0.6.3").await;
    world.work_for(Duration::from_secs(6)).await;
    for id in asked.all() {
        let row = world.there(id).await;
        assert_eq!(told(&row), (State::Ready, ""), "{}", row.called());
    }
    let server = world.there(asked.server).await;
    assert_eq!(server_status(&server).condition, "ACTIVE");
    let Status::FloatingIp(address) = world.there(asked.address).await.status else { panic!("an address") };
    assert_eq!(address.fixed_address, server_status(&server).addresses[0].address.to_string());
}

#[tokio::test]
async fn what_something_changes_of_another_is_seen_at_once() {
    let (world, asked) = made().await;
    let condition = async || {
        let Status::Volume(status) = world.there(asked.volume).await.status else { panic!("a volume") };
        status.condition
    };
    let floating = async || server_status(&world.there(asked.server).await).addresses.iter().filter(|a| a.floating).count();
    assert_eq!((condition().await.as_str(), floating().await), ("in-use", 1));
    for id in [asked.attachment, asked.address] {
        world.delete(id).await;
    }
    world.work_for(Duration::from_secs(6)).await;
    assert_eq!((condition().await.as_str(), floating().await), ("available", 0));
}

#[tokio::test]
async fn an_address_that_moves_is_seen_at_once_where_it_was_and_where_it_is() {
    let (world, asked) = made().await;
    let project = world.project_of(asked.alpha).await;
    let tx = world.begin().await;
    let spec = Spec::Server(world.server_spec("cirros-0.6.3", asked.network, asked.group).await);
    let second = world.make(&tx, asked.alpha, project, "second", spec).await;
    tx.commit().await.unwrap();
    world.work().await;
    let floating = async |id| server_status(&world.there(id).await).addresses.iter().filter(|a| a.floating).count();
    let Spec::FloatingIp(spec) = world.there(asked.address).await.spec else { panic!("an address") };
    for (server, expected) in [(Some(asked.server), (1, 0)), (Some(second), (0, 1)), (Some(asked.server), (1, 0)), (None, (0, 0))] {
        world.change_now(asked.address, Spec::FloatingIp(FloatingIpSpec { server, ..spec.clone() })).await;
        world.work_for(Duration::from_secs(6)).await;
        assert_eq!((floating(asked.server).await, floating(second).await), expected, "{server:?}");
    }
    // where it was may go before the move is done
    world.change_now(asked.address, Spec::FloatingIp(FloatingIpSpec { server: Some(second), ..spec.clone() })).await;
    world.work().await;
    world.change_now(asked.address, Spec::FloatingIp(FloatingIpSpec { server: None, ..spec })).await;
    world.delete(second).await;
    world.work().await;
    assert!(world.resource(second).await.is_none());
    assert_eq!(told(&world.there(asked.address).await), (State::Ready, ""));
}

#[tokio::test]
async fn what_is_needed_is_named_while_it_is_waited_for() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    world.work().await;
    let asked = world.ask_servers(project, "cirros-0.6.3").await;
    world.faults.set(Fault::Down);
    world.work_for(Duration::from_secs(5)).await;
    let row = world.there(asked.server).await;
    assert_eq!(row.state, State::Pending);
    for part in ["waits for network 'lan'", "'north' cannot be reached"] {
        assert!(row.progress.reason.contains(part), "{}", row.progress.reason);
    }
}

#[tokio::test]
async fn what_is_made_while_answers_are_lost_is_made_once() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    world.work().await;
    let asked = world.ask_servers(project, "cirros-0.6.3").await;
    // first every answer is lost, and then every third
    world.faults.set(Fault::LoseAnswer);
    world.work_for(Duration::from_secs(20)).await;
    assert!(world.there(asked.network).await.progress.reason.contains("did not answer in time"));
    world.faults.every(3);
    world.work_for(HOUR).await;
    world.faults.set(Fault::None);
    world.work_for(Duration::from_secs(700)).await;
    for id in asked.all() {
        let row = world.there(id).await;
        assert_eq!(told(&row), (State::Ready, ""), "{}", row.called());
    }
    let once = [
        "attachment web-data",
        "floating_ip front",
        "namespace alpha",
        "network lan",
        "router edge",
        "router_interface edge-lan",
        "security_group web",
        "server web",
        "snapshot monday",
        "volume copy",
        "volume data",
    ];
    assert_eq!(world.held().await, once);
}

#[tokio::test]
async fn drift_is_told_and_stays_told_until_it_is_to_be_put_right() {
    let (world, asked) = made().await;
    let peer_id = world.there(asked.server).await.status.peer_id().to_owned();
    world.sandbox.stop_server("alpha", &peer_id).await.unwrap();
    for look in 0..4 {
        world.look_again().await;
        let row = world.there(asked.server).await;
        assert_eq!(told(&row), (State::Failed, "the server 'web' was changed in the datacenter: its power"), "look {look}");
        assert_eq!(server_status(&row).power, Some(Power::Stopped), "and it is left alone, look {look}");
        assert_eq!(row.status.peer_id(), peer_id);
    }
    // a datacenter that was away does not make it forget
    world.faults.set(Fault::Down);
    world.work_for(HOUR).await;
    world.faults.set(Fault::None);
    world.work_for(HOUR).await;
    assert_eq!(world.there(asked.server).await.state, State::Failed);
    world.repair_drift().await;
    world.work_for(Duration::from_secs(700)).await;
    let row = world.there(asked.server).await;
    assert_eq!((told(&row), server_status(&row).power), ((State::Ready, ""), Some(Power::Running)));
}

#[tokio::test]
async fn whatever_a_server_was_before_its_tenant_was_suspended_it_is_again() {
    let (world, asked) = made().await;
    for power in [Power::Running, Power::Paused, Power::Suspended, Power::Stopped] {
        let mut spec = world.server_spec_from(asked.server).await;
        spec.power = power;
        world.change_now(asked.server, Spec::Server(spec)).await;
        world.work().await;
        world.suspend(asked.alpha).await;
        world.work_for(Duration::from_secs(10)).await;
        let row = world.there(asked.server).await;
        let reason = if power == Power::Stopped { "" } else { SUSPENDED };
        assert_eq!((told(&row), server_status(&row).power), ((State::Ready, reason), Some(Power::Stopped)), "{power}");
        assert_eq!(metered(&row.spec, &row.status), Amounts::ZERO, "what is stopped is not charged for");
        world.look_again().await;
        assert_eq!(told(&world.there(asked.server).await), (State::Ready, reason), "{power}: it stays told");
        world.recharge(asked.alpha).await;
        world.work_for(Duration::from_secs(10)).await;
        let row = world.there(asked.server).await;
        assert_eq!((told(&row), server_status(&row).power), ((State::Ready, ""), Some(power)), "{power}");
    }
}

#[tokio::test]
async fn a_tenant_that_is_suspended_while_its_datacenter_is_down_is_stopped_afterwards() {
    let (world, asked) = made().await;
    world.faults.set(Fault::Down);
    world.suspend(asked.alpha).await;
    world.work_for(HOUR).await;
    let row = world.there(asked.server).await;
    assert!(row.progress.reason.contains("cannot be reached"), "{}", row.progress.reason);
    world.faults.set(Fault::None);
    world.work_for(Duration::from_secs(700)).await;
    let row = world.there(asked.server).await;
    assert_eq!((told(&row), server_status(&row).power), ((State::Ready, SUSPENDED), Some(Power::Stopped)));
}

#[tokio::test]
async fn what_was_put_right_is_named() {
    let (world, asked) = made().await;
    world.repair_drift().await;
    let server = world.there(asked.server).await.status.peer_id().to_owned();
    world.sandbox.stop_server("alpha", &server).await.unwrap();
    let router = world.there(asked.router).await.status.peer_id().to_owned();
    world.sandbox.rename_object(&router, "theirs").await.unwrap();
    let (mut power, mut name) = (false, false);
    for _ in 0..36 {
        world.work_for(Duration::from_secs(10)).await;
        power |= server_status(&world.there(asked.server).await).repaired == ["power"];
        let Status::Router(status) = world.there(asked.router).await.status else { panic!("a router") };
        name |= status.repaired == ["name"];
    }
    assert!(power && name, "what was put right was named: power {power}, name {name}");
}

#[tokio::test]
async fn a_server_that_was_removed_is_told_and_made_anew_when_drift_is_put_right() {
    let (world, asked) = made().await;
    let before = world.there(asked.server).await.status.peer_id().to_owned();
    world.sandbox.remove_object(Kind::Server, "alpha", &before).await.unwrap();
    world.look_again().await;
    let row = world.there(asked.server).await;
    assert_eq!(told(&row), (State::Failed, "the server 'web' was removed in the datacenter"));
    assert!(!world.held().await.contains(&"server web".to_owned()));
    world.repair_drift().await;
    world.work_for(HOUR).await;
    for id in asked.all() {
        let row = world.there(id).await;
        assert_eq!(told(&row), (State::Ready, ""), "{}", row.called());
    }
    assert_ne!(world.there(asked.server).await.status.peer_id(), before);
    assert_eq!(world.held().await.iter().filter(|held| held.as_str() == "server web").count(), 1);
}

/// How long it takes until it is gone, in whole seconds.
async fn gone_after(world: &World, id: ResourceId) -> u64 {
    let begun = world.clock.now();
    while world.resource(id).await.is_some() {
        assert!(world.clock.now().since(begun) < HOUR, "{} stays", world.there(id).await.progress.reason);
        world.work_for(Duration::from_secs(1)).await;
    }
    world.clock.now().since(begun).as_secs()
}

#[tokio::test]
async fn what_is_used_waits_names_what_it_waits_for_and_goes_at_once_when_that_is_gone() {
    let (world, asked) = made().await;
    let steps = [
        (asked.router, vec![asked.interface], "router interface 'edge-lan'"),
        (asked.volume, vec![asked.snapshot, asked.attachment], "attachment 'web-data'"),
        (asked.server, vec![asked.address], "floating address 'front'"),
        (asked.network, vec![asked.server], "server 'web'"),
        (asked.group, vec![], ""),
    ];
    // the address leads through the interface, so it goes first
    world.delete(asked.address).await;
    gone_after(&world, asked.address).await;
    for (used, users, named) in steps {
        if world.resource(used).await.is_some_and(|row| row.state != State::Deleting) {
            world.delete(used).await;
        }
        world.work_for(Duration::from_secs(5)).await;
        if let Some(row) = world.resource(used).await {
            assert_eq!(row.state, State::Deleting);
            assert!(row.progress.reason.contains(named), "{} should be named: {}", named, row.progress.reason);
        }
        for user in users {
            if world.resource(user).await.is_some() {
                world.delete(user).await;
                gone_after(&world, user).await;
            }
        }
        let seconds = gone_after(&world, used).await;
        assert!(seconds <= 2, "it was woken at once, and yet it took {seconds} s");
    }
    world.delete(asked.copy).await;
    gone_after(&world, asked.copy).await;
    assert_eq!(world.held().await, ["namespace alpha"]);
}

#[tokio::test]
async fn a_tenant_with_servers_is_closed_in_seconds_and_leaves_nothing() {
    let (world, asked) = made().await;
    world.close_tenant(asked.alpha).await;
    world.work_for(Duration::from_secs(30)).await;
    assert_eq!(world.held().await, [] as [String; 0]);
    for id in asked.all() {
        assert!(world.resource(id).await.is_none());
    }
}

#[tokio::test]
async fn a_snapshot_may_go_before_the_volume_that_was_made_from_it() {
    let (world, asked) = made().await;
    world.delete(asked.snapshot).await;
    gone_after(&world, asked.snapshot).await;
    world.look_again().await;
    assert_eq!(told(&world.there(asked.copy).await), (State::Ready, ""));
}

#[tokio::test]
async fn what_was_taken_over_is_given_back_and_not_removed() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    world.work().await;
    let theirs = world.sandbox.plant(Kind::Network, "alpha", "their-lan", &[]).await.unwrap();
    let mut spec = network();
    (spec.cidr, spec.gateway) = ("10.77.0.0/24".parse().unwrap(), "10.77.0.1".parse().ok());
    let id = world.adopt(project, "their-lan", Spec::Network(spec), &theirs).await;
    world.work().await;
    let row = world.there(id).await;
    assert_eq!((told(&row), row.status.peer_id()), ((State::Ready, ""), theirs.as_str()));
    assert_eq!(world.held().await, ["namespace alpha", "network their-lan"], "it was not made a second time");
    world.delete(id).await;
    gone_after(&world, id).await;
    assert!(world.sandbox.has_object(Kind::Network, "alpha", &theirs).await.unwrap());
    let quota = world.store.quotas().find(&tenantry_domain::policy::Scope::system(), project.0, crate::support::NORTH).await.unwrap();
    assert_eq!(quota.unwrap().used, Amounts::ZERO, "what it held was given back");
    world.close_tenant(project.0).await;
    world.work().await;
    assert!(world.sandbox.has_object(Kind::Network, "alpha", &theirs).await.unwrap(), "also when the tenant is closed");
}

#[tokio::test]
async fn what_somebody_else_took_over_is_not_ours_and_says_so() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    world.work().await;
    let theirs = world.sandbox.plant(Kind::Volume, "alpha", "theirs", &[]).await.unwrap();
    let first = world.adopt(project, "theirs", Spec::Volume(volume(1, None)), &theirs).await;
    world.work().await;
    let second = world.adopt(project, "mine", Spec::Volume(volume(1, None)), &theirs).await;
    world.work().await;
    assert_eq!(world.there(first).await.state, State::Ready);
    let row = world.there(second).await;
    assert!(row.state == State::Failed && row.progress.reason.contains("volume 'theirs'"), "{}", row.progress.reason);
}

#[tokio::test]
async fn a_cloud_that_is_down_for_an_hour_delays_everything_and_loses_nothing() {
    let (world, asked) = made().await;
    world.faults.set(Fault::Down);
    world.change_now(asked.volume, Spec::Volume(volume(3, None))).await;
    let mut spec = world.server_spec_from(asked.server).await;
    spec.power = Power::Stopped;
    world.change_now(asked.server, Spec::Server(spec)).await;
    world.delete(asked.snapshot).await;
    world.work_for(HOUR).await;
    let server = world.there(asked.server).await;
    assert_eq!((server.state, server_status(&server).power), (State::Updating, Some(Power::Running)));
    assert!(server.progress.reason.contains("'north' cannot be reached"), "{}", server.progress.reason);
    assert!(server.progress.attempts < 40, "it is tried ever less often: {}", server.progress.attempts);
    assert_eq!(world.there(asked.snapshot).await.state, State::Deleting);
    assert_eq!(world.there(asked.router).await.state, State::Ready, "what was well keeps its state");
    world.faults.set(Fault::None);
    world.work_for(Duration::from_secs(90)).await;
    let server = world.there(asked.server).await;
    assert_eq!((told(&server), server_status(&server).power), ((State::Ready, ""), Some(Power::Stopped)));
    assert_eq!(told(&world.there(asked.volume).await), (State::Ready, ""));
    assert!(world.resource(asked.snapshot).await.is_none());
}

#[tokio::test]
async fn a_server_that_the_cloud_gives_up_on_has_failed_with_the_clouds_words_and_can_be_removed() {
    let world = World::new(Injector::never()).await;
    let project = world.ask_project().await;
    let asked = world.ask_servers(project, "broken-1.0").await;
    world.work().await;
    let row = world.there(asked.server).await;
    assert_eq!(row.state, State::Failed);
    assert!(row.progress.reason.contains("no valid host was found"), "{}", row.progress.reason);
    assert_eq!((server_status(&row).condition.as_str(), server_status(&row).power), ("ERROR", None));
    let attachment = world.there(asked.attachment).await;
    assert!(attachment.state != State::Ready && attachment.progress.reason.contains("ERROR"), "{}", attachment.progress.reason);
    for id in [asked.attachment, asked.address] {
        world.delete(id).await;
        gone_after(&world, id).await;
    }
    world.delete(asked.server).await;
    assert!(gone_after(&world, asked.server).await <= 2);
}

#[tokio::test]
async fn a_growth_that_the_quota_refused_is_done_when_there_is_room() {
    let (world, asked) = made().await;
    let spec = crate::support::namespace_spec(crate::support::limits().with(tenantry_domain::Metric::Storage, Some(7 * 1024)), false);
    let namespace = world.project_of(asked.alpha).await;
    world.change_now(namespace, spec).await;
    world.work().await;
    world.change_now(asked.volume, Spec::Volume(volume(5, None))).await;
    world.work().await;
    let row = world.there(asked.volume).await;
    assert!(row.state == State::Failed && row.progress.reason.contains("has no room"), "{}", row.progress.reason);
    world.change_now(namespace, crate::support::namespace_spec(crate::support::limits(), false)).await;
    world.work_for(Duration::from_secs(700)).await;
    let row = world.there(asked.volume).await;
    assert_eq!(told(&row), (State::Ready, ""), "it was never as it was asked for, so this is no drift");
}
