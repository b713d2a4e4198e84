//! From a driver's failure to what the row says and when it is tried again: the one place that decides it.

use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{Resource, State};
use tenantry_driver_api::{DriverError, DriverErrorKind};
use tenantry_engine::{Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::Seen;

/// A step on a resource that failed.
pub(crate) async fn failed(store: &Store, resource: &Resource, error: &DriverError) -> Step {
    let datacenter = store.datacenters().get(&Scope::system(), resource.datacenter).await;
    // the reason is worth telling also when the name cannot be read
    let datacenter = datacenter.map_or_else(|_| resource.datacenter.to_string(), |d| d.name);
    judge(resource, &datacenter, error)
}

/// What only a change will help makes a resource Failed; anything else leaves it in the state that it is in, with the reason.
fn judge(resource: &Resource, datacenter: &str, error: &DriverError) -> Step {
    let permanent = error.permanent();
    let seen = if permanent && resource.state != State::Deleting {
        Seen::Resource { state: State::Failed, status: None, generation: resource.generation }
    } else {
        Seen::Resource { state: kept(resource), status: None, generation: resource.observed_generation }
    };
    let outcome = Outcome::Failed { reason: told(datacenter, error), permanent, retry_after: error.retry_after };
    Step { seen, outcome, attempts: resource.progress.attempts, resync: None }
}

/// What people are told: which datacenter, what is the matter, and the peer's own words.
fn told(datacenter: &str, error: &DriverError) -> String {
    let message = &error.message;
    match error.kind {
        DriverErrorKind::Unreachable => format!("datacenter '{datacenter}' cannot be reached: {message}"),
        DriverErrorKind::Timeout => format!("datacenter '{datacenter}' did not answer in time: {message}"),
        DriverErrorKind::Throttled => format!("datacenter '{datacenter}' asks to be called less often: {message}"),
        DriverErrorKind::Server => format!("datacenter '{datacenter}' failed: {message}"),
        DriverErrorKind::Unauthorized => format!("datacenter '{datacenter}' does not accept Tenantry's credentials: {message}"),
        DriverErrorKind::Forbidden => format!("Tenantry's credentials do not allow it in datacenter '{datacenter}': {message}"),
        DriverErrorKind::QuotaExceeded => format!("datacenter '{datacenter}' has no room for it: {message}"),
        DriverErrorKind::Invalid | DriverErrorKind::NotOurs | DriverErrorKind::Conflict => message.clone(),
    }
}

/// The state of a resource that could not be worked on: what has failed for its newest spec stays failed.
fn kept(resource: &Resource) -> State {
    if resource.state == State::Failed && resource.observed_generation == resource.generation { State::Failed } else { working(resource) }
}

/// The state of a resource that is being worked on.
pub(crate) fn working(resource: &Resource) -> State {
    match resource.state {
        State::Deleting => State::Deleting,
        _ if resource.observed_generation == 0 => State::Provisioning,
        State::Ready if resource.observed_generation == resource.generation => State::Ready,
        _ => State::Updating,
    }
}

/// A step on a resource that waits for something else than its peer.
pub(crate) fn waits(resource: &Resource, reason: String, after: std::time::Duration) -> Step {
    let state = if resource.state == State::Pending { State::Pending } else { working(resource) };
    Step {
        seen: Seen::Resource { state, status: None, generation: resource.observed_generation },
        outcome: Outcome::Wait { reason, after },
        attempts: 0,
        resync: None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::disk;

    const TEMPORARY: [DriverErrorKind; 6] = [
        DriverErrorKind::Unreachable,
        DriverErrorKind::Timeout,
        DriverErrorKind::Throttled,
        DriverErrorKind::Server,
        DriverErrorKind::Unauthorized,
        DriverErrorKind::Conflict,
    ];
    const PERMANENT: [DriverErrorKind; 4] =
        [DriverErrorKind::Forbidden, DriverErrorKind::Invalid, DriverErrorKind::QuotaExceeded, DriverErrorKind::NotOurs];

    fn state(step: &Step) -> (State, i64) {
        let Seen::Resource { state, generation, .. } = step.seen else { panic!("a resource was seen") };
        (state, generation)
    }

    #[test]
    fn what_waiting_may_help_keeps_the_state_and_counts_the_attempt() {
        for kind in TEMPORARY {
            let error = DriverError::new(kind, "the peer's words");
            for (before, generation, observed, after) in [
                (State::Pending, 1, 0, State::Provisioning),
                (State::Provisioning, 1, 0, State::Provisioning),
                (State::Ready, 1, 1, State::Ready),
                (State::Updating, 2, 1, State::Updating),
                (State::Failed, 1, 1, State::Failed),
                (State::Updating, 2, 0, State::Provisioning),
                (State::Deleting, 2, 1, State::Deleting),
            ] {
                let step = judge(&disk(before, generation, observed), "north", &error);
                assert_eq!(state(&step), (after, observed), "{kind:?} on {before:?}");
                assert_eq!(step.attempts, 3);
                assert!(matches!(&step.outcome, Outcome::Failed { permanent: false, reason, .. } if reason.ends_with("the peer's words")));
            }
        }
    }

    #[test]
    fn what_only_a_change_will_help_makes_it_failed_but_a_removal_goes_on() {
        for kind in PERMANENT {
            let error = DriverError::new(kind, "no");
            let step = judge(&disk(State::Provisioning, 2, 0), "north", &error);
            assert_eq!(state(&step), (State::Failed, 2));
            assert!(matches!(step.outcome, Outcome::Failed { permanent: true, .. }));
            assert_eq!(state(&judge(&disk(State::Deleting, 2, 1), "north", &error)), (State::Deleting, 1));
        }
    }

    #[test]
    fn the_reason_names_the_datacenter_that_cannot_be_reached() {
        let error = DriverError::new(DriverErrorKind::Unreachable, "connection refused");
        assert_eq!(told("north", &error), "datacenter 'north' cannot be reached: connection refused");
    }

    #[test]
    fn what_the_peer_asks_for_is_handed_on() {
        let error = DriverError { retry_after: Some(Duration::from_secs(7)), ..DriverError::new(DriverErrorKind::Throttled, "slow down") };
        let step = judge(&disk(State::Ready, 1, 1), "north", &error);
        assert!(matches!(step.outcome, Outcome::Failed { retry_after: Some(asked), .. } if asked == Duration::from_secs(7)));
    }

    #[test]
    fn waiting_leaves_what_is_pending_pending_and_says_what_for() {
        let step = waits(&disk(State::Pending, 1, 0), "for the namespace".to_owned(), Duration::from_secs(1));
        assert_eq!(state(&step), (State::Pending, 0));
        assert_eq!(step.outcome, Outcome::Wait { reason: "for the namespace".to_owned(), after: Duration::from_secs(1) });
        assert_eq!(state(&waits(&disk(State::Deleting, 1, 1), String::new(), Duration::ZERO)), (State::Deleting, 1));
    }
}
