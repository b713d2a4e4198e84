//! Security groups: what may pass to and from the servers in them.

use ipnet::IpNet;
use tenantry_domain::cloud::{Direction, Protocol, SecurityGroupSpec, SecurityRule};
use tenantry_domain::name;
use tenantry_domain::resource::{Kind, Resource, Spec};
use tenantry_domain::{Error, ResourceId, Result};

use super::{NewIn, change, create_plain, wrong_kind};
use crate::Ctx;

/// The most rules of a group.
const MOST_RULES: usize = 200;

/// Reads a rule.
///
/// # Errors
/// `InvalidArgument` that says what would be right.
pub fn rule(direction: &str, protocol: Option<&str>, ports: Option<(i64, i64)>, remote: Option<&str>) -> Result<SecurityRule> {
    let direction = match direction {
        "ingress" => Direction::Ingress,
        "egress" => Direction::Egress,
        other => return Err(Error::invalid("direction", format!("'direction' must be ingress or egress, not '{}'", name::clip(other)))),
    };
    let protocol = match protocol.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "any") => None,
        Some("tcp") => Some(Protocol::Tcp),
        Some("udp") => Some(Protocol::Udp),
        Some("icmp") => Some(Protocol::Icmp),
        Some(other) => {
            return Err(Error::invalid("protocol", format!("'protocol' must be tcp, udp, icmp or any, not '{}'", name::clip(other))));
        }
    };
    let ports = match ports {
        None => None,
        Some(_) if !matches!(protocol, Some(Protocol::Tcp | Protocol::Udp)) => {
            return Err(Error::invalid("ports", "ports are for tcp and udp: name the protocol, or leave the ports out"));
        }
        Some((first, last)) => match (u16::try_from(first), u16::try_from(last)) {
            (Ok(first), Ok(last)) if first > 0 && first <= last => Some((first, last)),
            _ => return Err(Error::invalid("ports", "'ports' must be two numbers between 1 and 65535, the smaller one first")),
        },
    };
    let text = remote.filter(|t| !t.is_empty()).unwrap_or("0.0.0.0/0");
    let remote: IpNet = text
        .parse()
        .map_err(|_| Error::invalid("remote", format!("'{}' is no network: 'remote' must be like 203.0.113.0/24", name::clip(text))))?;
    Ok(SecurityRule { direction, protocol, ports, remote: remote.trunc() })
}

fn check(mut rules: Vec<SecurityRule>) -> Result<Vec<SecurityRule>> {
    if rules.len() > MOST_RULES {
        return Err(Error::invalid("rules", format!("a security group has at most {MOST_RULES} rules")));
    }
    rules.sort();
    rules.dedup();
    Ok(rules)
}

/// Makes a security group.
///
/// # Errors
/// `InvalidArgument`, `AlreadyExists`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, new: &NewIn, description: &str, rules: Vec<SecurityRule>) -> Result<Resource> {
    name::check_text("description", description, 255)?;
    if new.name == "default" {
        return Err(Error::invalid("name", "every project has a security group 'default' of its own: take another name"));
    }
    let spec = SecurityGroupSpec { description: description.to_owned(), rules: check(rules)? };
    create_plain(ctx, new, &Spec::SecurityGroup(spec)).await
}

/// Changes a security group; what is none stays.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn update(
    ctx: &Ctx,
    id: ResourceId,
    description: Option<String>,
    rules: Option<Vec<SecurityRule>>,
    version: Option<i64>,
) -> Result<Resource> {
    change(ctx, Kind::SecurityGroup, id, version, "", async |_, before| {
        let Spec::SecurityGroup(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::SecurityGroup.object())) };
        let description = description.unwrap_or(spec.description);
        name::check_text("description", &description, 255)?;
        Ok(Spec::SecurityGroup(SecurityGroupSpec { description, rules: rules.map_or(Ok(spec.rules), check)? }))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_with_its_defaults() {
        let read = rule("ingress", Some("TCP"), Some((22, 22)), None).unwrap();
        assert_eq!((read.protocol, read.ports, read.remote.to_string().as_str()), (Some(Protocol::Tcp), Some((22, 22)), "0.0.0.0/0"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        let wrong = |direction, protocol, ports, remote| rule(direction, protocol, ports, remote).unwrap_err().message;
        assert!(wrong("in", None, None, None).contains("ingress or egress"));
        assert!(wrong("ingress", Some("gre"), None, None).contains("tcp, udp, icmp or any"));
        assert!(wrong("ingress", None, Some((1, 2)), None).contains("tcp and udp"));
        assert!(wrong("ingress", Some("tcp"), Some((9, 2)), None).contains("smaller one first"));
        assert!(wrong("egress", None, None, Some("everywhere")).contains("like 203.0.113.0/24"));
    }
}
