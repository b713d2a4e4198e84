//! A datacenter's health is watched.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::datacenter::Health;
use tenantry_domain::policy::Scope;
use tenantry_domain::{DatacenterId, ErrorKind, Result};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Seen, WorkKind};

use crate::Platforms;

pub(crate) struct Datacenters {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

/// How often.
const WATCH: Duration = Duration::from_secs(30);

#[async_trait]
impl Controller for Datacenters {
    fn kind(&self) -> WorkKind {
        WorkKind::Datacenter
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let id = DatacenterId(lease.object);
        let attempts = match self.store.datacenters().get(&Scope::system(), id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Step::gone()),
            other => other?.progress.attempts,
        };
        let health = match self.platforms.platform(id).await {
            Ok(platform) => platform.check().await,
            Err(error) => Health { message: error.message, ..Health::default() },
        };
        let outcome = if health.healthy {
            Outcome::Done
        } else {
            Outcome::Failed { reason: health.message.clone(), permanent: false, retry_after: None }
        };
        // a datacenter that is down is looked at as often as one that is up: nothing piles up on one question
        Ok(Step { seen: Seen::Datacenter(health), outcome, attempts: attempts.min(5), resync: Some(WATCH) })
    }
}
