//! The transaction: everything that one request or one step of a controller decides, or nothing of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Error, Result};
use tokio::sync::OwnedMutexGuard;

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
    turn: Option<OwnedMutexGuard<Durability>>,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The disk: what was committed is there after the power failed.
    Disk,
    /// The system: what was committed is there after this process died; after the power failed it may not be, as if it had never been.
    /// What is committed to the disk later takes it along.
    System,
}

/// The turn to write to the embedded database, which has one writer. It holds what the writer's next commit would wait for.
pub(crate) type Turn = Arc<tokio::sync::Mutex<Durability>>;

/// The longest that a turn is waited for.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
        self.begin_for(Durability::Disk).await
    }

    /// Begins one whose commit waits for no more than is said.
    pub(crate) async fn begin_for(&self, durability: Durability) -> Result<Tx> {
        let turn = match &self.0.turn {
            Some(turn) => Some(self.take_turn(turn, durability).await?),
            None => None,
        };
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        let tx = self.0.writer.begin_with_options(options).await.map_err(failure)?;
        if durability == Durability::System && self.is_shared() {
            tx.execute_unprepared("SET LOCAL synchronous_commit TO OFF").await.map_err(failure)?;
        }
        Ok(Tx { tx, store: self.clone(), touched: Mutex::default(), turn })
    }

    /// Waits for the turn to write, and has the writer's commit wait for what is said. SQLite takes that only outside of a transaction.
    async fn take_turn(&self, turn: &Turn, durability: Durability) -> Result<OwnedMutexGuard<Durability>> {
        let taken = tokio::time::timeout(LONGEST_WAIT, Arc::clone(turn).lock_owned()).await;
        let mut now = taken.map_err(|_| Error::internal("the embedded database was busy with other changes for too long"))?;
        match (*now, durability) {
            (Durability::Disk, Durability::System) => {
                // first: who is dropped here must not leave more promised than is kept
                *now = Durability::System;
                self.0.writer.execute_unprepared("PRAGMA synchronous = NORMAL").await.map_err(failure)?;
            }
            (Durability::System, Durability::Disk) => {
                self.0.writer.execute_unprepared("PRAGMA synchronous = FULL").await.map_err(failure)?;
                *now = Durability::Disk;
            }
            _ => {}
        }
        Ok(now)
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
        drop(self.turn);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::number;

    async fn store(folder: &std::path::Path) -> Store {
        let options = crate::Options::embedded(folder);
        let clock = Arc::new(tenantry_testkit::TestClock::new(1));
        Store::connect(&options, clock, crate::Vault::new(&[7; 32])).await.unwrap()
    }

    async fn waits_for(tx: &Tx) -> Durability {
        match number(tx, "SELECT synchronous AS n FROM pragma_synchronous", vec![]).await.unwrap() {
            2 => Durability::Disk,
            1 => Durability::System,
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn each_transaction_waits_for_what_it_asked_for_whatever_was_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let each = (0..40).map(|n| {
            let store = store.clone();
            async move {
                let asked = if n % 3 == 0 { Durability::Disk } else { Durability::System };
                let tx = store.begin_for(asked).await.unwrap();
                assert_eq!(waits_for(&tx).await, asked);
                // also after one that was given up
                if n % 2 == 0 {
                    tx.commit().await.unwrap();
                }
            }
        });
        futures::future::join_all(each).await;
        assert_eq!(waits_for(&store.begin().await.unwrap()).await, Durability::Disk);
    }
}
