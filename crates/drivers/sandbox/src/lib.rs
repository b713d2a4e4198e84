//! The embedded sandbox: a datacenter with real semantics and nothing behind it, for trying Tenantry out and for breaking things on demand.
//!
//! It is a peer. Its state is in a database file of its own, it enforces quota, uniqueness and "in use" by itself, and it never
//! touches Tenantry's store. Two processes may open the same file.

mod cloud;
mod faults;
mod namespace;
mod objects;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
pub use faults::{Fault, Faults};
use objects::Object;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, FromQueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use serde_json::{Value, json};
use tenantry_domain::datacenter::Health;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppStatus, DiskStatus, Kind};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, Metric, Uid};
use tenantry_driver_api::{
    AppWant, Apps, Credentials, Deletion, DiskWant, Disks, DriverError, DriverErrorKind, Inspect, Kubeconfig, Place, Result, Rollout,
};

/// A sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    db: DatabaseConnection,
    faults: Arc<Faults>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sandbox")
    }
}

fn broken(error: DbErr) -> DriverError {
    DriverError::new(DriverErrorKind::Server, format!("the sandbox failed: {error}"))
}

fn invalid(message: impl Into<String>) -> DriverError {
    DriverError::new(DriverErrorKind::Invalid, message)
}

impl Sandbox {
    /// Opens the sandbox in `file`, which is made when it is not there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn open(file: &Path, faults: Arc<Faults>) -> Result<Self> {
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", file.display()));
        options.max_connections(1).test_before_acquire(false).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
            sqlite.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal).busy_timeout(Duration::from_secs(10))
        });
        let db = Database::connect(options).await.map_err(broken)?;
        db.execute_unprepared(
            "CREATE TABLE IF NOT EXISTS objects (kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, \
             body TEXT NOT NULL, PRIMARY KEY (kind, namespace, name)); \
             CREATE INDEX IF NOT EXISTS objects_namespace ON objects (namespace)",
        )
        .await
        .map_err(broken)?;
        db.execute_unprepared(cloud::SCHEMA).await.map_err(broken)?;
        Ok(Self { db, faults })
    }

    async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        self.db.begin_with_options(options).await.map_err(broken)
    }

    /// Everything that it holds, sorted; for comparing what two runs left.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn export(&self) -> Result<Value> {
        let sql = "SELECT kind, namespace, name, uid, body FROM objects ORDER BY kind, namespace, name";
        let found = query(&self.db, sql, vec![]).await?;
        let objects = found.into_iter().map(|o| json!({"kind": o.kind, "namespace": o.namespace, "name": o.name, "body": o.body}));
        Ok(objects.chain(cloud::export(&self.db).await?).collect())
    }

    /// Makes a namespace that is not Tenantry's, as somebody else would have.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn plant_namespace(&self, name: &str) -> Result<()> {
        put(&self.db, "namespace", "", name, "somebody-else", &json!({})).await
    }

    /// Removes an object behind Tenantry's back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn remove(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        remove(&self.db, kind, namespace, name).await
    }
}

async fn query<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<sea_orm::Value>) -> Result<Vec<Object>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Object::find_by_statement(statement).all(db).await.map_err(broken)
}

async fn find<C: ConnectionTrait>(db: &C, kind: &str, namespace: &str, name: &str) -> Result<Option<Object>> {
    let sql = "SELECT kind, namespace, name, uid, body FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3";
    Ok(query(db, sql, vec![kind.into(), namespace.into(), name.into()]).await?.pop())
}

async fn all_in<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<Vec<Object>> {
    query(db, "SELECT kind, namespace, name, uid, body FROM objects WHERE namespace = $1 ORDER BY kind, name", vec![namespace.into()]).await
}

async fn put<C: ConnectionTrait>(db: &C, kind: &str, namespace: &str, name: &str, uid: &str, body: &Value) -> Result<()> {
    let sql = "INSERT INTO objects (kind, namespace, name, uid, body) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (kind, namespace, name) DO UPDATE SET uid = excluded.uid, body = excluded.body";
    let values = vec![kind.into(), namespace.into(), name.into(), uid.into(), body.to_string().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.map(|_| ()).map_err(broken)
}

async fn remove<C: ConnectionTrait>(db: &C, kind: &str, namespace: &str, name: &str) -> Result<()> {
    let sql = "DELETE FROM objects WHERE kind = $1 AND namespace = $2 AND name = $3";
    let values = vec![kind.into(), namespace.into(), name.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.map(|_| ()).map_err(broken)
}

/// What the objects of a namespace hold, leaving out one that is about to be replaced.
fn used(objects: &[Object], without: Option<(&str, &str)>) -> Amounts {
    objects.iter().filter(|o| without != Some((o.kind.as_str(), o.name.as_str()))).fold(Amounts::ZERO, |sum, o| sum + o.holds())
}

fn check_quota(limits: &Limits, used: Amounts, asked: Amounts) -> Result<()> {
    match asked.iter().find(|(m, a)| *a > 0 && limits.get(*m).is_some_and(|l| used[*m] + a > l)) {
        None => Ok(()),
        Some((metric, amount)) => Err(DriverError::new(
            DriverErrorKind::QuotaExceeded,
            format!(
                "exceeded quota: requested {}, used {}, limited to {}",
                metric.show(amount),
                metric.show(used[metric]),
                metric.show(limits.get(metric).unwrap_or(0))
            ),
        )),
    }
}

#[async_trait]
impl Inspect for Sandbox {
    async fn check(&self) -> Health {
        match self.faults.before().await {
            Ok(_) => Health { healthy: true, peer_version: format!("sandbox {}", env!("CARGO_PKG_VERSION")), ..Health::default() },
            Err(error) => Health { message: error.message, ..Health::default() },
        }
    }

    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        self.faults.before().await?;
        if Kind::CLOUD.contains(&kind) {
            return cloud::holds(&self.db, kind, place).await;
        }
        let (namespace, name) = if kind == Kind::Namespace { ("", &place.namespace) } else { (place.namespace.as_str(), &place.name) };
        Ok(find(&self.db, kind.name(), namespace, name).await?.is_some_and(|o| o.uid == place.uid.to_string()))
    }
}

#[async_trait]
impl Credentials for Sandbox {
    async fn kubeconfig(&self, _namespace: &str, _tenant_uid: Uid, _role: Role) -> Result<Kubeconfig> {
        Err(invalid("the sandbox has no Kubernetes API, and so no kubeconfig; a datacenter of kind kubernetes has"))
    }
}

/// The limits of the namespace that something is to be made in.
async fn limits<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<Limits> {
    let found = find(db, "namespace", "", namespace).await?;
    let found =
        found.ok_or_else(|| DriverError::new(DriverErrorKind::Conflict, format!("there is no namespace '{namespace}' in the sandbox")))?;
    Ok(serde_json::from_value(found.json()["limits"].clone()).unwrap_or_default())
}

/// The limits of a namespace, and what disks and apps use of them.
async fn limits_of<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<(Limits, Amounts)> {
    Ok((limits(db, namespace).await?, used(&all_in(db, namespace).await?, None)))
}

/// The namespace that a disk or an app is to be made in: its limits, what is in it, and what the cloud uses of the limits.
async fn enter<C: ConnectionTrait>(db: &C, place: &Place) -> Result<(Limits, Vec<Object>, Amounts)> {
    let namespace = &place.namespace;
    Ok((limits(db, namespace).await?, all_in(db, namespace).await?, cloud::used(db, namespace).await?))
}

fn ours<'a>(objects: &'a [Object], kind: &str, place: &Place) -> Result<Option<&'a Object>> {
    match objects.iter().find(|o| o.kind == kind && o.name == place.name) {
        Some(found) if found.uid != place.uid.to_string() => {
            Err(DriverError::new(DriverErrorKind::NotOurs, format!("a {kind} '{}' exists there that is not Tenantry's", place.name)))
        }
        found => Ok(found),
    }
}

#[async_trait]
impl Disks for Sandbox {
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        let (limits, objects, cloud) = enter(&tx, &want.place).await?;
        let present = ours(&objects, "disk", &want.place)?.map_or(0, |o| o.json()["size_gib"].as_i64().unwrap_or(0));
        if want.size_gib < present {
            return Err(invalid(format!("the disk has {present} GiB and cannot shrink to {}", want.size_gib)));
        }
        if want.size_gib > present {
            let asked = Amounts::ZERO.with(Metric::Storage, want.size_gib * 1024).with(Metric::Volumes, 1);
            check_quota(&limits, used(&objects, Some(("disk", &want.place.name))) + cloud, asked)?;
            put(&tx, "disk", &want.place.namespace, &want.place.name, &want.place.uid.to_string(), &json!({"size_gib": want.size_gib}))
                .await?;
        }
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(DiskStatus { size_gib: want.size_gib, bound: true, used_by: users_of(&objects, &want.place.name) })
    }

    async fn delete_disk(&self, place: &Place) -> Result<Deletion> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        let objects = all_in(&tx, &place.namespace).await?;
        let users = users_of(&objects, &place.name);
        if !users.is_empty() {
            return Ok(Deletion::InProgress(format!("the disk is used by {}", users.join(", "))));
        }
        if objects.iter().any(|o| o.kind == "disk" && o.name == place.name && o.uid == place.uid.to_string()) {
            remove(&tx, "disk", &place.namespace, &place.name).await?;
        }
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(Deletion::Gone)
    }
}

fn users_of(objects: &[Object], disk: &str) -> Vec<String> {
    objects.iter().filter(|o| o.mounts(disk)).map(|o| format!("app '{}'", o.name)).collect()
}

#[async_trait]
impl Apps for Sandbox {
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        let (limits, objects, cloud) = enter(&tx, &want.place).await?;
        let found = ours(&objects, "app", &want.place)?;
        let body = serde_json::to_value(&want.spec).map_err(|e| invalid(e.to_string()))?;
        if let Some(missing) = want.spec.disks.iter().find(|m| !objects.iter().any(|o| o.kind == "disk" && o.name == m.disk)) {
            // the disk may be on its way, or is made anew: the next look decides
            let message = format!("there is no disk '{}' to mount", missing.disk);
            return Err(DriverError::new(DriverErrorKind::Conflict, message));
        }
        if found.is_none_or(|f| f.json() != body) {
            check_quota(&limits, used(&objects, Some(("app", &want.place.name))) + cloud, want.spec.holds())?;
            put(&tx, "app", &want.place.namespace, &want.place.name, &want.place.uid.to_string(), &body).await?;
        }
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        let running = want.spec.running();
        if want.spec.image.contains("does-not-exist") && running > 0 {
            let status = AppStatus { replicas: running, updated: running, ..AppStatus::default() };
            return Ok((status, Rollout::Stuck(format!("the image '{}' cannot be pulled", want.spec.image))));
        }
        let address = want.spec.ports.first().map_or_else(String::new, |p| format!("{}.{}:{p}", want.place.name, want.place.namespace));
        Ok((AppStatus { replicas: running, updated: running, available: running, address }, Rollout::Complete))
    }

    async fn delete_app(&self, place: &Place) -> Result<Deletion> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        if find(&tx, "app", &place.namespace, &place.name).await?.is_some_and(|o| o.uid == place.uid.to_string()) {
            remove(&tx, "app", &place.namespace, &place.name).await?;
        }
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(Deletion::Gone)
    }
}
