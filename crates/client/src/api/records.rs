//! What is only read: releases, the audit, orphans.

use tenantry_domain::{OrphanId, ReleaseId};

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{AuditFilter, AuditRecord, NoFilter, Orphan, Release, ReleaseFilter};

impl Client {
    /// Releases, newest first.
    pub fn list_releases(&self, filter: &ReleaseFilter) -> List<Release> {
        List::new(self, "releases", filter)
    }

    /// One release.
    pub fn get_release(&self, id: ReleaseId) -> Call<Release> {
        self.get(format!("releases/{id}"))
    }

    /// The audit, newest first.
    pub fn list_audit(&self, filter: &AuditFilter) -> List<AuditRecord> {
        List::new(self, "audit", filter)
    }

    /// What may have been left at peers.
    pub fn list_orphans(&self) -> List<Orphan> {
        List::new(self, "orphans", &NoFilter {})
    }

    /// Takes an orphan off the list.
    pub fn delete_orphan(&self, id: OrphanId) -> Call<()> {
        self.delete(format!("orphans/{id}"))
    }
}
