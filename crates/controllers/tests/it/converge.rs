//! How kinds converge on a sandbox that does not do as hoped.

use crate::support::faulty::Injector;
use crate::support::{Asked, World, app_spec, limits, namespace_spec};
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{Resource, Spec, State, Status};
use tenantry_domain::{ErrorKind, TenantId};
use tenantry_driver_sandbox::Fault;

async fn world() -> World {
    World::new(Injector::never()).await
}

async fn made(world: &World) -> Asked {
    let asked = world.ask().await;
    world.work().await;
    asked
}

fn told(row: &Resource) -> (State, &str) {
    (row.state, row.progress.reason.as_str())
}

#[tokio::test]
async fn a_namespace_that_is_not_ours_is_left_alone_until_an_administrator_adopts_it() {
    let world = world().await;
    world.sandbox.plant_namespace("alpha").await.unwrap();
    let before = world.sandbox.export().await.unwrap();
    let asked = made(&world).await;
    let row = world.resource(asked.namespace).await.unwrap();
    assert_eq!(row.state, State::Failed);
    assert!(row.progress.reason.contains("not Tenantry's") && row.progress.reason.contains("adopt"), "{}", row.progress.reason);
    assert!(matches!(&row.status, Status::Namespace(status) if status.foreign));
    let export = world.sandbox.export().await.unwrap();
    assert!(export.as_array().unwrap().contains(&before[0]), "it is as it was");
    for id in [asked.disk, asked.app] {
        let row = world.resource(id).await.unwrap();
        assert_eq!(row.state, State::Pending, "nothing is put into it");
        assert!(row.progress.reason.contains("waits for"), "{}", row.progress.reason);
    }
    let tx = world.begin().await;
    world.change(&tx, asked.namespace, namespace_spec(limits(), true)).await;
    tx.commit().await.unwrap();
    world.work().await;
    for id in [asked.namespace, asked.disk, asked.app] {
        assert_eq!(told(&world.resource(id).await.unwrap()), (State::Ready, ""));
    }
    assert!(matches!(&world.resource(asked.namespace).await.unwrap().status, Status::Namespace(status) if !status.foreign));
}

#[tokio::test]
async fn a_foreign_namespace_outlives_the_tenant_that_wanted_its_name() {
    let world = world().await;
    world.sandbox.plant_namespace("alpha").await.unwrap();
    let before = world.sandbox.export().await.unwrap();
    let asked = made(&world).await;
    world.close(&asked).await;
    world.work().await;
    let error = world.store.tenants().get(&Scope::system(), asked.alpha).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(world.sandbox.export().await.unwrap(), before);
}

#[tokio::test]
async fn what_was_removed_behind_our_back_is_put_back() {
    let world = world().await;
    let asked = made(&world).await;
    let before = world.sandbox.export().await.unwrap();
    for (kind, namespace, name) in [("app", "alpha", "web"), ("disk", "alpha", "data"), ("namespace", "", "alpha")] {
        world.sandbox.remove(kind, namespace, name).await.unwrap();
    }
    assert_ne!(world.sandbox.export().await.unwrap(), before);
    // the app may be looked at before its disk; what was refused is tried again, but seldom
    for _ in 0..3 {
        world.look_again().await;
    }
    assert_eq!(world.sandbox.export().await.unwrap(), before);
    assert_eq!(told(&world.resource(asked.app).await.unwrap()), (State::Ready, ""));
}

#[tokio::test]
async fn while_a_datacenter_is_down_rows_keep_their_state_and_say_why_and_go_on_when_it_is_back() {
    let world = world().await;
    let asked = made(&world).await;
    world.faults.set(Fault::Down);
    let tx = world.begin().await;
    world.change(&tx, asked.app, Spec::App(app_spec("nginx:1.28", &["data"]))).await;
    tx.commit().await.unwrap();
    world.work().await;
    let row = world.resource(asked.app).await.unwrap();
    assert_eq!(row.state, State::Updating);
    assert!(row.progress.reason.starts_with("datacenter 'north' cannot be reached: "), "{}", row.progress.reason);
    assert!((4..12).contains(&row.progress.attempts), "it is tried ever less often: {} attempts", row.progress.attempts);
    let north = world.store.datacenters().get(&Scope::system(), crate::support::NORTH).await.unwrap();
    assert!(!north.health.healthy);
    world.faults.set(Fault::None);
    world.work().await;
    world.work().await;
    let row = world.resource(asked.app).await.unwrap();
    assert_eq!((told(&row), row.progress.attempts, row.observed_generation), ((State::Ready, ""), 0, 2));
    assert!(world.store.datacenters().get(&Scope::system(), crate::support::NORTH).await.unwrap().health.healthy);
}

#[tokio::test]
async fn an_app_whose_image_cannot_be_pulled_has_failed_and_a_change_of_it_helps() {
    let world = world().await;
    let asked = made(&world).await;
    for (image, state) in [("does-not-exist:1", State::Failed), ("nginx:1.28", State::Ready)] {
        let tx = world.begin().await;
        world.change(&tx, asked.app, Spec::App(app_spec(image, &["data"]))).await;
        tx.commit().await.unwrap();
        world.work().await;
        let row = world.resource(asked.app).await.unwrap();
        assert_eq!((row.state, row.progress.reason.contains(image)), (state, state == State::Failed), "{}", row.progress.reason);
    }
}

#[tokio::test]
async fn a_disk_that_is_used_goes_when_its_app_has_gone_and_says_so_until_then() {
    let world = world().await;
    let asked = made(&world).await;
    world.delete(asked.disk).await;
    world.work().await;
    let row = world.resource(asked.disk).await.unwrap();
    assert_eq!(told(&row), (State::Deleting, "the disk is used by app 'web'"));
    world.delete(asked.app).await;
    world.work().await;
    assert!(world.resource(asked.disk).await.is_none() && world.resource(asked.app).await.is_none());
    let quota = world.store.quotas().find(&Scope::system(), asked.alpha, crate::support::NORTH).await.unwrap().unwrap();
    assert_eq!(quota.used, tenantry_domain::Amounts::ZERO, "what they held was given back");
}

#[tokio::test]
async fn a_tenant_that_cannot_be_closed_says_what_is_left_where_and_why() {
    let world = world().await;
    let asked = made(&world).await;
    world.faults.set(Fault::Down);
    world.close(&asked).await;
    world.work().await;
    let reason = world.store.tenants().get(&Scope::system(), asked.alpha).await.unwrap().progress.reason;
    for part in ["app 'web' in datacenter 'north' (datacenter 'north' cannot be reached", "disk 'data'", "'beta'"] {
        assert!(reason.contains(part), "{reason}");
    }
    world.faults.set(Fault::None);
    world.look_again().await;
    for id in [asked.alpha, asked.beta] {
        assert_eq!(world.store.tenants().get(&Scope::system(), id).await.unwrap_err().kind, ErrorKind::NotFound);
    }
    let root = world.store.quotas().find(&Scope::system(), TenantId::ROOT, crate::support::NORTH).await.unwrap().unwrap();
    assert_eq!(root.granted, tenantry_domain::Amounts::ZERO, "its share went back");
    assert_eq!(world.sandbox.export().await.unwrap(), serde_json::json!([]));
}

#[tokio::test]
async fn an_orphan_is_listed_until_it_is_found_gone() {
    let world = world().await;
    let asked = made(&world).await;
    world.faults.set(Fault::Down);
    world.delete(asked.app).await;
    world.work().await;
    let row = world.resource(asked.app).await.unwrap();
    assert_eq!(row.state, State::Deleting);
    let own: tenantry_domain::policy::Allowed<tenantry_domain::policy::act::Forget, tenantry_domain::policy::obj::App> =
        tenantry_domain::policy::Allowed::system(asked.alpha);
    let tx = world.begin().await;
    tx.resources().forget(&own, &row).await.unwrap();
    tx.commit().await.unwrap();
    let listed = || async {
        let page = world.store.orphans().list(&Scope::system(), &tenantry_domain::page::PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|o| (o.kind, o.name)).collect::<Vec<_>>()
    };
    let web = [("app".to_owned(), "web".to_owned())];
    assert_eq!(listed().await, web);
    world.look_again().await;
    assert_eq!(listed().await, web, "while the datacenter is down nothing is known of it");
    world.faults.set(Fault::None);
    world.look_again().await;
    assert_eq!(listed().await, web, "it is still there");
    world.sandbox.remove("app", "alpha", "web").await.unwrap();
    world.look_again().await;
    assert_eq!(listed().await, []);
}

#[tokio::test]
async fn a_datacenter_that_is_well_again_wakes_what_waited_for_it() {
    let world = world().await;
    let asked = made(&world).await;
    world.faults.set(Fault::Down);
    let tx = world.begin().await;
    world.change(&tx, asked.app, Spec::App(app_spec("nginx:1.28", &["data"]))).await;
    tx.commit().await.unwrap();
    for _ in 0..8 {
        world.work().await;
    }
    let before = world.resource(asked.app).await.unwrap();
    let now = tenantry_domain::Clock::now(&*world.clock);
    assert!(before.progress.attempts >= 8, "{} attempts", before.progress.attempts);
    world.faults.set(Fault::None);
    // a look at the datacenter is due every half a minute; the app's next attempt could be five minutes away
    world.work().await;
    let after = world.resource(asked.app).await.unwrap();
    assert_eq!(told(&after), (State::Ready, ""));
    assert!(tenantry_domain::Clock::now(&*world.clock).since(now) < std::time::Duration::from_secs(90));
}
