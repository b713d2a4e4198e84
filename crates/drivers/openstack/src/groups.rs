//! Security groups, with exactly the rules that are wanted: also those that Neutron adds by itself go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::{Value, json};
use tenantry_domain::cloud::{Direction, Protocol, SecurityGroupStatus, SecurityRule};
use tenantry_driver_api::cloud::{CloudPlace, SecurityGroupWant};
use tenantry_driver_api::{Deletion, Rollout};

use crate::OpenStack;
use crate::failure::Outcome;
use crate::networks::{in_use, named_differs};
use crate::objects::{Obtained, PORTS, SECURITY_GROUPS, changed, described, items, repaired, text};
use crate::service::Service::Network;

/// A rule of Neutron's as one of ours, if it can be said in our words.
pub(crate) fn rule_of(rule: &Value) -> Option<SecurityRule> {
    let direction = match text(rule, "direction") {
        "ingress" => Direction::Ingress,
        "egress" => Direction::Egress,
        _ => return None,
    };
    let v6 = text(rule, "ethertype") == "IPv6";
    let anywhere = if v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let remote = match rule["remote_ip_prefix"].as_str() {
        Some(prefix) => prefix.parse().ok()?,
        None if rule["remote_group_id"].is_null() && rule["remote_address_group_id"].is_null() => IpNet::new(anywhere, 0).ok()?,
        None => return None,
    };
    let protocol = match rule["protocol"].as_str() {
        None | Some("any" | "0") => None,
        Some("tcp" | "6") => Some(Protocol::Tcp),
        Some("udp" | "17") => Some(Protocol::Udp),
        Some("icmp" | "1") if !v6 => Some(Protocol::Icmp),
        Some("ipv6-icmp" | "icmpv6" | "icmp" | "58") if v6 => Some(Protocol::Icmp),
        Some(_) => return None,
    };
    let port = |key: &str| rule[key].as_u64().and_then(|port| u16::try_from(port).ok());
    let ports = port("port_range_min").zip(port("port_range_max"));
    match protocol {
        // types and codes of ICMP have no place in our rules
        Some(Protocol::Icmp) | None if ports.is_some() || !rule["port_range_min"].is_null() => None,
        _ => Some(SecurityRule { direction, protocol, ports, remote }),
    }
}

/// Rules that mean the same are the same: 0-65535 is every port, and a prefix is that of its network.
fn plain(rule: &SecurityRule) -> SecurityRule {
    let ports = rule.ports.filter(|ports| !matches!(ports, (0 | 1, u16::MAX)));
    SecurityRule { ports, remote: rule.remote.trunc(), ..rule.clone() }
}

fn rule_body(group: &str, rule: &SecurityRule) -> Value {
    let v6 = rule.remote.addr().is_ipv6();
    json!({
        "security_group_id": group,
        "direction": match rule.direction { Direction::Ingress => "ingress", Direction::Egress => "egress" },
        "ethertype": if v6 { "IPv6" } else { "IPv4" },
        "protocol": rule.protocol.map(|protocol| match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp if v6 => "ipv6-icmp",
            Protocol::Icmp => "icmp",
        }),
        "port_range_min": rule.ports.map(|(first, _)| first),
        "port_range_max": rule.ports.map(|(_, last)| last),
        "remote_ip_prefix": (rule.remote.prefix_len() > 0).then(|| rule.remote.to_string()),
    })
}

impl OpenStack {
    pub(crate) async fn security_group(&self, want: &SecurityGroupWant) -> Outcome<(SecurityGroupStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let body = async { Ok(json!({"name": at.place.name, "description": described(&want.spec.description, at.place.uid)})) };
        let Obtained { object: group, mut put_right, .. } = match session.obtain(&SECURITY_GROUPS, at, body).await? {
            Ok(obtained) => obtained,
            Err(told) => return Ok((SecurityGroupStatus { peer_id: at.peer_id.clone(), ..SecurityGroupStatus::default() }, told)),
        };
        let id = text(&group, "id");
        let (mut differs, change) = named_differs(&group, at, &want.spec.description);
        let renamed = !differs.is_empty();
        let mut wanted: Vec<SecurityRule> = want.spec.rules.iter().map(plain).collect();
        wanted.sort();
        wanted.dedup();
        let found: Vec<(&Value, Option<SecurityRule>)> =
            items(&group, "security_group_rules").map(|rule| (rule, rule_of(rule).as_ref().map(plain))).collect();
        let is_there = |rule: &SecurityRule| found.iter().any(|(_, there)| there.as_ref() == Some(rule));
        let missing: Vec<&SecurityRule> = wanted.iter().filter(|rule| !is_there(rule)).collect();
        let extra: Vec<&Value> =
            found.iter().filter(|(_, rule)| rule.as_ref().is_none_or(|rule| !wanted.contains(rule))).map(|(rule, _)| *rule).collect();
        // one that was made just now, also anew, has rules that nobody asked for
        let fresh = !put_right.is_empty();
        if !missing.is_empty() && !fresh {
            differs.push(format!("{} of its rules are missing", missing.len()));
        }
        if !extra.is_empty() && !fresh {
            differs.push(format!("it has {} more rules than it should", extra.len()));
        }
        let status = SecurityGroupStatus { peer_id: id.to_owned(), repaired: Vec::new() };
        if let Some(told) = changed(SECURITY_GROUPS.noun, at, &differs) {
            return Ok((status, told));
        }
        if renamed {
            session.change(&SECURITY_GROUPS, id, &change).await?;
        }
        if !missing.is_empty() {
            let rules: Vec<Value> = missing.into_iter().map(|rule| rule_body(id, rule)).collect();
            session.post(Network, &["security-group-rules"], &json!({"security_group_rules": rules})).await?;
        }
        for rule in extra {
            session.delete(Network, &["security-group-rules", text(rule, "id")]).await?;
        }
        put_right.extend(repaired(at, differs));
        Ok((SecurityGroupStatus { repaired: put_right, ..status }, Rollout::Complete))
    }

    pub(crate) async fn remove_security_group(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let Some(held) = session.remove_ours(&SECURITY_GROUPS, at).await? else { return Ok(Deletion::Gone) };
        let ports = session.all(&PORTS, &[("security_groups", &held)]).await?;
        Ok(Deletion::InProgress(in_use(&session, SECURITY_GROUPS.noun, at, &ports).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_survives_its_way_to_neutron_and_back() {
        let rule = |direction, protocol, ports, remote: &str| SecurityRule { direction, protocol, ports, remote: remote.parse().unwrap() };
        for rule in [
            rule(Direction::Ingress, Some(Protocol::Tcp), Some((22, 22)), "10.0.0.0/8"),
            rule(Direction::Egress, Some(Protocol::Udp), Some((1000, 2000)), "fd00::/8"),
            rule(Direction::Egress, None, None, "0.0.0.0/0"),
            rule(Direction::Ingress, Some(Protocol::Icmp), None, "::/0"),
            rule(Direction::Ingress, Some(Protocol::Icmp), None, "0.0.0.0/0"),
        ] {
            assert_eq!(rule_of(&rule_body("g", &rule)), Some(rule.clone()));
        }
        let every = rule(Direction::Ingress, Some(Protocol::Tcp), Some((1, u16::MAX)), "10.1.2.3/8");
        assert_eq!(plain(&every), rule(Direction::Ingress, Some(Protocol::Tcp), None, "10.0.0.0/8"));
    }

    #[test]
    fn what_cannot_be_said_in_our_words_is_no_rule_of_ours() {
        let base = json!({"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 1, "port_range_max": 2});
        assert!(rule_of(&base).is_some());
        for (key, value) in [("remote_group_id", json!("g")), ("protocol", json!("sctp")), ("protocol", json!("icmp"))] {
            let mut other = base.clone();
            other[key] = value;
            assert_eq!(rule_of(&other), None, "{key}");
        }
    }
}
