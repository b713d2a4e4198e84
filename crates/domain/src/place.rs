//! Places at a peer: the namespaces of a cluster, the projects of a cloud. A tenant has one in each of its datacenters; others were there
//! before Tenantry came.

use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Uid;
use crate::name;
use crate::policy::ObjectKind;
use crate::quota::{Amounts, Limits};

/// A place that was found at a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPlace {
    /// Its name.
    pub name: String,
    /// The peer's id of it.
    pub peer_id: String,
    /// When it was made, where the peer tells.
    pub since: Option<Timestamp>,
    /// The uid that it carries as the mark of a Tenantry, this one or another.
    pub mark: Option<Uid>,
}

impl FoundPlace {
    /// Whether a tenant can be put over it as far as the place itself goes.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when another Tenantry has it, [`ErrorKind::InvalidArgument`] when its name is no label.
    pub fn check_adoptable(&self) -> Result<()> {
        if self.mark.is_some() {
            let message = format!("'{}' carries the mark of another Tenantry: it is taken over when that has let it go", self.name);
            return Err(Error::conflict(ObjectKind::Namespace, message));
        }
        name::check_label("name", &self.name).map_err(|error| {
            let message = format!("{}; a tenant is called by the label that its place has, so rename it there first", error.message);
            Error::invalid("name", message)
        })
    }
}

/// Checks that limits are no smaller than what lives in a place already.
///
/// # Errors
/// [`ErrorKind::QuotaExceeded`] that says what is needed.
pub fn check_holds(limits: &Limits, place: &str, used: &Amounts) -> Result<()> {
    let too_much = |(metric, amount): &(crate::Metric, i64)| limits.get(*metric).is_some_and(|limit| *amount > limit);
    let over: Vec<_> = used.iter().filter(too_much).collect();
    if over.is_empty() {
        return Ok(());
    }
    let needed: Vec<String> = over.iter().map(|(metric, amount)| format!("{metric}: {}", metric.show(*amount))).collect();
    let message =
        format!("what lives in '{}' needs more than the quota that it would have: at least {}", name::clip(place), needed.join(", "));
    Err(Error::new(ErrorKind::QuotaExceeded, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;

    fn found(name: &str, mark: Option<&str>) -> FoundPlace {
        FoundPlace { name: name.to_owned(), peer_id: "1".to_owned(), since: None, mark: mark.map(|m| m.parse().unwrap()) }
    }

    #[test]
    fn what_another_has_and_what_is_no_label_is_not_adopted_and_says_what_would_be_right() {
        found("shop", None).check_adoptable().unwrap();
        let other = found("shop", Some("00000000-0000-7000-8000-000000000001")).check_adoptable().unwrap_err();
        assert!(other.kind == ErrorKind::Conflict && other.message.contains("another Tenantry"), "{}", other.message);
        let wrong = found("My Shop", None).check_adoptable().unwrap_err();
        assert!(wrong.kind == ErrorKind::InvalidArgument && wrong.message.contains("'My Shop'"), "{}", wrong.message);
        assert!(wrong.message.contains("RFC 1123") && wrong.message.contains("rename it"), "{}", wrong.message);
    }

    #[test]
    fn limits_below_what_lives_there_are_refused_with_what_is_needed() {
        let used = Amounts::ZERO.with(Metric::Cpu, 1500).with(Metric::Volumes, 3);
        for enough in [Limits::NONE, Limits::compute(Some(1500), Some(0), Some(0)).with(Metric::Volumes, Some(3))] {
            check_holds(&enough, "shop", &used).unwrap();
        }
        let error = check_holds(&Limits::compute(Some(1499), None, None).with(Metric::Volumes, Some(2)), "shop", &used).unwrap_err();
        assert_eq!(error.kind, ErrorKind::QuotaExceeded);
        assert!(error.message.ends_with("at least cpu: 1.50 cores, volumes: 3 volumes"), "{}", error.message);
    }
}
