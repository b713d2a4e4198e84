//! From a driver's failure to what the row says and when it is tried again.

use tenantry_domain::resource::{Resource, State};
use tenantry_driver_api::DriverError;
use tenantry_engine::{Outcome, Step};
use tenantry_store::work::Seen;

/// A step on a resource that failed. What only a change will help makes it Failed; anything else leaves the state as it is, with the reason.
pub(crate) fn failed(resource: &Resource, error: &DriverError) -> Step {
    let permanent = error.permanent();
    let seen = if permanent && resource.state != State::Deleting {
        Seen::Resource { state: State::Failed, status: None, generation: resource.generation }
    } else {
        Seen::Resource { state: working(resource), status: None, generation: resource.observed_generation }
    };
    let outcome = Outcome::Failed { reason: error.message.clone(), permanent, retry_after: error.retry_after };
    Step { seen, outcome, attempts: resource.progress.attempts, resync: None }
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
