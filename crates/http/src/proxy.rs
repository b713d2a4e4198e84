//! Proxies in front of the server: what they say about a client is believed only when the connection comes from a configured address.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use ipnet::IpNet;

/// The networks (CIDR) or single addresses of one's own proxies. Empty: nobody is believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Reads networks as `10.0.0.0/8`, or single addresses.
    ///
    /// # Errors
    /// The text that is neither.
    pub fn new(networks: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| format!("'{text}' is not a network (10.0.0.0/8) or an address"))
        };
        networks.iter().map(read).collect::<Result<Vec<_>, _>>().map(|found| Self(found.into()))
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client: the last one in `X-Forwarded-For` that is not a proxy of ours, as far as proxies of ours say so; else the
    /// address at the other end of the connection.
    #[must_use]
    pub fn client(&self, connected: IpAddr, headers: &HeaderMap) -> IpAddr {
        let connected = connected.to_canonical();
        if !self.trusts(connected) {
            return connected;
        }
        let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut nearest = connected;
        for hop in hops.iter().rev() {
            let Ok(address) = hop.parse::<IpAddr>() else { break };
            nearest = address.to_canonical();
            if !self.trusts(nearest) {
                break;
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn forwarded(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(text).unwrap())])
    }

    #[test]
    fn only_ones_own_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = Proxies::new(&["10.0.0.0/8".to_owned(), "fd00::1".to_owned()]).unwrap();
        for (connected, header, client) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("fd00::1", "10.0.0.7", "10.0.0.7"),
        ] {
            assert_eq!(proxies.client(ip(connected), &forwarded(header)), ip(client), "{connected} {header}");
        }
        assert_eq!(Proxies::default().client(ip("10.0.0.1"), &forwarded("198.51.100.1")), ip("10.0.0.1"));
        assert!(Proxies::new(&["10.0.0.0/99".to_owned()]).unwrap_err().contains("10.0.0.0/99"));
    }
}
