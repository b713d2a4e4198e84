//! What an ensure does about what somebody changed or removed.

use tenantry_domain::resource::Kind;
use tenantry_driver_api::Rollout;
use tenantry_driver_api::cloud::CloudPlace;

/// What is put right, by name (nothing, for what is still being made or changed); or what is told instead.
pub(crate) fn drift(at: &CloudPlace, kind: Kind, there: bool, differs: &[&str]) -> Result<Vec<String>, Rollout> {
    let called = format!("{kind} '{}'", at.place.name);
    let found: Vec<String> = if there { differs.iter().map(|d| (*d).to_owned()).collect() } else { vec![kind.name().to_owned()] };
    match (at.existed, at.repair) {
        (false, _) => Ok(Vec::new()),
        (true, true) => Ok(found),
        (true, false) if found.is_empty() => Ok(found),
        (true, false) if there => {
            Err(Rollout::Drifted(format!("the {called} was changed in the datacenter: its {}", found.join(", its "))))
        }
        (true, false) => Err(Rollout::Drifted(format!("the {called} was removed in the datacenter"))),
    }
}
