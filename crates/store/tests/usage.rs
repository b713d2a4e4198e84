//! Metering on every database: nothing is counted twice, nothing is left out, and what is owed is booked once.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use futures::future::join_all;
use tenantry_domain::account::EntryKind;
use tenantry_domain::cloud::{VolumeSpec, VolumeStatus};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Kind, NamespaceSpec, Spec, State, Status};
use tenantry_domain::usage::{Cost, HOUR_MS, Rate, RateCard, WhenEmpty};
use tenantry_domain::{Clock as _, DatacenterId, ErrorKind, Metric, Money, ResourceId, TenantId, Timestamp};
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::tenants::NewTenant;
use tenantry_store::work::{Next, Queue, Seen, WorkKind};
use tenantry_testkit::TestDatabase;

const MINUTE: Duration = Duration::from_secs(60);
const EVER: (Timestamp, Timestamp) = (Timestamp(0), Timestamp(i64::MAX));

/// A tenant with a volume of 100 GiB, in a datacenter where a GiB costs 0.01 an hour; the clock is at a full hour.
struct Scene {
    db: TestDatabase,
    tenant: TenantId,
    volume: ResourceId,
}

impl Scene {
    async fn on(db: TestDatabase) -> Self {
        let hour = (db.clock.now().0 / HOUR_MS + 1) * HOUR_MS;
        db.clock.step_to(Timestamp(hour));
        let tx = db.store.begin().await.unwrap();
        tx.tenants().insert_root().await.unwrap();
        let draft = DatacenterDraft {
            name: "east".into(),
            comment: String::new(),
            endpoint: String::new(),
            connection: Some(Connection::Sandbox { name: "east".into() }),
            options: DatacenterOptions::default(),
            capacity: Limits::NONE,
            overcommit: 1.0,
            health: Health::default(),
        };
        let east = tx.datacenters().insert(&Allowed::system(TenantId::ROOT), db.clock.uid(), &draft).await.unwrap();
        let new = NewTenant { name: "payer".into(), slug: "payer".into(), ..NewTenant::default() };
        let allowed: Allowed<act::Create, obj::Tenant> = Allowed::system(TenantId::ROOT);
        let tenant = tx.tenants().insert(&allowed, db.clock.uid(), &new).await.unwrap();
        tx.quotas().grant(tenant, Some(TenantId::ROOT), east, &Limits::NONE, false).await.unwrap();
        let own: Allowed<act::Create, obj::Tenant> = Allowed::system(tenant);
        let place = Spec::Namespace(NamespaceSpec { limits: Limits::NONE, adopt: false });
        let namespace = tx.resources().insert(&own, east, None, "payer", &place).await.unwrap();
        let spec = Spec::Volume(VolumeSpec { size_gib: 100, description: String::new(), volume_type: None, source: None });
        tx.quotas().take(tenant, east, spec.holds()).await.unwrap();
        let volume = tx.resources().insert(&own, east, Some(namespace), "data", &spec).await.unwrap();
        let card = RateCard::default().with(Metric::Storage, Rate::parse("0.01").unwrap());
        tx.usage().set_rates(&Allowed::system(TenantId::ROOT), DatacenterId(east.0), &card, Some(0)).await.unwrap();
        tx.accounts().book(tenant, EntryKind::Adjustment, Money::whole(10), "recharged", None).await.unwrap();
        tx.commit().await.unwrap();
        Self { db, tenant, volume }
    }

    /// One step of the volume's controller, that saw this.
    async fn saw(&self, seen: Seen) {
        let store = &self.db.store;
        let tx = store.begin().await.unwrap();
        tx.work().enqueue(WorkKind::Resource(Kind::Volume), self.volume.0, 1).await.unwrap();
        tx.commit().await.unwrap();
        let next = Next {
            at: self.db.clock.now().plus(Duration::from_secs(1 << 30)),
            reason: String::new(),
            failed: false,
            queue: Queue::Pressing,
        };
        for lease in store.work().claim(Queue::Pressing, "test", MINUTE, 100, &[]).await.unwrap() {
            let ours = lease.kind == WorkKind::Resource(Kind::Volume);
            store.work().finish(&lease, if ours { &seen } else { &Seen::Nothing }, &next).await.unwrap();
        }
    }

    async fn made(&self) {
        let status = VolumeStatus { peer_id: "v-1".into(), size_gib: 100, condition: "available".into() };
        self.saw(Seen::Resource { state: State::Ready, status: Some(Status::Volume(status)), generation: 1 }).await;
    }

    async fn turn(&self) {
        while self.db.store.usage().close_hours().await.unwrap() > 0 {}
        while self.db.store.usage().book().await.unwrap() > 0 {}
    }

    /// The minutes of each record, and what all cost.
    async fn counted(&self) -> (Vec<i64>, Cost) {
        let page = PageRequest::first(1000);
        let found = self.db.store.usage().records(&Scope::system(), self.tenant, EVER, &page).await.unwrap().items;
        assert!(found.windows(2).all(|w| w[0].to <= w[1].from), "records follow one another");
        (found.iter().map(|r| (r.to.0 - r.from.0) / 60_000).collect(), found.iter().map(|r| r.cost).sum())
    }

    async fn balance(&self) -> Money {
        self.db.store.accounts().balance(self.tenant).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn what_runs_is_counted_by_the_hour_from_when_it_was_made_until_it_is_gone() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        let clock = &scene.db.clock;
        clock.step(15 * MINUTE);
        scene.made().await;
        scene.turn().await;
        assert_eq!(scene.counted().await, (vec![], Cost(0)), "{}: the hour is not over", scene.db.name);
        clock.step(105 * MINUTE);
        scene.turn().await;
        scene.turn().await;
        assert_eq!(scene.counted().await, (vec![45, 60], Cost(1_750_000)), "{}", scene.db.name);
        assert_eq!(scene.balance().await, Money(1000 - 175), "{}", scene.db.name);
        // looked at again, unchanged: the meter runs on
        clock.step(10 * MINUTE);
        scene.made().await;
        clock.step(20 * MINUTE);
        let tx = scene.db.store.begin().await.unwrap();
        let row = tx.resources().get(&Scope::system(), Kind::Volume, scene.volume).await.unwrap();
        let allowed: Allowed<act::Delete, obj::Tenant> = Allowed::system(scene.tenant);
        tx.resources().delete(&allowed, &row, None).await.unwrap();
        tx.commit().await.unwrap();
        scene.saw(Seen::Gone).await;
        clock.step(300 * MINUTE);
        scene.turn().await;
        assert_eq!(scene.counted().await, (vec![45, 60, 30], Cost(2_250_000)), "{}", scene.db.name);
        assert_eq!(scene.balance().await, Money(1000 - 225), "{}", scene.db.name);
        assert!(scene.db.store.accounts().consistent().await.unwrap());
        let (all, page) = (EVER, PageRequest::first(10));
        let statement = scene.db.store.usage().statement(&Scope::system(), scene.tenant, all, &page).await.unwrap().items;
        assert_eq!((statement.len(), statement[0].milliseconds / 60_000, statement[0].cost), (1, 135, Cost(2_250_000)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_servers_may_close_the_same_hours_and_book_them_once() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        scene.made().await;
        scene.db.clock.step(5 * 60 * MINUTE);
        join_all((0..4).map(|_| scene.turn())).await;
        scene.turn().await;
        assert_eq!(scene.counted().await, (vec![60; 5], Cost(5_000_000)), "{}", scene.db.name);
        assert_eq!(scene.balance().await, Money::whole(5), "{}", scene.db.name);
        let lines = scene.db.store.accounts().lines(&Scope::system(), scene.tenant, &PageRequest::first(100)).await.unwrap().items;
        assert!(lines.iter().filter(|l| l.kind == "usage").count() == 1, "{}: booked by the hour, not by the record", scene.db.name);
    }
}

#[tokio::test]
async fn an_account_that_runs_out_is_told_of_once_goes_into_debt_and_stops_what_it_should() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        scene.made().await;
        let store = &scene.db.store;
        assert!(store.usage().may_use_more(scene.tenant).await.is_ok());
        for _ in 0..12 {
            scene.db.clock.step(60 * MINUTE);
            scene.turn().await;
        }
        assert_eq!(scene.balance().await, Money::whole(-2), "{}", scene.db.name);
        let told = || async { scene.db.texts("SELECT change AS text FROM events WHERE object = 'account' ORDER BY id").await };
        assert_eq!(told().await, ["balance_low", "balance_empty"], "{}", scene.db.name);
        assert!(store.usage().may_use_more(scene.tenant).await.is_ok(), "{}: nothing was said of what should happen", scene.db.name);
        let tx = store.begin().await.unwrap();
        tx.usage().set_when_empty(&Allowed::system(scene.tenant), WhenEmpty::StopCreating).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.usage().may_use_more(scene.tenant).await.unwrap_err().kind, ErrorKind::BalanceTooLow, "{}", scene.db.name);
        let tx = store.begin().await.unwrap();
        tx.accounts().book(scene.tenant, EntryKind::Adjustment, Money::whole(100), "recharged", None).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.usage().may_use_more(scene.tenant).await.is_ok(), "{}", scene.db.name);
        assert!(store.accounts().consistent().await.unwrap());
    }
}

#[tokio::test]
async fn a_rate_card_holds_from_when_it_is_set_and_is_changed_by_one_at_a_time() {
    for db in TestDatabase::all().await {
        let scene = Scene::on(db).await;
        scene.made().await;
        scene.db.clock.step(60 * MINUTE);
        scene.turn().await;
        let dearer = RateCard::default().with(Metric::Storage, Rate::parse("0.02").unwrap());
        let allowed: Allowed<act::Update, obj::RateCard> = Allowed::system(TenantId::ROOT);
        let tx = scene.db.store.begin().await.unwrap();
        tx.usage().set_rates(&allowed, DatacenterId(1), &dearer, Some(1)).await.unwrap();
        tx.commit().await.unwrap();
        let tx = scene.db.store.begin().await.unwrap();
        let error = tx.usage().set_rates(&allowed, DatacenterId(1), &dearer, Some(1)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::StaleVersion, "{}", scene.db.name);
        drop(tx);
        scene.db.clock.step(60 * MINUTE);
        scene.turn().await;
        assert_eq!(scene.counted().await, (vec![60, 60], Cost(3_000_000)), "{}", scene.db.name);
    }
}
