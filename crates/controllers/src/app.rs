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
use crate::failure::{failed, waits, working};
use crate::needs::{LOOK, missing_disks, missing_namespace, place};

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
        if !deleting {
            let missing = match missing_namespace(&self.store, &row).await? {
                None => missing_disks(&self.store, &row, spec).await?,
                missing => missing,
            };
            if let Some(reason) = missing {
                return Ok(waits(&row, reason, LOOK));
            }
        }
        let platform = match self.platforms.platform(row.datacenter).await {
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
        Ok(match platform.ensure_app(&AppWant { place: place(&row), spec: spec.clone(), image_registry }).await {
            Ok((status, rollout)) => follow(&row, status, rollout),
            Err(error) => failed(&self.store, &row, &error).await,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::app;

    fn followed(row: &Resource, rollout: Rollout) -> (State, i64, Outcome) {
        let step = follow(row, AppStatus::default(), rollout);
        let Seen::Resource { state, generation, status: Some(Status::App(_)) } = step.seen else { panic!("an app was seen") };
        (state, generation, step.outcome)
    }

    #[test]
    fn a_complete_rollout_is_ready_for_its_generation() {
        assert_eq!(followed(&app(State::Updating, 2, 1), Rollout::Complete), (State::Ready, 2, Outcome::Done));
    }

    #[test]
    fn a_rollout_under_way_is_looked_at_again_soon_and_says_how_far_it_is() {
        let (state, generation, outcome) = followed(&app(State::Provisioning, 1, 0), Rollout::Progressing("1 of 3 serve".to_owned()));
        assert_eq!((state, generation), (State::Provisioning, 0));
        assert!(matches!(outcome, Outcome::Wait { reason, after } if reason == "1 of 3 serve" && after <= Duration::from_secs(2)));
        assert_eq!(followed(&app(State::Updating, 2, 1), Rollout::Progressing(String::new())).0, State::Updating);
    }

    #[test]
    fn a_stuck_rollout_has_failed_but_is_looked_at_again() {
        let (state, generation, outcome) = followed(&app(State::Updating, 2, 1), Rollout::Stuck("no such image".to_owned()));
        assert_eq!((state, generation), (State::Failed, 2));
        assert!(matches!(outcome, Outcome::Failed { permanent: false, reason, .. } if reason == "no such image"));
    }
}
