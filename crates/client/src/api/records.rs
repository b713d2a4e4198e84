//! What is only read: releases, the audit, orphans.

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use reqwest::Method;
use tenantry_domain::{OrphanId, ReleaseId};

use crate::call::{Call, pairs};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::list::List;
use crate::types::{AuditFilter, AuditRecord, NoFilter, Orphan, Release, ReleaseFilter, Verification};

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

    /// Sealed records after the number `after` as JSON lines, in the order of the chain, in pieces as they come. An export that broke
    /// off goes on after the `seq` of its last whole line.
    ///
    /// # Errors
    /// When it is refused, or the server does not begin to answer in time.
    pub async fn export_audit(&self, filter: &AuditFilter, after: i64) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let mut query = pairs(filter).map_err(Error::Decode)?;
        query.push(("after".to_owned(), after.to_string()));
        let sent = tokio::time::timeout(self.timeout(), self.request(Method::GET, "audit/export", &query).send()).await;
        let response = sent.map_err(|_| Error::Setup("the server did not answer in time".to_owned()))?.map_err(Error::Transport)?;
        let status = response.status();
        if !status.is_success() {
            return Err(Error::read(status.as_u16(), &response.bytes().await.map_err(Error::Transport)?));
        }
        Ok(response.bytes_stream().map_err(Error::Transport))
    }

    /// Recomputes a part of the audit's chain, after the number `after`; `noted` is the `<number>:<hash>` of a record as noted elsewhere.
    pub fn verify_audit(&self, after: i64, noted: Option<&str>) -> Call<Verification> {
        let call = self.get("audit/verification".to_owned()).query("after", after);
        match noted {
            Some(noted) => call.query("noted", noted),
            None => call,
        }
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
