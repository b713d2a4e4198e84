//! Floating addresses: kept by a tenant, and led to a server.

use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{FloatingIpSpec as StoredSpec, FloatingIpStatus as StoredStatus};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_http::Api;
use tenantry_service::cloud::floating_ip;
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cloud_query, collection, mirror, new_in};
use crate::call::{Body, Call, Id};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_floating_ips, create_floating_ip))
        .routes(routes!(get_floating_ip, update_floating_ip, delete_floating_ip))
        .routes(routes!(retry_floating_ip))
        .routes(routes!(forget_floating_ip))
}

/// A floating address.
pub(crate) type FloatingIp = Resource<FloatingIpSpec, FloatingIpStatus>;

/// What a floating address should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct FloatingIpSpec {
    description: String,
    /// The cloud's id of the external network that it is of.
    external_network: String,
    /// The server that it leads to; null while it is only kept.
    server_id: Option<i64>,
}

impl From<&StoredSpec> for FloatingIpSpec {
    fn from(s: &StoredSpec) -> Self {
        Self { description: s.description.clone(), external_network: s.external_network.clone(), server_id: s.server.map(|id| id.0) }
    }
}

mirror!(
    /// What was seen of a floating address.
    FloatingIpStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// The address; empty before it is made.
        address: String,
        /// The inner address that it leads to; empty when to none.
        fixed_address: String,
        /// What the last look found changed or missing, and put right.
        repaired: Vec<String>,
    }
);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFloatingIp {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    /// One is made up without it.
    name: Option<String>,
    description: Option<String>,
    /// The cloud's id, or the name, of an external network; the datacenter's, or the only one there is, without it.
    external_network: Option<String>,
    /// The server that it leads to.
    server_id: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FloatingIpChange {
    /// The server that it leads to from now on; null for none.
    #[serde(deserialize_with = "required")]
    #[schema(required = true)]
    server_id: Option<i64>,
}

/// Null is a value here, absent is a mistake.
fn required<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<i64>, D::Error> {
    Option::deserialize(deserializer)
}

cloud_query!(FloatingIpQuery {
    /// That lead to this server.
    server_id,
});
collection!(FloatingIp as FloatingIp, FloatingIpQuery, "/floating-ips", "floating address", "floating addresses":
    list_floating_ips, get_floating_ip, retry_floating_ip, forget_floating_ip);

/// Take a floating address
#[utoipa::path(post, path = "/floating-ips", request_body = NewFloatingIp, responses((status = 201, body = FloatingIp)))]
async fn create_floating_ip(call: Call, Body(new): Body<NewFloatingIp>) -> Reply {
    let place = new_in(new.tenant_id, new.datacenter_id, new.name);
    let (description, server) = (new.description.unwrap_or_default(), new.server_id.map(ResourceId));
    let made = floating_ip::create(&call.ctx, &place, &description, new.external_network.as_deref(), server).await;
    super::made(&call, "/floating-ips", made.map_err(super::renamed)?).await
}

/// Lead a floating address to a server, or to none
#[utoipa::path(patch, path = "/floating-ips/{id}", request_body = FloatingIpChange, responses((status = 200, body = FloatingIp)))]
async fn update_floating_ip(call: Call, Id(id): Id, Body(change): Body<FloatingIpChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::FloatingIp, ResourceId(id)).await?;
    let after = floating_ip::lead_to(&call.ctx, before.id, change.server_id.map(ResourceId), call.version).await?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Give a floating address back
#[utoipa::path(delete, path = "/floating-ips/{id}", responses(
    (status = 202, body = FloatingIp, description = "it is being given back"), (status = 204, description = "it is gone")))]
async fn delete_floating_ip(call: Call, Id(id): Id) -> Reply {
    super::delete(call, Kind::FloatingIp, id).await
}
