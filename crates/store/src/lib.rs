//! The only SQL of Tenantry, for SQLite (embedded, one process) and PostgreSQL from one code.
//!
//! Reads go through [`Store`], changes through a [`Tx`]. A change asks for proof of permission
//! ([`tenantry_domain::policy::Allowed`]), a read for a [`tenantry_domain::policy::Scope`]. A commit is explicit and
//! consumes the transaction; whatever was enqueued in it wakes the workers after it. A dropped `Tx` rolls back.
//!
//! The SQL is written out, with `$n` parameters that both databases take; docs/adr/0002 says why.

pub mod accounts;
pub mod audit;
mod audit_chain;
pub mod datacenters;
pub mod events;
pub mod groups;
pub mod idempotency;
pub mod keys;
pub mod links;
pub mod mails;
pub mod migration;
mod origins;
pub mod orphans;
pub mod password_resets;
pub mod plans;
pub mod quotas;
mod recall;
pub mod registries;
pub mod releases;
pub mod resources;
pub mod second_factors;
pub mod sessions;
pub mod sign_ons;
mod sql;
pub mod tenants;
mod tx;
pub mod usage;
pub mod users;
pub mod vault;
pub mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};
use tenantry_domain::{Clock, Error, Result, Timestamp};
use tokio::sync::{Notify, broadcast};

pub use tx::{Change, CommitHook, Tx};
pub use vault::Vault;

/// Where the data are.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:///path/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// At most this many connections for reading (and, on PostgreSQL, writing).
    pub connections: u32,
    /// Whether a commit waits for the disk. Only tests turn it off.
    pub durable: bool,
}

impl Options {
    /// The embedded database in `folder`.
    #[must_use]
    pub fn embedded(folder: &Path) -> Self {
        Self { url: format!("sqlite://{}?mode=rwc", folder.join("tenantry.db").display()), connections: 8, durable: true }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: DatabaseConnection,
    writer: DatabaseConnection,
    /// Whose turn it is to write, where there is one writer and a commit waits for the disk.
    turn: Option<tx::Turn>,
    clock: Arc<dyn Clock>,
    vault: Vault,
    changes: broadcast::Sender<Change>,
    wake: Notify,
    hook: Option<Arc<dyn CommitHook>>,
    recall: recall::Recall,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Connects. The schema is not touched: [`Store::migrate`] does that.
    ///
    /// # Errors
    /// When the database cannot be reached or the URL is of another kind.
    pub async fn connect(options: &Options, clock: Arc<dyn Clock>, vault: Vault) -> Result<Self> {
        Self::connect_with(options, clock, vault, None).await
    }

    /// Connects with a hook that is called around every commit, for tests that break things there.
    ///
    /// # Errors
    /// As [`Store::connect`].
    pub async fn connect_with(options: &Options, clock: Arc<dyn Clock>, vault: Vault, hook: Option<Arc<dyn CommitHook>>) -> Result<Self> {
        let pool = |connections: u32| {
            let mut pool = ConnectOptions::new(options.url.clone());
            pool.max_connections(connections)
                .min_connections(1)
                .acquire_timeout(tx::LONGEST_WAIT)
                .sqlx_logging(false)
                .test_before_acquire(!options.url.starts_with("sqlite"));
            let durable = options.durable;
            pool.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off })
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(10))
                    .statement_cache_capacity(256)
                    .pragma("cache_size", "-8192")
            });
            pool
        };
        // SQLite has one writer: a pool of one connection is the queue before it. Readers never wait for it (WAL).
        let embedded = options.url.starts_with("sqlite");
        let connect = |n| async move { Database::connect(pool(n)).await.map_err(Error::internal) };
        let writer = connect(if embedded { 1 } else { options.connections }).await?;
        let readers = if embedded { connect(options.connections).await? } else { writer.clone() };
        let (changes, _) = broadcast::channel(4096);
        Ok(Self(Arc::new(Inner {
            readers,
            writer,
            turn: (embedded && options.durable).then(|| Arc::new(tokio::sync::Mutex::new(tx::Durability::Disk))),
            clock,
            vault,
            changes,
            wake: Notify::new(),
            hook,
            recall: recall::Recall::new(!embedded),
        })))
    }

    /// Brings the schema up to date, and notes the key for secrets on a database that has none yet. Safe to call at every start.
    ///
    /// # Errors
    /// When a migration fails (those before it stay), or the key is not the database's.
    pub async fn migrate(&self) -> Result<()> {
        migration::up(&self.0.writer).await?;
        self.keys().check().await
    }

    /// Whether the schema is up to date.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_migrated(&self) -> Result<bool> {
        migration::pending(&self.0.writer).await.map(|n| n == 0)
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.0.readers.ping().await.map_err(Error::internal)
    }

    /// What time it is for the database; none for the embedded one, whose clock is this machine's.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn database_time(&self) -> Result<Option<Timestamp>> {
        if !self.is_shared() {
            return Ok(None);
        }
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT) AS n";
        sql::number(self, sql, vec![]).await.map(|ms| Some(Timestamp(ms)))
    }

    /// The clock that rows are stamped with.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Every committed change, as far as this process knows of it.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Returns when work was committed since the last call.
    pub async fn work_committed(&self) {
        self.0.wake.notified().await;
    }

    /// Whether this is PostgreSQL (or speaks like it), so that other processes may share it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.readers.get_database_backend() == DbBackend::Postgres
    }

    /// What lets each of several servers take rows that no other has taken; nothing where there is one.
    pub(crate) fn skip_locked(&self) -> &'static str {
        if self.is_shared() { " FOR UPDATE SKIP LOCKED" } else { "" }
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Closes the connections; what was not committed is gone.
    ///
    /// # Errors
    /// When the database complains.
    pub async fn close(self) -> Result<()> {
        if let Ok(inner) = Arc::try_unwrap(self.0) {
            inner.readers.close().await.map_err(Error::internal)?;
        }
        Ok(())
    }
}
