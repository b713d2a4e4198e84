//! A namespace that was there before: taken over, and let go with its tenant, whatever breaks on the way.

use std::collections::BTreeSet;

use crate::support::faulty::{Injector, Mode};
use crate::support::{Asked, World, limits, namespace_spec};
use serde_json::{Value, json};
use tenantry_domain::policy::Allowed;
use tenantry_domain::resource::{Origin, State};

/// Takes over the namespace that somebody made, and closes the tenant; what is there after each.
async fn live(world: &World, origin: Origin) -> [Value; 2] {
    world.sandbox.plant_namespace("alpha").await.unwrap();
    let asked = world.ask().await;
    adopt(world, &asked, origin).await;
    world.work().await;
    assert_eq!(world.resource(asked.namespace).await.unwrap().state, State::Ready);
    let taken = world.snapshot(&asked, false).await;
    world.close(&asked).await;
    world.work().await;
    [taken, world.snapshot(&asked, false).await]
}

async fn adopt(world: &World, asked: &Asked, origin: Origin) {
    let tx = world.begin().await;
    let before = tx.resources().find_by_id(asked.namespace).await.unwrap().unwrap();
    tx.resources().adopt(&Allowed::system(asked.alpha), &before, &namespace_spec(limits(), true), origin).await.unwrap();
    tx.commit().await.unwrap();
}

fn left(snapshot: &Value) -> Vec<&Value> {
    assert_eq!(snapshot["tenants"][1]["row"], Value::Null, "the tenant is closed");
    snapshot["sandbox"].as_array().unwrap().iter().map(|object| &object["name"]).collect()
}

#[tokio::test]
async fn a_namespace_that_was_taken_over_stays_without_what_was_put_there_unless_it_may_be_removed() {
    let world = World::new(Injector::never()).await;
    let [_, closed] = live(&world, Origin::Adopted).await;
    assert_eq!(left(&closed), [&json!("alpha")]);
    assert_eq!(closed["sandbox"][0]["body"], json!({}), "it has no quota of ours any more");
    let world = World::new(Injector::never()).await;
    let [_, closed] = live(&world, Origin::AdoptedToRemove).await;
    assert_eq!(left(&closed), [] as [&Value; 0]);
}

#[tokio::test]
async fn letting_go_ends_as_it_would_have_whatever_breaks() {
    let world = World::new(Injector::never()).await;
    let undisturbed = live(&world, Origin::Adopted).await;
    let mut broken = BTreeSet::new();
    for mode in [Mode::Crash, Mode::Error] {
        for at in 0.. {
            let world = World::new(Injector::new(mode, at)).await;
            let disturbed = live(&world, Origin::Adopted).await;
            let Some(place) = world.injector.fired() else { break };
            assert_eq!(undisturbed, disturbed, "{mode:?} at point {at} ({place})");
            broken.insert(place);
        }
    }
    for call in ["before release_namespace", "after release_namespace"] {
        assert!(broken.contains(call), "'{call}' was never broken");
    }
}
