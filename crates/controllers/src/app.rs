//! Apps: rolled out, followed until every copy serves, and removed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{AppStatus, Resource, Spec, State, Status};
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_driver_api::{AppWant, Deletion, Rollout};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Seen, WorkKind};

use crate::Platforms;
use crate::disk::{LOOK, namespace_missing, place};
use crate::failure::{failed, waits, working};

pub(crate) struct Apps {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

/// What a rollout means for the row.
fn follow(row: &Resource, status: AppStatus, rollout: Rollout) -> Step {
    let status = Some(Status::App(status));
    let seen = |state, generation| Seen::Resource { state, status, generation };
    let (seen, outcome) = match rollout {
        Rollout::Complete => (seen(State::Ready, row.generation), Outcome::Done),
        Rollout::Progressing(reason) => {
            (seen(working(row), row.observed_generation), Outcome::Wait { reason, after: Duration::from_secs(1) })
        }
        Rollout::Stuck(reason) => (seen(State::Failed, row.generation), Outcome::Failed { reason, permanent: false, retry_after: None }),
    };
    Step { seen, outcome, attempts: row.progress.attempts, resync: None }
}

#[async_trait]
impl Controller for Apps {
    fn kind(&self) -> WorkKind {
        WorkKind::App
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(row) = self.store.resources().find_by_id(ResourceId(lease.object)).await? else { return Ok(Step::gone()) };
        let Spec::App(spec) = &row.spec else { return Err(Error::internal("not an app")) };
        let deleting = row.state == State::Deleting;
        if !deleting && let Some(reason) = namespace_missing(&self.store, &row).await? {
            return Ok(waits(&row, reason, LOOK));
        }
        let platform = match self.platforms.platform(row.datacenter).await {
            Ok(platform) => platform,
            Err(error) => return Ok(failed(&row, &error)),
        };
        if deleting {
            return Ok(match platform.delete_app(&place(&row)).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, Duration::from_secs(1)),
                Err(error) => failed(&row, &error),
            });
        }
        let image_registry = self.store.datacenters().get(&Scope::system(), row.datacenter).await?.options.image_registry;
        Ok(match platform.ensure_app(&AppWant { place: place(&row), spec: spec.clone(), image_registry }).await {
            Ok((status, rollout)) => follow(&row, status, rollout),
            Err(error) => failed(&row, &error),
        })
    }
}
