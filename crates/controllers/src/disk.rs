//! Disks: made after their namespace, grown, and removed when nothing uses them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{DiskSpec, DiskStatus, Kind, Resource, Spec, State, Status};
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_driver_api::{Deletion, DiskWant};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Seen, WorkKind};

use crate::Platforms;
use crate::failure::{failed, waits};
use crate::needs::{LOOK, missing_namespace, place};

pub(crate) struct Disks {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

/// What a disk should be at its peer.
fn want(row: &Resource, spec: &DiskSpec, storage_class: Option<String>) -> DiskWant {
    DiskWant { place: place(row), size_gib: spec.size_gib, storage_class }
}

/// What the peer's answer means for the row.
fn made(row: &Resource, status: DiskStatus) -> Step {
    let seen = Seen::Resource { state: State::Ready, status: Some(Status::Disk(status)), generation: row.generation };
    Step { seen, outcome: Outcome::Done, attempts: 0, resync: None }
}

#[async_trait]
impl Controller for Disks {
    fn kind(&self) -> WorkKind {
        WorkKind::Resource(Kind::Disk)
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(row) = self.store.resources().find_by_id(ResourceId(lease.object)).await? else { return Ok(Step::gone()) };
        let Spec::Disk(spec) = &row.spec else { return Err(Error::internal("not a disk")) };
        let deleting = row.state == State::Deleting;
        if !deleting && let Some(reason) = missing_namespace(&self.store, &row).await? {
            return Ok(waits(&row, reason, LOOK));
        }
        let platform = match self.platforms.containers(row.datacenter).await {
            Ok(platform) => platform,
            Err(error) => return Ok(failed(&self.store, &row, &error).await),
        };
        if deleting {
            return Ok(match platform.delete_disk(&place(&row)).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, Duration::from_secs(1)),
                Err(error) => failed(&self.store, &row, &error).await,
            });
        }
        let storage_class = self.store.datacenters().get(&Scope::system(), row.datacenter).await?.options.storage_class;
        Ok(match platform.ensure_disk(&want(&row, spec, storage_class)).await {
            Ok(status) => made(&row, status),
            Err(error) => failed(&self.store, &row, &error).await,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::disk;

    #[test]
    fn a_disk_is_wanted_in_the_tenants_namespace_with_its_uid_and_size() {
        let row = disk(State::Pending, 1, 0);
        let want = want(&row, &DiskSpec { size_gib: 4 }, Some("fast".to_owned()));
        assert_eq!((want.place.namespace.as_str(), want.place.name.as_str(), want.place.uid), ("alpha", "data", row.uid));
        assert_eq!((want.size_gib, want.storage_class.as_deref()), (4, Some("fast")));
    }

    #[test]
    fn a_disk_that_was_made_is_ready_for_the_generation_that_was_worked_on() {
        let step = made(&disk(State::Updating, 3, 2), DiskStatus::default());
        assert!(matches!(step.seen, Seen::Resource { state: State::Ready, generation: 3, .. }));
        assert_eq!(step.outcome, Outcome::Done);
    }
}
