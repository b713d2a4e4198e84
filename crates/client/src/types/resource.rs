//! Managed resources: the frame that they share, and namespaces and disks.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tenantry_domain::resource::{Kind, State};
use tenantry_domain::{DatacenterId, ResourceId, TenantId, Timestamp, Uid, UserId};

use super::{Amounts, App, Limits};

/// A managed resource with its spec `S` and its status `T`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource<S, T> {
    /// The integer id.
    pub id: ResourceId,
    /// The label at the peer.
    pub uid: Uid,
    /// The kind.
    pub kind: Kind,
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: DatacenterId,
    /// The name.
    pub name: String,
    /// Whether only administrators see it, and who it is assigned to.
    #[serde(default)]
    pub private: bool,
    /// The user that a private one is assigned to.
    #[serde(default)]
    pub assigned_to: Option<UserId>,
    /// `made`, `adopted` or `adopted_to_remove`.
    #[serde(default)]
    pub origin: String,
    /// What was asked for.
    pub spec: S,
    /// What was seen.
    pub status: T,
    /// How far it is.
    pub state: State,
    /// Why it is in its state.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Attempts that did not reach the goal.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// Raised by every change of the spec.
    pub generation: i64,
    /// The generation that the status is about.
    pub observed_generation: i64,
    /// For `If-Match`.
    pub version: i64,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl<S, T> Resource<S, T> {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn settled(&self) -> bool {
        matches!(self.state, State::Ready | State::Failed) && self.observed_generation >= self.generation
    }
}

/// A kind of resource that has a list of its own.
pub trait Managed: DeserializeOwned + Serialize + Send + 'static {
    /// Its path below the API.
    const PATH: &'static str;
    /// Its kind.
    const KIND: Kind;
}

/// A namespace.
pub type Namespace = Resource<NamespaceSpec, NamespaceStatus>;
/// A disk.
pub type Disk = Resource<DiskSpec, DiskStatus>;

impl Managed for Namespace {
    const PATH: &'static str = "namespaces";
    const KIND: Kind = Kind::Namespace;
}

impl Managed for Disk {
    const PATH: &'static str = "disks";
    const KIND: Kind = Kind::Disk;
}

impl Managed for App {
    const PATH: &'static str = "apps";
    const KIND: Kind = Kind::App;
}

/// What a namespace should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamespaceSpec {
    /// The tenant's limits there.
    pub quota: Limits,
    /// Whether one that is not ours may be taken over.
    #[serde(default)]
    pub adopt: bool,
}

/// How a namespace is taken over.
#[derive(Debug, Clone, Serialize)]
pub struct NamespaceAdoption {
    /// Whether it is removed there when it goes here; else it is only let go.
    pub may_remove: bool,
}

/// What was seen of a namespace.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus {
    /// What runs in it.
    pub used: Amounts,
    /// What the last look put right.
    pub repaired: Vec<String>,
    /// Whether there is one of that name that is not ours.
    pub foreign: bool,
}

/// What a disk should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSpec {
    /// GiB.
    pub size_gib: i64,
}

/// What was seen of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskStatus {
    /// GiB.
    pub size_gib: i64,
    /// Whether it is bound to storage.
    pub bound: bool,
    /// What uses it.
    pub used_by: Vec<String>,
}

/// A disk to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewDisk {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: DatacenterId,
    /// The name.
    pub name: String,
    /// GiB.
    pub size_gib: i64,
}

/// A change of a disk.
#[derive(Debug, Clone, Serialize)]
pub struct DiskChange {
    /// GiB; it only grows.
    pub size_gib: i64,
}

/// Which resources of a kind are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ResourceFilter {
    /// Whose.
    pub tenant_id: Option<TenantId>,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The state.
    pub state: Option<State>,
    /// The name.
    pub name: Option<String>,
    /// The id at the peer.
    pub peer_id: Option<String>,
    /// What refers to this server: attachments, floating addresses.
    pub server_id: Option<ResourceId>,
    /// What refers to this network: servers, router interfaces.
    pub network_id: Option<ResourceId>,
    /// What refers to this router: router interfaces.
    pub router_id: Option<ResourceId>,
    /// What refers to this volume: attachments, snapshots.
    pub volume_id: Option<ResourceId>,
    /// What refers to this security group: servers.
    pub security_group_id: Option<ResourceId>,
    /// What is made from this snapshot: volumes.
    pub snapshot_id: Option<ResourceId>,
}
