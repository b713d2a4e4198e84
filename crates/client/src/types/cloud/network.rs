//! Networks, routers, security groups and floating addresses.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, ResourceId, TenantId};

use super::super::Resource;

/// A network.
pub type Network = Resource<NetworkSpec, NetworkStatus>;
/// A router.
pub type Router = Resource<RouterSpec, RouterStatus>;
/// A network connected to a router.
pub type RouterInterface = Resource<RouterInterfaceSpec, RouterInterfaceStatus>;
/// A security group.
pub type SecurityGroup = Resource<SecurityGroupSpec, SecurityGroupStatus>;
/// A floating address.
pub type FloatingIp = Resource<FloatingIpSpec, FloatingIpStatus>;

/// What a network with its subnet should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The addresses of its subnet.
    pub cidr: String,
    /// None for a network that leads nowhere.
    #[serde(default)]
    pub gateway: Option<String>,
    /// Whether addresses are given out.
    pub dhcp: bool,
    /// What is given out; the whole subnet without it.
    #[serde(default)]
    pub pool: Option<Pool>,
    /// The name servers.
    #[serde(default)]
    pub dns: Vec<String>,
}

/// Addresses that are given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The first.
    pub first: String,
    /// The last.
    pub last: String,
}

/// What was seen of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// The cloud's id of its subnet.
    pub subnet_id: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// What a router should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The cloud's id of the external network that it leads to.
    #[serde(default)]
    pub external_network: Option<String>,
}

/// What was seen of a router.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// Its address in the external network.
    pub external_address: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// What is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterInterfaceSpec {
    /// The router.
    pub router_id: ResourceId,
    /// The network.
    pub network_id: ResourceId,
}

/// What was seen of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterInterfaceStatus {
    /// The cloud's id of its port.
    pub peer_id: String,
    /// The router's address in the network.
    pub address: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// What a security group should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// What may pass.
    #[serde(default)]
    pub rules: Vec<SecurityRule>,
}

/// Traffic that may pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityRule {
    /// `ingress` or `egress`.
    pub direction: String,
    /// `tcp`, `udp` or `icmp`; any without it.
    pub protocol: Option<String>,
    /// All without it.
    pub ports: Option<Ports>,
    /// From or to which addresses; every IPv4 address without it.
    pub remote: Option<String>,
}

/// Ports in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

/// What was seen of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroupStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// What a floating address should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloatingIpSpec {
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The cloud's id of the external network that it is of.
    pub external_network: String,
    /// The server that it leads to.
    #[serde(default)]
    pub server_id: Option<ResourceId>,
}

/// What was seen of a floating address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FloatingIpStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// The address.
    pub address: String,
    /// The inner address that it leads to.
    pub fixed_address: String,
    /// What the last look put right.
    pub repaired: Vec<String>,
}

/// A network to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewNetwork {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The addresses, for example `192.168.22.0/24`.
    pub cidr: String,
    /// The first address without it; empty for none.
    pub gateway: Option<String>,
    /// Whether addresses are given out; yes without it.
    pub dhcp: Option<bool>,
    /// What is given out.
    pub pool: Option<Pool>,
    /// The name servers.
    pub dns: Option<Vec<String>>,
}

/// A change of a network.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NetworkChange {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether addresses are given out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp: Option<bool>,
    /// The name servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<Vec<String>>,
}

/// A router to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewRouter {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The external network that it leads to, by the cloud's id or by name.
    pub external_network: Option<String>,
}

/// A change of a router.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RouterChange {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The external network; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_network: Option<Option<String>>,
}

/// A network to be connected to a router.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NewRouterInterface {
    /// The router.
    pub router_id: ResourceId,
    /// The network.
    pub network_id: ResourceId,
}

/// A security group to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewSecurityGroup {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What may pass.
    pub rules: Vec<SecurityRule>,
}

/// A change of a security group.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityGroupChange {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All rules, instead of those that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<SecurityRule>>,
}

/// A floating address to be taken.
#[derive(Debug, Clone, Serialize)]
pub struct NewFloatingIp {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name; one is made up without it.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The external network, by the cloud's id or by name.
    pub external_network: Option<String>,
    /// The server that it leads to.
    pub server_id: Option<ResourceId>,
}

/// A change of a floating address.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FloatingIpChange {
    /// The server that it leads to from now on; none for no server.
    pub server_id: Option<ResourceId>,
}
