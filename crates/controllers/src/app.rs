//! Apps: rolled out, followed until every copy serves, and removed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{AppSpec, Kind, Spec, State, Status};
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_driver_api::{AppWant, Deletion};
use tenantry_engine::{Controller, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, WorkKind};

use crate::Platforms;
use crate::failure::{failed, waits};
use crate::needs::{LOOK, missing_disks, missing_namespace, place};
use crate::rollout::follow;

pub(crate) struct Apps {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

#[async_trait]
impl Controller for Apps {
    fn kind(&self) -> WorkKind {
        WorkKind::Resource(Kind::App)
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(row) = self.store.resources().find_by_id(ResourceId(lease.object)).await? else { return Ok(Step::gone()) };
        let Spec::App(spec) = &row.spec else { return Err(Error::internal("not an app")) };
        let deleting = row.state == State::Deleting;
        if !deleting {
            let missing = match missing_namespace(&self.store, &row).await? {
                None => missing_disks(&self.store, &row, spec).await?,
                missing => missing,
            };
            if let Some(reason) = missing {
                return Ok(waits(&row, reason, LOOK));
            }
        }
        let platform = match self.platforms.containers(row.datacenter).await {
            Ok(platform) => platform,
            Err(error) => return Ok(failed(&self.store, &row, &error).await),
        };
        if deleting {
            return Ok(match platform.delete_app(&place(&row)).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, Duration::from_secs(1)),
                Err(error) => failed(&self.store, &row, &error).await,
            });
        }
        let image_registry = self.store.datacenters().get(&Scope::system(), row.datacenter).await?.options.image_registry;
        // none runs while the tenant is suspended; what was asked for is kept in mind
        let spec = AppSpec { stopped: spec.stopped || row.suspended, ..spec.clone() };
        Ok(match platform.ensure_app(&AppWant { place: place(&row), spec, image_registry }).await {
            Ok((status, rollout)) => follow(&row, Status::App(status), rollout),
            Err(error) => failed(&self.store, &row, &error).await,
        })
    }
}
