//! A namespace that was there before: taken over, and let go with its tenant, whatever breaks on the way.

use std::collections::BTreeSet;

use crate::support::faulty::{Injector, Mode};
use crate::support::{World, limits, namespace_spec};
use serde_json::Value;
use tenantry_domain::TenantId;
use tenantry_domain::policy::Allowed;
use tenantry_domain::resource::{Origin, State};

/// A tenant whose namespace somebody else made.
async fn taken_over(origin: Origin) -> (World, TenantId) {
    let world = World::new(Injector::never()).await;
    world.sandbox.plant_namespace("alpha").await.unwrap();
    let (alpha, namespace) = world.ask_project().await;
    let tx = world.begin().await;
    let before = tx.resources().find_by_id(namespace).await.unwrap().unwrap();
    tx.resources().adopt(&Allowed::system(alpha), &before, &namespace_spec(limits(), true), origin).await.unwrap();
    tx.commit().await.unwrap();
    world.work().await;
    assert_eq!(world.there(namespace).await.state, State::Ready);
    (world, alpha)
}

/// Closes the tenant; what is left then.
async fn closed(world: &World, tenant: TenantId) -> Value {
    world.close_tenant(tenant).await;
    world.work().await;
    let left = world.snapshot_of(&[TenantId::ROOT, tenant], false).await;
    assert_eq!(left["tenants"][1]["row"], Value::Null, "the tenant is closed");
    left
}

#[tokio::test]
async fn a_namespace_that_was_taken_over_stays_without_what_was_put_there_unless_it_may_be_removed() {
    let (world, alpha) = taken_over(Origin::Adopted).await;
    let left = closed(&world, alpha).await;
    assert_eq!(world.held().await, ["namespace alpha"]);
    assert_eq!(left["sandbox"][0]["body"], "{}", "it has no quota of ours any more");
    let (world, alpha) = taken_over(Origin::AdoptedToRemove).await;
    closed(&world, alpha).await;
    assert_eq!(world.held().await, [] as [&str; 0]);
}

#[tokio::test]
async fn letting_go_ends_as_it_would_have_whatever_breaks() {
    let (world, alpha) = taken_over(Origin::Adopted).await;
    let undisturbed = closed(&world.fork(Injector::never()).await, alpha).await;
    let mut broken = BTreeSet::new();
    for mode in [Mode::Crash, Mode::Error] {
        for at in 0.. {
            let disturbed = world.fork(Injector::new(mode, at)).await;
            let left = closed(&disturbed, alpha).await;
            let Some(place) = disturbed.injector.fired() else { break };
            assert_eq!(undisturbed, left, "{mode:?} at point {at} ({place})");
            broken.insert(place);
        }
    }
    for call in ["before release_namespace", "after release_namespace"] {
        assert!(broken.contains(call), "'{call}' was never broken");
    }
}
