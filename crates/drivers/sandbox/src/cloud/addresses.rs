//! Addresses, given out for real: each of a network has one holder.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use sea_orm::FromQueryResult;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

use super::table::{query, run};
use super::{Tx, conflict};

/// After so many that are taken one after another, all that are taken are read once.
const TRIES: u128 = 64;

/// What a network gives out.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    /// The network's id.
    pub(crate) network: String,
    /// The network's name.
    pub(crate) name: String,
    first: u128,
    last: u128,
    v4: bool,
    without: Option<IpAddr>,
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Pool {
    /// The pool of a network: a part of its subnet, or all of it but what routers and broadcasts use.
    pub(crate) fn new(network: &str, name: &str, cidr: IpNet, part: Option<(IpAddr, IpAddr)>, gateway: Option<IpAddr>) -> Self {
        let v4 = matches!(cidr, IpNet::V4(_));
        let edge = u128::from(cidr.max_prefix_len() - cidr.prefix_len() > 1);
        let (first, last) = match part {
            Some((first, last)) => (number(first), number(last)),
            None => (number(cidr.network()) + edge, number(cidr.broadcast()) - if v4 { edge } else { 0 }),
        };
        Self { network: network.to_owned(), name: name.to_owned(), first, last, v4, without: gateway }
    }

    fn address(&self, number: u128) -> IpAddr {
        match u32::try_from(number) {
            Ok(bits) if self.v4 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }

    /// Gives the first free address from the one that `seed` leads to.
    pub(crate) async fn take(&self, tx: &Tx, holder: &str, seed: u128) -> Result<IpAddr> {
        let size = (self.last - self.first).saturating_add(1);
        let from = seed % size;
        let at = |step: u128| self.address(self.first + (from + step) % size);
        for step in 0..size.min(TRIES) {
            if self.take_this(tx, holder, at(step)).await? {
                return Ok(at(step));
            }
        }
        let taken = self.taken(tx).await?;
        // one more than are taken is enough, and one for the gateway
        let most = size.min(taken.len() as u128 + 2);
        let free = (0..most).map(at).find(|a| self.without != Some(*a) && !taken.contains(&a.to_string()));
        let message = || format!("the network '{}' has no free address", self.name);
        let free = free.ok_or_else(|| DriverError::new(DriverErrorKind::QuotaExceeded, message()))?;
        if self.take_this(tx, holder, free).await? { Ok(free) } else { Err(conflict(format!("the address {free} was just taken"))) }
    }

    async fn take_this(&self, tx: &Tx, holder: &str, address: IpAddr) -> Result<bool> {
        if self.without == Some(address) { Ok(false) } else { take(tx, &self.network, address, holder).await }
    }

    async fn taken(&self, tx: &Tx) -> Result<std::collections::BTreeSet<String>> {
        #[derive(FromQueryResult)]
        struct Taken {
            address: String,
        }
        let sql = "SELECT address FROM cloud_addresses WHERE network = $1";
        let found: Vec<Taken> = query(tx, sql, vec![self.network.as_str().into()]).await?;
        Ok(found.into_iter().map(|t| t.address).collect())
    }
}

/// Takes this very address; whether it was free.
pub(crate) async fn take(tx: &Tx, network: &str, address: IpAddr, holder: &str) -> Result<bool> {
    let sql = "INSERT INTO cloud_addresses (network, address, holder) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(run(tx, sql, vec![network.into(), address.to_string().into(), holder.into()]).await? == 1)
}

/// Gives back all that somebody holds in a network.
pub(crate) async fn give_back(tx: &Tx, network: &str, holder: &str) -> Result<()> {
    run(tx, "DELETE FROM cloud_addresses WHERE holder = $1 AND network = $2", vec![holder.into(), network.into()]).await.map(|_| ())
}

/// Where to begin to look for a free address: the same for the same object, so that two runs agree.
pub(crate) fn seed(uid: &tenantry_domain::Uid) -> u128 {
    uid.0.as_u128()
}
