//! A datacenter's health is watched.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::datacenter::Health;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::Kind;
use tenantry_domain::{DatacenterId, ErrorKind, Result, Uid};
use tenantry_driver_api::{Place, Platform};
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
/// How long an orphan that was found is left alone.
const LOOK_FOR_ORPHANS: Duration = Duration::from_secs(300);
/// How many orphans are looked for in one step.
const ORPHANS_AT_ONCE: i64 = 20;

impl Datacenters {
    /// Strikes the orphans that are found gone. What cannot be looked for is looked for another time.
    async fn look_for_orphans(&self, id: DatacenterId, platform: &dyn Platform) -> Result<()> {
        for orphan in self.store.orphans().to_look_for(id, LOOK_FOR_ORPHANS, ORPHANS_AT_ONCE).await? {
            let (Ok(kind), Ok(uid)) = (orphan.kind.parse::<Kind>(), orphan.uid.parse::<Uid>()) else { continue };
            let place = Place { namespace: orphan.namespace.clone(), name: orphan.name.clone(), uid, tenant_uid: uid };
            match platform.holds(kind, &place).await {
                Ok(there) => self.store.orphans().looked_for(&orphan, !there).await?,
                Err(error) => {
                    tracing::warn!(?error, orphan = orphan.id.0, "an orphan could not be looked for");
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

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
            Ok(platform) => {
                let health = platform.check().await;
                if health.healthy {
                    self.look_for_orphans(id, &*platform).await?;
                }
                health
            }
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
