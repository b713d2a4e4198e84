//! Where Tenantry may connect to on a caller's word. Loopback, link-local (and so metadata services), multicast and
//! unspecified addresses are refused unless the configuration allows them; private ranges are where clusters are.

use std::net::IpAddr;

use tenantry_domain::{Error, ErrorKind, Result};
use url::Url;

/// The guard, with the networks allowed beyond the default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    allow: Vec<(IpAddr, u8)>,
}

impl Guard {
    /// Reads networks as `127.0.0.0/8` or single addresses.
    pub(crate) fn new(networks: &[String]) -> anyhow::Result<Self> {
        let read = |text: &String| {
            let (address, bits) = text.split_once('/').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
            let address: IpAddr = address.parse()?;
            let widest = if address.is_ipv4() { 32 } else { 128 };
            let bits: u8 = bits.map_or(Ok(widest), str::parse)?;
            anyhow::ensure!(bits <= widest, "a prefix of {bits} bits is too long");
            Ok((address, bits))
        };
        let allow =
            networks.iter().map(|n| read(n).map_err(|e: anyhow::Error| anyhow::anyhow!("outgoing.allow: '{n}' is not a network: {e}")));
        Ok(Self { allow: allow.collect::<anyhow::Result<_>>()? })
    }

    fn allows(&self, address: IpAddr) -> bool {
        let listed = self.allow.iter().any(|(network, bits)| match (network, address) {
            (IpAddr::V4(n), IpAddr::V4(a)) => *bits == 0 || (n.to_bits() ^ a.to_bits()) >> (32 - bits) == 0,
            (IpAddr::V6(n), IpAddr::V6(a)) => *bits == 0 || (n.to_bits() ^ a.to_bits()) >> (128 - bits) == 0,
            _ => false,
        });
        listed || !forbidden(address)
    }

    /// Resolves the URL's host and refuses it when any of its addresses is not to be dialled.
    pub(crate) async fn check(&self, url: &str) -> Result<()> {
        let wrong = || Error::invalid("endpoint", "the address must be an http or https URL with a host");
        let url = Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https")).ok_or_else(wrong)?;
        let host = url.host_str().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let found = tokio::net::lookup_host((host.as_str(), port))
            .await
            .map_err(|e| Error::new(ErrorKind::PeerUnavailable, format!("the name '{host}' cannot be resolved")).with_source(e))?;
        for address in found {
            if !self.allows(address.ip().to_canonical()) {
                let named = if host == address.ip().to_string() { String::new() } else { format!("'{host}' is ") };
                let message =
                    format!("{named}{}, which Tenantry does not connect to: an operator can allow it with outgoing.allow", address.ip());
                return Err(Error::invalid("endpoint", message));
            }
        }
        Ok(())
    }
}

fn forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.is_loopback() || a.is_link_local() || a.is_unspecified() || a.is_multicast() || a.is_broadcast(),
        IpAddr::V6(a) => a.is_loopback() || a.is_unspecified() || a.is_multicast() || a.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_metadata_are_refused_unless_allowed() {
        let plain = Guard::default();
        let open = Guard::new(&["127.0.0.0/8".to_owned(), "::1".to_owned()]).unwrap();
        for address in ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::1", "fe80::1"] {
            assert!(!plain.allows(address.parse().unwrap()), "{address}");
        }
        assert!(plain.allows("10.1.2.3".parse().unwrap()));
        assert!(open.allows("127.0.0.1".parse().unwrap()) && open.allows("::1".parse().unwrap()));
        assert!(!open.allows("169.254.169.254".parse().unwrap()));
        assert!(Guard::new(&["nonsense".to_owned()]).is_err());
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_said_to() {
        let error = Guard::default().check("https://no-such-host.invalid").await.unwrap_err();
        assert!(error.message.contains("no-such-host.invalid"), "{error}");
    }
}
