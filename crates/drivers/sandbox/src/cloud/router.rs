//! Routers, and the networks that are connected to them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{RouterInterfaceStatus, RouterStatus};
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::{RouterInterfaceWant, RouterWant};
use tenantry_driver_api::{Deletion, Result, Rollout};

use super::addresses::{give_back, seed, take};
use super::catalog::external_pool;
use super::drift::drift;
use super::floating_ip::FloatingIp;
use super::network::Network;
use super::table::{self, Body, Row, Stored};
use super::{Tx, conflict};
use crate::invalid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Router {
    pub(crate) description: String,
    pub(crate) external_network: Option<String>,
    pub(crate) address: Option<IpAddr>,
}

impl Body for Router {
    const KIND: Kind = Kind::Router;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::Routers, 1)
    }
    fn links(&self) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouterInterface {
    pub(crate) router: String,
    pub(crate) network: String,
    pub(crate) address: IpAddr,
}

impl Body for RouterInterface {
    const KIND: Kind = Kind::RouterInterface;
    fn holds(&self) -> Amounts {
        Amounts::ZERO
    }
    fn links(&self) -> Vec<String> {
        vec![self.router.clone(), self.network.clone()]
    }
}

fn status(found: &Stored<Router>, repaired: Vec<String>) -> RouterStatus {
    let external_address = found.body.address.map_or_else(String::new, |a| a.to_string());
    RouterStatus { peer_id: found.peer_id.clone(), external_address, repaired }
}

/// The floating addresses that lead through a router.
async fn floating(tx: &Tx, router: &str) -> Result<Vec<Stored<FloatingIp>>> {
    table::users(tx, router, Some(Kind::FloatingIp)).await?.into_iter().map(Row::read).collect()
}

pub(crate) async fn ensure(tx: &Tx, want: &RouterWant) -> Result<(RouterStatus, Rollout)> {
    let found = table::find::<Router>(tx, &want.at).await?;
    let differs: Vec<&str> = found.as_ref().map_or_else(Vec::new, |found| {
        let all = [
            ("name", found.name != want.at.place.name),
            ("description", found.body.description != want.description),
            ("external network", found.body.external_network != want.external_network),
        ];
        all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    });
    let repaired = match (drift(&want.at, Kind::Router, found.is_some(), &differs), &found) {
        (Ok(repaired), _) => repaired,
        (Err(told), Some(found)) => return Ok((status(found, Vec::new()), told)),
        (Err(told), None) => return Ok((RouterStatus { peer_id: want.at.peer_id.clone(), ..RouterStatus::default() }, told)),
    };
    let pool = want.external_network.as_deref().map(external_pool).transpose()?;
    let router = match found {
        Some(found) => found,
        None => {
            let body = Router { description: want.description.clone(), external_network: None, address: None };
            table::make(tx, &want.at, body).await?
        }
    };
    let mut body = Router { description: want.description.clone(), ..router.body.clone() };
    if body.external_network != want.external_network {
        if let Some(address) = floating(tx, &router.peer_id).await?.first() {
            return Err(conflict(format!("the floating address '{}' leads through the router '{}'", address.name, router.name)));
        }
        if let Some(before) = &body.external_network {
            give_back(tx, before, &router.peer_id).await?;
        }
        body.address = match pool {
            Some(pool) => Some(pool.take(tx, &router.peer_id, seed(&want.at.place.uid)).await?),
            None => None,
        };
        body.external_network.clone_from(&want.external_network);
    }
    let router = table::change(tx, router, &want.at.place.name, body).await?;
    Ok((status(&router, repaired), Rollout::Complete))
}

fn interface_status(found: &Stored<RouterInterface>, repaired: Vec<String>) -> RouterInterfaceStatus {
    RouterInterfaceStatus { peer_id: found.peer_id.clone(), address: found.body.address.to_string(), repaired }
}

pub(crate) async fn ensure_interface(tx: &Tx, want: &RouterInterfaceWant) -> Result<(RouterInterfaceStatus, Rollout)> {
    let found = table::find::<RouterInterface>(tx, &want.at).await?;
    let repaired = match drift(&want.at, Kind::RouterInterface, found.is_some(), &[]) {
        Ok(repaired) => repaired,
        Err(told) => {
            return Ok((RouterInterfaceStatus { peer_id: want.at.peer_id.clone(), ..RouterInterfaceStatus::default() }, told));
        }
    };
    if let Some(found) = found {
        return Ok((interface_status(&found, repaired), Rollout::Complete));
    }
    let namespace = &want.at.place.namespace;
    let router = table::get::<Router>(tx, namespace, &want.router).await?;
    let network = table::get::<Network>(tx, namespace, &want.network).await?;
    if network.body.subnet_id != want.subnet {
        return Err(conflict(format!("the network '{}' has no subnet '{}'", network.name, want.subnet)));
    }
    check_overlap(tx, &router, &network).await?;
    let gateway = network.body.spec.gateway;
    let body = RouterInterface {
        router: router.peer_id.clone(),
        network: network.peer_id.clone(),
        address: gateway.unwrap_or_else(|| network.body.spec.cidr.network()),
    };
    let interface = table::make(tx, &want.at, body).await?;
    let address = match gateway {
        Some(gateway) if take(tx, &network.peer_id, gateway, &interface.peer_id).await? => gateway,
        Some(gateway) => return Err(conflict(format!("the gateway {gateway} of the network '{}' is another router's", network.name))),
        None => network.pool().take(tx, &interface.peer_id, seed(&want.at.place.uid)).await?,
    };
    let body = RouterInterface { address, ..interface.body.clone() };
    let interface = table::change(tx, interface, &want.at.place.name, body).await?;
    Ok((interface_status(&interface, repaired), Rollout::Complete))
}

/// The networks of a router do not overlap, and none is connected twice.
async fn check_overlap(tx: &Tx, router: &Stored<Router>, network: &Stored<Network>) -> Result<()> {
    let interfaces = table::users(tx, &router.peer_id, Some(Kind::RouterInterface)).await?;
    let connected = interfaces.into_iter().map(Row::read::<RouterInterface>).collect::<Result<Vec<_>>>()?;
    let connected: Vec<String> = connected.into_iter().map(|i| i.body.network).collect();
    for other in table::with_ids(tx, &connected).await? {
        let other: Stored<Network> = other.read()?;
        let (mine, theirs) = (network.body.spec.cidr, other.body.spec.cidr);
        if mine.contains(&theirs) || theirs.contains(&mine) {
            let message =
                format!("the router '{}' is connected to '{}' already, whose addresses {theirs} overlap", router.name, other.name);
            return Err(invalid(message));
        }
    }
    Ok(())
}

pub(crate) async fn delete_interface(tx: &Tx, want: &RouterInterfaceWant) -> Result<Deletion> {
    let Some(found) = table::find_to_remove::<RouterInterface>(tx, &want.at).await? else { return Ok(Deletion::Gone) };
    let leading = floating(tx, &found.body.router).await?;
    if let Some(address) = leading.iter().find(|f| f.body.network.as_deref() == Some(&found.body.network)) {
        return Ok(Deletion::InProgress(format!("the floating address '{}' leads through it", address.name)));
    }
    table::remove(tx, &found).await?;
    Ok(Deletion::Gone)
}
