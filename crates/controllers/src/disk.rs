//! Disks: made after their namespace, grown, and removed when nothing uses them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{Kind, Resource, Spec, State, Status};
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_driver_api::{Deletion, DiskWant, Place};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Seen, WorkKind};

use crate::Platforms;
use crate::failure::{failed, waits};

pub(crate) struct Disks {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

/// Where a disk or an app is at its peer.
pub(crate) fn place(row: &Resource) -> Place {
    Place { namespace: row.tenant_name.clone(), name: row.name.clone(), uid: row.uid, tenant_uid: row.tenant_uid }
}

/// What has to be there before something can be made in a namespace; none when it is.
pub(crate) async fn namespace_missing(store: &Store, row: &Resource) -> Result<Option<String>> {
    let found = store.resources().find(&Scope::system(), Kind::Namespace, row.tenant, row.datacenter, &row.tenant_name).await?;
    Ok(match found {
        Some(namespace) if namespace.observed_generation > 0 && namespace.state != State::Failed => None,
        Some(namespace) => Some(format!("waits for the tenant's namespace, which is {}: {}", namespace.state, namespace.progress.reason)),
        None => Some("the tenant has no namespace there".to_owned()),
    })
}

/// How often to look for a namespace that is not there yet.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

#[async_trait]
impl Controller for Disks {
    fn kind(&self) -> WorkKind {
        WorkKind::Disk
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(row) = self.store.resources().find_by_id(ResourceId(lease.object)).await? else { return Ok(Step::gone()) };
        let Spec::Disk(spec) = &row.spec else { return Err(Error::internal("not a disk")) };
        let deleting = row.state == State::Deleting;
        if !deleting && let Some(reason) = namespace_missing(&self.store, &row).await? {
            return Ok(waits(&row, reason, LOOK));
        }
        let platform = match self.platforms.platform(row.datacenter).await {
            Ok(platform) => platform,
            Err(error) => return Ok(failed(&row, &error)),
        };
        if deleting {
            return Ok(match platform.delete_disk(&place(&row)).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, Duration::from_secs(1)),
                Err(error) => failed(&row, &error),
            });
        }
        let storage_class = self.store.datacenters().get(&Scope::system(), row.datacenter).await?.options.storage_class;
        let want = DiskWant { place: place(&row), size_gib: spec.size_gib, storage_class };
        Ok(match platform.ensure_disk(&want).await {
            Ok(status) => Step {
                seen: Seen::Resource { state: State::Ready, status: Some(Status::Disk(status)), generation: row.generation },
                outcome: Outcome::Done,
                attempts: 0,
                resync: None,
            },
            Err(error) => failed(&row, &error),
        })
    }
}
