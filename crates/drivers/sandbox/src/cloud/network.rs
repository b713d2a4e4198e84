//! Networks, each with its one subnet.

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{NetworkSpec, NetworkStatus};
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::NetworkWant;
use tenantry_driver_api::{Result, Rollout};

use super::addresses::Pool;
use super::drift::drift;
use super::router::RouterInterface;
use super::table::{self, Body, Stored};
use super::{Tx, conflict};
use crate::invalid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) spec: NetworkSpec,
    pub(crate) subnet_id: String,
}

impl Body for Network {
    const KIND: Kind = Kind::Network;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::Networks, 1)
    }
    fn links(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Stored<Network> {
    /// What it gives out.
    pub(crate) fn pool(&self) -> Pool {
        let spec = &self.body.spec;
        Pool::new(&self.peer_id, &self.name, spec.cidr, spec.pool, spec.gateway)
    }
}

fn check(spec: &NetworkSpec) -> Result<()> {
    let cidr = spec.cidr;
    if spec.gateway.is_some_and(|gateway| !cidr.contains(&gateway)) {
        return Err(invalid(format!("the gateway is not in the subnet {cidr}")));
    }
    match spec.pool {
        Some((first, last)) if !cidr.contains(&first) || !cidr.contains(&last) || first > last => {
            Err(invalid(format!("the addresses that are given out are not a range in the subnet {cidr}")))
        }
        _ => Ok(()),
    }
}

fn differs(found: &Stored<Network>, want: &NetworkWant) -> Vec<&'static str> {
    let (is, should) = (&found.body.spec, &want.spec);
    let all = [
        ("name", found.name != want.at.place.name),
        ("description", is.description != should.description),
        ("gateway", is.gateway != should.gateway),
        ("pool", is.pool != should.pool),
        ("dhcp", is.dhcp != should.dhcp),
        ("dns", is.dns != should.dns),
    ];
    all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
}

fn status(found: &Stored<Network>, repaired: Vec<String>) -> NetworkStatus {
    NetworkStatus { peer_id: found.peer_id.clone(), subnet_id: found.body.subnet_id.clone(), repaired }
}

pub(crate) async fn ensure(tx: &Tx, want: &NetworkWant) -> Result<(NetworkStatus, Rollout)> {
    check(&want.spec)?;
    let found = table::find::<Network>(tx, &want.at).await?;
    let differs = found.as_ref().map_or_else(Vec::new, |found| differs(found, want));
    let repaired = match (drift(&want.at, Kind::Network, found.is_some(), &differs), &found) {
        (Ok(repaired), _) => repaired,
        (Err(told), Some(found)) => return Ok((status(found, Vec::new()), told)),
        (Err(told), None) => return Ok((NetworkStatus { peer_id: want.at.peer_id.clone(), ..NetworkStatus::default() }, told)),
    };
    let network = match found {
        None => {
            let body = Network { spec: want.spec.clone(), subnet_id: table::new_id(tx).await? };
            table::make(tx, &want.at, body).await?
        }
        Some(found) => {
            if found.body.spec.cidr != want.spec.cidr {
                return Err(invalid(format!("the network has the addresses {} and keeps them", found.body.spec.cidr)));
            }
            if found.body.spec.gateway != want.spec.gateway && gateway_used(tx, &found).await? {
                return Err(conflict(format!("the gateway of the network '{}' is used by its router", found.name)));
            }
            let body = Network { spec: want.spec.clone(), subnet_id: found.body.subnet_id.clone() };
            table::change(tx, found, &want.at.place.name, body).await?
        }
    };
    Ok((status(&network, repaired), Rollout::Complete))
}

async fn gateway_used(tx: &Tx, network: &Stored<Network>) -> Result<bool> {
    let interfaces = table::users(tx, &network.peer_id, Some(Kind::RouterInterface)).await?;
    let interfaces = interfaces.into_iter().map(table::Row::read::<RouterInterface>).collect::<Result<Vec<_>>>()?;
    Ok(interfaces.iter().any(|i| Some(i.body.address) == network.body.spec.gateway))
}
