//! Virtual servers.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, ResourceId, TenantId, UserId};

use super::super::Resource;
use crate::secret::Secret;

/// A server.
pub type Server = Resource<ServerSpec, ServerStatus>;

/// What a server should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerSpec {
    /// The cloud's id of the image.
    pub image_id: String,
    /// The image's name.
    pub image: String,
    /// The cloud's id of the flavor.
    #[serde(default)]
    pub flavor_id: Option<String>,
    /// The flavor's name.
    pub flavor: String,
    /// Cores.
    pub cpu: f64,
    /// GiB of memory.
    pub memory_gib: f64,
    /// GiB of its disk.
    #[serde(default)]
    pub disk_gib: i64,
    /// The networks that it is in.
    #[serde(default)]
    pub networks: Vec<ServerNetwork>,
    /// The security groups that it is in.
    #[serde(default)]
    pub security_groups: Vec<ServerSecurityGroup>,
    /// Where it runs; the cloud decides without it.
    #[serde(default)]
    pub availability_zone: Option<String>,
    /// Whether its first start is told something.
    #[serde(default)]
    pub user_data: bool,
    /// `running`, `stopped`, `paused` or `suspended`.
    pub power: String,
    /// How often it was rebooted.
    #[serde(default)]
    pub reboots: i64,
}

/// A network that a server is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerNetwork {
    /// One of the tenant's.
    pub network_id: Option<ResourceId>,
    /// The cloud's id of a shared one.
    pub shared: Option<String>,
}

/// A security group that a server is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSecurityGroup {
    /// One of the tenant's.
    pub security_group_id: Option<ResourceId>,
    /// The name of one of the cloud's own.
    pub name: Option<String>,
}

/// What was seen of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// Whether it runs; none while it is made, or when it is broken.
    pub power: Option<String>,
    /// The cloud's own word.
    pub condition: String,
    /// Its addresses.
    pub addresses: Vec<ServerAddress>,
    /// Where it runs.
    pub availability_zone: String,
    /// How many reboots it has seen.
    pub reboots: i64,
    /// Why it is not what was asked for.
    pub fault: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// An address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAddress {
    /// The network's name.
    pub network: String,
    /// The address.
    pub address: String,
    /// Whether it is a floating one.
    #[serde(default)]
    pub floating: bool,
}

/// A server to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewServer {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name; one is made up without it.
    pub name: Option<String>,
    /// The image, by the cloud's id or by name.
    pub image_id: String,
    /// The flavor, by name or by the cloud's id.
    pub flavor: Option<String>,
    /// At least so many cores, instead of a flavor.
    pub cpu: Option<f64>,
    /// At least so many GiB of memory.
    pub memory_gib: Option<f64>,
    /// The networks, by id or name.
    pub network_ids: Vec<String>,
    /// Whether it is in the tenant's default network, which is made when there is none.
    pub default_network: bool,
    /// The security groups, by id or name.
    pub security_groups: Vec<String>,
    /// Where it runs.
    pub availability_zone: Option<String>,
    /// What its first start is told (cloud-init).
    pub user_data: Option<Secret>,
    /// Whether only administrators see it, and who it is assigned to.
    pub private: bool,
}

/// A change of a server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerChange {
    /// The security groups, by id or name: all of them.
    pub security_groups: Vec<String>,
}

/// What is done to a server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerCommand {
    /// `start`, `stop`, `pause`, `unpause`, `suspend`, `resume` or `reboot`.
    pub command: String,
    /// Whether a reboot does not ask the server.
    pub hard: bool,
}

/// Who a private server is assigned to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Assignment {
    /// The user.
    pub user_id: UserId,
}

/// Where a server's screen is looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Console {
    /// For example `novnc`.
    pub kind: String,
    /// The address; it holds a token.
    pub url: Secret,
}

/// The last lines that a server wrote to its console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleLog {
    /// The lines.
    pub text: String,
}
