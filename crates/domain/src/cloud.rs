//! What a tenant has in a cloud of virtual servers: what was asked for and what was seen of each kind.
//!
//! References to other resources are by our ids: the peer's own are in their statuses. What refers to what is in
//! [`crate::resource::Spec::references`], and decides the order in which things are made and removed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::ResourceId;

/// What a network with its one subnet should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The addresses of its subnet.
    pub cidr: IpNet,
    /// The gateway; none for a network that leads nowhere.
    pub gateway: Option<IpAddr>,
    /// Whether addresses are given out by DHCP.
    pub dhcp: bool,
    /// The first and the last address that is given out; the whole subnet without it.
    pub pool: Option<(IpAddr, IpAddr)>,
    /// The name servers that are told by DHCP.
    #[serde(default)]
    pub dns: Vec<IpAddr>,
}

/// What was seen of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkStatus {
    /// The peer's id of the network.
    pub peer_id: String,
    /// The peer's id of its subnet.
    pub subnet_id: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// What a router should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The peer's id of the external network that it leads to; none for one between inner networks.
    pub external_network: Option<String>,
}

/// What was seen of a router.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterStatus {
    /// The peer's id.
    pub peer_id: String,
    /// Its address in the external network; empty without one.
    pub external_address: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// A network connected to a router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterInterfaceSpec {
    /// The router.
    pub router: ResourceId,
    /// The network.
    pub network: ResourceId,
}

/// What was seen of a router's interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterInterfaceStatus {
    /// The peer's id of its port.
    pub peer_id: String,
    /// The router's address in the network.
    pub address: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// What a volume is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeSource {
    /// A snapshot of ours.
    Snapshot(ResourceId),
    /// The peer's id of an image.
    Image(String),
}

/// What a volume should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// The size in GiB; it only grows.
    pub size_gib: i64,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The peer's type of volume; its default without it.
    #[serde(default)]
    pub volume_type: Option<String>,
    /// What is on it at first; nothing without it.
    #[serde(default)]
    pub source: Option<VolumeSource>,
}

/// What was seen of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    /// The peer's id.
    pub peer_id: String,
    /// The size that it has, in GiB.
    pub size_gib: i64,
    /// The peer's own word for how it is: available, in-use, ...
    pub condition: String,
}

/// A volume attached to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentSpec {
    /// The server.
    pub server: ResourceId,
    /// The volume.
    pub volume: ResourceId,
}

/// What was seen of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AttachmentStatus {
    /// The peer's id.
    pub peer_id: String,
    /// The device in the server, for example `/dev/vdb`.
    pub device: String,
}

/// What a snapshot of a volume should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSpec {
    /// The volume.
    pub volume: ResourceId,
    /// The volume's size in GiB when it was taken; it counts for the tenant's storage.
    pub size_gib: i64,
    /// Free text.
    #[serde(default)]
    pub description: String,
}

/// What was seen of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotStatus {
    /// The peer's id.
    pub peer_id: String,
    /// The peer's own word for how it is.
    pub condition: String,
}

/// What a floating address should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloatingIpSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The peer's id of the external network that it is of.
    pub external_network: String,
    /// The server that it leads to; none while it is only kept.
    pub server: Option<ResourceId>,
}

/// What was seen of a floating address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FloatingIpStatus {
    /// The peer's id.
    pub peer_id: String,
    /// The address.
    pub address: String,
    /// The inner address that it leads to; empty when to none.
    pub fixed_address: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// Which way a rule of a security group lets traffic pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the server.
    Ingress,
    /// From the server.
    Egress,
}

/// The protocol of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of the family of the rule's addresses.
    Icmp,
}

/// Traffic that a security group lets pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecurityRule {
    /// Which way.
    pub direction: Direction,
    /// Of which protocol; any without it.
    pub protocol: Option<Protocol>,
    /// The first and the last port (for TCP and UDP); all without them.
    pub ports: Option<(u16, u16)>,
    /// From or to which addresses.
    pub remote: IpNet,
}

/// What a security group should be. What no rule lets pass is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// What may pass.
    #[serde(default)]
    pub rules: Vec<SecurityRule>,
}

/// What was seen of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroupStatus {
    /// The peer's id.
    pub peer_id: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// Whether a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// It runs.
    Running,
    /// It is shut down.
    Stopped,
    /// It is halted, in memory.
    Paused,
    /// It is halted, on disk.
    Suspended,
}

impl Power {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Running, Self::Stopped, Self::Paused, Self::Suspended];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
        }
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is done to a server by command (document 3, `/nova/command`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerCommand {
    /// Halts it, in memory.
    Pause,
    /// Goes on after a pause.
    Unpause,
    /// Shuts it down.
    Stop,
    /// Starts it.
    Start,
    /// Halts it, on disk.
    Suspend,
    /// Goes on after a suspend.
    Resume,
    /// Restarts it: soft asks it, hard does not.
    Reboot {
        /// Whether it is not asked.
        hard: bool,
    },
}

impl ServerCommand {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Reboot { .. } => "reboot",
        }
    }

    /// In which of these it can be done.
    #[must_use]
    pub const fn applies_to(self) -> &'static [Power] {
        match self {
            Self::Pause | Self::Suspend | Self::Stop => &[Power::Running],
            Self::Unpause => &[Power::Paused],
            Self::Start => &[Power::Stopped],
            Self::Resume => &[Power::Suspended],
            Self::Reboot { hard: false } => &[Power::Running],
            Self::Reboot { hard: true } => &[Power::Running, Power::Stopped, Power::Paused, Power::Suspended],
        }
    }

    /// What the server is afterwards.
    #[must_use]
    pub const fn leads_to(self) -> Power {
        match self {
            Self::Pause => Power::Paused,
            Self::Suspend => Power::Suspended,
            Self::Stop => Power::Stopped,
            Self::Unpause | Self::Start | Self::Resume | Self::Reboot { .. } => Power::Running,
        }
    }
}

impl FromStr for ServerCommand {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "pause" => Self::Pause,
            "unpause" => Self::Unpause,
            "stop" => Self::Stop,
            "start" => Self::Start,
            "suspend" => Self::Suspend,
            "resume" => Self::Resume,
            "reboot" => Self::Reboot { hard: false },
            _ => {
                let message = "'command' must be pause, unpause, stop, start, suspend, resume or reboot";
                return Err(Error::invalid("command", message));
            }
        })
    }
}

/// How large a server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSize {
    /// The peer's id of the flavor; none when a private one of this size is to be made for the tenant.
    pub flavor_id: Option<String>,
    /// The flavor's name.
    pub flavor: String,
    /// Processors, in millicores: whole ones.
    pub cpu_millicores: i64,
    /// Memory, in MiB.
    pub memory_mib: i64,
    /// The disk that comes with it, in GiB.
    pub disk_gib: i64,
}

/// A network that a server is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerNetwork {
    /// One of the tenant's.
    Own(ResourceId),
    /// The peer's id of one that the peer's operator shares.
    Shared(String),
}

/// A security group that a server is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerSecurityGroup {
    /// One of the tenant's.
    Own(ResourceId),
    /// One that the peer has by itself, by name: `default`.
    Peer(String),
}

/// What a server should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSpec {
    /// The peer's id of the image.
    pub image_id: String,
    /// The image's name when the server was asked for.
    pub image: String,
    /// How large it is.
    pub size: ServerSize,
    /// The networks that it is in, in order.
    pub networks: Vec<ServerNetwork>,
    /// The security groups that it is in; the peer's default without one.
    #[serde(default)]
    pub security_groups: Vec<ServerSecurityGroup>,
    /// Where it runs; the peer decides without it.
    #[serde(default)]
    pub availability_zone: Option<String>,
    /// What its first start is told (cloud-init), as text.
    #[serde(default)]
    pub user_data: Option<String>,
    /// Whether it runs.
    pub power: Power,
    /// Raised by every reboot.
    #[serde(default)]
    pub reboots: i64,
    /// Whether the last of them was hard.
    #[serde(default)]
    pub hard_reboot: bool,
}

/// What was seen of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerStatus {
    /// The peer's id.
    pub peer_id: String,
    /// Whether it runs; none while it is made, or when it is broken.
    pub power: Option<Power>,
    /// The peer's own word for how it is: ACTIVE, SHUTOFF, ERROR, ...
    pub condition: String,
    /// Its addresses, by the name of the network.
    pub addresses: Vec<ServerAddress>,
    /// Where it runs.
    pub availability_zone: String,
    /// How many reboots it has seen.
    pub reboots: i64,
    /// Why it is not what was asked for, in the peer's words; empty when it is.
    pub fault: String,
    /// What the last look found changed or missing, and put right.
    pub repaired: Vec<String>,
}

/// An address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAddress {
    /// The network's name.
    pub network: String,
    /// The address.
    pub address: IpAddr,
    /// Whether it is a floating one.
    #[serde(default)]
    pub floating: bool,
}

/// A size of servers that the peer offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flavor {
    /// The peer's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Processors, in millicores.
    pub cpu_millicores: i64,
    /// Memory, in MiB.
    pub memory_mib: i64,
    /// Its disk, in GiB.
    pub disk_gib: i64,
    /// Whether every project may use it.
    pub public: bool,
}

/// An image that servers can be made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerImage {
    /// The peer's id.
    pub id: String,
    /// Its name; several may have the same.
    pub name: String,
    /// The peer's own word for how it is: `active` can be used.
    pub condition: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// The least disk of a server, in GiB.
    pub min_disk_gib: i64,
    /// The least memory of a server, in MiB.
    pub min_memory_mib: i64,
}

impl ServerImage {
    /// The least disk that it fits on, in GiB.
    #[must_use]
    pub fn least_disk_gib(&self) -> i64 {
        let gib = 1 << 30;
        self.min_disk_gib.max(self.size_bytes / gib + i64::from(self.size_bytes % gib > 0))
    }
}

/// Where servers can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityZone {
    /// Its name.
    pub name: String,
    /// Whether servers can be made there now.
    pub available: bool,
}

/// A network of the peer's operator: an external one for routers and floating addresses, or one that is shared with servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedNetwork {
    /// The peer's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its addresses.
    pub cidrs: Vec<String>,
    /// Whether routers and floating addresses may use it.
    pub external: bool,
    /// Whether servers of every tenant may be in it.
    pub shared: bool,
}

/// What a cloud offers to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// Sizes of servers.
    pub flavors: Vec<Flavor>,
    /// Images.
    pub images: Vec<ServerImage>,
    /// Where servers can run.
    pub zones: Vec<AvailabilityZone>,
    /// The operator's networks.
    pub networks: Vec<OfferedNetwork>,
    /// Types of volumes, by name.
    pub volume_types: Vec<String>,
}

/// Where a server's screen is looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Console {
    /// The kind, for example `novnc`.
    pub kind: String,
    /// The address; it holds a token, and is never logged.
    pub url: String,
}

/// Something at a peer that no resource of ours stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// What it would be: server, network, router, volume, floating address, security group or namespace.
    pub kind: crate::resource::Kind,
    /// The peer's id.
    pub peer_id: String,
    /// Its name at the peer.
    pub name: String,
    /// One line that tells it from others: size, addresses, state.
    pub summary: String,
}
