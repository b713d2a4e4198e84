//! Namespaces: there, with their quota and rules, until they are to go; and gone after what is in them. One that was taken over
//! without the right to remove it is let go.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::resource::{Kind, NamespaceSpec, NamespaceStatus, Origin, Resource, Spec, State, Status};
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_driver_api::{Deletion, DriverErrorKind, NamespaceWant};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Seen, WorkKind};

use crate::Platforms;
use crate::failure::{failed, waits};

pub(crate) struct Namespaces {
    pub(crate) store: Store,
    pub(crate) platforms: Arc<dyn Platforms>,
}

#[derive(Debug, PartialEq)]
enum Plan {
    Ensure(NamespaceWant),
    WaitForChildren(i64),
    Release,
    Delete,
}

fn plan(row: &Resource, spec: &NamespaceSpec, children: i64) -> Plan {
    match row.state {
        State::Deleting if children > 0 => Plan::WaitForChildren(children),
        State::Deleting if row.origin == Origin::Adopted => Plan::Release,
        State::Deleting => Plan::Delete,
        _ => Plan::Ensure(NamespaceWant {
            name: row.name.clone(),
            uid: row.uid,
            tenant_uid: row.tenant_uid,
            limits: spec.limits,
            adopt: spec.adopt,
            existed: row.state == State::Ready && row.observed_generation == row.generation,
        }),
    }
}

#[async_trait]
impl Controller for Namespaces {
    fn kind(&self) -> WorkKind {
        WorkKind::Resource(Kind::Namespace)
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let id = ResourceId(lease.object);
        let Some(row) = self.store.resources().find_by_id(id).await? else { return Ok(Step::gone()) };
        let Spec::Namespace(spec) = &row.spec else { return Err(Error::internal("not a namespace")) };
        let children = if row.state == State::Deleting { self.store.resources().children(id).await? } else { 0 };
        let plan = plan(&row, spec, children);
        if let Plan::WaitForChildren(children) = plan {
            return Ok(waits(&row, format!("waits for {children} disks and apps in it to be removed first"), Duration::from_secs(30)));
        }
        let platform = match self.platforms.platform(row.datacenter).await {
            Ok(platform) => platform,
            Err(error) => return Ok(failed(&self.store, &row, &error).await),
        };
        Ok(match plan {
            Plan::Ensure(want) => match platform.ensure_namespace(&want).await {
                Ok(status) => Step {
                    seen: Seen::Resource { state: State::Ready, status: Some(Status::Namespace(status)), generation: row.generation },
                    outcome: Outcome::Done,
                    attempts: 0,
                    resync: None,
                },
                Err(error) if error.kind == DriverErrorKind::NotOurs => {
                    let status = Status::Namespace(NamespaceStatus { foreign: true, ..NamespaceStatus::default() });
                    let mut step = failed(&self.store, &row, &error).await;
                    step.seen = Seen::Resource { state: State::Failed, status: Some(status), generation: row.generation };
                    // who allowed it to be taken over is told why it is not
                    if let Outcome::Failed { reason, .. } = &mut step.outcome
                        && !want.adopt
                    {
                        *reason = format!(
                            "a namespace '{}' exists there that is not Tenantry's; it is left alone, and an administrator may adopt it",
                            row.name
                        );
                    }
                    step
                }
                Err(error) => failed(&self.store, &row, &error).await,
            },
            Plan::Release => match platform.release_namespace(&row.name, row.uid).await {
                Ok(()) => Step::gone(),
                Err(error) => failed(&self.store, &row, &error).await,
            },
            Plan::Delete | Plan::WaitForChildren(_) => match platform.delete_namespace(&row.name, row.uid).await {
                Ok(Deletion::Gone) => Step::gone(),
                Ok(Deletion::InProgress(reason)) => waits(&row, reason, Duration::from_secs(1)),
                Err(error) => failed(&self.store, &row, &error).await,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::namespace;

    fn planned(row: &Resource, children: i64) -> Plan {
        let Spec::Namespace(spec) = &row.spec else { panic!("a namespace") };
        plan(row, spec, children)
    }

    #[test]
    fn a_namespace_goes_after_what_is_in_it() {
        assert_eq!(planned(&namespace(State::Deleting, 1, 1), 2), Plan::WaitForChildren(2));
        assert_eq!(planned(&namespace(State::Deleting, 1, 1), 0), Plan::Delete);
    }

    #[test]
    fn one_that_was_taken_over_is_let_go_unless_it_may_be_removed() {
        for (origin, then) in [(Origin::Made, Plan::Delete), (Origin::Adopted, Plan::Release), (Origin::AdoptedToRemove, Plan::Delete)] {
            let row = Resource { origin, ..namespace(State::Deleting, 1, 1) };
            assert_eq!(planned(&row, 0), then);
            assert_eq!(planned(&row, 1), Plan::WaitForChildren(1));
        }
    }

    #[test]
    fn one_that_is_not_being_removed_is_ensured_whatever_state_it_is_in() {
        for state in State::ALL.into_iter().filter(|s| *s != State::Deleting) {
            let row = namespace(state, 2, 1);
            let Plan::Ensure(want) = planned(&row, 3) else { panic!("{state} is ensured") };
            assert_eq!((want.name.as_str(), want.uid, want.tenant_uid, want.adopt), ("alpha", row.uid, row.tenant_uid, false));
        }
    }

    #[test]
    fn only_a_finished_one_is_looked_at_for_drift() {
        let existed =
            |state, generation, observed| matches!(planned(&namespace(state, generation, observed), 0), Plan::Ensure(w) if w.existed);
        assert!(existed(State::Ready, 2, 2));
        assert!(!existed(State::Provisioning, 1, 0));
        assert!(!existed(State::Updating, 2, 1));
        assert!(!existed(State::Failed, 1, 1));
    }
}
