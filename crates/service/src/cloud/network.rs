//! Networks with their subnet: every address is checked before anything is made.

use std::net::IpAddr;

use ipnet::IpNet;
use tenantry_domain::cloud::NetworkSpec;
use tenantry_domain::name;
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Audience, Kind, Resource, Spec};
use tenantry_domain::{Error, ResourceId, Result};

use super::{NewIn, Place, change, datacenter_of, enter, finish, may_make, wrong_kind};
use crate::Ctx;

/// The most name servers of a network.
const MOST_NAME_SERVERS: usize = 5;
/// The first of the networks that are made for who wants a default one.
const DEFAULT_NETWORKS: [u8; 2] = [10, 80];

/// What is asked of a network, as texts.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Free text.
    pub description: String,
    /// The addresses, for example `192.168.22.0/24`.
    pub cidr: String,
    /// The gateway; the first address without it, none for an empty text.
    pub gateway: Option<String>,
    /// Whether addresses are given out by DHCP.
    pub dhcp: bool,
    /// The first address that is given out.
    pub first: Option<String>,
    /// The last address that is given out.
    pub last: Option<String>,
    /// The name servers.
    pub dns: Vec<String>,
}

/// What can be changed of a network; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Free text.
    pub description: Option<String>,
    /// Whether addresses are given out by DHCP.
    pub dhcp: Option<bool>,
    /// The name servers.
    pub dns: Option<Vec<String>>,
}

fn address(field: &str, text: &str, cidr: &IpNet) -> Result<IpAddr> {
    let address: IpAddr = text
        .trim()
        .parse()
        .map_err(|_| Error::invalid(field, format!("'{}' is no IP address: '{field}' must be one in {cidr}", name::clip(text))))?;
    if !cidr.contains(&address) {
        return Err(Error::invalid(field, format!("{address} is not in {cidr}")));
    }
    if address == cidr.network() || (address.is_ipv4() && address == cidr.broadcast()) {
        return Err(Error::invalid(field, format!("{address} is the first or last address of {cidr}, which no machine can have")));
    }
    Ok(address)
}

fn name_servers(texts: &[String]) -> Result<Vec<IpAddr>> {
    if texts.len() > MOST_NAME_SERVERS {
        return Err(Error::invalid("dns", format!("'dns' has at most {MOST_NAME_SERVERS} name servers")));
    }
    let parse = |text: &String| {
        let wrong = || Error::invalid("dns", format!("'{}' is no IP address: 'dns' must be addresses of name servers", name::clip(text)));
        text.trim().parse().map_err(|_| wrong())
    };
    texts.iter().map(parse).collect()
}

/// Reads and checks what is asked of a network.
///
/// # Errors
/// `InvalidArgument` that names the parameter, what is wrong with it and what would be right.
pub fn spec(wanted: &Wanted) -> Result<NetworkSpec> {
    name::check_text("description", &wanted.description, 255)?;
    let text = wanted.cidr.trim();
    if text.is_empty() {
        return Err(Error::missing("cidr"));
    }
    let cidr: IpNet = text
        .parse()
        .map_err(|_| Error::invalid("cidr", format!("'{}' is no network: 'cidr' must be like 192.168.22.0/24", name::clip(text))))?;
    if cidr.addr() != cidr.network() {
        return Err(Error::invalid("cidr", format!("'{cidr}' has bits behind its prefix: the network is {}", cidr.trunc())));
    }
    let (shortest, longest) = if cidr.addr().is_ipv4() { (8, 29) } else { (32, 64) };
    if !(shortest..=longest).contains(&cidr.prefix_len()) {
        return Err(Error::invalid("cidr", format!("the prefix of '{cidr}' must be between /{shortest} and /{longest}")));
    }
    let network = cidr.network();
    if network.is_multicast() || network.is_loopback() || network.is_unspecified() || link_local(&network) {
        return Err(Error::invalid(
            "cidr",
            format!("'{cidr}' is not for networks of machines: take a private one, such as 192.168.22.0/24"),
        ));
    }
    let gateway = match wanted.gateway.as_deref() {
        Some("") => None,
        Some(text) => Some(address("gateway", text, &cidr)?),
        None => cidr.hosts().next(),
    };
    let pool = match (wanted.first.as_deref().filter(|t| !t.is_empty()), wanted.last.as_deref().filter(|t| !t.is_empty())) {
        (None, None) => None,
        (Some(first), Some(last)) => {
            let (first, last) = (address("dhcp_start_ip", first, &cidr)?, address("dhcp_end_ip", last, &cidr)?);
            if first > last {
                return Err(Error::invalid("dhcp_start_ip", format!("the range is reversed: {first} comes after {last}")));
            }
            if let Some(gateway) = gateway.filter(|g| (first..=last).contains(g)) {
                let message =
                    format!("the gateway {gateway} is in the range {first} to {last} that is given out: leave it out of the range");
                return Err(Error::invalid("gateway", message));
            }
            Some((first, last))
        }
        (Some(_), None) => return Err(Error::missing("dhcp_end_ip")),
        (None, Some(_)) => return Err(Error::missing("dhcp_start_ip")),
    };
    let (description, dns) = (wanted.description.clone(), name_servers(&wanted.dns)?);
    Ok(NetworkSpec { description, cidr, gateway, dhcp: wanted.dhcp, pool, dns })
}

fn link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn overlapping<'a>(others: &'a [Resource], cidr: &IpNet) -> Option<(&'a Resource, IpNet)> {
    others.iter().find_map(|other| match &other.spec {
        Spec::Network(spec) if spec.cidr.contains(cidr) || cidr.contains(&spec.cidr) => Some((other, spec.cidr)),
        _ => None,
    })
}

/// Makes a network.
///
/// # Errors
/// `InvalidArgument` (also when it overlaps with another network of the tenant there), `AlreadyExists`, `QuotaExceeded`, `Forbidden`,
/// `NotFound`.
pub async fn create(ctx: &Ctx, new: &NewIn, wanted: &Wanted) -> Result<Resource> {
    ctx.audited(Action::Create, Kind::Network.object(), &new.name, async {
        let allowed = may_make(ctx, Kind::Network, new.tenant, &new.name).await?;
        let spec = spec(wanted)?;
        let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
        let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
        if let Some((other, taken)) = overlapping(&place.all(&tx, Kind::Network).await?, &spec.cidr) {
            let message = format!("{} overlaps with {taken} of the tenant's network '{}'", spec.cidr, other.name);
            return Err(Error::invalid("cidr", message));
        }
        let cidr = spec.cidr;
        let id = place.make(&tx, &allowed, &new.name, &Spec::Network(spec), Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, Kind::Network, id, new.tenant, &format!("'{}', {cidr}", new.name)).await
    })
    .await
}

/// Changes a network. Its addresses stay: machines have them.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: ResourceId, wanted: &Change, version: Option<i64>) -> Result<Resource> {
    change(ctx, Kind::Network, id, version, "", async |_, before| {
        let Spec::Network(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::Network.object())) };
        let description = wanted.description.clone().unwrap_or(spec.description);
        name::check_text("description", &description, 255)?;
        let dns = wanted.dns.as_deref().map_or(Ok(spec.dns), name_servers)?;
        Ok(Spec::Network(NetworkSpec { description, dhcp: wanted.dhcp.unwrap_or(spec.dhcp), dns, ..spec }))
    })
    .await
}

/// A network that overlaps with none of these, for who wants a default one.
pub(crate) fn free(others: &[Resource]) -> Result<NetworkSpec> {
    let [a, b] = DEFAULT_NETWORKS;
    let candidates = (b..=u8::MAX).flat_map(|b| (0..=u8::MAX).map(move |c| (b, c)));
    for (b, c) in candidates {
        let text = format!("{a}.{b}.{c}.0/24");
        let cidr: IpNet = text.parse().map_err(Error::internal)?;
        if overlapping(others, &cidr).is_none() {
            return spec(&Wanted { cidr: text, dhcp: true, ..Wanted::default() });
        }
    }
    Err(Error::invalid("default", "there is no free network for a default one: make one with addresses of your choice"))
}

/// The tenant's network that a text names: our id, the peer's id, or the name.
pub(crate) async fn named(tx: &tenantry_store::Tx, place: &Place, text: &str) -> Result<Option<Resource>> {
    let all = place.all(tx, Kind::Network).await?;
    let by = |matches: &dyn Fn(&Resource) -> bool| all.iter().find(|n| matches(n)).cloned();
    Ok(by(&|n| n.status.peer_id() == text)
        .or_else(|| by(&|n| n.id.to_string() == text || n.uid.to_string() == text))
        .or_else(|| by(&|n| n.name == text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(cidr: &str) -> Wanted {
        Wanted { cidr: cidr.to_owned(), dhcp: true, ..Wanted::default() }
    }

    fn wrong(wanted: &Wanted) -> String {
        spec(wanted).unwrap_err().message
    }

    #[test]
    fn a_network_without_more_gets_its_first_address_as_gateway() {
        let spec = spec(&wanted("192.168.22.0/24")).unwrap();
        assert_eq!(spec.gateway, Some("192.168.22.1".parse().unwrap()));
        assert_eq!((spec.pool, spec.dns.len()), (None, 0));
    }

    #[test]
    fn what_is_wrong_with_the_addresses_is_said_with_what_would_be_right() {
        assert_eq!(wrong(&wanted("192.168.22.7/24")), "'192.168.22.7/24' has bits behind its prefix: the network is 192.168.22.0/24");
        assert!(wrong(&wanted("192.168.22.0")).contains("like 192.168.22.0/24"));
        assert!(wrong(&wanted("10.0.0.0/31")).contains("between /8 and /29"));
        assert!(wrong(&wanted("224.0.0.0/24")).contains("private"));
        assert!(wrong(&wanted("169.254.0.0/24")).contains("private"));
        let outside = Wanted { gateway: Some("192.168.23.1".to_owned()), ..wanted("192.168.22.0/24") };
        assert_eq!(wrong(&outside), "192.168.23.1 is not in 192.168.22.0/24");
        let broadcast = Wanted { gateway: Some("192.168.22.255".to_owned()), ..wanted("192.168.22.0/24") };
        assert!(wrong(&broadcast).contains("no machine"));
        let range =
            |first: &str, last: &str| Wanted { first: Some(first.to_owned()), last: Some(last.to_owned()), ..wanted("192.168.22.0/24") };
        assert_eq!(wrong(&range("192.168.22.90", "192.168.22.20")), "the range is reversed: 192.168.22.90 comes after 192.168.22.20");
        assert!(wrong(&range("192.168.22.1", "192.168.22.20")).contains("leave it out of the range"));
        assert!(wrong(&Wanted { last: None, ..range("192.168.22.10", "") }).contains("dhcp_end_ip"));
        let dns = Wanted { dns: vec!["ns1".to_owned()], ..wanted("192.168.22.0/24") };
        assert!(wrong(&dns).contains("'ns1' is no IP address"));
    }

    #[test]
    fn an_empty_gateway_is_none() {
        let closed = Wanted { gateway: Some(String::new()), ..wanted("fd00:1::/64") };
        assert_eq!(spec(&closed).unwrap().gateway, None);
    }
}
