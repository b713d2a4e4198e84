//! Networks, each with its one subnet.

use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{NetworkSpec as StoredSpec, NetworkStatus as StoredStatus};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_http::Api;
use tenantry_service::cloud::network::{self, Change, Wanted};
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Range, cloud_query, collection, mirror, new_in};
use crate::call::{Body, Call, Cascade, Id, patch};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_networks, create_network))
        .routes(routes!(get_network, update_network, delete_network))
        .routes(routes!(retry_network))
        .routes(routes!(forget_network))
}

/// A network.
pub(crate) type Network = Resource<NetworkSpec, NetworkStatus>;

/// What a network with its subnet should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct NetworkSpec {
    description: String,
    /// The addresses of its subnet.
    cidr: String,
    /// Null for a network that leads nowhere.
    gateway: Option<String>,
    dhcp: bool,
    /// What is given out; null for the whole subnet.
    pool: Option<Range<String>>,
    /// The name servers that are told by DHCP.
    dns: Vec<String>,
}

impl From<&StoredSpec> for NetworkSpec {
    fn from(s: &StoredSpec) -> Self {
        Self {
            description: s.description.clone(),
            cidr: s.cidr.to_string(),
            gateway: s.gateway.map(|g| g.to_string()),
            dhcp: s.dhcp,
            pool: s.pool.map(|(first, last)| Range { first: first.to_string(), last: last.to_string() }),
            dns: s.dns.iter().map(ToString::to_string).collect(),
        }
    }
}

mirror!(
    /// What was seen of a network.
    NetworkStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// Its subnet's id in the cloud.
        subnet_id: String,
        /// What the last look found changed or missing, and put right.
        repaired: Vec<String>,
    }
);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNetwork {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    name: String,
    description: Option<String>,
    /// For example `192.168.22.0/24`. It overlaps with no other network of the tenant there.
    cidr: String,
    /// The first address without it; empty for none.
    gateway: Option<String>,
    /// Whether addresses are given out by DHCP; yes without it.
    dhcp: Option<bool>,
    /// What is given out; the whole subnet without it.
    pool: Option<Range<String>>,
    dns: Option<Vec<String>>,
}

/// Its addresses stay: machines have them.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NetworkChange {
    /// Null clears it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    dhcp: Option<bool>,
    dns: Option<Vec<String>>,
}

cloud_query!(NetworkQuery {});
collection!(Network as Network, NetworkQuery, "/networks", "network", "networks":
    list_networks, get_network, retry_network, forget_network);

/// Make a network with its subnet
#[utoipa::path(post, path = "/networks", request_body = NewNetwork, responses((status = 201, body = Network)))]
async fn create_network(call: Call, Body(new): Body<NewNetwork>) -> Reply {
    let (first, last) = new.pool.map(|p| (p.first, p.last)).unzip();
    let wanted = Wanted {
        description: new.description.unwrap_or_default(),
        cidr: new.cidr,
        gateway: new.gateway,
        dhcp: new.dhcp.unwrap_or(true),
        first,
        last,
        dns: new.dns.unwrap_or_default(),
    };
    let place = new_in(new.tenant_id, new.datacenter_id, Some(new.name));
    super::made(&call, "/networks", network::create(&call.ctx, &place, &wanted).await.map_err(super::renamed)?).await
}

/// Change a network
#[utoipa::path(patch, path = "/networks/{id}", request_body = NetworkChange, responses((status = 200, body = Network)))]
async fn update_network(call: Call, Id(id): Id, Body(change): Body<NetworkChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::Network, ResourceId(id)).await?;
    let wanted = Change { description: change.description.map(Option::unwrap_or_default), dhcp: change.dhcp, dns: change.dns };
    let after = network::update(&call.ctx, before.id, &wanted, call.version).await?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Remove a network that nothing is in
///
/// With `cascade` it is disconnected from its router; without it the connection blocks.
#[utoipa::path(delete, path = "/networks/{id}", params(Cascade), responses(
    (status = 202, body = Network, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_network(call: Call<Cascade>, Id(id): Id) -> Reply {
    super::delete_with_connections(call, Kind::Network, id).await
}
