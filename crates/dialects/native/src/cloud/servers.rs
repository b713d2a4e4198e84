//! Virtual servers.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use tenantry_domain::cloud::{
    Power, ServerAddress as StoredAddress, ServerNetwork as StoredNetwork, ServerSecurityGroup as StoredGroup, ServerSpec as StoredSpec,
    ServerStatus as StoredStatus,
};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Error, ResourceId, Result};
use tenantry_http::Api;
use tenantry_service::cloud::server::{self, Size, Wanted};
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cloud_query, collection, new_in, renamed};
use crate::call::{Body, Call, Id};
use crate::error::Reply;
use crate::resources::Resource;
use crate::wire::{cores, gib, mib, millicores};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_servers, create_server))
        .routes(routes!(get_server, update_server, delete_server))
        .routes(routes!(retry_server))
        .routes(routes!(forget_server))
}

/// A server.
pub(crate) type Server = Resource<ServerSpec, ServerStatus>;

/// What a server should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerSpec {
    /// The cloud's id of the image.
    image_id: String,
    /// The image's name when the server was asked for.
    image: String,
    /// The cloud's id of the flavor; null when a private one of this size is made.
    flavor_id: Option<String>,
    flavor: String,
    /// Cores.
    #[schema(value_type = f64)]
    cpu: Number,
    /// GiB of memory.
    #[schema(value_type = f64)]
    memory_gib: Number,
    /// GiB of the disk that comes with it.
    disk_gib: i64,
    /// The networks that it is in, in order.
    networks: Vec<ServerNetwork>,
    /// The security groups that it is in; the cloud's default without one.
    security_groups: Vec<ServerSecurityGroup>,
    /// Null when the cloud decides.
    availability_zone: Option<String>,
    /// Whether its first start is told something. What it is may be secret, and is not shown.
    user_data: bool,
    /// `running`, `stopped`, `paused` or `suspended`
    power: &'static str,
    /// Raised by every reboot.
    reboots: i64,
}

/// A network that a server is in: one of the tenant's, or one that the cloud's operator shares.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerNetwork {
    /// The tenant's network; null for a shared one.
    network_id: Option<i64>,
    /// The cloud's id of a shared network; null for the tenant's own.
    shared: Option<String>,
}

/// A security group that a server is in: one of the tenant's, or one that the cloud has by itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerSecurityGroup {
    /// The tenant's group; null for one of the cloud's.
    security_group_id: Option<i64>,
    /// The name of one of the cloud's own; null for the tenant's.
    name: Option<String>,
}

impl From<&StoredNetwork> for ServerNetwork {
    fn from(network: &StoredNetwork) -> Self {
        match network {
            StoredNetwork::Own(id) => Self { network_id: Some(id.0), shared: None },
            StoredNetwork::Shared(id) => Self { network_id: None, shared: Some(id.clone()) },
        }
    }
}

impl From<&StoredGroup> for ServerSecurityGroup {
    fn from(group: &StoredGroup) -> Self {
        match group {
            StoredGroup::Own(id) => Self { security_group_id: Some(id.0), name: None },
            StoredGroup::Peer(name) => Self { security_group_id: None, name: Some(name.clone()) },
        }
    }
}

impl From<&StoredSpec> for ServerSpec {
    fn from(s: &StoredSpec) -> Self {
        Self {
            image_id: s.image_id.clone(),
            image: s.image.clone(),
            flavor_id: s.size.flavor_id.clone(),
            flavor: s.size.flavor.clone(),
            cpu: cores(s.size.cpu_millicores),
            memory_gib: gib(s.size.memory_mib),
            disk_gib: s.size.disk_gib,
            networks: s.networks.iter().map(ServerNetwork::from).collect(),
            security_groups: s.security_groups.iter().map(ServerSecurityGroup::from).collect(),
            availability_zone: s.availability_zone.clone(),
            user_data: s.user_data.is_some(),
            power: s.power.name(),
            reboots: s.reboots,
        }
    }
}

/// An address of a server.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerAddress {
    /// The network's name.
    network: String,
    address: String,
    /// Whether it is a floating one.
    floating: bool,
}

impl From<&StoredAddress> for ServerAddress {
    fn from(a: &StoredAddress) -> Self {
        Self { network: a.network.clone(), address: a.address.to_string(), floating: a.floating }
    }
}

/// What was seen of a server.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerStatus {
    /// Its id in the cloud; empty before it is made.
    peer_id: String,
    /// Null while it is made, or when it is broken.
    power: Option<&'static str>,
    /// The cloud's own word for how it is: ACTIVE, SHUTOFF, ERROR, ...
    condition: String,
    addresses: Vec<ServerAddress>,
    /// Where it runs.
    availability_zone: String,
    /// How many reboots it has seen.
    reboots: i64,
    /// Why it is not what was asked for, in the cloud's words; empty when it is.
    fault: String,
    /// What the last look found changed or missing, and put right.
    repaired: Vec<String>,
}

impl From<&StoredStatus> for ServerStatus {
    fn from(s: &StoredStatus) -> Self {
        Self {
            peer_id: s.peer_id.clone(),
            power: s.power.map(Power::name),
            condition: s.condition.clone(),
            addresses: s.addresses.iter().map(ServerAddress::from).collect(),
            availability_zone: s.availability_zone.clone(),
            reboots: s.reboots,
            fault: s.fault.clone(),
            repaired: s.repaired.clone(),
        }
    }
}

/// One of ours by id, or something by name or by the cloud's id.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Which {
    Id(i64),
    Text(String),
}

impl Which {
    fn text(self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Text(text) => text,
        }
    }
}

fn texts(named: Option<Vec<Which>>) -> Vec<String> {
    named.unwrap_or_default().into_iter().map(Which::text).collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServer {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    /// One is made up without it.
    name: Option<String>,
    /// The image, by the cloud's id or by name.
    image_id: String,
    /// The flavor, by name or by the cloud's id; instead of it `cpu` and `memory_gib`.
    flavor: Option<String>,
    /// At least so many cores.
    cpu: Option<f64>,
    /// At least so many GiB of memory.
    memory_gib: Option<f64>,
    /// The tenant's networks (by id or name), and shared ones (by the cloud's id or by name), in order.
    network_ids: Option<Vec<Which>>,
    /// Whether it is in the tenant's default network, which is made with a router when there is none.
    default_network: Option<bool>,
    /// By id or name; the cloud's default without one.
    security_groups: Option<Vec<Which>>,
    /// The cloud decides without it.
    availability_zone: Option<String>,
    /// What its first start is told (cloud-init). It is not shown again.
    user_data: Option<String>,
    /// Whether only administrators see it, and who it is assigned to; without it everyone in the tenant does.
    private: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerChange {
    /// By id or name: all of them, instead of those that it is in.
    security_groups: Vec<Which>,
}

fn size(flavor: Option<String>, cpu: Option<f64>, memory_gib: Option<f64>) -> Result<Size> {
    match (flavor, cpu, memory_gib) {
        (Some(flavor), None, None) => Ok(Size::Flavor(flavor)),
        (Some(_), ..) => Err(Error::invalid("flavor", "either 'flavor', or 'cpu' and 'memory_gib'")),
        (None, Some(cpu), Some(memory)) => {
            Ok(Size::AtLeast { cpu_millicores: millicores("cpu", cpu)?, memory_mib: mib("memory_gib", memory)? })
        }
        (None, Some(_), None) => Err(Error::missing("memory_gib")),
        (None, None, Some(_)) => Err(Error::missing("cpu")),
        (None, None, None) => Err(Error::missing("flavor")),
    }
}

cloud_query!(ServerQuery {
    /// In this network.
    network_id,
    /// In this security group.
    security_group_id,
});
collection!(Server as Server, ServerQuery, "/servers", "server", "servers": list_servers, get_server, retry_server, forget_server);

/// Make a server
#[utoipa::path(post, path = "/servers", request_body = NewServer, responses((status = 201, body = Server)))]
async fn create_server(call: Call, Body(new): Body<NewServer>) -> Reply {
    let wanted = Wanted {
        image: new.image_id,
        size: size(new.flavor, new.cpu, new.memory_gib)?,
        networks: texts(new.network_ids),
        default_network: new.default_network.unwrap_or(false),
        security_groups: texts(new.security_groups),
        availability_zone: new.availability_zone,
        user_data: new.user_data,
        shared: !new.private.unwrap_or(false),
    };
    let place = new_in(new.tenant_id, new.datacenter_id, new.name);
    super::made(&call, "/servers", server::create(&call.ctx, &place, &wanted).await.map_err(renamed)?).await
}

/// Change the security groups of a server
#[utoipa::path(patch, path = "/servers/{id}", request_body = ServerChange, responses((status = 200, body = Server)))]
async fn update_server(call: Call, Id(id): Id, Body(change): Body<ServerChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::Server, ResourceId(id)).await?;
    let groups: Vec<String> = change.security_groups.into_iter().map(Which::text).collect();
    let after = server::set_security_groups(&call.ctx, before.id, &groups, call.version).await?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Remove a server
///
/// Its volumes are detached, its floating addresses stay with the tenant.
#[utoipa::path(delete, path = "/servers/{id}", responses(
    (status = 202, body = Server, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_server(call: Call, Id(id): Id) -> Reply {
    let rest = server::delete(&call.ctx, ResourceId(id), call.version).await?;
    super::removed(&call, &rest).await
}
