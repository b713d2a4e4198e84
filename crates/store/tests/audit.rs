//! The audit's chain and lists, the same on every database.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tenantry_domain::audit::{AuditOutcome, AuditRecord, Fault, Verdict};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::Scope;
use tenantry_domain::{DatacenterId, Error, Result, TenantId, UserId};
use tenantry_store::audit::{AuditFilter, AuditOrder};
use tenantry_store::{CommitHook, Store, Tx};
use tenantry_testkit::TestDatabase;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn record(what: &str) -> AuditRecord {
    AuditRecord {
        user: Some(UserId(1)),
        user_name: "admin".to_owned(),
        address: "192.0.2.1".to_owned(),
        dialect: "native".to_owned(),
        request_id: "r".to_owned(),
        ..AuditRecord::new("create", "tenant", what, Some(TenantId::ROOT), "'\u{e9}'")
    }
}

async fn begin(store: &Store, record: &AuditRecord) -> Tx {
    let tx = store.begin().await.unwrap();
    tx.audit().record(record).await.unwrap();
    tx
}

/// Writes records in one transaction.
async fn write(store: &Store, names: impl IntoIterator<Item = String>) {
    let tx = store.begin().await.unwrap();
    for name in names {
        tx.audit().record(&record(&name)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn verify(store: &Store) -> Verdict {
    store.audit().verify(0, i64::MAX, None).await.unwrap()
}

/// What is wrong, from where to where.
type Findings = Vec<(Fault, i64, i64)>;

fn found(verdict: &Verdict) -> Findings {
    verdict.findings.iter().map(|f| (f.fault, f.number, f.to)).collect()
}

/// The sealed records in the order of the chain: number and object id.
async fn chain(store: &Store) -> Vec<(i64, String)> {
    let sealed = store.audit().sealed(&Scope::system(), &AuditFilter::default(), 0, 10_000).await.unwrap();
    sealed.into_iter().map(|r| (r.seal.unwrap().number, r.object_id)).collect()
}

/// Ten sealed records on every database.
async fn logs() -> Vec<TestDatabase> {
    let all = TestDatabase::all().await;
    for db in &all {
        write(&db.store, (1..=10).map(|n| n.to_string())).await;
        assert_eq!(db.store.audit().seal().await.unwrap(), 10, "{}", db.name);
        assert_eq!(db.store.audit().seal().await.unwrap(), 0, "{}", db.name);
    }
    all
}

#[tokio::test]
async fn what_is_sealed_is_found_intact_and_what_is_not_yet_is_counted() {
    for db in logs().await {
        write(&db.store, ["late".to_owned()]).await;
        let verdict = verify(&db.store).await;
        assert!(verdict.is_intact() && verdict.is_complete(), "{}: {verdict:?}", db.name);
        assert_eq!((verdict.checked, verdict.sealed_to, verdict.verified_to, verdict.unsealed), (10, 10, 10, 1), "{}", db.name);
        let listed =
            db.store.audit().list(&Scope::system(), &AuditFilter::default(), AuditOrder::Newest, &PageRequest::first(2)).await.unwrap();
        assert_eq!(listed.items[0].seal, None, "{}", db.name);
        let last = listed.items[1].seal.clone().unwrap();
        assert_eq!((last.number, &last.hash), (10, &verdict.hash), "{}", db.name);
    }
}

#[tokio::test]
async fn the_hash_is_that_of_the_hash_before_and_all_fields() {
    // computed beside this code, from docs/adr/0006
    let known = "e024e4872a138409db77e0114bfa2611676aa066684473be2cd77b789d81dd5b";
    for db in TestDatabase::all().await {
        write(&db.store, ["1".to_owned()]).await;
        db.store.audit().seal().await.unwrap();
        assert_eq!(verify(&db.store).await.hash, known, "{}", db.name);
    }
}

#[tokio::test]
async fn every_kind_of_tampering_is_found_with_its_place() {
    let changes = [
        "at = at + 1",
        "user_id = 2",
        "user_id = NULL",
        "user_name = 'x'",
        "address = ''",
        "dialect = 'x'",
        "action = 'x'",
        "object = 'x'",
        "object_id = 'x'",
        "tenant_id = NULL",
        "datacenter_id = 1",
        "outcome = 'refused'",
        "detail = ''",
        "request_id = 'x'",
        "hash = NULL",
        // moves a character from one field to the next: the same text, another record
        "user_name = 'admi', address = 'n' || address",
    ];
    let mut cases: Vec<(String, Findings)> =
        changes.iter().map(|change| (format!("UPDATE audit SET {change} WHERE seq = 4"), vec![(Fault::Changed, 4, 4)])).collect();
    let hash = "f".repeat(64);
    cases.extend([
        // the next one is not chained to it either
        (format!("UPDATE audit SET hash = '{hash}' WHERE seq = 4"), vec![(Fault::Changed, 4, 4), (Fault::Changed, 5, 5)]),
        ("DELETE FROM audit WHERE seq = 4".to_owned(), vec![(Fault::Missing, 4, 4)]),
        ("DELETE FROM audit WHERE seq IN (4, 5, 8)".to_owned(), vec![(Fault::Missing, 4, 5), (Fault::Missing, 8, 8)]),
        ("DELETE FROM audit WHERE seq = 1".to_owned(), vec![(Fault::Missing, 1, 1)]),
        ("DELETE FROM audit WHERE seq > 7".to_owned(), vec![(Fault::Missing, 8, 10)]),
        ("DELETE FROM audit".to_owned(), vec![(Fault::Missing, 1, 10)]),
        // the last is taken out, and the end moved
        ("DELETE FROM audit WHERE seq = 10; UPDATE audit_chain SET head_seq = 9".to_owned(), vec![(Fault::End, 9, 9)]),
        // one is taken out, and those behind it close the gap
        (
            "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = -seq WHERE seq > 4; UPDATE audit SET seq = -seq - 1 WHERE seq < 0; \
             UPDATE audit_chain SET head_seq = 9"
                .to_owned(),
            (4..=9).map(|n| (Fault::Changed, n, n)).collect(),
        ),
        (format!("UPDATE audit_chain SET head_hash = '{hash}'"), vec![(Fault::End, 10, 10)]),
        (
            "INSERT INTO audit (at, action, object, outcome, seq, hash) VALUES (1, 'x', 'x', 'allowed', 11, 'x')".to_owned(),
            vec![(Fault::Inserted, 11, 11)],
        ),
        (
            "INSERT INTO audit (at, action, object, outcome, seq, hash) VALUES (1, 'x', 'x', 'allowed', 0, 'x')".to_owned(),
            vec![(Fault::Inserted, 0, 0)],
        ),
        // a record in the middle, with room made for it
        (
            "UPDATE audit SET seq = -seq WHERE seq > 4; UPDATE audit SET seq = 1 - seq WHERE seq < 0; UPDATE audit_chain SET head_seq = 11; \
             INSERT INTO audit (at, action, object, outcome, seq, hash) VALUES (1, 'x', 'x', 'allowed', 5, 'x')"
                .to_owned(),
            (5..=11).map(|n| (Fault::Changed, n, n)).collect(),
        ),
        // two change places, with and without their hashes
        (
            "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = -1".to_owned(),
            vec![(Fault::Changed, 4, 4), (Fault::Changed, 5, 5), (Fault::Changed, 6, 6), (Fault::Changed, 7, 7)],
        ),
        (
            "UPDATE audit SET object_id = CASE WHEN object_id = '4' THEN '6' ELSE '4' END WHERE object_id IN ('4', '6')".to_owned(),
            vec![(Fault::Changed, 4, 4), (Fault::Changed, 6, 6)],
        ),
    ]);
    for (statement, wanted) in cases {
        for db in logs().await {
            assert!(db.tamper(&statement).await > 0 || statement.contains(';'), "{}: {statement}", db.name);
            let verdict = verify(&db.store).await;
            assert_eq!(found(&verdict), wanted, "{}: {statement}: {:?}", db.name, verdict.findings);
        }
    }
}

#[tokio::test]
async fn a_log_written_anew_is_known_by_what_was_noted_of_it() {
    for db in logs().await {
        let noted = verify(&db.store).await.hash;
        let check = async |number, hash: &str| found(&db.store.audit().verify(0, i64::MAX, Some((number, hash))).await.unwrap());
        assert_eq!(check(10, &noted).await, [], "{}", db.name);
        write(&db.store, ["more".to_owned()]).await;
        db.store.audit().seal().await.unwrap();
        assert_eq!(check(10, &noted).await, [], "{}", db.name);
        // whoever has the database can take all seals away and let the sealer begin again
        let beginning = "0".repeat(64);
        db.tamper(&format!(
            "UPDATE audit SET seq = NULL, hash = NULL, detail = 'forged'; \
             UPDATE audit_chain SET head_seq = 0, head_hash = '{beginning}', anchor_seq = 0, anchor_hash = '{beginning}'"
        ))
        .await;
        assert_eq!(db.store.audit().seal().await.unwrap(), 11, "{}", db.name);
        assert!(verify(&db.store).await.is_intact(), "{}", db.name);
        assert_eq!(check(10, &noted).await, [(Fault::Rewritten, 10, 10)], "{}", db.name);
        assert_eq!(check(99, &noted).await, [(Fault::Rewritten, 99, 99)], "{}", db.name);
    }
}

#[tokio::test]
async fn a_chain_is_verified_piece_by_piece() {
    for db in TestDatabase::all().await {
        write(&db.store, (1..=1200).map(|n| n.to_string())).await;
        assert_eq!(db.store.audit().seal().await.unwrap(), 1200, "{}", db.name);
        db.tamper("UPDATE audit SET detail = 'x' WHERE seq IN (3, 700, 1200)").await;
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let part = db.store.audit().verify(after, 400, None).await.unwrap();
            assert!(part.checked <= 500, "{}: {}", db.name, part.checked);
            seen.extend(found(&part).into_iter().map(|(_, number, _)| number));
            after = part.verified_to;
            if part.is_complete() {
                break;
            }
        }
        assert_eq!(seen, [3, 700, 1200], "{}", db.name);
    }
}

#[tokio::test]
async fn the_order_of_the_chain_is_the_order_of_sealing() {
    // PostgreSQL alone has two writers at a time
    let Some(db) = TestDatabase::postgres().await else { return };
    let slow = begin(&db.store, &record("slow")).await;
    write(&db.store, ["quick".to_owned()]).await;
    assert_eq!(db.store.audit().seal().await.unwrap(), 1, "whoever writes holds nobody up");
    slow.commit().await.unwrap();
    write(&db.store, ["last".to_owned()]).await;
    assert_eq!(db.store.audit().seal().await.unwrap(), 2);
    let names = ["quick", "slow", "last"].map(str::to_owned);
    assert_eq!(chain(&db.store).await, [1, 2, 3].into_iter().zip(names).collect::<Vec<_>>());
    assert!(verify(&db.store).await.is_intact());
}

#[tokio::test]
async fn what_was_rolled_back_leaves_no_gap() {
    for db in logs().await {
        drop(begin(&db.store, &record("never")).await);
        write(&db.store, ["11".to_owned()]).await;
        assert_eq!(db.store.audit().seal().await.unwrap(), 1, "{}", db.name);
        assert_eq!(chain(&db.store).await.last().unwrap(), &(11, "11".to_owned()), "{}", db.name);
        assert!(verify(&db.store).await.is_intact(), "{}", db.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sealers_and_writers_at_once_make_one_chain_without_a_gap() {
    for db in TestDatabase::all().await {
        // an embedded database has one process
        let others = if db.store.is_shared() { vec![db.another(None).await, db.another(None).await] } else { vec![db.store.clone()] };
        let writers = (0..4).map(|w| {
            let store = &db.store;
            async move {
                for n in 0..100 {
                    write(store, [format!("{w}-{n}")]).await;
                }
            }
        });
        let sealers = others.iter().map(|store| async {
            for _ in 0..60 {
                store.audit().seal().await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        tokio::join!(join_all(writers), join_all(sealers));
        db.store.audit().seal().await.unwrap();
        let numbers: Vec<i64> = chain(&db.store).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, (1..=400).collect::<Vec<_>>(), "{}", db.name);
        let verdict = verify(&db.store).await;
        assert!(verdict.is_intact() && verdict.sealed_to == 400, "{}: {verdict:?}", db.name);
    }
}

/// Breaks the commit whose turn it is: before it, or after it.
struct Breaks {
    turn: AtomicI64,
    after: bool,
}

#[async_trait]
impl CommitHook for Breaks {
    async fn before(&self) -> Result<()> {
        let now = self.turn.fetch_sub(1, Ordering::SeqCst) == 0;
        if now && !self.after { Err(Error::internal("crash")) } else { Ok(()) }
    }
    async fn after(&self) -> Result<()> {
        if self.after && self.turn.load(Ordering::SeqCst) == -1 { Err(Error::internal("crash")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_crash_between_any_two_steps_of_sealing_and_removing_is_made_good_by_the_next_run() {
    for (turn, after) in (0..6).flat_map(|turn| [(turn, false), (turn, true)]) {
        for db in TestDatabase::all().await {
            write(&db.store, (0..1100).map(|n| n.to_string())).await;
            db.clock.step(DAY * 2);
            write(&db.store, ["young".to_owned()]).await;
            let broken = db.another(Some(Arc::new(Breaks { turn: AtomicI64::new(turn), after }))).await;
            // three batches are sealed, three removed
            let crashed = [broken.audit().seal().await.is_err(), broken.audit().purge(DAY).await.is_err()];
            assert_eq!(crashed.iter().filter(|c| **c).count(), 1, "{} {turn} {after}", db.name);
            assert!(verify(&db.store).await.is_intact(), "{} {turn} {after}", db.name);
            db.store.audit().seal().await.unwrap();
            db.store.audit().purge(DAY).await.unwrap();
            let verdict = verify(&db.store).await;
            assert!(verdict.is_intact(), "{} {turn} {after}: {:?}", db.name, verdict.findings);
            assert_eq!((verdict.removed_to, verdict.sealed_to), (1100, 1101), "{} {turn} {after}", db.name);
            assert_eq!(chain(&db.store).await, [(1101, "young".to_owned())], "{} {turn} {after}", db.name);
        }
    }
}

#[tokio::test]
async fn retention_removes_what_is_old_and_sealed_and_what_is_left_still_verifies() {
    for db in logs().await {
        assert_eq!(db.store.audit().purge(DAY).await.unwrap(), 0, "{}: nothing is old", db.name);
        db.clock.step(DAY * 2);
        write(&db.store, ["11".to_owned(), "12".to_owned()]).await;
        db.store.audit().seal().await.unwrap();
        let noted = verify(&db.store).await;
        db.clock.step(DAY * 2);
        write(&db.store, ["unsealed".to_owned()]).await;
        assert_eq!(db.store.audit().purge(DAY * 3).await.unwrap(), 10, "{}", db.name);
        let verdict = db.store.audit().verify(0, i64::MAX, Some((noted.sealed_to, &noted.hash))).await.unwrap();
        assert!(verdict.is_intact(), "{}: {:?}", db.name, verdict.findings);
        assert_eq!((verdict.removed_to, verdict.checked, verdict.sealed_to, verdict.unsealed), (10, 2, 12, 1), "{}", db.name);
        // removing the first that is left is not retention
        db.tamper("DELETE FROM audit WHERE seq = 11").await;
        assert_eq!(found(&verify(&db.store).await), [(Fault::Missing, 11, 11)], "{}", db.name);
        db.clock.step(DAY * 30);
        assert_eq!(db.store.audit().purge(DAY).await.unwrap(), 0, "{}: what is broken is not swept away", db.name);
        assert_eq!(db.texts("SELECT object_id FROM audit ORDER BY id").await, ["12", "unsealed"], "{}", db.name);
    }
}

#[tokio::test]
async fn retention_stops_at_a_record_that_was_changed() {
    for db in logs().await {
        db.clock.step(DAY * 2);
        db.tamper("UPDATE audit SET detail = 'forged' WHERE seq = 6").await;
        assert_eq!(db.store.audit().purge(DAY).await.unwrap(), 5, "{}", db.name);
        assert_eq!(found(&verify(&db.store).await), [(Fault::Changed, 6, 6)], "{}", db.name);
    }
}

#[tokio::test]
async fn a_log_that_retention_emptied_goes_on_where_it_ended() {
    for db in logs().await {
        db.clock.step(DAY * 2);
        assert_eq!(db.store.audit().purge(DAY).await.unwrap(), 10, "{}", db.name);
        assert!(verify(&db.store).await.is_intact(), "{}", db.name);
        write(&db.store, ["11".to_owned()]).await;
        db.store.audit().seal().await.unwrap();
        let verdict = verify(&db.store).await;
        assert!(verdict.is_intact() && verdict.sealed_to == 11 && verdict.removed_to == 10, "{}: {verdict:?}", db.name);
    }
}

#[tokio::test]
async fn every_filter_and_both_orders_and_the_count_agree() {
    for db in TestDatabase::all().await {
        let two = |change: fn(&mut AuditRecord)| {
            let mut other = record("7");
            change(&mut other);
            other
        };
        let records = [
            record("7"),
            two(|r| r.user = Some(UserId(2))),
            two(|r| r.user_name = "eve".to_owned()),
            two(|r| r.action = "delete".to_owned()),
            two(|r| r.object = "session".to_owned()),
            two(|r| r.object_id = "8".to_owned()),
            two(|r| r.tenant = Some(TenantId(9))),
            two(|r| r.datacenter = Some(DatacenterId(3))),
            two(|r| r.outcome = AuditOutcome::Refused.name().to_owned()),
            two(|r| r.object = "datacenter".to_owned()),
        ];
        let start = db.store.clock().now();
        for record in &records {
            begin(&db.store, record).await.commit().await.unwrap();
            db.clock.step(Duration::from_secs(1));
        }
        let at = |seconds| Some(start.plus(Duration::from_secs(seconds)));
        let all: Vec<usize> = (0..10).collect();
        let f = AuditFilter::default;
        let cases: Vec<(&str, AuditFilter, Vec<usize>)> = vec![
            ("everything", f(), all),
            ("user", AuditFilter { user: Some(UserId(2)), ..f() }, vec![1]),
            ("user name", AuditFilter { user_name: Some("eve".to_owned()), ..f() }, vec![2]),
            ("action", AuditFilter { action: Some("delete".to_owned()), ..f() }, vec![3]),
            ("object", AuditFilter { objects: vec!["session".to_owned()], ..f() }, vec![4]),
            ("objects", AuditFilter { objects: vec!["session".to_owned(), "datacenter".to_owned()], ..f() }, vec![4, 9]),
            ("object id", AuditFilter { object_id: Some("8".to_owned()), ..f() }, vec![5]),
            ("tenant", AuditFilter { tenant: Some(TenantId(9)), ..f() }, vec![6]),
            ("datacenter", AuditFilter { datacenter: Some(DatacenterId(3)), ..f() }, vec![7]),
            ("a datacenter is in itself", AuditFilter { datacenter: Some(DatacenterId(7)), ..f() }, vec![9]),
            ("refused", AuditFilter { outcome: Some(AuditOutcome::Refused), ..f() }, vec![8]),
            ("allowed, late", AuditFilter { outcome: Some(AuditOutcome::Allowed), from: at(8), ..f() }, vec![9]),
            ("time", AuditFilter { from: at(2), to: at(4), ..f() }, vec![2, 3]),
            ("none", AuditFilter { user: Some(UserId(2)), action: Some("delete".to_owned()), ..f() }, vec![]),
        ];
        for (name, filter, wanted) in cases {
            let audit = db.store.audit();
            let mut oldest = Vec::new();
            let mut page = PageRequest::first(3);
            loop {
                let part = audit.list(&Scope::system(), &filter, AuditOrder::Oldest, &page).await.unwrap();
                oldest.extend(part.items.iter().map(|r| usize::try_from(r.at.since(start).as_secs()).unwrap()));
                let Some(next) = part.next else { break };
                page.after = Some(next);
            }
            assert_eq!(oldest, wanted, "{} {name}", db.name);
            let skipped = PageRequest { skip: 1, ..PageRequest::first(100) };
            let newest = audit.list(&Scope::system(), &filter, AuditOrder::Newest, &skipped).await.unwrap().items;
            let newest: Vec<usize> = newest.iter().map(|r| usize::try_from(r.at.since(start).as_secs()).unwrap()).collect();
            assert_eq!(newest, wanted.iter().rev().skip(1).copied().collect::<Vec<_>>(), "{} {name}", db.name);
            assert_eq!(audit.count(&Scope::system(), &filter).await.unwrap(), i64::try_from(wanted.len()).unwrap(), "{} {name}", db.name);
        }
    }
}

#[tokio::test]
async fn records_of_the_same_moment_are_paged_without_a_repeat() {
    for db in logs().await {
        for order in [AuditOrder::Newest, AuditOrder::Oldest] {
            let (mut seen, mut page) = (Vec::new(), PageRequest::first(3));
            loop {
                let part = db.store.audit().list(&Scope::system(), &AuditFilter::default(), order, &page).await.unwrap();
                seen.extend(part.items.iter().map(|r| r.id.0));
                let Some(next) = part.next else { break };
                page.after = Some(next);
            }
            let mut sorted = seen.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 10, "{} {order:?}", db.name);
            assert_eq!(seen.first() < seen.last(), order == AuditOrder::Oldest, "{} {order:?}", db.name);
        }
    }
}
