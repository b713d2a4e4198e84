//! Floating addresses.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::FloatingIpStatus;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::{CloudPlace, FloatingIpWant};
use tenantry_driver_api::{Deletion, Result, Rollout};

use super::addresses::seed;
use super::catalog::external_pool;
use super::drift::drift;
use super::router::{Router, RouterInterface};
use super::server::Server;
use super::table::{self, Body, Row, Stored};
use super::{Tx, conflict};
use crate::invalid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FloatingIp {
    pub(crate) description: String,
    pub(crate) external_network: String,
    pub(crate) address: Option<IpAddr>,
    /// The server that it leads to, with its inner address, and the router and network on the way.
    pub(crate) server: Option<String>,
    pub(crate) fixed: Option<IpAddr>,
    pub(crate) router: Option<String>,
    pub(crate) network: Option<String>,
}

impl Body for FloatingIp {
    const KIND: Kind = Kind::FloatingIp;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::FloatingIps, 1)
    }
    fn links(&self) -> Vec<String> {
        self.server.iter().chain(&self.router).cloned().collect()
    }
}

impl FloatingIp {
    /// The same, leading nowhere.
    pub(crate) fn kept(&self) -> Self {
        Self { server: None, fixed: None, router: None, network: None, ..self.clone() }
    }
}

fn status(found: &Stored<FloatingIp>, repaired: Vec<String>) -> FloatingIpStatus {
    let text = |address: Option<IpAddr>| address.map_or_else(String::new, |a| a.to_string());
    FloatingIpStatus { peer_id: found.peer_id.clone(), address: text(found.body.address), fixed_address: text(found.body.fixed), repaired }
}

pub(crate) async fn ensure(tx: &Tx, want: &FloatingIpWant) -> Result<(FloatingIpStatus, Rollout)> {
    let found = table::find::<FloatingIp>(tx, &want.at).await?;
    let differs: Vec<&str> = found.as_ref().map_or_else(Vec::new, |found| {
        let all = [
            ("name", found.name != want.at.place.name),
            ("description", found.body.description != want.description),
            ("server", found.body.server != want.server),
        ];
        all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    });
    let repaired = match (drift(&want.at, Kind::FloatingIp, found.is_some(), &differs), &found) {
        (Ok(repaired), _) => repaired,
        (Err(told), Some(found)) => return Ok((status(found, Vec::new()), told)),
        (Err(told), None) => return Ok((FloatingIpStatus { peer_id: want.at.peer_id.clone(), ..FloatingIpStatus::default() }, told)),
    };
    let taken = match found {
        Some(found) if found.body.external_network != want.external_network => {
            return Err(invalid(format!("the address {} is of another external network and stays there", status(&found, vec![]).address)));
        }
        Some(found) => found,
        None => take(tx, want).await?,
    };
    let mut body = FloatingIp { description: want.description.clone(), ..taken.body.clone() };
    if body.server != want.server {
        body = body.kept();
        if let Some(server) = &want.server {
            lead(tx, &want.at.place.namespace, server, &mut body).await?;
        }
    }
    let taken = table::change(tx, taken, &want.at.place.name, body).await?;
    Ok((status(&taken, repaired), Rollout::Complete))
}

async fn take(tx: &Tx, want: &FloatingIpWant) -> Result<Stored<FloatingIp>> {
    let pool = external_pool(&want.external_network)?;
    let (description, external_network) = (want.description.clone(), want.external_network.clone());
    let body = FloatingIp { description, external_network, address: None, server: None, fixed: None, router: None, network: None };
    let made = table::make(tx, &want.at, body).await?;
    let address = pool.take(tx, &made.peer_id, seed(&want.at.place.uid)).await?;
    let body = FloatingIp { address: Some(address), ..made.body.clone() };
    table::change(tx, made, &want.at.place.name, body).await
}

/// Finds the way to a server: one of its networks is connected to a router that leads to the external network.
async fn lead(tx: &Tx, namespace: &str, server: &str, to: &mut FloatingIp) -> Result<()> {
    let server = table::get::<Server>(tx, namespace, server).await?;
    for port in &server.body.ports {
        let interfaces = table::users(tx, &port.network, Some(Kind::RouterInterface)).await?;
        let interfaces = interfaces.into_iter().map(Row::read::<RouterInterface>).collect::<Result<Vec<_>>>()?;
        let routers: Vec<String> = interfaces.into_iter().map(|i| i.body.router).collect();
        let routers = table::with_ids(tx, &routers).await?.into_iter().map(Row::read::<Router>).collect::<Result<Vec<_>>>()?;
        if let Some(router) = routers.into_iter().find(|r| r.body.external_network.as_ref() == Some(&to.external_network)) {
            to.server = Some(server.peer_id.clone());
            to.fixed = Some(port.address);
            to.network = Some(port.network.clone());
            to.router = Some(router.peer_id);
            return Ok(());
        }
    }
    let message = "the external network is not reachable from the server";
    Err(conflict(format!("{message} '{}': none of its networks is connected to a router that leads there", server.name)))
}

pub(crate) async fn delete(tx: &Tx, at: &CloudPlace) -> Result<Deletion> {
    if let Some(found) = table::find_to_remove::<FloatingIp>(tx, at).await? {
        table::remove(tx, &found).await?;
    }
    Ok(Deletion::Gone)
}
