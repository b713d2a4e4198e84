//! Databases for tests: SQLite in a temporary file, and PostgreSQL where `TENANTRY_TEST_POSTGRES` names a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait as _, Database};
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
        Some(Self::open(format!("{server}/{name}"), tempfile::tempdir().expect("a temporary folder"), "PostgreSQL").await)
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
}
