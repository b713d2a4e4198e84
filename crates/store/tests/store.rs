//! The store's suite, the same on every database.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use futures::future::join_all;
use tenantry_domain::account::EntryKind;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Kind;
use tenantry_domain::resource::{DiskSpec, NamespaceSpec, Spec, State};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, Clock as _, DatacenterId, ErrorKind, Metric, Money, ResourceId, SessionId, TenantId};
use tenantry_store::Store;
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::sessions::Life;
use tenantry_store::tenants::{NewTenant, TenantFilter, TenantSort};
use tenantry_store::users::{NewUser, UserFilter};
use tenantry_store::work::{Next, Queue, Seen, WorkKind};
use tenantry_testkit::TestDatabase;

/// A root tenant and a datacenter of 100 cores, 100 GiB of memory and 1000 GiB of storage.
async fn platform(store: &Store) -> DatacenterId {
    let tx = store.begin().await.unwrap();
    tx.tenants().insert_root().await.unwrap();
    let draft = DatacenterDraft {
        name: "east".into(),
        comment: String::new(),
        endpoint: "sandbox:east".into(),
        connection: Some(Connection::Sandbox { name: "east".into() }),
        options: DatacenterOptions::default(),
        capacity: limits(100),
        overcommit: 1.0,
        health: Health::default(),
    };
    let id = tx.datacenters().insert(&Allowed::system(TenantId::ROOT), store.clock().uid(), &draft).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn limits(cores: i64) -> Limits {
    Limits::compute(Some(cores * 1000), Some(cores * 1024), Some(cores * 10 * 1024))
}

async fn open(store: &Store, parent: TenantId, name: &str, datacenter: DatacenterId, cores: i64) -> tenantry_domain::Result<TenantId> {
    let tx = store.begin().await?;
    let new = NewTenant { name: name.into(), slug: name.into(), totals: limits(cores), ..NewTenant::default() };
    let id = tx.tenants().insert(&Allowed::system(parent), store.clock().uid(), &new).await?;
    tx.quotas().grant(id, Some(parent), datacenter, &limits(cores), false).await?;
    let spec = Spec::Namespace(NamespaceSpec { limits: limits(cores), adopt: false });
    tx.resources().insert(&own(id), datacenter, None, name, &spec).await?;
    tx.commit().await?;
    Ok(id)
}

fn own(id: TenantId) -> Allowed<tenantry_domain::policy::act::Create, tenantry_domain::policy::obj::Tenant> {
    Allowed::system(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_reservations_are_admitted_as_fit_however_many_ask_at_once() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let tenant = open(&db.store, TenantId::ROOT, "busy", dc, 10).await.unwrap();
        let take = |_| async {
            let tx = db.store.begin().await?;
            tx.quotas().take(tenant, dc, Amounts::ZERO.with(Metric::Cpu, 1000)).await?;
            tx.commit().await
        };
        let results = join_all((0..40).map(take)).await;
        let refused: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
        assert_eq!(results.len() - refused.len(), 10, "{}", db.name);
        assert!(refused.iter().all(|e| e.kind == ErrorKind::QuotaExceeded), "{}: {refused:?}", db.name);
        let share = db.store.quotas().find(&Scope::system(), tenant, dc).await.unwrap().unwrap();
        assert_eq!(share.used[Metric::Cpu], 10_000, "{}", db.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_is_given_to_one_of_those_who_ask_at_once_and_nothing_is_left_of_the_others() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let results = join_all((0..8).map(|_| open(&db.store, TenantId::ROOT, "dev", dc, 5))).await;
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{}", db.name);
        assert!(results.iter().filter_map(|r| r.as_ref().err()).all(|e| e.kind == ErrorKind::AlreadyExists), "{}", db.name);
        let root = db.store.quotas().find(&Scope::system(), TenantId::ROOT, dc).await.unwrap().unwrap();
        assert_eq!(root.granted[Metric::Cpu], 5000, "{}", db.name);
    }
}

#[tokio::test]
async fn a_childs_quota_comes_out_of_its_parents_and_cannot_escape_it() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let parent = open(&db.store, TenantId::ROOT, "parent", dc, 10).await.unwrap();
        open(&db.store, parent, "child", dc, 6).await.unwrap();
        let error = open(&db.store, parent, "second", dc, 5).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::QuotaExceeded, "{}: {error}", db.name);
        let tx = db.store.begin().await.unwrap();
        let new = NewTenant { name: "open".into(), slug: "open".into(), totals: Limits::NONE, ..NewTenant::default() };
        let id = tx.tenants().insert(&Allowed::system(parent), db.clock.uid(), &new).await.unwrap();
        let error = tx.quotas().grant(id, Some(parent), dc, &Limits::NONE, false).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidArgument, "{}", db.name);
        let error = tx.quotas().resize(&own(parent), Some(TenantId::ROOT), dc, &limits(5), false).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::QuotaExceeded, "{}: {error}", db.name);
    }
}

#[tokio::test]
async fn a_balance_is_the_sum_of_its_lines_and_never_below_nothing() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let tenant = open(&db.store, TenantId::ROOT, "payer", dc, 1).await.unwrap();
        for (amount, fits) in [(100, true), (-30, true), (-71, false), (-70, true), (-1, false), (5, true)] {
            let tx = db.store.begin().await.unwrap();
            let booked = tx.accounts().book(tenant, EntryKind::Adjustment, Money::whole(amount), "test", None).await;
            assert_eq!(booked.is_ok(), fits, "{} {amount}", db.name);
            if fits {
                tx.commit().await.unwrap();
            } else {
                assert_eq!(booked.unwrap_err().kind, ErrorKind::BalanceTooLow);
            }
            assert!(db.store.accounts().consistent().await.unwrap(), "{}", db.name);
        }
        assert_eq!(db.store.accounts().balance(tenant).await.unwrap(), Some(Money::whole(5)), "{}", db.name);
        let lines = db.store.accounts().lines(&Scope::system(), tenant, &PageRequest::default()).await.unwrap();
        assert_eq!(lines.items.iter().map(|l| l.amount).sum::<Money>(), Money::whole(5));
    }
}

#[tokio::test]
async fn tenants_that_a_user_reaches_and_users_by_their_ids_are_found_on_every_database() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let top = open(&db.store, TenantId::ROOT, "top", dc, 4).await.unwrap();
        let below = open(&db.store, top, "below", dc, 1).await.unwrap();
        open(&db.store, TenantId::ROOT, "beside", dc, 1).await.unwrap();
        let tx = db.store.begin().await.unwrap();
        let new = NewUser { username: "a".into(), role: Some(Role::Member), enabled: true, ..NewUser::default() };
        let user = tx.users().insert(&Allowed::system(top), &new).await.unwrap();
        let directory = Some(("people".to_owned(), "1".to_owned()));
        let stranger = NewUser { username: "b".into(), origin: directory, ..new };
        let stranger = tx.users().insert(&Allowed::system(TenantId::ROOT), &stranger).await.unwrap();
        tx.sessions().insert(user, "hash", "", "", Life { absolute: Duration::from_secs(9), idle: Duration::from_secs(9) }).await.unwrap();
        tx.commit().await.unwrap();

        let all = PageRequest::default();
        let reached = TenantFilter { reached_by: Some(user), ..TenantFilter::default() };
        let found = db.store.tenants().list(&Scope::system(), &reached, &all).await.unwrap();
        assert_eq!(found.items.iter().map(|t| t.id).collect::<Vec<_>>(), [top, below], "{}", db.name);
        let these = TenantFilter { ids: Some(vec![below, TenantId(4711)]), ..TenantFilter::default() };
        let found = db.store.tenants().list(&Scope::system(), &these, &all).await.unwrap();
        assert_eq!(found.items.iter().map(|t| t.id).collect::<Vec<_>>(), [below], "{}", db.name);

        let uid = db.store.users().get(&Scope::system(), user).await.unwrap().uid;
        for (filter, wanted) in [
            (UserFilter { uid: Some(uid), ..UserFilter::default() }, user),
            (UserFilter { from_directory: true, ..UserFilter::default() }, stranger),
        ] {
            let found = db.store.users().list(&Scope::system(), &filter, &all).await.unwrap();
            assert_eq!(found.items.iter().map(|u| u.id).collect::<Vec<_>>(), [wanted], "{}", db.name);
        }
        let session = db.store.sessions().list(user, 1).await.unwrap()[0].clone();
        assert_eq!(db.store.sessions().opened_at(session.id).await.unwrap(), Some(session.created_at), "{}", db.name);
        assert_eq!(db.store.sessions().opened_at(SessionId(4711)).await.unwrap(), None, "{}", db.name);
    }
}

#[tokio::test]
async fn pages_by_key_show_every_tenant_once_in_every_order() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        for i in 0..23 {
            open(&db.store, TenantId::ROOT, &format!("t{:02}", (i * 7) % 23), dc, 1).await.unwrap();
            db.clock.step(Duration::from_millis(i % 3));
        }
        for sort in [TenantSort::Id, TenantSort::Name, TenantSort::CreatedAt] {
            for descending in [false, true] {
                let filter = TenantFilter { sort, descending, without_root: true, ..TenantFilter::default() };
                let mut page = PageRequest::first(5);
                let mut seen = Vec::new();
                loop {
                    let found = db.store.tenants().list(&Scope::system(), &filter, &page).await.unwrap();
                    seen.extend(found.items.into_iter().map(|t| t.name));
                    page.after = found.next;
                    if page.after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen.len(), 23, "{} {sort:?} {descending}", db.name);
                let mut sorted = seen.clone();
                sorted.sort();
                if sort == TenantSort::Name {
                    let mut expected = sorted.clone();
                    if descending {
                        expected.reverse();
                    }
                    assert_eq!(seen, expected, "{}", db.name);
                }
                sorted.dedup();
                assert_eq!(sorted.len(), 23, "{}", db.name);
            }
        }
    }
}

#[tokio::test]
async fn work_is_claimed_once_comes_back_when_its_worker_died_and_is_done_again_when_it_changed_meanwhile() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let term = Duration::from_secs(60);
        let first = db.store.work().claim(Queue::Pressing, "a", term, 10, &[]).await.unwrap();
        assert_eq!(first.iter().map(|l| l.kind).collect::<Vec<_>>(), [WorkKind::Datacenter], "{}", db.name);
        assert!(db.store.work().claim(Queue::Pressing, "b", term, 10, &[]).await.unwrap().is_empty(), "{}", db.name);
        db.clock.step(Duration::from_secs(61));
        let again = db.store.work().claim(Queue::Pressing, "b", term, 10, &[]).await.unwrap();
        assert_eq!(again.len(), 1, "{}", db.name);
        assert!(first[0].first && !again[0].first, "{}: whoever died may have done something", db.name);
        let next = Next { at: db.clock.now().plus(Duration::from_secs(300)), reason: String::new(), failed: false, queue: Queue::Pressing };
        assert!(!db.store.work().finish(&first[0], &Seen::Nothing, &next).await.unwrap(), "a lost lease writes nothing");
        let tx = db.store.begin().await.unwrap();
        tx.work().enqueue(WorkKind::Datacenter, dc.0, 0).await.unwrap();
        tx.commit().await.unwrap();
        assert!(db.store.work().finish(&again[0], &Seen::Nothing, &next).await.unwrap());
        assert_eq!(
            db.store.work().claim(Queue::Pressing, "a", term, 10, &[]).await.unwrap().len(),
            1,
            "{}: what came meanwhile is due now",
            db.name
        );
    }
}

#[tokio::test]
async fn what_is_at_rest_waits_in_a_queue_of_its_own_until_somebody_asks_for_something() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let (work, term) = (db.store.work(), Duration::from_secs(60));
        let lease = work.claim(Queue::Pressing, "a", term, 10, &[]).await.unwrap().pop().unwrap();
        let next = Next { at: db.clock.now(), reason: String::new(), failed: false, queue: Queue::Resting };
        assert!(work.finish(&lease, &Seen::Nothing, &next).await.unwrap());
        assert!(!work.any_due(Queue::Pressing, &[]).await.unwrap() && !work.any_due(Queue::Pressing, &[7]).await.unwrap(), "{}", db.name);
        assert!(work.any_due(Queue::Resting, &[]).await.unwrap() && work.any_due(Queue::Resting, &[7]).await.unwrap(), "{}", db.name);
        let backlog = work.backlog().await.unwrap();
        assert_eq!((backlog.due, backlog.resting_due, backlog.resting), (0, 1, 1), "{}", db.name);
        let lease = work.claim(Queue::Resting, "a", term, 10, &[]).await.unwrap().pop().unwrap();
        let tx = db.store.begin().await.unwrap();
        tx.work().enqueue(WorkKind::Datacenter, dc.0, 0).await.unwrap();
        tx.commit().await.unwrap();
        assert!(work.finish(&lease, &Seen::Nothing, &next).await.unwrap());
        assert!(work.any_due(Queue::Pressing, &[]).await.unwrap(), "{}: what was asked for during the step is pressing", db.name);
        assert!(work.claim(Queue::Resting, "a", term, 10, &[]).await.unwrap().is_empty(), "{}", db.name);
    }
}

#[tokio::test]
async fn what_a_resource_held_comes_back_with_it_and_a_delete_outranks_what_was_seen() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        let tenant = open(&db.store, TenantId::ROOT, "dev", dc, 10).await.unwrap();
        let tx = db.store.begin().await.unwrap();
        let spec = Spec::Disk(DiskSpec { size_gib: 7 });
        tx.quotas().take(tenant, dc, spec.holds()).await.unwrap();
        let disk = tx.resources().insert(&own(tenant), dc, Some(ResourceId(1)), "data", &spec).await.unwrap();
        tx.commit().await.unwrap();
        let leases = db.store.work().claim(Queue::Pressing, "a", Duration::from_secs(60), 10, &[]).await.unwrap();
        let lease = leases.iter().find(|l| l.kind == WorkKind::Resource(Kind::Disk)).unwrap();
        let row = db.store.resources().find_by_id(disk).await.unwrap().unwrap();
        let tx = db.store.begin().await.unwrap();
        tx.resources().delete(&own(tenant), &row, None).await.unwrap();
        tx.commit().await.unwrap();
        let next = Next { at: db.clock.now(), reason: String::new(), failed: false, queue: Queue::Pressing };
        let seen = Seen::Resource { state: State::Ready, status: None, generation: 1 };
        db.store.work().finish(lease, &seen, &next).await.unwrap();
        assert_eq!(db.store.resources().find_by_id(disk).await.unwrap().unwrap().state, State::Deleting, "{}", db.name);
        let leases = db.store.work().claim(Queue::Pressing, "a", Duration::from_secs(60), 10, &[]).await.unwrap();
        db.store
            .work()
            .finish(leases.iter().find(|l| l.kind == WorkKind::Resource(Kind::Disk)).unwrap(), &Seen::Gone, &next)
            .await
            .unwrap();
        assert!(db.store.resources().find_by_id(disk).await.unwrap().is_none());
        let share = db.store.quotas().find(&Scope::system(), tenant, dc).await.unwrap().unwrap();
        assert!(share.used.is_zero(), "{}: {:?}", db.name, share.used);
    }
}

#[tokio::test]
async fn events_are_numbered_in_the_order_of_commits_and_seen_only_in_scope() {
    for db in TestDatabase::all().await {
        let dc = platform(&db.store).await;
        for name in ["a", "b"] {
            open(&db.store, TenantId::ROOT, name, dc, 1).await.unwrap();
        }
        assert!(db.store.events().sequence().await.unwrap() > 0);
        assert_eq!(db.store.events().sequence().await.unwrap(), 0);
        let all = db.store.events().after(&Scope::system(), tenantry_domain::EventId(0), 100).await.unwrap();
        let numbers: Vec<i64> = all.iter().map(|e| e.id.0).collect();
        assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>(), "{}", db.name);
        assert_eq!(db.store.events().newest().await.unwrap().0, *numbers.last().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_tenant_is_never_older_than_the_last_commit() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        let dc = platform(store).await;
        let id = open(store, TenantId::ROOT, "kept", dc, 10).await.unwrap();
        let same = |what: &'static str| async move {
            let everything = Scope::system();
            let read = store.tenants().get(&everything, id).await.unwrap();
            assert_eq!(store.tenants().recall(&everything, id).await.unwrap(), read, "{}: after {what}", db.name);
            read
        };
        same("opening").await;
        let tx = store.begin().await.unwrap();
        let change = tenantry_store::tenants::TenantChange { description: Some("new".into()), ..Default::default() };
        tx.tenants().update(&own(id), &change, None).await.unwrap();
        // what is not committed is not seen
        assert_eq!(store.tenants().recall(&Scope::system(), id).await.unwrap().description, "");
        tx.commit().await.unwrap();
        assert_eq!(same("a change").await.description, "new");
        let tx = store.begin().await.unwrap();
        tx.accounts().book(id, EntryKind::Gift, Money::whole(7), "", None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(same("a booking").await.balance, Money::whole(7));
        let tx = store.begin().await.unwrap();
        tx.accounts().set_balance(id, Money::whole(3), "", tenantry_domain::UserId(1)).await.unwrap();
        tx.commit().await.unwrap();
        same("setting the balance").await;
        let tx = store.begin().await.unwrap();
        tx.quotas().revoke(id, Some(TenantId::ROOT), dc).await.unwrap();
        tx.commit().await.unwrap();
        assert!(same("losing a datacenter").await.datacenters.is_empty());
        let tx = store.begin().await.unwrap();
        tx.tenants().close(&Allowed::system(id), id, None).await.unwrap();
        tx.commit().await.unwrap();
        same("the beginning of its end").await;
        for lease in store
            .work()
            .claim(Queue::Pressing, "a", Duration::from_secs(60), 10, &[])
            .await
            .unwrap()
            .iter()
            .filter(|l| l.kind == WorkKind::Tenant)
        {
            let next = Next { at: store.clock().now(), reason: "something is left".into(), failed: true, queue: Queue::Pressing };
            store.work().finish(lease, &Seen::Nothing, &next).await.unwrap();
        }
        assert_eq!(same("an attempt").await.progress.reason, "something is left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_takes_all_below_along_at_once_and_nothing_beside_it() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        let dc = platform(store).await;
        let top = open(store, TenantId::ROOT, "top", dc, 8).await.unwrap();
        let beside = open(store, TenantId::ROOT, "beside", dc, 1).await.unwrap();
        let mut below = Vec::new();
        for n in 0..3 {
            let middle = open(store, top, &format!("middle-{n}"), dc, 2).await.unwrap();
            below.extend([middle, open(store, middle, &format!("low-{n}"), dc, 1).await.unwrap()]);
        }
        // one of them is being closed already
        let tx = store.begin().await.unwrap();
        tx.tenants().close(&Allowed::system(below[0]), below[0], None).await.unwrap();
        tx.commit().await.unwrap();
        let mut versions = Vec::new();
        for _ in 0..2 {
            let tx = store.begin().await.unwrap();
            tx.tenants().close(&Allowed::system(top), top, None).await.unwrap();
            tx.tenants().close_below(&Allowed::system(top), top).await.unwrap();
            tx.commit().await.unwrap();
            versions.push(db.texts("SELECT CAST(id AS TEXT) || '=' || CAST(version AS TEXT) FROM tenants ORDER BY id").await);
        }
        assert_eq!(versions[0], versions[1], "{}: doing it again changes nothing", db.name);
        let closing = db.texts("SELECT CAST(id AS TEXT) FROM tenants WHERE state = 'closing' ORDER BY id").await;
        let worked_on = db.texts("SELECT CAST(object_id AS TEXT) FROM work WHERE kind = 'tenant' ORDER BY object_id").await;
        let mut all: Vec<i64> = below.iter().map(|t| t.0).chain([top.0]).collect();
        all.sort_unstable();
        let all: Vec<String> = all.iter().map(i64::to_string).collect();
        assert_eq!((&closing, &worked_on), (&all, &all), "{}", db.name);
        assert_eq!(store.tenants().recall(&Scope::system(), beside).await.unwrap().state, tenantry_domain::tenant::TenantState::Active);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_tenant_is_kept_from_those_who_may_not_see_it_and_goes_with_its_row() {
    let db = TestDatabase::sqlite().await;
    let dc = platform(&db.store).await;
    let id = open(&db.store, TenantId::ROOT, "one", dc, 1).await.unwrap();
    let other = open(&db.store, TenantId::ROOT, "two", dc, 1).await.unwrap();
    let caller = |home| tenantry_domain::policy::Caller {
        user: tenantry_domain::UserId(9),
        name: "x".into(),
        home,
        session: SessionId(1),
        grants: vec![tenantry_domain::policy::Grant { tenant: home, role: Role::TenantAdmin }],
        groups: Vec::new(),
        must_change_password: false,
    };
    let scope = |home| tenantry_domain::policy::scope(&caller(home), tenantry_domain::policy::ObjectKind::Tenant).unwrap();
    for _ in 0..2 {
        assert!(db.store.tenants().recall(&scope(id), id).await.is_ok());
        assert_eq!(db.store.tenants().recall(&scope(other), id).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_purged_and_nothing_else() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        platform(store).await;
        let new = tenantry_store::users::NewUser {
            username: "u".into(),
            password_hash: "x".into(),
            role: Some(Role::Member),
            enabled: true,
            ..Default::default()
        };
        let tx = store.begin().await.unwrap();
        let user = tx.users().insert(&Allowed::system(TenantId::ROOT), &new).await.unwrap();
        let life = |seconds| Life { absolute: Duration::from_secs(seconds), idle: Duration::from_secs(seconds) };
        tx.sessions().insert(user, "short", "", "", life(60)).await.unwrap();
        tx.sessions().insert(user, "long", "", "", life(36 * 3600)).await.unwrap();
        tx.idempotency().insert(user, "key", "f", "/x").await.unwrap();
        tx.events().record(tenantry_domain::policy::ObjectKind::User, user.0, None, "created", "u", "").await.unwrap();
        tx.commit().await.unwrap();
        while store.events().sequence().await.unwrap() > 0 {}
        let week = Duration::from_secs(7 * 24 * 3600);
        assert_eq!((store.sessions().purge().await.unwrap(), store.idempotency().purge().await.unwrap()), (0, 0), "{}", db.name);
        db.clock.step(Duration::from_secs(60));
        assert_eq!(store.sessions().purge().await.unwrap(), 1, "{}", db.name);
        assert!(store.sessions().find("long").await.unwrap().is_some() && store.sessions().find("short").await.unwrap().is_none());
        db.clock.step(Duration::from_secs(24 * 3600));
        assert_eq!(store.idempotency().purge().await.unwrap(), 1, "{}", db.name);
        assert!(store.idempotency().find(user, "key").await.unwrap().is_none());
        assert_eq!(store.events().purge(week).await.unwrap(), 0, "{}", db.name);
        db.clock.step(week);
        assert!(store.events().purge(week).await.unwrap() > 0, "{}", db.name);
        assert_eq!(store.events().oldest().await.unwrap(), None);
    }
}
