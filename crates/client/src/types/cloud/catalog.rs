//! What a cloud offers to a tenant, and what is there that nobody manages.

use serde::{Deserialize, Serialize};
use tenantry_domain::DatacenterId;

/// What a cloud offers to a tenant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalog {
    /// Sizes of servers.
    pub flavors: Vec<Flavor>,
    /// Images.
    pub images: Vec<ServerImage>,
    /// Where servers can run.
    pub zones: Vec<AvailabilityZone>,
    /// The operator's networks.
    pub networks: Vec<OfferedNetwork>,
    /// Types of volumes.
    pub volume_types: Vec<String>,
}

/// A size of servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flavor {
    /// The cloud's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Cores.
    pub cpu: f64,
    /// GiB of memory.
    pub memory_gib: f64,
    /// GiB of disk.
    pub disk_gib: i64,
    /// Whether every project may use it.
    pub public: bool,
}

/// An image that servers can be made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerImage {
    /// The cloud's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The cloud's own word: `active` can be used.
    pub condition: String,
    /// Its size.
    pub size_bytes: i64,
    /// The least disk of a server.
    pub min_disk_gib: i64,
    /// The least memory of a server.
    pub min_memory_gib: f64,
}

/// Where servers can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityZone {
    /// Its name.
    pub name: String,
    /// Whether servers can be made there now.
    pub available: bool,
}

/// A network of the cloud's operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedNetwork {
    /// The cloud's id.
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

/// Something in a tenant's project that is not managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// What it would be.
    pub kind: String,
    /// The cloud's id.
    pub peer_id: String,
    /// Its name.
    pub name: String,
    /// One line that tells it from others.
    pub summary: String,
}

/// Something to be taken over.
#[derive(Debug, Clone, Serialize)]
pub struct NewAdoption {
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// What it is.
    pub kind: String,
    /// The cloud's id.
    pub peer_id: String,
    /// As in the cloud without it.
    pub name: Option<String>,
    /// Whether it is removed in the cloud when it is deleted here.
    pub may_remove: bool,
}
