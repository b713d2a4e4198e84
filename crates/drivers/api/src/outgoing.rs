//! Where Tenantry connects to on somebody's word. Every connection to an address that a caller may set is made through a [`Guard`]: it
//! resolves the name once, looks at what came out, and dials exactly that. A name that means something else a moment later gains nothing.
//!
//! Refused are loopback, link-local (and so metadata services), the metadata services that are elsewhere, unspecified, multicast and
//! reserved addresses, this machine's own, and IPv6 addresses that lead to one of these (mapped, NAT64, 6to4, Teredo); for webhooks
//! private ones too. What the operator lists is allowed whatever it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpStream;

use crate::{DriverError, DriverErrorKind, Result};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A datacenter's API.
    Datacenter,
    /// An image registry, and the token service that it names.
    Registry,
    /// A service broker.
    Broker,
    /// A directory of users.
    Directory,
    /// A provider of single sign-on.
    SignOn,
    /// A mail server.
    Mail,
    /// A host that is managed over SSH.
    Host,
    /// Telling somebody's server what happened.
    Webhook,
}

impl Purpose {
    /// Whether private addresses are where such a peer is. A webhook is anybody's, and has no business inside.
    const fn private(self) -> bool {
        match self {
            Self::Datacenter | Self::Registry | Self::Broker | Self::Directory | Self::SignOn | Self::Mail | Self::Host => true,
            Self::Webhook => false,
        }
    }
}

/// What the guard asks of the machine that it is on; tests have one of their own.
#[async_trait]
pub trait Network: Send + Sync {
    /// The addresses of a name.
    ///
    /// # Errors
    /// When it has none, or nobody can be asked.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
    /// Whether the address is this machine's own.
    fn owns(&self, address: IpAddr) -> bool;
}

/// The system's resolver and addresses.
struct System;

#[async_trait]
impl Network for System {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
    }

    fn owns(&self, address: IpAddr) -> bool {
        // the kernel talks to an own address from that very address; connecting a UDP socket sends nothing
        let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = UdpSocket::bind((any, 0)).and_then(|socket| {
            socket.connect((address, 9))?;
            socket.local_addr()
        });
        source.is_ok_and(|source| source.ip() == address)
    }
}

/// A network, as `10.0.0.0/8`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    address: IpAddr,
    bits: u32,
}

impl Range {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(n), IpAddr::V4(a)) => (n.to_bits() ^ a.to_bits()).leading_zeros() >= self.bits,
            (IpAddr::V6(n), IpAddr::V6(a)) => (n.to_bits() ^ a.to_bits()).leading_zeros() >= self.bits,
            _ => false,
        }
    }
}

impl FromStr for Range {
    type Err = DriverError;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            let message = format!("'{text}' is not a network: {why}; it must be an address, as 10.1.2.3, or a range, as 10.0.0.0/8");
            DriverError::new(DriverErrorKind::Invalid, message)
        };
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| wrong("the address cannot be read"))?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(widest), |bits| bits.trim().parse().map_err(|_| wrong("the length of the prefix is not a number")))?;
        if bits > widest {
            return Err(wrong("the prefix is longer than the address"));
        }
        Ok(Self { address, bits })
    }
}

/// Decides where may be connected to, and connects. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    allow: Arc<[Range]>,
    network: Arc<dyn Network>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("allow", &self.allow).finish_non_exhaustive()
    }
}

impl Guard {
    /// The guard, with the networks (as `127.0.0.0/8` or `::1`) that are allowed beyond the default.
    ///
    /// # Errors
    /// `Invalid` for a text that is no network, which it names.
    pub fn new<S: AsRef<str>>(allow: &[S]) -> Result<Self> {
        let allow = allow.iter().map(|text| text.as_ref().parse()).collect::<Result<_>>()?;
        Ok(Self { allow, network: Arc::new(System) })
    }

    /// The same guard on another network.
    #[must_use]
    pub fn on(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// Whether `address`, which `host` is or means, may be dialled.
    ///
    /// # Errors
    /// `Invalid`, saying what kind of address it is and who can allow it.
    pub fn permit(&self, host: &str, address: IpAddr, purpose: Purpose) -> Result<()> {
        let address = address.to_canonical();
        if self.listed(address) {
            return Ok(());
        }
        let meant = leads_to(address).map(IpAddr::V4).filter(|meant| !self.listed(*meant));
        let objection = self.objection(address, purpose).or_else(|| self.objection(meant?, purpose));
        objection.map_or(Ok(()), |what| {
            let named = if host.parse() == Ok(address) { String::new() } else { format!("'{host}' is ") };
            let message =
                format!("{named}{address}, {what}, which Tenantry does not connect to: an operator can allow it with outgoing.allow");
            Err(DriverError::new(DriverErrorKind::Invalid, message))
        })
    }

    /// The addresses of `host`, a name or an address, if all of them may be dialled. Dial one of these, and do not resolve again.
    ///
    /// # Errors
    /// `Unreachable` for a name that cannot be resolved; else as [`Guard::permit`].
    pub async fn addresses(&self, host: &str, purpose: Purpose) -> Result<Vec<IpAddr>> {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let unknown = |why: String| DriverError::new(DriverErrorKind::Unreachable, format!("the name '{host}' cannot be resolved: {why}"));
        let found = match bare.parse() {
            Ok(address) => vec![address],
            Err(_) => self.network.resolve(bare).await.map_err(|e| unknown(e.to_string()))?,
        };
        if found.is_empty() {
            return Err(unknown("it has no address".to_owned()));
        }
        for address in &found {
            self.permit(host, *address, purpose)?;
        }
        Ok(found)
    }

    /// Connects to `host`, a name or an address, within `limit`.
    ///
    /// # Errors
    /// `Unreachable`, saying what was tried last and how it failed; else as [`Guard::addresses`].
    pub async fn connect(&self, host: &str, port: u16, purpose: Purpose, limit: Duration) -> Result<TcpStream> {
        let unreachable = |what: String| DriverError::new(DriverErrorKind::Unreachable, what);
        let dialled = async {
            let addresses = self.addresses(host, purpose).await?;
            // one that swallows everything leaves time for the others
            let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
            let mut last = String::new();
            for address in addresses {
                let target = SocketAddr::new(address, port);
                match tokio::time::timeout(share, TcpStream::connect(target)).await {
                    Ok(Ok(stream)) => {
                        // requests are small and answered one by one: waiting to fill a packet only delays them
                        let _ = stream.set_nodelay(true);
                        return Ok(stream);
                    }
                    Ok(Err(error)) => last = format!("{target}: {error}"),
                    Err(_) => last = format!("{target}: no connection within {share:?}"),
                }
            }
            Err(unreachable(last))
        };
        match tokio::time::timeout(limit, dialled).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable(format!("no connection to '{host}' within {limit:?}"))),
        }
    }

    fn listed(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|range| range.holds(address))
    }

    /// What is wrong with the address.
    fn objection(&self, address: IpAddr, purpose: Purpose) -> Option<&'static str> {
        forbidden(address)
            .or_else(|| self.network.owns(address).then_some("this machine itself"))
            .or_else(|| (!purpose.private() && private(address)).then_some("a private address, where no webhook leads"))
    }
}

/// The IPv4 address that packets to this IPv6 address end at.
fn leads_to(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        // NAT64 (RFC 6052), its local prefix (RFC 8215), and the forms that RFC 4291 and SIIT had
        [0x64, 0xff9b, 0, 0, 0, 0] | [0x64, 0xff9b, 1, _, _, _] | [0, 0, 0, 0, 0, 0] | [0, 0, 0, 0, 0xffff, 0] => Some(joined(g, h)),
        // 6to4
        [0x2002, high, low, ..] => Some(joined(high, low)),
        // Teredo: the client's address, inverted
        [0x2001, 0, ..] => Some(joined(!g, !h)),
        // ISATAP
        [_, _, _, _, 0 | 0x200, 0x5efe] => Some(joined(g, h)),
        _ => None,
    }
}

/// Metadata services of clouds that are not on a link-local address.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Why nobody connects there.
fn forbidden(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("a cloud's metadata service");
    }
    let (unspecified, link_local, reserved) = match address {
        IpAddr::V4(a) => (a.octets()[0] == 0, a.is_link_local(), a.octets()[0] >= 240),
        IpAddr::V6(a) => (a.is_unspecified(), a.is_unicast_link_local(), false),
    };
    match () {
        () if address.is_loopback() => Some("a loopback address"),
        () if unspecified => Some("an unspecified address"),
        () if link_local => Some("a link-local address, as metadata services have"),
        () if address.is_multicast() => Some("a multicast address"),
        () if reserved => Some("a reserved address"),
        () => None,
    }
}

/// Whether the address is of somebody's own network, or of none.
fn private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, second, third, _] = a.octets();
            let shared = first == 100 && second & 0xc0 == 64;
            let protocols = (first, second, third) == (192, 0, 0);
            let benchmarks = first == 198 && second & 0xfe == 18;
            a.is_private() || a.is_documentation() || shared || protocols || benchmarks
        }
        IpAddr::V6(a) => {
            let [first, second, ..] = a.segments();
            let site_local = first & 0xffc0 == 0xfec0;
            a.is_unique_local() || site_local || (first, second) == (0x2001, 0xdb8) || (first, second) == (0x100, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use tokio::net::TcpListener;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    /// Answers one list of addresses after the other, and has one address of its own.
    struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

    impl Answers {
        fn new(answers: &[&[&str]]) -> Arc<Self> {
            let read = |list: &&[&str]| list.iter().map(|a| a.parse().unwrap()).collect();
            Arc::new(Self(Mutex::new(answers.iter().map(read).collect())))
        }
    }

    #[async_trait]
    impl Network for Answers {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            self.0.lock().unwrap().pop_front().ok_or_else(|| std::io::Error::other("no such name"))
        }
        fn owns(&self, address: IpAddr) -> bool {
            address.to_string() == "10.9.9.9"
        }
    }

    fn guard(allow: &[&str]) -> Guard {
        Guard::new(allow).unwrap().on(Answers::new(&[]))
    }

    fn permitted(guard: &Guard, address: &str, purpose: Purpose) -> bool {
        guard.permit("peer", address.parse().unwrap(), purpose).is_ok()
    }

    #[test]
    fn what_leads_inside_is_refused_for_every_purpose() {
        use Purpose::{Broker, Datacenter, Directory, Host, Mail, Registry, SignOn, Webhook};
        let plain = guard(&[]);
        for address in [
            "127.0.0.1",
            "127.255.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.1.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1:0:0:0:7f00:1",
            "::ffff:0:127.0.0.1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "2001:0:1:2:3:4:80ff:fffe",
            "2001:db8::5efe:7f00:1",
            "64:ff9b::a09:909",
            "10.9.9.9",
            "::ffff:10.9.9.9",
        ] {
            for purpose in [Datacenter, Registry, Broker, Directory, SignOn, Mail, Host, Webhook] {
                assert!(!permitted(&plain, address, purpose), "{address} {purpose:?}");
            }
        }
    }

    #[test]
    fn private_addresses_are_for_peers_and_not_for_webhooks() {
        let plain = guard(&[]);
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.1",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "fd12::1",
            "fc00::1",
            "fec0::1",
            "2001:db8::1",
            "100::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:c0a8:101::1",
        ] {
            for purpose in [Purpose::Datacenter, Purpose::Registry, Purpose::Directory, Purpose::Mail, Purpose::Host, Purpose::Broker] {
                assert!(permitted(&plain, address, purpose), "{address} {purpose:?}");
            }
            assert!(!permitted(&plain, address, Purpose::Webhook), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"] {
            assert!(permitted(&plain, address, Purpose::Webhook), "{address}");
        }
    }

    #[test]
    fn what_the_operator_lists_is_allowed_and_nothing_beside_it() {
        let open = guard(&["127.0.0.0/8", "::1", "169.254.10.0/23", "10.9.9.9", "fe80::/10"]);
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "::1", "169.254.11.255", "10.9.9.9", "fe80::7"] {
            assert!(permitted(&open, address, Purpose::Webhook), "{address}");
        }
        for address in ["169.254.169.254", "169.254.12.0", "0.0.0.0", "::", "64:ff9b::a9fe:a9fe", "10.9.9.8"] {
            assert!(!permitted(&open, address, Purpose::Webhook), "{address}");
        }
        let all = guard(&["0.0.0.0/0", "::/0"]);
        assert!(permitted(&all, "169.254.169.254", Purpose::Webhook) && permitted(&all, "fe80::1", Purpose::Webhook));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["nonsense", "10.0.0.0/33", "10.0.0.0/x", "::/129", "10.0.0/8", ""] {
            let error = Guard::new(&[text]).unwrap_err();
            assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(&format!("'{text}'")), "{error}");
        }
    }

    #[test]
    fn the_machine_knows_its_own_addresses() {
        assert!(System.owns("127.0.0.1".parse().unwrap()));
        assert!(!System.owns("192.0.2.1".parse().unwrap()) && !System.owns("2001:db8::1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_refusal_says_what_the_name_means_and_who_can_allow_it() {
        let guard = Guard::new::<&str>(&[]).unwrap().on(Answers::new(&[&["169.254.169.254"]]));
        let error = guard.addresses("metadata.example", Purpose::Registry).await.unwrap_err();
        assert_eq!(error.kind, DriverErrorKind::Invalid);
        for part in ["metadata.example", "169.254.169.254", "link-local", "outgoing.allow"] {
            assert!(error.message.contains(part), "{error}");
        }
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_said_to() {
        for network in [Answers::new(&[]), Answers::new(&[&[]])] {
            let guard = Guard::new::<&str>(&[]).unwrap().on(network);
            let error = guard.addresses("no-such-host.example", Purpose::Datacenter).await.unwrap_err();
            assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("no-such-host.example"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_name_with_one_good_and_one_forbidden_address_is_refused() {
        let guard = Guard::new::<&str>(&[]).unwrap().on(Answers::new(&[&["8.8.8.8", "127.0.0.1"]]));
        assert_eq!(guard.addresses("both.example", Purpose::Datacenter).await.unwrap_err().kind, DriverErrorKind::Invalid);
    }

    #[tokio::test]
    async fn a_name_that_turns_to_loopback_after_it_was_looked_at_reaches_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let guard = Guard::new::<&str>(&[]).unwrap().on(Answers::new(&[&["8.8.8.8"], &["127.0.0.1"]]));
        assert_eq!(guard.addresses("turns.example", Purpose::Datacenter).await.unwrap(), ["8.8.8.8".parse::<IpAddr>().unwrap()]);
        let error = guard.connect("turns.example", port, Purpose::Datacenter, LIMIT).await.unwrap_err();
        assert_eq!(error.kind, DriverErrorKind::Invalid, "{error}");
        // nobody knocked
        assert!(nobody_knocked(&listener).await);
    }

    #[tokio::test]
    async fn a_connection_goes_to_the_address_that_was_looked_at_and_asks_only_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // a second question would be answered with an address that is refused
        let network = Answers::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
        let guard = Guard::new(&["127.0.0.1"]).unwrap().on(Arc::clone(&network) as Arc<dyn Network>);
        guard.connect("allowed.example", port, Purpose::Webhook, LIMIT).await.unwrap();
        listener.accept().await.unwrap();
        assert_eq!(network.0.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_next_address_is_tried_and_a_refused_connection_says_where() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let guard = Guard::new(&["127.0.0.0/8"]).unwrap().on(Answers::new(&[&["127.0.0.2", "127.0.0.1"], &["127.0.0.2"]]));
        guard.connect("two.example", port, Purpose::Host, LIMIT).await.unwrap();
        let error = guard.connect("one.example", port, Purpose::Host, LIMIT).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("127.0.0.2"), "{error}");
    }

    /// Whether no connection waits there.
    async fn nobody_knocked(listener: &TcpListener) -> bool {
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_pending())).await
    }
}
