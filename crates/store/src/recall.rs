//! Tenants that were read lately, kept in memory on the embedded database, where this process is the only one that writes.
//!
//! A remembered tenant is never older than the last commit that touched it: a commit forgets what it touched before it answers, and
//! what was read before that commit is not remembered after it (the epoch says so). On a shared database nothing is remembered, since
//! another process may have written.

use std::sync::{Arc, PoisonError, RwLock};

use moka::sync::Cache;
use tenantry_domain::TenantId;
use tenantry_domain::policy::{ObjectKind, TenantPath};
use tenantry_domain::tenant::Tenant;

use crate::Change;

/// At most this many tenants are remembered.
const MOST: u64 = 10_000;

/// A tenant and its place in the tree.
pub(crate) type Remembered = Arc<(Tenant, TenantPath)>;

/// What is remembered. Empty for ever on a shared database.
pub(crate) struct Recall {
    kept: Option<Cache<TenantId, Remembered>>,
    epoch: RwLock<u64>,
}

impl Recall {
    pub(crate) fn new(shared: bool) -> Self {
        Self { kept: (!shared).then(|| Cache::new(MOST)), epoch: RwLock::new(0) }
    }

    pub(crate) fn find(&self, id: TenantId) -> Option<Remembered> {
        self.kept.as_ref()?.get(&id)
    }

    /// The time before a read; see [`Recall::keep`].
    pub(crate) fn epoch(&self) -> u64 {
        *self.epoch.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what was read since `epoch`, unless something was committed in between.
    pub(crate) fn keep(&self, epoch: u64, found: &Remembered) {
        let Some(kept) = &self.kept else { return };
        // held while it is put in, so that a commit comes before or after all of it
        let now = self.epoch.read().unwrap_or_else(PoisonError::into_inner);
        if *now == epoch {
            kept.insert(found.0.id, Arc::clone(found));
        }
    }

    /// Forgets what a commit touched.
    pub(crate) fn forget(&self, changes: &[Change]) {
        let Some(kept) = &self.kept else { return };
        let touched = || changes.iter().filter(|c| c.kind == ObjectKind::Tenant);
        if touched().next().is_none() {
            return;
        }
        let mut epoch = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        *epoch += 1;
        for change in touched() {
            kept.invalidate(&TenantId(change.id));
        }
    }
}
