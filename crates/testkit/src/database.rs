//! Databases for tests: SQLite in a temporary file, and PostgreSQL where `TENANTRY_TEST_POSTGRES` names a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait as _, Database, Statement};
use tempfile::TempDir;
use tenantry_domain::Clock;
use tenantry_store::{CommitHook, Options, Store, Vault};

use crate::TestClock;

/// A database with the schema and nothing in it. The SQLite file goes with it.
pub struct TestDatabase {
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// What it is, for messages.
    pub name: &'static str,
    options: Options,
    _folder: TempDir,
}

impl TestDatabase {
    /// SQLite in a temporary file.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
        Self::open(url, folder, "SQLite").await
    }

    /// A new database on the PostgreSQL server of the test run; none, said on standard error, when there is no server.
    ///
    /// # Panics
    /// When there is a server and the database cannot be made.
    pub async fn postgres() -> Option<Self> {
        let url = Self::postgres_empty().await?;
        Some(Self::open(url, tempfile::tempdir().expect("a temporary folder"), "PostgreSQL").await)
    }

    /// The URL of a new database without any schema on the PostgreSQL server of the test run; none, said on standard error, when there is no server.
    ///
    /// # Panics
    /// When there is a server and the database cannot be made.
    pub async fn postgres_empty() -> Option<String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("TENANTRY_TEST_POSTGRES") else {
            eprintln!("skipped on PostgreSQL: TENANTRY_TEST_POSTGRES names no server (make test starts one where PostgreSQL is installed)");
            return None;
        };
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let admin = Database::connect(format!("{server}/postgres")).await.expect("the PostgreSQL server answers");
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("an old database goes");
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database is made");
        admin.close().await.expect("the connection closes");
        Some(format!("{server}/{name}"))
    }

    /// Every database that there is.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    async fn open(url: String, folder: TempDir, name: &'static str) -> Self {
        let options = Options { url, connections: 8, durable: false };
        let clock = Arc::new(TestClock::new(1));
        let store = Store::connect(&options, Arc::clone(&clock) as Arc<dyn Clock>, Vault::new(&[7; 32])).await.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        Self { store, clock, name, options, _folder: folder }
    }

    /// Another store on the same database, as another process would have, with a hook around its commits.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn another(&self, hook: Option<Arc<dyn CommitHook>>) -> Store {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Store::connect_with(&self.options, clock, Vault::new(&[7; 32]), hook).await.expect("the database opens")
    }

    /// Another store on the same database with these keys for secrets instead of the usual one.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn with_keys(&self, keys: &[[u8; 32]]) -> Store {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Store::connect(&self.options, clock, Vault::of(keys)).await.expect("the database opens")
    }

    /// Runs a statement past the store, as somebody with the database's password would; answers how many rows it changed.
    ///
    /// # Panics
    /// When it fails.
    pub async fn tamper(&self, statement: &str) -> u64 {
        Self::tamper_at(&self.options.url, statement).await
    }

    /// The same on the database with this URL.
    ///
    /// # Panics
    /// When it fails.
    pub async fn tamper_at(url: &str, statement: &str) -> u64 {
        let db = Database::connect(url).await.expect("the database opens");
        let changed = db.execute_unprepared(statement).await.expect("the statement is carried out").rows_affected();
        db.close().await.expect("the connection closes");
        changed
    }

    /// The first column of a query's rows, a text each.
    ///
    /// # Panics
    /// When it fails.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let db = Database::connect(&self.options.url).await.expect("the database opens");
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await.expect("the query is answered");
        let texts = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
        db.close().await.expect("the connection closes");
        texts
    }
}
