//! Suspension on every database: a mark that is made once, changes no spec, and goes with what made it.

use std::collections::BTreeMap;

use futures::future::join_all;
use tenantry_domain::account::EntryKind;
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::resource::{AppSpec, Resource, Spec, State};
use tenantry_domain::usage::WhenEmpty;
use tenantry_domain::{Money, ResourceId, TenantId, UserId};
use tenantry_store::releases::NewRelease;
use tenantry_store::work::Queue;
use tenantry_testkit::TestDatabase;

use crate::{EAST, SERVERS, Scene, volume};

fn app() -> AppSpec {
    AppSpec {
        image: "nginx:1.27".to_owned(),
        replicas: 2,
        ports: Vec::new(),
        environment: BTreeMap::new(),
        disks: Vec::new(),
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    }
}

impl Scene {
    /// The account goes into debt, as by usage.
    async fn run_out(&self) {
        let tx = self.db.store.begin().await.unwrap();
        tx.accounts().book(self.tenant, EntryKind::Usage, Money::whole(-20), "usage", None).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn is_suspended(&self, tenant: TenantId) -> bool {
        self.db.store.tenants().recall(&Scope::system(), tenant).await.unwrap().suspended_at.is_some()
    }

    async fn row(&self, id: ResourceId) -> Resource {
        self.db.store.resources().find_by_id(id).await.unwrap().unwrap()
    }

    async fn told(&self) -> Vec<String> {
        let sql =
            "SELECT change || ' ' || name AS text FROM events WHERE object = 'tenant' AND change IN ('suspended', 'resumed') ORDER BY id";
        self.db.texts(sql).await
    }

    async fn recorded(&self) -> Vec<String> {
        self.db.texts("SELECT detail AS text FROM audit WHERE user_name = 'tenantry' ORDER BY id").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_empty_account_pays_for_is_suspended_once_and_runs_again_when_it_is_recharged() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        let name = scene.db.name;
        let team = scene.tenant(scene.tenant, "team").await;
        let rich = scene.tenant(team.0, "rich").await;
        scene.recharge(rich.0, Money::whole(1)).await;
        let web = scene.make(team, "web", &Spec::App(app())).await;
        let theirs = scene.make(rich, "web", &Spec::App(app())).await;
        scene.when_empty(scene.tenant, WhenEmpty::Suspend).await;
        scene.turn().await;
        assert!(!scene.is_suspended(scene.tenant).await, "{name}: there is money");
        scene.all_made().await;
        let before = scene.row(web).await;
        scene.run_out().await;
        join_all((0..SERVERS).map(|_| scene.turn())).await;
        assert!(scene.is_suspended(scene.tenant).await && scene.is_suspended(team.0).await, "{name}");
        assert!(!scene.is_suspended(rich.0).await && !scene.is_suspended(TenantId::ROOT).await, "{name}");
        assert_eq!(scene.db.store.usage().suspended().await.unwrap(), 2, "{name}");
        assert_eq!(scene.told().await, ["suspended payer", "suspended team"], "{name}");
        assert_eq!(scene.recorded().await.len(), 2, "{name}");
        let after = scene.row(web).await;
        assert!(after.suspended && after.held() && after.spec == before.spec, "{name}: what was asked for stays");
        assert_eq!((after.generation, after.state), (before.generation + 1, State::Pending), "{name}: it was never made");
        let untouched = scene.row(theirs).await;
        assert_eq!((untouched.suspended, untouched.generation), (false, 1), "{name}");
        assert_eq!(scene.row(scene.volume).await.generation, 1, "{name}: what only is there goes on");
        assert!(scene.db.store.work().any_due(Queue::Pressing, &[]).await.unwrap(), "{name}: there is work");

        scene.recharge(scene.tenant, Money::whole(5)).await;
        assert!(scene.is_suspended(team.0).await, "{name}: it is still in debt");
        scene.recharge(scene.tenant, Money::whole(6)).await;
        assert!(!scene.is_suspended(scene.tenant).await && !scene.is_suspended(team.0).await, "{name}: in the same transaction");
        let again = scene.row(web).await;
        assert!(!again.held() && again.spec == before.spec && again.generation == before.generation + 2, "{name}");
        scene.turn().await;
        assert_eq!(scene.told().await[2..], ["resumed payer", "resumed team"], "{name}");
        assert_eq!(scene.recorded().await.len(), 4, "{name}");
        assert!(scene.recorded().await[2].starts_with("'payer' is resumed: "), "{name}");
    }
}

#[tokio::test]
async fn another_policy_or_an_account_of_its_own_lifts_it() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        let name = scene.db.name;
        let team = scene.tenant(scene.tenant, "team").await;
        scene.run_out().await;
        scene.when_empty(scene.tenant, WhenEmpty::StopCreating).await;
        scene.turn().await;
        assert!(!scene.is_suspended(team.0).await, "{name}");
        scene.when_empty(scene.tenant, WhenEmpty::Suspend).await;
        assert!(scene.is_suspended(scene.tenant).await && scene.is_suspended(team.0).await, "{name}: at once");
        scene.recharge(team.0, Money(1)).await;
        assert!(!scene.is_suspended(team.0).await, "{name}: it pays for itself");
        assert!(scene.is_suspended(scene.tenant).await, "{name}");
        scene.when_empty(scene.tenant, WhenEmpty::Nothing).await;
        assert!(!scene.is_suspended(scene.tenant).await, "{name}");
        // opened below one that is suspended, it is so by the next turn
        scene.when_empty(scene.tenant, WhenEmpty::Suspend).await;
        let late = scene.tenant(scene.tenant, "late").await;
        scene.turn().await;
        assert!(scene.is_suspended(late.0).await, "{name}");
    }
}

#[tokio::test]
async fn more_tenants_than_one_transaction_takes_are_suspended_and_resumed_all_the_same() {
    let scene = Scene::on(TestDatabase::sqlite().await).await;
    for n in 0..230 {
        scene.tenant(scene.tenant, &format!("team-{n}")).await;
    }
    scene.run_out().await;
    scene.when_empty(scene.tenant, WhenEmpty::Suspend).await;
    scene.turn().await;
    assert_eq!(scene.db.store.usage().suspended().await.unwrap(), 231);
    scene.recharge(scene.tenant, Money::whole(50)).await;
    assert_eq!(scene.db.store.usage().suspended().await.unwrap(), 31, "the rest waits for the next turn");
    scene.turn().await;
    assert_eq!(scene.db.store.usage().suspended().await.unwrap(), 0);
    assert_eq!(scene.told().await.len(), 462);
}

#[tokio::test]
async fn a_release_that_is_under_way_goes_on_and_a_tenant_that_is_suspended_can_be_closed() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        let name = scene.db.name;
        let web = scene.make((scene.tenant, scene.namespace), "web", &Spec::App(app())).await;
        let tx = scene.db.store.begin().await.unwrap();
        let release = NewRelease {
            user: UserId(1),
            name: "web".to_owned(),
            operation: "create".to_owned(),
            comment: String::new(),
            datacenter: Some(EAST),
            app: Some((web, 1)),
            spec: Some(app()),
        };
        tx.releases().insert(&Allowed::system(scene.tenant), &release).await.unwrap();
        tx.commit().await.unwrap();
        scene.run_out().await;
        scene.when_empty(scene.tenant, WhenEmpty::Suspend).await;
        let generations = scene.db.texts("SELECT CAST(generation AS TEXT) AS text FROM releases").await;
        assert_eq!((generations, scene.row(web).await.generation), (vec!["2".to_owned()], 2), "{name}");

        let more = scene.make((scene.tenant, scene.namespace), "late", &volume()).await;
        let tx = scene.db.store.begin().await.unwrap();
        let allowed: Allowed<act::Delete, obj::Tenant> = Allowed::system(scene.tenant);
        tx.tenants().close(&allowed, scene.tenant, None).await.unwrap();
        tx.resources().delete_all(&allowed, &[scene.tenant], None).await.unwrap();
        tx.commit().await.unwrap();
        scene.db.clock.step(crate::MINUTE);
        scene.recharge(scene.tenant, Money::whole(50)).await;
        scene.turn().await;
        for id in [web, more] {
            let row = scene.row(id).await;
            assert_eq!(row.state, State::Deleting, "{name}: {}", row.called());
        }
        assert_eq!(scene.told().await, ["suspended payer"], "{name}: what is being closed is not woken again");
    }
}
