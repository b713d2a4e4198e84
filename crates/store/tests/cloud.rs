//! What ten thousand servers would make slow: work is claimed past lanes that are full, and what waits is woken once.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;
use std::time::Duration;

use tenantry_domain::cloud::{NetworkSpec, RouterInterfaceSpec, RouterSpec};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::policy::{Allowed, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Kind, NamespaceSpec, Spec, State};
use tenantry_domain::{Clock as _, DatacenterId, ResourceId, TenantId};
use tenantry_store::Store;
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::work::{Lease, Next, Queue, Seen, WorkKind};
use tenantry_testkit::TestDatabase;

const TERM: Duration = Duration::from_secs(60);

fn own() -> Allowed<act::Create, obj::Tenant> {
    Allowed::system(TenantId::ROOT)
}

async fn datacenters(store: &Store, names: &[&str]) -> Vec<DatacenterId> {
    let tx = store.begin().await.unwrap();
    tx.tenants().insert_root().await.unwrap();
    let mut ids = Vec::new();
    for name in names {
        let draft = DatacenterDraft {
            name: (*name).to_owned(),
            comment: String::new(),
            endpoint: format!("sandbox:{name}"),
            connection: Some(Connection::Sandbox { name: (*name).to_owned() }),
            options: DatacenterOptions::default(),
            capacity: Limits::NONE,
            overcommit: 1.0,
            health: Health::default(),
        };
        ids.push(tx.datacenters().insert(&Allowed::system(TenantId::ROOT), store.clock().uid(), &draft).await.unwrap());
    }
    tx.commit().await.unwrap();
    ids
}

async fn routers(store: &Store, datacenter: DatacenterId, count: usize) -> Vec<ResourceId> {
    let tx = store.begin().await.unwrap();
    let mut ids = Vec::new();
    for n in 0..count {
        let spec = Spec::Router(RouterSpec { description: String::new(), external_network: None });
        ids.push(tx.resources().insert(&own(), datacenter, None, &format!("edge-{n}"), &spec).await.unwrap());
    }
    tx.commit().await.unwrap();
    ids
}

#[tokio::test]
async fn lanes_that_are_full_are_passed_over_and_the_others_get_their_turn() {
    for db in TestDatabase::all().await {
        let lanes = datacenters(&db.store, &["east", "west", "north"]).await;
        for lane in &lanes {
            routers(&db.store, *lane, 5).await;
        }
        let work = db.store.work();
        let taken = |leases: &[Lease]| leases.iter().map(|l| l.lane).collect::<BTreeSet<i64>>();
        let (east, west, north) = (lanes[0].0, lanes[1].0, lanes[2].0);
        let first = work.claim(Queue::Pressing, "a", TERM, 10, &[east, 0]).await.unwrap();
        assert_eq!(taken(&first), BTreeSet::from([west, north]), "{}", db.name);
        let mut claimed = first.len();
        let mut seen: BTreeSet<i64> = first.iter().map(|l| l.id).collect();
        while work.any_due(Queue::Pressing, &[east, 0]).await.unwrap() {
            let more = work.claim(Queue::Pressing, "b", TERM, 10, &[east, 0]).await.unwrap();
            assert!(!more.is_empty() && !taken(&more).contains(&east), "{}: {more:?}", db.name);
            claimed += more.len();
            seen.extend(more.iter().map(|l| l.id));
        }
        assert_eq!((claimed, seen.len()), (10, 10), "{}: each was claimed once", db.name);
        assert!(
            !work.any_due(Queue::Pressing, &[east, west, north, 0]).await.unwrap() && work.any_due(Queue::Pressing, &[]).await.unwrap(),
            "{}",
            db.name
        );
        assert!(work.claim(Queue::Pressing, "c", TERM, 10, &[east, west, north, 0]).await.unwrap().is_empty(), "{}", db.name);
        let left = work.claim(Queue::Pressing, "c", TERM, 100, &[west]).await.unwrap();
        assert!(left.iter().all(|l| l.lane == east || l.lane == 0), "{}: {left:?}", db.name);
    }
}

/// Claims everything, and ends it without having seen anything; what is due then was woken.
async fn rest(db: &TestDatabase) {
    let next = Next { at: db.clock.now().plus(Duration::from_secs(3000)), reason: String::new(), failed: false, queue: Queue::Pressing };
    for lease in db.store.work().claim(Queue::Pressing, "rest", TERM, 1000, &[]).await.unwrap() {
        assert!(db.store.work().finish(&lease, &Seen::Nothing, &next).await.unwrap());
    }
}

/// Removes what is being removed, as its controller would.
async fn gone(db: &TestDatabase, id: ResourceId) {
    let row = db.store.resources().find_by_id(id).await.unwrap().unwrap();
    let tx = db.store.begin().await.unwrap();
    tx.resources().delete(&own(), &row, None).await.unwrap();
    tx.commit().await.unwrap();
    let next = Next { at: db.clock.now(), reason: String::new(), failed: false, queue: Queue::Pressing };
    let leases = db.store.work().claim(Queue::Pressing, "gone", TERM, 10, &[]).await.unwrap();
    let [lease] = &leases[..] else { panic!("{}: only what is removed is due: {leases:?}", db.name) };
    assert_eq!(lease.object, id.0, "{}", db.name);
    assert!(db.store.work().finish(lease, &Seen::Gone, &next).await.unwrap());
}

#[tokio::test]
async fn what_waits_to_go_is_woken_when_the_last_that_used_it_has_gone() {
    for db in TestDatabase::all().await {
        let lane = datacenters(&db.store, &["east"]).await[0];
        let routers = routers(&db.store, lane, 3).await;
        let tx = db.store.begin().await.unwrap();
        let project = Spec::Namespace(NamespaceSpec { limits: Limits::NONE, adopt: false });
        let project = tx.resources().insert(&own(), lane, None, "root", &project).await.unwrap();
        let cidr = "10.0.0.0/24".parse().unwrap();
        let spec = NetworkSpec { description: String::new(), cidr, gateway: None, dhcp: true, pool: None, dns: Vec::new() };
        let network = tx.resources().insert(&own(), lane, Some(project), "lan", &Spec::Network(spec)).await.unwrap();
        let mut interfaces = Vec::new();
        for (n, router) in routers.iter().enumerate() {
            let spec = Spec::RouterInterface(RouterInterfaceSpec { router: *router, network });
            interfaces.push(tx.resources().insert(&own(), lane, Some(project), &format!("way-{n}"), &spec).await.unwrap());
        }
        tx.commit().await.unwrap();
        let named = db.store.resources().unfinished(Kind::RouterInterface, &[network], 2).await.unwrap();
        assert_eq!(named.iter().map(|r| r.id).collect::<Vec<_>>(), interfaces[..2], "{}", db.name);
        let users = db.store.resources().referrers(network, 20).await.unwrap();
        assert_eq!(users.iter().map(|r| r.id).collect::<Vec<_>>(), interfaces, "{}", db.name);
        for id in [network, project] {
            let row = db.store.resources().find_by_id(id).await.unwrap().unwrap();
            let tx = db.store.begin().await.unwrap();
            tx.resources().delete(&own(), &row, None).await.unwrap();
            tx.commit().await.unwrap();
        }
        rest(&db).await;
        for interface in &interfaces {
            assert!(!db.store.work().any_due(Queue::Pressing, &[]).await.unwrap(), "{}: the network still waits for {interface}", db.name);
            gone(&db, *interface).await;
        }
        let woken = db.store.work().claim(Queue::Pressing, "woken", TERM, 10, &[]).await.unwrap();
        assert_eq!(woken.iter().map(|l| l.object).collect::<Vec<_>>(), [network.0], "{}", db.name);
        let next = Next { at: db.clock.now(), reason: String::new(), failed: false, queue: Queue::Pressing };
        assert!(db.store.work().finish(&woken[0], &Seen::Gone, &next).await.unwrap());
        let woken = db.store.work().claim(Queue::Pressing, "woken", TERM, 10, &[]).await.unwrap();
        assert_eq!(
            woken.iter().map(|l| l.kind).collect::<Vec<_>>(),
            [WorkKind::Resource(Kind::Namespace)],
            "{}: and then its project",
            db.name
        );
    }
}

#[tokio::test]
async fn the_last_generation_that_was_complete_is_remembered() {
    for db in TestDatabase::all().await {
        let lane = datacenters(&db.store, &["east"]).await[0];
        let id = routers(&db.store, lane, 1).await[0];
        let next = Next { at: db.clock.now(), reason: String::new(), failed: false, queue: Queue::Pressing };
        for (state, generation, complete) in [(State::Provisioning, 0, 0), (State::Ready, 1, 1), (State::Failed, 1, 1)] {
            let leases = db.store.work().claim(Queue::Pressing, "a", TERM, 10, &[]).await.unwrap();
            let lease = leases.iter().find(|l| l.object == id.0 && l.kind == WorkKind::Resource(Kind::Router)).unwrap();
            db.store.work().finish(lease, &Seen::Resource { state, status: None, generation }, &next).await.unwrap();
            let row = db.store.resources().find_by_id(id).await.unwrap().unwrap();
            assert_eq!((row.state, row.complete_generation), (state, complete), "{}", db.name);
        }
    }
}
