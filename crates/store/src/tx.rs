//! The transaction: everything that one request or one step of a controller decides, or nothing of it.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Error, Result};

use crate::Store;
use crate::sql::failure;

/// Something that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// The kind of object.
    pub kind: ObjectKind,
    /// Its id.
    pub id: i64,
}

/// Called around every commit; tests break things there.
#[async_trait]
pub trait CommitHook: Send + Sync {
    /// Before: an error rolls back and is answered.
    async fn before(&self) -> Result<()>;
    /// After: it is committed, but an error makes the caller believe that it was not told.
    async fn after(&self) -> Result<()>;
}

/// A transaction. Dropping it rolls back.
pub struct Tx {
    pub(crate) tx: DatabaseTransaction,
    pub(crate) store: Store,
    touched: Mutex<Touched>,
}

#[derive(Default)]
struct Touched {
    changes: Vec<Change>,
    work: bool,
}

impl Store {
    /// Begins a transaction for changes. On SQLite it takes the write lock at once (IMMEDIATE), so that it never fails halfway for it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        let tx = self.0.writer.begin_with_options(options).await.map_err(failure)?;
        Ok(Tx { tx, store: self.clone(), touched: Mutex::default() })
    }
}

impl Tx {
    /// Notes what was changed; told to watchers after the commit.
    pub(crate) fn touch(&self, kind: ObjectKind, id: i64) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).changes.push(Change { kind, id });
    }

    /// Notes that there is work; workers wake after the commit.
    pub(crate) fn touch_work(&self) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).work = true;
    }

    /// Makes it so, then tells watchers and workers.
    ///
    /// # Errors
    /// When the database refuses; then nothing of it happened.
    pub async fn commit(self) -> Result<()> {
        if let Some(hook) = &self.store.0.hook {
            hook.before().await?;
        }
        let touched = self.touched.into_inner().unwrap_or_else(PoisonError::into_inner);
        let committed = self.tx.commit().await.map_err(Error::internal);
        // also when it failed: who lost the answer does not know
        self.store.0.recall.forget(&touched.changes);
        committed?;
        for change in touched.changes {
            let _ = self.store.0.changes.send(change);
        }
        if touched.work {
            self.store.0.wake.notify_one();
        }
        if let Some(hook) = &self.store.0.hook {
            hook.after().await?;
        }
        Ok(())
    }
}
