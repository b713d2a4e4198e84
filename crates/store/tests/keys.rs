//! The keys for secrets at rest, the same on every database.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::policy::Allowed;
use tenantry_domain::quota::Limits;
use tenantry_domain::{DatacenterId, Error, ErrorKind, Result, TenantId};
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::registries::RegistryDraft;
use tenantry_store::vault::key_id;
use tenantry_store::{CommitHook, Store, Vault};
use tenantry_testkit::TestDatabase;

/// The key that test databases begin with.
const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 32] = [8; 32];

/// A datacenter and registries, each with a secret; one registry has none.
async fn fill(store: &Store, registries: usize) -> DatacenterId {
    let tx = store.begin().await.unwrap();
    tx.tenants().insert_root().await.unwrap();
    let draft = DatacenterDraft {
        name: "east".into(),
        comment: String::new(),
        endpoint: String::new(),
        connection: Some(Connection::Sandbox { name: "secret-east".into() }),
        options: DatacenterOptions::default(),
        capacity: Limits::compute(Some(1), Some(1), Some(1)),
        overcommit: 1.0,
        health: Health::default(),
    };
    let id = tx.datacenters().insert(&Allowed::system(TenantId::ROOT), store.clock().uid(), &draft).await.unwrap();
    for n in 0..registries {
        let draft = registry(&format!("hub-{n}"), (n > 0).then(|| format!("password-{n}")));
        tx.registries().insert(&Allowed::system(TenantId::ROOT), &draft).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

fn registry(name: &str, password: Option<String>) -> RegistryDraft {
    RegistryDraft { name: name.into(), url: "https://registry.example".into(), username: "u".into(), password, ca_pem: None }
}

/// Whether all secrets can be read.
async fn readable(store: &Store, datacenter: DatacenterId, registries: usize) -> bool {
    let Ok((_, Connection::Sandbox { name })) = store.datacenters().connection(datacenter).await else { return false };
    let Ok(found) = store.registries().connections().await else { return false };
    name == "secret-east"
        && found.len() == registries
        && found.iter().all(|r| r.password.is_empty() || r.password == r.name.replace("hub", "password"))
}

/// All of a rotation, as the command does it.
async fn rotate(store: &Store) -> Result<()> {
    store.keys().learn(&[NEW]);
    store.keys().activate(&key_id(&NEW)).await?;
    store.keys().reseal(&key_id(&NEW)).await?;
    store.keys().retire_others(&key_id(&NEW)).await
}

async fn states(store: &Store) -> Vec<(String, bool, i64)> {
    store.keys().list().await.unwrap().into_iter().map(|k| (k.id, k.active, k.secrets)).collect()
}

#[tokio::test]
async fn an_empty_database_takes_the_first_key_and_refuses_every_other() {
    for db in TestDatabase::all().await {
        assert_eq!(states(&db.store).await, [(key_id(&OLD), true, 0)], "{}", db.name);
        let stranger = db.with_keys(&[NEW]).await;
        for error in [
            stranger.keys().check().await.unwrap_err(),
            stranger.migrate().await.unwrap_err(),
            stranger.keys().hold("s").await.unwrap_err(),
        ] {
            assert_eq!(error.kind, ErrorKind::Conflict, "{}", db.name);
            assert!(error.message.contains(&key_id(&OLD)) && error.message.contains(&key_id(&NEW)), "{}: {}", db.name, error.message);
        }
        db.with_keys(&[NEW, OLD]).await.keys().check().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_of_before_keys_were_noted_takes_only_the_key_that_opens_what_is_there() {
    for db in TestDatabase::all().await {
        let datacenter = fill(&db.store, 2).await;
        // as an earlier version wrote it
        db.tamper(
            "DELETE FROM secret_keys; UPDATE datacenters SET connection_sealed = SUBSTR(connection_sealed, 18); \
                   UPDATE registries SET password_sealed = SUBSTR(password_sealed, 18)",
        )
        .await;
        let error = db.with_keys(&[NEW]).await.keys().check().await.unwrap_err();
        assert!(error.kind == ErrorKind::Conflict && error.message.contains("datacenter/"), "{}: {}", db.name, error.message);
        db.store.keys().check().await.unwrap();
        assert!(readable(&db.store, datacenter, 2).await, "{}", db.name);
        rotate(&db.store).await.unwrap();
        assert_eq!(states(&db.store).await, [(key_id(&NEW), true, 2)], "{}", db.name);
        assert!(readable(&db.with_keys(&[NEW]).await, datacenter, 2).await, "{}", db.name);
    }
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_forgets_the_old_key() {
    for db in TestDatabase::all().await {
        let datacenter = fill(&db.store, 120).await;
        assert_eq!(states(&db.store).await, [(key_id(&OLD), true, 120)], "{}", db.name);
        rotate(&db.store).await.unwrap();
        assert_eq!(states(&db.store).await, [(key_id(&NEW), true, 120)], "{}", db.name);
        let after = db.with_keys(&[NEW]).await;
        after.keys().check().await.unwrap();
        assert!(readable(&after, datacenter, 120).await, "{}", db.name);
        assert_eq!(db.with_keys(&[OLD]).await.keys().check().await.unwrap_err().kind, ErrorKind::Conflict, "{}", db.name);
        assert!(!readable(&db.with_keys(&[OLD]).await, datacenter, 120).await, "{}", db.name);
        // once more changes nothing
        rotate(&db.store).await.unwrap();
        assert_eq!(states(&db.store).await, [(key_id(&NEW), true, 120)], "{}", db.name);
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
async fn a_rotation_that_crashed_anywhere_leaves_everything_readable_and_the_next_run_ends_it() {
    // activating, one batch of datacenters, three of registries, forgetting
    for (turn, after) in (0..6).flat_map(|turn| [(turn, false), (turn, true)]) {
        for db in TestDatabase::all().await {
            let datacenter = fill(&db.store, 120).await;
            let broken = db.another(Some(Arc::new(Breaks { turn: AtomicI64::new(turn), after }))).await;
            assert!(rotate(&broken).await.is_err(), "{} {turn} {after}", db.name);
            let both = db.with_keys(&[NEW, OLD]).await;
            both.keys().check().await.unwrap();
            assert!(readable(&both, datacenter, 120).await, "{} {turn} {after}", db.name);
            rotate(&both).await.unwrap();
            let new = db.with_keys(&[NEW]).await;
            new.keys().check().await.unwrap();
            assert!(readable(&new, datacenter, 120).await, "{} {turn} {after}", db.name);
            assert_eq!(states(&new).await, [(key_id(&NEW), true, 120)], "{} {turn} {after}", db.name);
        }
    }
}

#[tokio::test]
async fn no_key_becomes_active_that_a_running_server_does_not_know() {
    for db in TestDatabase::all().await {
        let server = db.with_keys(&[OLD]).await;
        server.keys().hold("one").await.unwrap();
        db.store.keys().learn(&[NEW]);
        assert_eq!(db.store.keys().lacking(&key_id(&NEW)).await.unwrap(), ["one"], "{}", db.name);
        let error = db.store.keys().activate(&key_id(&NEW)).await.unwrap_err();
        assert!(error.kind == ErrorKind::Conflict && error.message.contains("one"), "{}: {}", db.name, error.message);
        assert_eq!(states(&db.store).await, [(key_id(&OLD), true, 0)], "{}", db.name);
        server.keys().learn(&[NEW]);
        server.keys().hold("one").await.unwrap();
        assert!(db.store.keys().lacking(&key_id(&NEW)).await.unwrap().is_empty(), "{}", db.name);
        // another one that stopped, and one that died
        let (stopped, died) = (db.with_keys(&[OLD]).await, db.with_keys(&[OLD]).await);
        stopped.keys().hold("two").await.unwrap();
        stopped.keys().release("two").await.unwrap();
        died.keys().hold("three").await.unwrap();
        assert!(db.store.keys().activate(&key_id(&NEW)).await.is_err(), "{}", db.name);
        db.clock.step(Duration::from_secs(31));
        db.store.keys().activate(&key_id(&NEW)).await.unwrap();
        // what comes back with the old key alone is refused
        assert_eq!(died.keys().hold("three").await.unwrap_err().kind, ErrorKind::Conflict, "{}", db.name);
    }
}

#[tokio::test]
async fn a_running_server_seals_with_the_new_key_from_its_activation_on() {
    for db in TestDatabase::all().await {
        fill(&db.store, 0).await;
        let server = db.with_keys(&[OLD, NEW]).await;
        db.store.keys().learn(&[NEW]);
        db.store.keys().activate(&key_id(&NEW)).await.unwrap();
        let tx = server.begin().await.unwrap();
        tx.registries().insert(&Allowed::system(TenantId::ROOT), &registry("hub", Some("password".into()))).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            states(&db.store).await.into_iter().map(|(_, active, secrets)| (active, secrets)).collect::<Vec<_>>(),
            [(false, 1), (true, 1)],
            "{}",
            db.name
        );
        let early = db.store.keys().retire_others(&key_id(&NEW)).await.unwrap_err();
        assert!(early.message.contains("datacenters"), "{}: {}", db.name, early.message);
    }
}

#[tokio::test]
async fn whoever_is_sealing_with_the_old_key_is_waited_for() {
    // PostgreSQL alone has two writers at a time
    let Some(db) = TestDatabase::postgres().await else { return };
    fill(&db.store, 0).await;
    let sealing = db.store.begin().await.unwrap();
    sealing.registries().insert(&Allowed::system(TenantId::ROOT), &registry("hub", Some("password".into()))).await.unwrap();
    let rotating = db.with_keys(&[OLD, NEW]).await;
    let rotation = tokio::spawn(async move { rotate(&rotating).await });
    // it can end only after this commit
    while db
        .texts("SELECT pid::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        .await
        .is_empty()
    {
        assert!(!rotation.is_finished());
    }
    sealing.commit().await.unwrap();
    rotation.await.unwrap().unwrap();
    let new = db.with_keys(&[NEW]).await;
    assert_eq!(new.registries().connections().await.unwrap()[0].password, "password");
}

#[tokio::test]
async fn a_secret_that_no_key_opens_is_named_and_nothing_is_forgotten() {
    for db in TestDatabase::all().await {
        fill(&db.store, 3).await;
        db.tamper("UPDATE registries SET password_sealed = 'deadbeefdeadbeef:AAAA' WHERE name = 'hub-1'").await;
        let error = rotate(&db.store).await.unwrap_err();
        assert!(error.kind == ErrorKind::Conflict && error.message.contains("registry/hub-1"), "{}: {}", db.name, error.message);
        let left: Vec<String> = states(&db.store).await.into_iter().map(|(id, ..)| id).collect();
        assert_eq!(left.len(), 2, "{}: both keys stay", db.name);
    }
}

#[tokio::test]
async fn every_column_with_secrets_is_one_that_a_rotation_knows() {
    let db = TestDatabase::sqlite().await;
    let columns =
        "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE c.name LIKE '%sealed%' ORDER BY 1";
    assert_eq!(db.texts(columns).await, Store::sealed_columns(), "add it to store::keys::SECRETS");
}

#[test]
fn an_id_says_nothing_of_its_key_but_which_it_is() {
    assert_eq!(key_id(&OLD), key_id(&OLD));
    assert_ne!(key_id(&OLD), key_id(&NEW));
    assert_eq!(Vault::of(&[OLD, NEW, OLD]).ids(), [key_id(&OLD), key_id(&NEW)]);
}
