//! What lives in a cloud of servers, of every kind alike: made after what it needs, followed until it is as it was asked for, looked at
//! for drift, and removed after what needs it.

mod wants;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{Kind, Origin, Resource, State};
use tenantry_domain::{ResourceId, Result};
use tenantry_driver_api::Deletion;
use tenantry_engine::{Controller, Step};
use tenantry_store::Store;
use tenantry_store::resources::SHOWN;
use tenantry_store::work::{Lease, WorkKind};

use self::wants::{Want, at};
use crate::Platforms;
use crate::failure::{failed, waits};
use crate::needs::{LOOK, missing_namespace, waits_for};
use crate::rollout::follow;

/// Beneath the wake-up by what goes.
const LOOK_WHETHER_FREE: Duration = Duration::from_secs(30);

/// The controller of one kind.
pub(crate) struct Cloud {
    pub(crate) kind: Kind,
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

/// What of the things that a resource refers to is not there yet.
fn lacks(targets: &[Resource]) -> Option<String> {
    let there = |target: &Resource| target.observed_generation > 0 && !target.status.peer_id().is_empty();
    targets.iter().find(|t| !there(t)).map(|t| waits_for(&t.called(), t))
}

/// What has to go before a resource can.
fn held_by(referrers: &[Resource]) -> Option<String> {
    let names: Vec<String> = referrers.iter().map(Resource::called).collect();
    (!names.is_empty()).then(|| format!("waits for {} to be removed first", names.join(", ")))
}

impl Cloud {
    /// What of the way from a floating address to its server is not there yet; a peer that is asked too early refuses.
    async fn lacks_way(&self, row: &Resource, targets: &[Resource]) -> Result<Option<String>> {
        if self.kind != Kind::FloatingIp || row.complete_generation == row.generation {
            return Ok(None);
        }
        let networks: Vec<ResourceId> = targets.iter().flat_map(|server| server.spec.references()).collect();
        if networks.is_empty() {
            return Ok(None);
        }
        Ok(lacks(&self.store.resources().unfinished(Kind::RouterInterface, &networks, 1).await?))
    }
}

#[async_trait]
impl Controller for Cloud {
    fn kind(&self) -> WorkKind {
        WorkKind::Resource(self.kind)
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(row) = self.store.resources().find_by_id(ResourceId(lease.object)).await? else { return Ok(Step::gone()) };
        let deleting = row.state == State::Deleting;
        let targets = self.store.resources().references(row.id).await?;
        if deleting {
            if let Some(reason) = held_by(&self.store.resources().referrers(row.id, SHOWN).await?) {
                return Ok(waits(&row, reason, LOOK_WHETHER_FREE));
            }
        } else {
            if let Some(reason) = missing_namespace(&self.store, &row).await? {
                return Ok(waits(&row, reason, LOOK));
            }
            if let Some(reason) = lacks(&targets) {
                return Ok(waits(&row, reason, LOOK));
            }
            if let Some(reason) = self.lacks_way(&row, &targets).await? {
                return Ok(waits(&row, reason, LOOK));
            }
        }
        let options = self.store.datacenters().get(&Scope::system(), row.datacenter).await?.options;
        let at = at(&row, lease.first, options.repair_drift);
        let cloud = match self.platforms.cloud(row.datacenter).await {
            Ok(cloud) => cloud,
            Err(error) => return Ok(failed(&self.store, &row, &error).await),
        };
        if deleting && row.origin == Origin::Adopted {
            return Ok(match cloud.release(self.kind, &at).await {
                Ok(()) => Step::gone(),
                Err(error) => failed(&self.store, &row, &error).await,
            });
        }
        let Some(want) = Want::of(&row, at, &targets) else {
            // what it would connect was never made, so neither was it
            return Ok(if deleting { Step::gone() } else { waits(&row, "waits for what it refers to".to_owned(), LOOK) });
        };
        if deleting {
            return Ok(match want.delete(&*cloud).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, LOOK),
                Err(error) => failed(&self.store, &row, &error).await,
            });
        }
        if row.origin != Origin::Made
            && row.observed_generation == 0
            && let Err(error) = cloud.claim(self.kind, want.at()).await
        {
            return Ok(failed(&self.store, &row, &error).await);
        }
        Ok(match want.ensure(&*cloud).await {
            Ok((status, rollout)) => follow(&row, status, rollout),
            Err(error) => failed(&self.store, &row, &error).await,
        })
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::cloud::{NetworkStatus, RouterSpec};
    use tenantry_domain::resource::{Spec, Status};

    use super::*;
    use crate::testing::row;

    fn router(state: State, observed: i64) -> Resource {
        row("edge", Spec::Router(RouterSpec { description: String::new(), external_network: None }), state, 1, observed)
    }

    #[test]
    fn what_is_referred_to_is_waited_for_until_it_was_made_and_has_an_id() {
        let mut target = router(State::Provisioning, 0);
        assert_eq!(lacks(&[target.clone()]).unwrap(), "waits for router 'edge', which is provisioning");
        target.observed_generation = 1;
        assert!(lacks(&[target.clone()]).is_some());
        target.status = Status::adopted(Kind::Router, "abc");
        assert_eq!(lacks(&[target]), None);
        assert_eq!(lacks(&[]), None);
    }

    #[test]
    fn one_that_failed_before_it_was_made_is_named_with_its_reason() {
        let mut target = router(State::Failed, 1);
        target.progress.reason = "no such external network".to_owned();
        assert_eq!(lacks(&[target]).unwrap(), "waits for router 'edge', which is failed: no such external network");
    }

    #[test]
    fn what_holds_something_back_is_named() {
        assert_eq!(held_by(&[]), None);
        assert_eq!(held_by(&[router(State::Ready, 1)]).unwrap(), "waits for router 'edge' to be removed first");
    }

    #[test]
    fn an_empty_status_of_another_kind_is_no_id() {
        let mut target = router(State::Ready, 1);
        target.status = Status::Network(NetworkStatus::default());
        assert!(lacks(&[target]).is_some());
    }
}
