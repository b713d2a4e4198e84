//! Who pays for whom, on every database.

use futures::future::join_all;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::resource::Kind;
use tenantry_domain::usage::WhenEmpty;
use tenantry_domain::{Clock as _, ErrorKind, Money, TenantId};
use tenantry_store::work::{Next, Queue, Seen, WorkKind};
use tenantry_testkit::TestDatabase;

use crate::{EVER, MINUTE, SERVERS, Scene, volume};

/// Below the tenant with the account: a team without one, and a squad below that.
async fn family(db: TestDatabase) -> (Scene, TenantId, TenantId) {
    let scene = Scene::on(db).await;
    let team = scene.tenant(scene.tenant, "team").await;
    scene.make(team, "data", &volume()).await;
    let squad = scene.tenant(team.0, "squad").await;
    scene.make(squad, "data", &volume()).await;
    scene.all_made().await;
    (scene, team.0, squad.0)
}

impl Scene {
    async fn hour(&self) {
        self.db.clock.step(60 * MINUTE);
        self.turn().await;
    }

    async fn memos(&self, tenant: TenantId) -> Vec<String> {
        let lines = self.db.store.accounts().lines(&Scope::system(), tenant, &PageRequest::first(100)).await.unwrap().items;
        lines.into_iter().filter(|l| l.kind == "usage").map(|l| l.memo.split(" until").next().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn the_nearest_account_above_pays_and_each_tenant_keeps_its_own_statement() {
    for db in TestDatabase::all().await {
        let (scene, team, squad) = family(db).await;
        let name = scene.db.name;
        let beside = scene.tenant(TenantId::ROOT, "beside").await;
        scene.make(beside, "data", &volume()).await;
        scene.all_made().await;
        scene.hour().await;
        assert_eq!(scene.balance().await, Money::whole(7), "{name}: an hour of each of three");
        assert_eq!((scene.balance_of(team).await, scene.balance_of(squad).await), (None, None), "{name}");
        let mut memos = scene.memos(scene.tenant).await;
        memos.sort();
        assert_eq!(memos, ["usage", "usage of 'squad'", "usage of 'team'"], "{name}");
        assert_eq!(scene.balance_of(beside.0).await, Some(Money::whole(-1)), "{name}: nobody above has an account, so it gets one");
        for tenant in [scene.tenant, team, squad] {
            let (scope, page) = (Scope::system(), PageRequest::first(10));
            let statement = scene.db.store.usage().statement(&scope, tenant, EVER, &page).await.unwrap().items;
            assert_eq!(statement.len(), 1, "{name}");
            assert_eq!(scene.db.store.usage().payer(tenant).await.unwrap(), scene.tenant, "{name}");
        }
        // the team gets an account of its own, and pays for the squad too
        scene.recharge(team, Money::whole(5)).await;
        assert_eq!(scene.db.store.usage().payer(squad).await.unwrap(), team, "{name}");
        scene.hour().await;
        assert_eq!((scene.balance().await, scene.balance_of(team).await), (Money::whole(6), Some(Money::whole(3))), "{name}");
        assert!(scene.db.store.accounts().consistent().await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn the_payers_policy_holds_for_all_that_it_pays_for() {
    for db in TestDatabase::all().await {
        let (scene, team, squad) = family(db).await;
        let (name, usage) = (scene.db.name, scene.db.store.usage());
        scene.when_empty(scene.tenant, WhenEmpty::StopCreating).await;
        assert!(usage.may_use_more(squad).await.is_ok(), "{name}");
        for _ in 0..4 {
            scene.hour().await;
        }
        assert_eq!(scene.balance().await, Money::whole(-2), "{name}");
        let told = scene.db.texts("SELECT change AS text FROM events WHERE object = 'account' ORDER BY id").await;
        assert_eq!(told, ["balance_low", "balance_empty"], "{name}: what all three cost is what lasts for less than a day");
        assert!(usage.may_use_more(scene.tenant).await.unwrap_err().message.contains("-2"), "{name}");
        for tenant in [team, squad] {
            let error = usage.may_use_more(tenant).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::BalanceTooLow, "{name}");
            assert!(!error.message.contains("-2"), "{name}: what is in another's account is not told: {}", error.message);
        }
        // its own policy says nothing while another's account pays, and all once its own does
        scene.when_empty(team, WhenEmpty::Nothing).await;
        assert!(usage.may_use_more(team).await.is_err(), "{name}");
        scene.recharge(team, Money::whole(1)).await;
        assert!(usage.may_use_more(team).await.is_ok() && usage.may_use_more(squad).await.is_ok(), "{name}");
        assert!(usage.may_use_more(scene.tenant).await.is_err(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_servers_book_on_the_same_accounts_once() {
    for db in TestDatabase::all().await {
        let (scene, _, _) = family(db).await;
        for n in 0..8 {
            let other = scene.tenant(scene.tenant, &format!("other-{n}")).await;
            scene.make(other, "data", &volume()).await;
            let own = scene.tenant(TenantId::ROOT, &format!("own-{n}")).await;
            scene.make(own, "data", &volume()).await;
            scene.recharge(own.0, Money::whole(100)).await;
        }
        scene.all_made().await;
        for hour in 1..=3 {
            scene.db.clock.step(60 * MINUTE);
            join_all((0..SERVERS).map(|_| scene.turn())).await;
            scene.turn().await;
            assert_eq!(scene.balance().await, Money::whole(10 - 11 * hour), "{}", scene.db.name);
        }
        assert_eq!(scene.memos(scene.tenant).await.len(), 33, "{}", scene.db.name);
        assert!(scene.db.store.accounts().consistent().await.unwrap(), "{}", scene.db.name);
    }
}

#[tokio::test]
async fn what_a_tenant_owes_when_it_goes_is_booked_where_its_usage_was_paid() {
    for db in TestDatabase::all().await {
        let (scene, _, squad) = family(db).await;
        let store = &scene.db.store;
        scene.db.clock.step(30 * MINUTE);
        let tx = store.begin().await.unwrap();
        let allowed: Allowed<act::Delete, obj::Tenant> = Allowed::system(squad);
        tx.tenants().close(&allowed, squad, None).await.unwrap();
        tx.resources().delete_all(&allowed, &[squad], None).await.unwrap();
        tx.commit().await.unwrap();
        let next = Next { at: scene.db.clock.now().plus(60 * MINUTE), reason: String::new(), failed: false, queue: Queue::Pressing };
        // what is in it goes, and then it goes itself
        for _ in 0..3 {
            let mut leases = store.work().claim(Queue::Pressing, "test", MINUTE, 100, &[]).await.unwrap();
            leases.sort_by_key(|lease| lease.kind == WorkKind::Resource(Kind::Namespace));
            for lease in leases {
                let left = store.tenants().remains(squad).await.unwrap();
                let gone = lease.kind != WorkKind::Tenant || left == (0, 0);
                store.work().finish(&lease, if gone { &Seen::Gone } else { &Seen::Nothing }, &next).await.unwrap();
            }
        }
        assert!(store.tenants().get(&Scope::system(), squad).await.is_err(), "{}", scene.db.name);
        assert_eq!(scene.balance().await, Money(950), "{}", scene.db.name);
        assert!(store.accounts().consistent().await.unwrap(), "{}", scene.db.name);
    }
}
