//! Security groups.

use serde::{Deserialize, Serialize};
use tenantry_domain::Amounts;
use tenantry_domain::cloud::{Protocol, SecurityGroupStatus, SecurityRule};
use tenantry_domain::resource::Kind;
use tenantry_driver_api::cloud::SecurityGroupWant;
use tenantry_driver_api::{Result, Rollout};

use super::Tx;
use super::drift::drift;
use super::table::{self, Body, Stored};
use crate::invalid;

/// The group that every project has by itself.
pub(crate) const DEFAULT: &str = "default";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) description: String,
    /// Sorted.
    pub(crate) rules: Vec<SecurityRule>,
}

impl Body for SecurityGroup {
    const KIND: Kind = Kind::SecurityGroup;
    fn holds(&self) -> Amounts {
        Amounts::ZERO
    }
    fn links(&self) -> Vec<String> {
        Vec::new()
    }
}

fn check(rule: &SecurityRule) -> Result<()> {
    match (rule.protocol, rule.ports) {
        (Some(Protocol::Tcp | Protocol::Udp), Some((first, last))) if first > last => {
            Err(invalid(format!("a rule's ports {first} to {last} are no range")))
        }
        (None | Some(Protocol::Icmp), Some(_)) => Err(invalid("only rules of TCP and UDP have ports")),
        _ => Ok(()),
    }
}

fn status(found: &Stored<SecurityGroup>, repaired: Vec<String>) -> SecurityGroupStatus {
    SecurityGroupStatus { peer_id: found.peer_id.clone(), repaired }
}

pub(crate) async fn ensure(tx: &Tx, want: &SecurityGroupWant) -> Result<(SecurityGroupStatus, Rollout)> {
    want.spec.rules.iter().try_for_each(check)?;
    let mut rules = want.spec.rules.clone();
    rules.sort_unstable();
    rules.dedup();
    let body = SecurityGroup { description: want.spec.description.clone(), rules };
    let found = table::find::<SecurityGroup>(tx, &want.at).await?;
    let differs: Vec<&str> = found.as_ref().map_or_else(Vec::new, |found| {
        let all = [
            ("name", found.name != want.at.place.name),
            ("description", found.body.description != body.description),
            ("rules", found.body.rules != body.rules),
        ];
        all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    });
    let repaired = match (drift(&want.at, Kind::SecurityGroup, found.is_some(), &differs), &found) {
        (Ok(repaired), _) => repaired,
        (Err(told), Some(found)) => return Ok((status(found, Vec::new()), told)),
        (Err(told), None) => return Ok((SecurityGroupStatus { peer_id: want.at.peer_id.clone(), repaired: Vec::new() }, told)),
    };
    let group = match found {
        None => table::make(tx, &want.at, body).await?,
        Some(found) => table::change(tx, found, &want.at.place.name, body).await?,
    };
    Ok((status(&group, repaired), Rollout::Complete))
}
