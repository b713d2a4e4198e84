//! A datacenter that runs virtual servers, by capability.
//!
//! The rules are those of every driver: `ensure_*` is get-or-create-or-change and finds what a lost answer made (by our uid, which
//! the object carries from the moment that it exists); `delete_*` of what is absent succeeds. Everything lives in the tenant's
//! project, which is its namespace ([`crate::Namespaces`]). An ensure does not wait: what takes its time is [`Rollout::Progressing`].

use async_trait::async_trait;
use tenantry_domain::cloud::{
    AttachmentStatus, Catalog, Console, FloatingIpStatus, NetworkSpec, NetworkStatus, RouterInterfaceStatus, RouterStatus,
    SecurityGroupSpec, SecurityGroupStatus, ServerSpec, ServerStatus, SnapshotStatus, Unmanaged, VolumeStatus,
};
use tenantry_domain::resource::{Kind, Spec};

use crate::{Deletion, Place, Platform, Result, Rollout};

/// Where something is at a cloud, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudPlace {
    /// The project (its namespace), name and uids.
    pub place: Place,
    /// The peer's id, when one was seen; empty before. What is not there under it any more is looked for by our uid.
    pub peer_id: String,
    /// Whether nothing was asked of the peer for it yet: then it need not be looked for by our uid before it is made.
    pub untried: bool,
    /// Whether it is wanted as it was when it was first asked for: then what was just made is as wanted.
    pub unchanged: bool,
    /// Whether it was complete before: then drift is looked for.
    pub existed: bool,
    /// Whether drift is put right; else it is told ([`Rollout::Drifted`]) and left alone.
    pub repair: bool,
}

/// What a network should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// The rest.
    pub spec: NetworkSpec,
}

/// What a router should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// Free text.
    pub description: String,
    /// The peer's id of its external network.
    pub external_network: Option<String>,
}

/// What a router's interface should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterInterfaceWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// The peer's id of the router.
    pub router: String,
    /// The peer's id of the network.
    pub network: String,
    /// The peer's id of the subnet.
    pub subnet: String,
}

/// What a volume should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// Its size in GiB.
    pub size_gib: i64,
    /// Free text.
    pub description: String,
    /// The peer's type of volume.
    pub volume_type: Option<String>,
    /// The peer's id of the snapshot that it is made from.
    pub snapshot: Option<String>,
    /// The peer's id of the image that it is made from.
    pub image: Option<String>,
}

/// What a snapshot should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// Free text.
    pub description: String,
    /// The peer's id of the volume.
    pub volume: String,
}

/// What a server should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// The rest, of which `networks` and `security_groups` are the next two.
    pub spec: ServerSpec,
    /// The peer's ids of its networks, in order.
    pub networks: Vec<String>,
    /// The peer's ids (or, of what the peer has by itself, names) of its security groups.
    pub security_groups: Vec<String>,
}

/// What an attachment should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// The peer's id of the server.
    pub server: String,
    /// The peer's id of the volume.
    pub volume: String,
}

/// What a floating address should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingIpWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// Free text.
    pub description: String,
    /// The peer's id of its external network.
    pub external_network: String,
    /// The peer's id of the server that it leads to.
    pub server: Option<String>,
}

/// What a security group should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroupWant {
    /// Where and whose.
    pub at: CloudPlace,
    /// The rest.
    pub spec: SecurityGroupSpec,
}

/// Networks, routers, addresses and security groups.
#[async_trait]
pub trait CloudNetworks: Send + Sync {
    /// Makes a network with its subnet, or makes it as wanted (name, gateway, pool, DNS; the CIDR stays).
    async fn ensure_network(&self, want: &NetworkWant) -> Result<(NetworkStatus, Rollout)>;
    /// Removes a network with its subnet. What is still in it is named.
    async fn delete_network(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Makes a router, or changes where it leads.
    async fn ensure_router(&self, want: &RouterWant) -> Result<(RouterStatus, Rollout)>;
    /// Removes a router. What is still connected is named.
    async fn delete_router(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Connects a network to a router.
    async fn ensure_router_interface(&self, want: &RouterInterfaceWant) -> Result<(RouterInterfaceStatus, Rollout)>;
    /// Disconnects it. A router or network that is gone took it along.
    async fn delete_router_interface(&self, want: &RouterInterfaceWant) -> Result<Deletion>;
    /// Takes a floating address, and leads it where it should.
    async fn ensure_floating_ip(&self, want: &FloatingIpWant) -> Result<(FloatingIpStatus, Rollout)>;
    /// Gives it back.
    async fn delete_floating_ip(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Makes a security group with exactly these rules.
    async fn ensure_security_group(&self, want: &SecurityGroupWant) -> Result<(SecurityGroupStatus, Rollout)>;
    /// Removes it. The servers in it are named.
    async fn delete_security_group(&self, at: &CloudPlace) -> Result<Deletion>;
}

/// Servers.
#[async_trait]
pub trait Servers: Send + Sync {
    /// Makes a server, brings it to the power that is wanted, reboots it when a reboot is wanted that it has not seen, and gives it the
    /// name and the security groups that are wanted. One that the peer gave up on is [`Rollout::Stuck`] with the peer's words.
    async fn ensure_server(&self, want: &ServerWant) -> Result<(ServerStatus, Rollout)>;
    /// Removes it.
    async fn delete_server(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Where its screen is looked at.
    async fn console(&self, at: &CloudPlace) -> Result<Console>;
    /// The last `lines` of what it wrote to its console.
    async fn console_log(&self, at: &CloudPlace, lines: usize) -> Result<String>;
}

/// Volumes, what they are attached to, and their snapshots.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Makes a volume, or grows it.
    async fn ensure_volume(&self, want: &VolumeWant) -> Result<(VolumeStatus, Rollout)>;
    /// Removes it. What it is attached to, and its snapshots, are named.
    async fn delete_volume(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Makes a snapshot.
    async fn ensure_snapshot(&self, want: &SnapshotWant) -> Result<(SnapshotStatus, Rollout)>;
    /// Removes it.
    async fn delete_snapshot(&self, at: &CloudPlace) -> Result<Deletion>;
    /// Attaches a volume to a server.
    async fn ensure_attachment(&self, want: &AttachmentWant) -> Result<(AttachmentStatus, Rollout)>;
    /// Detaches it. A server or volume that is gone took it along.
    async fn delete_attachment(&self, want: &AttachmentWant) -> Result<Deletion>;
}

/// What a project can choose from. Read only.
#[async_trait]
pub trait Offers: Send + Sync {
    /// What the cloud offers to the tenant whose project has this name.
    async fn catalog(&self, project: &str) -> Result<Catalog>;
}

/// Taking over what was there before.
#[async_trait]
pub trait Import: Send + Sync {
    /// What is in a project and not ours (does not carry a uid of ours), at most `limit`.
    async fn unmanaged(&self, project: &str, limit: usize) -> Result<Vec<Unmanaged>>;
    /// What such an object is, as a spec of ours. References are by `known`, which leads from the peer's ids to our resources;
    /// what refers to something that is not ours is refused with its name ([`crate::DriverErrorKind::Conflict`]).
    async fn describe(&self, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)>;
    /// Writes our uid on it ([`crate::DriverErrorKind::NotOurs`] when it carries another one). Doing it again changes nothing.
    async fn claim(&self, kind: Kind, at: &CloudPlace) -> Result<()>;
    /// Takes our uid off it and leaves it.
    async fn release(&self, kind: Kind, at: &CloudPlace) -> Result<()>;
}

/// From the peer's ids to our resources.
pub type Known = std::collections::BTreeMap<String, tenantry_domain::ResourceId>;

/// A datacenter that runs servers: everything that the OpenStack portal needs.
pub trait CloudPlatform: Platform + CloudNetworks + Servers + Volumes + Offers + Import {}
impl<T: Platform + CloudNetworks + Servers + Volumes + Offers + Import + ?Sized> CloudPlatform for T {}
