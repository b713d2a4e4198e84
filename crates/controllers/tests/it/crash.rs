//! For every kind: broken before and after each driver call and each commit, started again and run to rest, rows and sandbox
//! are what an undisturbed run leaves. So a crash at any point duplicates nothing and leaks nothing.

use std::collections::BTreeSet;

use crate::support::faulty::{Injector, Mode};
use crate::support::{World, app_spec, limits, namespace_spec};
use serde_json::{Value, json};
use tenantry_domain::quota::Metric;
use tenantry_domain::resource::{DiskSpec, Spec};

const PHASES: [&str; 6] = ["made", "changed", "looked at again", "suspended", "resumed", "closed"];

/// Makes, changes, suspends, resumes and closes; answers with what is there after each phase.
async fn live(world: &World) -> [Value; 6] {
    let asked = world.ask().await;
    world.work().await;
    let made = world.snapshot(&asked, false).await;

    let tx = world.begin().await;
    world.change(&tx, asked.disk, Spec::Disk(DiskSpec { size_gib: 8 })).await;
    world.change(&tx, asked.app, Spec::App(app_spec("nginx:1.28", &["data"]))).await;
    world.change(&tx, asked.namespace, namespace_spec(limits().with(Metric::Volumes, Some(3)), false)).await;
    tx.commit().await.unwrap();
    world.work().await;
    let changed = world.snapshot(&asked, false).await;
    world.look_again().await;
    let looked = world.snapshot(&asked, true).await;

    world.suspend(asked.alpha).await;
    world.work().await;
    let suspended = world.snapshot(&asked, false).await;
    world.recharge(asked.alpha).await;
    world.work().await;
    let resumed = world.snapshot(&asked, false).await;

    world.close(&asked).await;
    world.work().await;
    [made, changed, looked, suspended, resumed, world.snapshot(&asked, false).await]
}

async fn broken_everywhere(mode: Mode) {
    let world = World::new(Injector::never()).await;
    let undisturbed = live(&world).await;
    let points = world.injector.passed();
    let states =
        |snapshot: &Value| snapshot["tenants"][1]["resources"].as_array().unwrap().iter().map(|r| r["state"].clone()).collect::<Vec<_>>();
    assert_eq!(states(&undisturbed[0]), ["ready", "ready", "ready"]);
    assert_eq!(states(&undisturbed[1]), ["ready", "ready", "ready"]);
    let app = |snapshot: &Value| {
        let objects = snapshot["sandbox"].as_array().unwrap();
        let found = objects.iter().find(|o| o["kind"] == "app").unwrap();
        let body: Value = serde_json::from_str(found["body"].as_str().unwrap()).unwrap();
        (body["stopped"].clone(), body["image"].clone())
    };
    let image = json!("nginx:1.28");
    assert_eq!(app(&undisturbed[3]), (json!(true), image.clone()), "no copy of it runs");
    assert_eq!(states(&undisturbed[3]), ["ready", "ready", "ready"]);
    assert_eq!(app(&undisturbed[4]), (json!(false), image), "it runs again");
    let specs = |snapshot: &Value| {
        let rows = snapshot["tenants"][1]["resources"].as_array().unwrap();
        rows.iter().map(|r| r["spec"].clone()).collect::<Vec<_>>()
    };
    assert!(specs(&undisturbed[3]) == specs(&undisturbed[1]) && specs(&undisturbed[4]) == specs(&undisturbed[1]), "as it was asked for");
    assert_eq!(undisturbed[5]["tenants"][1]["row"], Value::Null, "the tenant is closed");
    assert_eq!(undisturbed[5]["tenants"][1]["quotas"], json!([]));
    assert_eq!(undisturbed[5]["sandbox"], json!([]), "nothing is left");

    let mut broken = BTreeSet::new();
    let mut at = 0;
    loop {
        let world = World::new(Injector::new(mode, at)).await;
        let disturbed = live(&world).await;
        let Some(place) = world.injector.fired() else { break };
        for (phase, (was, is)) in PHASES.iter().zip(undisturbed.iter().zip(&disturbed)) {
            assert_eq!(was, is, "{mode:?} at point {at} ({place}), when all was {phase}");
        }
        broken.insert(place);
        at += 1;
    }
    assert!(at >= points, "{at} of {points} points were broken");
    let calls = ["check", "ensure_namespace", "ensure_disk", "ensure_app", "delete_app", "delete_disk", "delete_namespace", "a commit"];
    let all: BTreeSet<String> = calls.iter().flat_map(|c| [format!("before {c}"), format!("after {c}")]).collect();
    assert_eq!(broken, all, "every call of every kind was broken on both sides");
}

#[tokio::test]
async fn a_crash_at_any_point_leaves_what_an_undisturbed_run_leaves() {
    broken_everywhere(Mode::Crash).await;
}

#[tokio::test]
async fn an_error_or_a_lost_answer_at_any_point_leaves_what_an_undisturbed_run_leaves() {
    broken_everywhere(Mode::Error).await;
}
