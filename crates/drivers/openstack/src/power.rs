//! From what Nova calls a server's state to what is wanted of it, one step at a time. Pure.

use serde_json::{Value, json};
use tenantry_domain::cloud::Power;

/// What a server's state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It is at rest.
    Is(Power),
    /// It is on its way to something.
    Busy,
    /// The cloud gave it up.
    Broken,
    /// Somebody put it aside in a way that Tenantry has no word for; this brings it back.
    Aside(&'static str),
    /// Somebody does something to it that only they can end.
    Others,
}

/// What Nova's word for the state means.
pub(crate) fn condition(status: &str) -> Condition {
    match status {
        "ACTIVE" | "PASSWORD" => Condition::Is(Power::Running),
        "SHUTOFF" => Condition::Is(Power::Stopped),
        "PAUSED" => Condition::Is(Power::Paused),
        "SUSPENDED" => Condition::Is(Power::Suspended),
        "ERROR" => Condition::Broken,
        "SHELVED" | "SHELVED_OFFLOADED" => Condition::Aside("unshelve"),
        "RESCUE" => Condition::Aside("unrescue"),
        "SOFT_DELETED" => Condition::Aside("restore"),
        "VERIFY_RESIZE" => Condition::Others,
        // also DELETED, which is what goes in this moment: nothing brings it back
        _ => Condition::Busy,
    }
}

/// The next action on the way from one power to another: what is neither running nor wanted is made to run first.
pub(crate) const fn step(from: Power, to: Power) -> Option<&'static str> {
    match (from, to) {
        (Power::Running, Power::Running)
        | (Power::Stopped, Power::Stopped)
        | (Power::Paused, Power::Paused)
        | (Power::Suspended, Power::Suspended) => None,
        (Power::Running, Power::Stopped) => Some("os-stop"),
        (Power::Running, Power::Paused) => Some("pause"),
        (Power::Running, Power::Suspended) => Some("suspend"),
        (Power::Stopped, _) => Some("os-start"),
        (Power::Paused, _) => Some("unpause"),
        (Power::Suspended, _) => Some("resume"),
    }
}

/// The body of an action without arguments.
pub(crate) fn action(name: &str) -> Value {
    json!({ name: null })
}

/// A reboot; only what runs can be asked.
pub(crate) fn reboot(hard: bool, from: Condition) -> Value {
    let hard = hard || from != Condition::Is(Power::Running);
    json!({"reboot": {"type": if hard { "HARD" } else { "SOFT" }}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_power_is_reached_from_every_other_in_at_most_two_steps() {
        let after = |action| match action {
            "os-stop" => Power::Stopped,
            "pause" => Power::Paused,
            "suspend" => Power::Suspended,
            _ => Power::Running,
        };
        for from in Power::ALL {
            for to in Power::ALL {
                let (mut now, mut steps) = (from, 0);
                while let Some(action) = step(now, to) {
                    (now, steps) = (after(action), steps + 1);
                    assert!(steps <= 2, "{from} to {to}");
                }
                assert_eq!(now, to);
            }
        }
    }

    #[test]
    fn what_goes_in_this_moment_is_waited_for_and_what_was_put_in_the_bin_is_brought_back() {
        assert_eq!(condition("DELETED"), Condition::Busy);
        assert_eq!(condition("SOFT_DELETED"), Condition::Aside("restore"));
    }

    #[test]
    fn only_what_runs_is_asked_to_reboot() {
        assert_eq!(reboot(false, Condition::Is(Power::Running))["reboot"]["type"], "SOFT");
        for (hard, from) in [(true, Condition::Is(Power::Running)), (false, Condition::Is(Power::Paused)), (false, Condition::Broken)] {
            assert_eq!(reboot(hard, from)["reboot"]["type"], "HARD");
        }
    }
}
