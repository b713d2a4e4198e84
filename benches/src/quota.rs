//! Reservations of one contended share, five levels deep, against a bare UPDATE of one row with its commit, on the same database.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::quota::Limits;
use tenantry_domain::{Amounts, DatacenterId, ErrorKind, Metric, TenantId};
use tenantry_store::Store;
use tenantry_store::tenants::NewTenant;

use crate::{Measured, median, say, seed};

const TASKS: usize = 32;
const EACH: usize = 60;

pub(crate) async fn reservations() -> anyhow::Result<Vec<Measured>> {
    let folder = tempfile::tempdir()?;
    let mut store = seed::store(folder.path()).await?;
    let mut url = format!("sqlite://{}", folder.path().join("tenantry.db").display());
    let mut table =
        vec![measure("quota reservations/s on one share, 5 levels deep, against a bare UPDATE: embedded database", &store, &url).await?];
    if let Ok(server) = std::env::var("TENANTRY_TEST_POSTGRES") {
        let name = format!("bench_{}", std::process::id());
        let admin = Database::connect(format!("{server}/postgres")).await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        url = format!("{server}/{name}");
        let mut config = tenantry_server::Config::default();
        config.server.data_dir = folder.path().to_owned();
        config.database.url = Some(url.clone());
        store = tenantry_server::serve::open_store(&config).await?;
        store.migrate().await?;
        config.sandbox.create = false;
        tenantry_server::serve::assemble_with(&config, store.clone(), None, Some(crate::server::PASSWORD)).await?;
        datacenter(&store).await?;
        table.push(measure("the same on PostgreSQL", &store, &url).await?);
        store.close().await?;
        admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    }
    Ok(table)
}

async fn datacenter(store: &Store) -> anyhow::Result<()> {
    let draft = tenantry_store::datacenters::DatacenterDraft {
        name: "bench".to_owned(),
        comment: String::new(),
        endpoint: "sandbox:bench".to_owned(),
        connection: Some(tenantry_domain::datacenter::Connection::Sandbox { name: "bench".to_owned() }),
        options: tenantry_domain::datacenter::DatacenterOptions::default(),
        capacity: Limits::compute(Some(1_000_000), Some(4 << 20), Some(100 << 20)),
        overcommit: 1.0,
        health: tenantry_domain::datacenter::Health::default(),
    };
    let tx = store.begin().await?;
    tx.datacenters().insert(&Allowed::system(TenantId::ROOT), store.clock().uid(), &draft).await?;
    Ok(tx.commit().await?)
}

async fn measure(what: &'static str, store: &Store, url: &str) -> anyhow::Result<Measured> {
    let datacenter = DatacenterId(1);
    // as many fit as are not all that are asked for
    let fits = TASKS * EACH - 500;
    let mut ratios = Vec::new();
    let mut exact = true;
    let plain = connect(url, store.is_shared()).await?;
    plain.execute_unprepared("CREATE TABLE IF NOT EXISTS bench_counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)").await?;
    plain.execute_unprepared("INSERT INTO bench_counter (id, n) VALUES (1, 0)").await?;
    for round in 0..6_i64 {
        let limits = Limits::compute(Some(i64::try_from(fits)?), Some(1024), Some(1024));
        let mut tenant = TenantId::ROOT;
        for level in 0..5 {
            let tx = store.begin().await?;
            let name = format!("r{round}-l{level}");
            let new = NewTenant { slug: name.clone(), name, totals: limits, ..NewTenant::default() };
            let id = tx.tenants().insert(&Allowed::system(tenant), store.clock().uid(), &new).await?;
            tx.quotas().grant(id, Some(tenant), datacenter, &limits, false).await?;
            tx.commit().await?;
            tenant = id;
        }
        let begun = Instant::now();
        try_join_all((0..TASKS).map(|_| tokio::spawn(count(plain.clone(), store.is_shared()))))
            .await?
            .into_iter()
            .collect::<anyhow::Result<Vec<_>>>()?;
        let bare = rate(TASKS * EACH, begun.elapsed());
        let begun = Instant::now();
        let admitted: usize = try_join_all((0..TASKS).map(|_| tokio::spawn(take(store.clone(), tenant, datacenter))))
            .await?
            .into_iter()
            .sum::<anyhow::Result<usize>>()?;
        // a refusal costs time too, but counts for nothing
        let ours = rate(admitted, begun.elapsed());
        let share = store.quotas().find(&Scope::system(), tenant, datacenter).await?;
        let used = share.map_or(0, |s| s.used[Metric::Cpu]);
        exact &= admitted == fits && used == i64::try_from(fits)?;
        say(&format!("quota: bare {bare:.0}/s, reservations {ours:.0}/s, {admitted} of {fits} that fit were admitted"));
        if round > 0 {
            ratios.push(ours / bare);
        }
    }
    plain.execute_unprepared("DROP TABLE bench_counter").await?;
    let result = format!("{:.2}, {} as many admitted as fit", median(ratios), if exact { "exactly" } else { "NOT exactly" });
    Ok(Measured { what, result, goal: "at least 0.4, exactly as many as fit" })
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Connections with the store's own settings.
async fn connect(url: &str, shared: bool) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(if shared { 8 } else { 1 }).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
    });
    Ok(Database::connect(options).await?)
}

async fn count(db: DatabaseConnection, shared: bool) -> anyhow::Result<()> {
    for _ in 0..EACH {
        let options = TransactionOptions {
            sqlite_transaction_mode: (!shared).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = db.begin_with_options(options).await?;
        tx.execute_raw(sea_orm::Statement::from_sql_and_values(
            tx.get_database_backend(),
            "UPDATE bench_counter SET n = n + $1 WHERE id = $2",
            [1_i64.into(), 1_i64.into()],
        ))
        .await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn take(store: Store, tenant: TenantId, datacenter: DatacenterId) -> anyhow::Result<usize> {
    let mut admitted = 0;
    for _ in 0..EACH {
        let tx = store.begin().await?;
        match tx.quotas().take(tenant, datacenter, Amounts::ZERO.with(Metric::Cpu, 1)).await {
            Ok(()) => {
                tx.commit().await?;
                admitted += 1;
            }
            Err(e) if e.kind == ErrorKind::QuotaExceeded => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(admitted)
}
