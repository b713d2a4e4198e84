//! A network with its one subnet.

use std::net::IpAddr;

use async_trait::async_trait;
use ipnet::IpNet;
use serde_json::{Value, json};
use tenantry_domain::cloud::{FloatingIpStatus, NetworkSpec, NetworkStatus, RouterInterfaceStatus, RouterStatus, SecurityGroupStatus};
use tenantry_driver_api::cloud::{
    CloudNetworks, CloudPlace, FloatingIpWant, NetworkWant, RouterInterfaceWant, RouterWant, SecurityGroupWant,
};
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, Result, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::Outcome;
use crate::objects::{
    NETWORKS, Obtained, PORTS, ROUTERS, SERVERS, SUBNETS, changed, described, items, name_of, repaired, text, undescribed,
};

/// The first and the last address of what is given out: the whole subnet but its gateway, as Neutron does it.
pub(crate) fn pools(spec: &NetworkSpec) -> Vec<(IpAddr, IpAddr)> {
    if let Some(pool) = spec.pool {
        return vec![pool];
    }
    let hosts = match spec.cidr {
        IpNet::V4(net) if net.prefix_len() < 31 => {
            Some((u128::from(net.network().to_bits()) + 1, u128::from(net.broadcast().to_bits()) - 1))
        }
        IpNet::V6(net) if net.prefix_len() < 127 => Some((net.network().to_bits() + 1, net.broadcast().to_bits())),
        _ => None,
    };
    let address = |bits: u128| match spec.cidr {
        IpNet::V4(_) => u32::try_from(bits).ok().map(|bits| IpAddr::V4(bits.into())),
        IpNet::V6(_) => Some(IpAddr::V6(bits.into())),
    };
    let Some((first, last)) = hosts else { return Vec::new() };
    let gateway = spec.gateway.map(|gateway| match gateway {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    });
    let ranges = match gateway {
        Some(gateway) if (first..=last).contains(&gateway) => vec![(first, gateway - 1), (gateway + 1, last)],
        _ => vec![(first, last)],
    };
    ranges.into_iter().filter(|(first, last)| first <= last).filter_map(|(first, last)| Some((address(first)?, address(last)?))).collect()
}

/// What a subnet is asked to be; the CIDR and the network cannot be changed later.
fn subnet_body(spec: &NetworkSpec) -> Value {
    let pools: Vec<Value> = pools(spec).iter().map(|(start, end)| json!({"start": start, "end": end})).collect();
    let mut body = json!({"gateway_ip": spec.gateway, "enable_dhcp": spec.dhcp, "dns_nameservers": spec.dns});
    // where nothing can be said of them they are as Neutron makes them
    if !pools.is_empty() {
        body["allocation_pools"] = json!(pools);
    }
    body
}

fn address(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}

/// The pools that a subnet has, in order.
pub(crate) fn pools_of(subnet: &Value) -> Vec<(IpAddr, IpAddr)> {
    let mut found: Vec<_> = items(subnet, "allocation_pools").filter_map(|p| Some((address(&p["start"])?, address(&p["end"])?))).collect();
    found.sort();
    found
}

/// The name servers of a subnet, in its order.
pub(crate) fn dns_of(subnet: &Value) -> Vec<IpAddr> {
    items(subnet, "dns_nameservers").filter_map(address).collect()
}

/// What is other at the subnet than it should be.
fn subnet_differs(subnet: &Value, want: &NetworkWant) -> Vec<String> {
    let spec = &want.spec;
    let mut differs = Vec::new();
    let gateway = address(&subnet["gateway_ip"]);
    if gateway != spec.gateway {
        differs.push(format!("its gateway is {}", gateway.map_or_else(|| "none".to_owned(), |g| g.to_string())));
    }
    if subnet["enable_dhcp"].as_bool() != Some(spec.dhcp) {
        differs.push(format!("DHCP is {}", if spec.dhcp { "off" } else { "on" }));
    }
    if dns_of(subnet) != spec.dns {
        differs.push("its name servers are others".to_owned());
    }
    // pools that nobody asked for are Neutron's own business once they are there
    let wanted = pools(spec);
    if (spec.pool.is_some() || !want.at.existed) && !wanted.is_empty() && pools_of(subnet) != wanted {
        differs.push("other addresses are given out".to_owned());
    }
    differs
}

impl OpenStack {
    async fn network(&self, want: &NetworkWant) -> Outcome<(NetworkStatus, Rollout)> {
        let (at, spec) = (&want.at, &want.spec);
        let session = self.inside(&at.place).await?;
        let body = async {
            let description = described(&spec.description, at.place.uid);
            Ok(json!({"name": at.place.name, "description": description, "admin_state_up": true}))
        };
        let Obtained { object: network, made, mut put_right } = match session.obtain(&NETWORKS, at, body).await? {
            Ok(obtained) => obtained,
            Err(told) => return Ok((NetworkStatus { peer_id: at.peer_id.clone(), ..NetworkStatus::default() }, told)),
        };
        let id = text(&network, "id");
        let mut status = NetworkStatus { peer_id: id.to_owned(), ..NetworkStatus::default() };
        let (differs, change) = named_differs(&network, at, &spec.description);
        let subnets = if made { Vec::new() } else { session.all(&SUBNETS, &[("network_id", id)]).await? };
        let subnet = subnets.iter().find(|subnet| text(subnet, "cidr").parse() == Ok(spec.cidr)).or_else(|| subnets.first());
        status.subnet_id = subnet.map(|subnet| text(subnet, "id").to_owned()).unwrap_or_default();
        if let Some(subnet) = subnet
            && text(subnet, "cidr").parse::<IpNet>() != Ok(spec.cidr)
        {
            let message = format!(
                "the network '{}' has the addresses {} there, which cannot become {}",
                at.place.name,
                text(subnet, "cidr"),
                spec.cidr
            );
            if !at.existed {
                return Err(DriverError::new(DriverErrorKind::Invalid, message).into());
            }
            return Ok((status, Rollout::Drifted(message)));
        }
        let of_subnet = match subnet {
            Some(subnet) => subnet_differs(subnet, want),
            // that of a network made just now was never there
            None if put_right.is_empty() => vec!["its subnet is gone".to_owned()],
            None => Vec::new(),
        };
        let all: Vec<String> = differs.iter().chain(&of_subnet).cloned().collect();
        if let Some(told) = changed(NETWORKS.noun, at, &all) {
            return Ok((status, told));
        }
        if !differs.is_empty() {
            session.change(&NETWORKS, id, &change).await?;
        }
        match subnet {
            Some(subnet) if !of_subnet.is_empty() => {
                session.change(&SUBNETS, text(subnet, "id"), &subnet_body(spec)).await?;
            }
            Some(_) => {}
            None => {
                let mut body = subnet_body(spec);
                body["network_id"] = json!(id);
                body["name"] = json!(at.place.name);
                body["cidr"] = json!(spec.cidr);
                body["ip_version"] = json!(if spec.cidr.addr().is_ipv4() { 4 } else { 6 });
                body["description"] = json!(described("", at.place.uid));
                status.subnet_id = text(&session.create(&SUBNETS, &body).await?, "id").to_owned();
            }
        }
        put_right.extend(repaired(at, all));
        status.repaired = put_right;
        Ok((status, Rollout::Complete))
    }

    async fn remove_network(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let Some(held) = session.remove_ours(&NETWORKS, at).await? else { return Ok(Deletion::Gone) };
        let ports = session.all(&PORTS, &[("network_id", &held)]).await?;
        Ok(Deletion::InProgress(in_use(&session, NETWORKS.noun, at, &ports).await?))
    }
}

/// How the name and the description of something of Neutron's differ, and what sets them.
pub(crate) fn named_differs(found: &Value, at: &CloudPlace, words: &str) -> (Vec<String>, Value) {
    let mut differs = Vec::new();
    if text(found, "name") != at.place.name {
        differs.push(format!("its name is '{}'", text(found, "name")));
    }
    let wanted = described(words, at.place.uid);
    if text(found, "description") != wanted {
        differs.push(format!("its description is '{}'", undescribed(text(found, "description")).0));
    }
    (differs, json!({"name": at.place.name, "description": wanted}))
}

/// That something is in use, and by whom.
pub(crate) async fn in_use(session: &Session<'_>, noun: &str, at: &CloudPlace, ports: &[Value]) -> Outcome<String> {
    Ok(format!("the {noun} '{}' is in use: {}", at.place.name, inhabitants(session, ports).await?))
}

/// Who is behind these ports, for people.
async fn inhabitants(session: &Session<'_>, ports: &[Value]) -> Outcome<String> {
    let owned = |prefix: &str| -> Vec<&str> {
        let of = ports.iter().filter(|port| text(port, "device_owner").starts_with(prefix));
        of.map(|port| text(port, "device_id")).collect()
    };
    let mut who = session.called(&SERVERS, &owned("compute:")).await?;
    who.extend(session.called(&ROUTERS, &owned("network:router")).await?);
    let others = ports.iter().filter(|port| !["compute:", "network:"].iter().any(|p| text(port, "device_owner").starts_with(p)));
    who.extend(others.map(|port| format!("the port '{}'", name_of(port))));
    who.truncate(10);
    Ok(if who.is_empty() { "something there still uses it".to_owned() } else { who.join(", ") })
}

/// The addresses in a network that are some device's: its ports.
pub(crate) async fn ports_of(session: &Session<'_>, device: &str) -> Outcome<Vec<Value>> {
    session.all(&PORTS, &[("device_id", device)]).await
}

/// What cannot be done until somebody did something else.
pub(crate) fn conflict(message: String) -> DriverError {
    DriverError::new(DriverErrorKind::Conflict, message)
}

#[async_trait]
impl CloudNetworks for OpenStack {
    async fn ensure_network(&self, want: &NetworkWant) -> Result<(NetworkStatus, Rollout)> {
        Ok(self.network(want).await?)
    }

    async fn delete_network(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_network(at).await?)
    }

    async fn ensure_router(&self, want: &RouterWant) -> Result<(RouterStatus, Rollout)> {
        Ok(self.router(want).await?)
    }

    async fn delete_router(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_router(at).await?)
    }

    async fn ensure_router_interface(&self, want: &RouterInterfaceWant) -> Result<(RouterInterfaceStatus, Rollout)> {
        Ok(self.interface(want).await?)
    }

    async fn delete_router_interface(&self, want: &RouterInterfaceWant) -> Result<Deletion> {
        Ok(self.remove_interface(&want.at).await?)
    }

    async fn ensure_floating_ip(&self, want: &FloatingIpWant) -> Result<(FloatingIpStatus, Rollout)> {
        Ok(self.floating_ip(want).await?)
    }

    async fn delete_floating_ip(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_floating_ip(at).await?)
    }

    async fn ensure_security_group(&self, want: &SecurityGroupWant) -> Result<(SecurityGroupStatus, Rollout)> {
        Ok(self.security_group(want).await?)
    }

    async fn delete_security_group(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_security_group(at).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(cidr: &str, gateway: Option<&str>) -> NetworkSpec {
        let gateway = gateway.map(|g| g.parse().unwrap());
        NetworkSpec { description: String::new(), cidr: cidr.parse().unwrap(), gateway, dhcp: true, pool: None, dns: Vec::new() }
    }

    #[test]
    fn all_but_the_gateway_is_given_out() {
        let shown = |spec: &NetworkSpec| pools(spec).iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>();
        assert_eq!(shown(&spec("10.0.0.0/24", Some("10.0.0.1"))), ["10.0.0.2-10.0.0.254"]);
        assert_eq!(shown(&spec("10.0.0.0/24", Some("10.0.0.9"))), ["10.0.0.1-10.0.0.8", "10.0.0.10-10.0.0.254"]);
        assert_eq!(shown(&spec("10.0.0.0/24", None)), ["10.0.0.1-10.0.0.254"]);
        assert_eq!(shown(&spec("fd00::/64", Some("fd00::1"))), ["fd00::2-fd00::ffff:ffff:ffff:ffff"]);
        assert!(shown(&spec("10.0.0.0/31", None)).is_empty());
    }
}
