//! What a driver's word on how far something is means for its row.

use std::time::Duration;

use tenantry_domain::resource::{Resource, State, Status};
use tenantry_domain::usage::SUSPENDED;
use tenantry_driver_api::Rollout;
use tenantry_engine::{Outcome, Step};
use tenantry_store::work::Seen;

use crate::failure::working;

/// How often what is under way is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often what does not run because its tenant is suspended is looked at; when it may run again, it is worked on at once.
const LOOK_AT_REST: Duration = Duration::from_secs(300);

/// What a rollout means for the row.
pub(crate) fn follow(row: &Resource, status: Status, rollout: Rollout) -> Step {
    let seen = |state, generation| Seen::Resource { state, status: Some(status), generation };
    let (seen, outcome) = match rollout {
        Rollout::Complete if row.held() => {
            (seen(State::Ready, row.generation), Outcome::Wait { reason: SUSPENDED.to_owned(), after: LOOK_AT_REST })
        }
        Rollout::Complete => (seen(State::Ready, row.generation), Outcome::Done),
        Rollout::Progressing(reason) => (seen(working(row), row.observed_generation), Outcome::Wait { reason, after: LOOK }),
        Rollout::Stuck(reason) => (seen(State::Failed, row.generation), Outcome::Failed { reason, permanent: false, retry_after: None }),
        Rollout::Drifted(reason) => (seen(State::Failed, row.generation), Outcome::Failed { reason, permanent: true, retry_after: None }),
    };
    Step { seen, outcome, attempts: row.progress.attempts, resync: None }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::resource::{AppSpec, AppStatus, Spec};

    use super::*;
    use crate::testing::app;

    fn followed(row: &Resource, rollout: Rollout) -> (State, i64, Outcome) {
        let step = follow(row, Status::App(AppStatus::default()), rollout);
        let Seen::Resource { state, generation, status: Some(Status::App(_)) } = step.seen else { panic!("an app was seen") };
        (state, generation, step.outcome)
    }

    #[test]
    fn a_complete_rollout_is_ready_for_its_generation() {
        assert_eq!(followed(&app(State::Updating, 2, 1), Rollout::Complete), (State::Ready, 2, Outcome::Done));
    }

    #[test]
    fn what_does_not_run_because_its_tenant_is_suspended_is_at_rest_and_says_so() {
        let row = Resource { suspended: true, ..app(State::Updating, 2, 1) };
        let (state, generation, outcome) = followed(&row, Rollout::Complete);
        assert_eq!((state, generation), (State::Ready, 2));
        assert!(matches!(outcome, Outcome::Wait { reason, after } if reason == SUSPENDED && after >= Duration::from_secs(60)));
        let Spec::App(spec) = &row.spec else { panic!("an app") };
        let stopped = Resource { spec: Spec::App(AppSpec { stopped: true, ..spec.clone() }), ..row };
        assert_eq!(followed(&stopped, Rollout::Complete).2, Outcome::Done, "it would not run anyway");
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

    #[test]
    fn drift_that_is_left_alone_is_told_and_not_tried_often() {
        let (state, generation, outcome) = followed(&app(State::Ready, 2, 2), Rollout::Drifted("it was stopped".to_owned()));
        assert_eq!((state, generation), (State::Failed, 2));
        assert!(matches!(outcome, Outcome::Failed { permanent: true, reason, .. } if reason == "it was stopped"));
    }
}
