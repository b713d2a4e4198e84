//! Servers.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{Console, Power, ServerAddress, ServerStatus};
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::{CloudPlace, ServerWant};
use tenantry_driver_api::{Deletion, Result, Rollout};

use super::addresses::{Pool, seed};
use super::catalog::{self, ZONE, offered_pool};
use super::drift::drift;
use super::floating_ip::FloatingIp;
use super::group::DEFAULT;
use super::network::Network;
use super::table::{self, Body, Row, Stored};
use super::volume::Attachment;
use super::{Tx, conflict};
use crate::invalid;

/// How a server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Life {
    /// It is being made; the next look finds it made.
    Building,
    /// It was given up on, and why.
    Broken(String),
    /// It is made.
    Is(Power),
}

/// A server in a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Port {
    pub(crate) network: String,
    pub(crate) address: IpAddr,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) image: String,
    pub(crate) flavor: String,
    pub(crate) cpu_millicores: i64,
    pub(crate) memory_mib: i64,
    pub(crate) zone: String,
    pub(crate) ports: Vec<Port>,
    pub(crate) groups: Vec<String>,
    pub(crate) user_data: Option<String>,
    pub(crate) reboots: i64,
    pub(crate) life: Life,
}

impl Body for Server {
    const KIND: Kind = Kind::Server;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::Cpu, self.cpu_millicores).with(Metric::Memory, self.memory_mib).with(Metric::Servers, 1)
    }
    fn links(&self) -> Vec<String> {
        self.ports.iter().map(|p| p.network.clone()).chain(self.groups.iter().filter(|g| *g != DEFAULT).cloned()).collect()
    }
}

impl Server {
    /// The cloud's word for how it is.
    pub(crate) const fn condition(&self) -> &'static str {
        match &self.life {
            Life::Building => "BUILD",
            Life::Broken(_) => "ERROR",
            Life::Is(Power::Running) => "ACTIVE",
            Life::Is(Power::Stopped) => "SHUTOFF",
            Life::Is(Power::Paused) => "PAUSED",
            Life::Is(Power::Suspended) => "SUSPENDED",
        }
    }

    const fn power(&self) -> Option<Power> {
        match self.life {
            Life::Is(power) => Some(power),
            Life::Building | Life::Broken(_) => None,
        }
    }
}

async fn floating(tx: &Tx, server: &str) -> Result<Vec<Stored<FloatingIp>>> {
    table::users(tx, server, Some(Kind::FloatingIp)).await?.into_iter().map(Row::read).collect()
}

async fn status(tx: &Tx, found: &Stored<Server>, repaired: Vec<String>) -> Result<ServerStatus> {
    let own: Vec<String> = found.body.ports.iter().map(|p| p.network.clone()).collect();
    let named = table::with_ids(tx, &own).await?;
    let offered = catalog::networks();
    let name = |id: &str| {
        let own = named.iter().find(|n| n.peer_id == id).map(|n| n.name.clone());
        own.or_else(|| offered.iter().find(|n| n.id == id).map(|n| n.name.clone())).unwrap_or_else(|| id.to_owned())
    };
    let mut addresses: Vec<ServerAddress> =
        found.body.ports.iter().map(|p| ServerAddress { network: name(&p.network), address: p.address, floating: false }).collect();
    for ip in floating(tx, &found.peer_id).await? {
        if let (Some(network), Some(address)) = (ip.body.network, ip.body.address) {
            addresses.push(ServerAddress { network: name(&network), address, floating: true });
        }
    }
    Ok(ServerStatus {
        peer_id: found.peer_id.clone(),
        power: found.body.power(),
        condition: found.body.condition().to_owned(),
        addresses,
        availability_zone: found.body.zone.clone(),
        reboots: found.body.reboots,
        fault: if let Life::Broken(fault) = &found.body.life { fault.clone() } else { String::new() },
        repaired,
    })
}

/// The groups that are wanted; one that is not the default is an object in the project.
async fn groups(tx: &Tx, want: &ServerWant) -> Result<Vec<String>> {
    if want.security_groups.is_empty() {
        return Ok(vec![DEFAULT.to_owned()]);
    }
    let mut groups = want.security_groups.clone();
    groups.sort();
    groups.dedup();
    let found = table::with_ids(tx, &groups).await?;
    let there =
        |id: &str| found.iter().any(|g| g.peer_id == id && g.kind == Kind::SecurityGroup.name() && g.namespace == want.at.place.namespace);
    match groups.iter().find(|g| *g != DEFAULT && !there(g)) {
        Some(missing) => Err(conflict(format!("there is no security group '{missing}' in the project '{}'", want.at.place.namespace))),
        None => Ok(groups),
    }
}

async fn pools(tx: &Tx, want: &ServerWant) -> Result<Vec<Pool>> {
    let own = table::with_ids(tx, &want.networks).await?;
    let pool = |id: &String| {
        if let Some(row) = own.iter().find(|n| n.peer_id == *id && n.kind == Kind::Network.name() && n.namespace == want.at.place.namespace)
        {
            return row.clone().read::<Network>().map(|network| network.pool());
        }
        let shared = catalog::networks().iter().any(|n| n.id == *id && n.shared);
        offered_pool(id)
            .filter(|_| shared)
            .ok_or_else(|| conflict(format!("there is no network '{id}' for servers of the project '{}'", want.at.place.namespace)))
    };
    want.networks.iter().map(pool).collect()
}

async fn make(tx: &Tx, want: &ServerWant) -> Result<Stored<Server>> {
    let image = catalog::image(&want.spec.image_id)?;
    let flavor = catalog::flavor(tx, &want.at.place.namespace, &want.spec.size).await?;
    if flavor.disk_gib < image.min_disk_gib || flavor.memory_mib < image.min_memory_mib {
        let (disk, memory) = (image.min_disk_gib, image.min_memory_mib);
        return Err(invalid(format!("the image '{}' needs {disk} GiB of disk and {memory} MiB of memory", image.name)));
    }
    let zone = want.spec.availability_zone.clone().unwrap_or_else(|| ZONE.to_owned());
    if !catalog::zones().iter().any(|z| z.name == zone && z.available) {
        return Err(invalid(format!("there is no availability zone '{zone}' where servers can be made")));
    }
    let (groups, pools) = (groups(tx, want).await?, pools(tx, want).await?);
    let body = Server {
        image: image.id,
        flavor: flavor.id,
        cpu_millicores: flavor.cpu_millicores,
        memory_mib: flavor.memory_mib,
        zone,
        ports: Vec::new(),
        groups,
        user_data: want.spec.user_data.clone(),
        reboots: want.spec.reboots,
        life: Life::Building,
    };
    let made = table::make(tx, &want.at, body).await?;
    let mut body = made.body.clone();
    for pool in pools {
        let address = pool.take(tx, &made.peer_id, seed(&want.at.place.uid)).await?;
        body.ports.push(Port { network: pool.network, address });
    }
    table::change(tx, made, &want.at.place.name, body).await
}

/// What became of a server that was being made.
fn built(body: &Server) -> Server {
    let name = catalog::image(&body.image).map_or_else(|error| error.message, |image| image.name);
    let life = if name.contains("broken") {
        Life::Broken(format!("no valid host was found: the image '{name}' does not start"))
    } else {
        Life::Is(Power::Running)
    };
    Server { life, ..body.clone() }
}

pub(crate) async fn ensure(tx: &Tx, want: &ServerWant) -> Result<(ServerStatus, Rollout)> {
    let Some(found) = table::find::<Server>(tx, &want.at).await? else {
        let repaired = match drift(&want.at, Kind::Server, false, &[]) {
            Ok(repaired) => repaired,
            Err(told) => return Ok((ServerStatus { peer_id: want.at.peer_id.clone(), ..ServerStatus::default() }, told)),
        };
        let made = make(tx, want).await?;
        return Ok((status(tx, &made, repaired).await?, Rollout::Progressing("BUILD: the server is being made".to_owned())));
    };
    let found = if found.body.life == Life::Building {
        let (name, body) = (found.name.clone(), built(&found.body));
        table::change(tx, found, &name, body).await?
    } else {
        found
    };
    if let Life::Broken(fault) = &found.body.life {
        return Ok((status(tx, &found, Vec::new()).await?, Rollout::Stuck(fault.clone())));
    }
    let groups = groups(tx, want).await?;
    let all = [
        ("name", found.name != want.at.place.name),
        ("power", found.body.power() != Some(want.spec.power)),
        ("security groups", found.body.groups != groups),
    ];
    let differs: Vec<&str> = all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    let repaired = match drift(&want.at, Kind::Server, true, &differs) {
        Ok(repaired) => repaired,
        Err(told) => return Ok((status(tx, &found, Vec::new()).await?, told)),
    };
    let reboots = found.body.reboots.max(want.spec.reboots);
    let body = Server { groups, reboots, life: Life::Is(want.spec.power), ..found.body.clone() };
    let server = table::change(tx, found, &want.at.place.name, body).await?;
    Ok((status(tx, &server, repaired).await?, Rollout::Complete))
}

/// Removes a server: what was attached is detached, and floating addresses lead nowhere.
pub(crate) async fn remove(tx: &Tx, server: &Stored<Server>) -> Result<()> {
    for row in table::users(tx, &server.peer_id, None).await? {
        if row.kind == Kind::Attachment.name() {
            table::remove(tx, &row.read::<Attachment>()?).await?;
        } else if row.kind == Kind::FloatingIp.name() {
            let address: Stored<FloatingIp> = row.read()?;
            let (name, body) = (address.name.clone(), address.body.kept());
            table::change(tx, address, &name, body).await?;
        }
    }
    table::remove(tx, server).await
}

pub(crate) async fn delete(tx: &Tx, at: &CloudPlace) -> Result<Deletion> {
    if let Some(found) = table::find_to_remove::<Server>(tx, at).await? {
        remove(tx, &found).await?;
    }
    Ok(Deletion::Gone)
}

async fn made(tx: &Tx, at: &CloudPlace) -> Result<Stored<Server>> {
    let found = table::find::<Server>(tx, at).await?;
    found.ok_or_else(|| conflict(format!("there is no server '{}' in the project '{}'", at.place.name, at.place.namespace)))
}

pub(crate) async fn console(tx: &Tx, at: &CloudPlace) -> Result<Console> {
    let server = made(tx, at).await?;
    if server.body.life != Life::Is(Power::Running) {
        return Err(conflict(format!("the server '{}' is {}: it has a console while it runs", server.name, server.body.condition())));
    }
    let url = format!("https://console.sandbox.invalid/vnc_lite.html?path=%3Ftoken%3D{}", table::new_id(tx).await?);
    Ok(Console { kind: "novnc".to_owned(), url })
}

pub(crate) async fn console_log(tx: &Tx, at: &CloudPlace, lines: usize) -> Result<String> {
    let server = made(tx, at).await?;
    let image = catalog::image(&server.body.image).map_or_else(|_| server.body.image.clone(), |image| image.name);
    let mut log = Vec::new();
    if server.body.power().is_some() {
        for boot in 0..=server.body.reboots {
            log.push(format!("[    0.000000] Linux version 6.12.0 ({image}), start {}", boot + 1));
            log.extend(server.body.ports.iter().enumerate().map(|(n, port)| format!("[    1.20{n}000] eth{n}: {}", port.address)));
            log.push(format!("{} login: ", server.name));
        }
    }
    if let Life::Broken(fault) = &server.body.life {
        log.push(fault.clone());
    }
    Ok(log[log.len().saturating_sub(lines)..].join("\n"))
}
