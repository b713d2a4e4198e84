//! Routers, and the networks that are connected to them.

use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{
    RouterInterfaceSpec as StoredInterfaceSpec, RouterInterfaceStatus as StoredInterfaceStatus, RouterSpec as StoredSpec,
    RouterStatus as StoredStatus,
};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_http::Api;
use tenantry_service::cloud::router::{self, Change};
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cloud_query, collection, mirror, new_in};
use crate::call::{Body, Call, Cascade, Id, patch};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_routers, create_router))
        .routes(routes!(get_router, update_router, delete_router))
        .routes(routes!(retry_router))
        .routes(routes!(forget_router))
        .routes(routes!(list_router_interfaces, create_router_interface))
        .routes(routes!(get_router_interface, delete_router_interface))
        .routes(routes!(retry_router_interface))
        .routes(routes!(forget_router_interface))
}

/// A router.
pub(crate) type Router = Resource<RouterSpec, RouterStatus>;
/// A network connected to a router.
pub(crate) type RouterInterface = Resource<RouterInterfaceSpec, RouterInterfaceStatus>;

mirror!(
    /// What a router should be.
    RouterSpec of StoredSpec {
        description: String,
        /// The cloud's id of the external network that it leads to; null for one between inner networks.
        external_network: Option<String>,
    }
);

mirror!(
    /// What was seen of a router.
    RouterStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// Its address in the external network; empty without one.
        external_address: String,
        /// What the last look found changed or missing, and put right.
        repaired: Vec<String>,
    }
);

/// What is connected.
#[derive(Serialize, ToSchema)]
pub(crate) struct RouterInterfaceSpec {
    router_id: i64,
    network_id: i64,
}

impl From<&StoredInterfaceSpec> for RouterInterfaceSpec {
    fn from(s: &StoredInterfaceSpec) -> Self {
        Self { router_id: s.router.0, network_id: s.network.0 }
    }
}

mirror!(
    /// What was seen of a connection.
    RouterInterfaceStatus of StoredInterfaceStatus {
        /// Its port's id in the cloud; empty before it is made.
        peer_id: String,
        /// The router's address in the network.
        address: String,
        /// What the last look found changed or missing, and put right.
        repaired: Vec<String>,
    }
);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRouter {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    name: String,
    description: Option<String>,
    /// The cloud's id, or the name, of the external network that it leads to.
    external_network: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RouterChange {
    /// Null clears it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Null takes it away.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    external_network: Option<Option<String>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRouterInterface {
    router_id: i64,
    network_id: i64,
}

cloud_query!(RouterQuery {});
collection!(Router as Router, RouterQuery, "/routers", "router", "routers": list_routers, get_router, retry_router, forget_router);

cloud_query!(RouterInterfaceQuery {
    /// Of this router.
    router_id,
    /// Of this network.
    network_id,
});
collection!(RouterInterface as RouterInterface, RouterInterfaceQuery, "/router-interfaces", "router interface", "router interfaces":
    list_router_interfaces, get_router_interface, retry_router_interface, forget_router_interface);

/// Make a router
#[utoipa::path(post, path = "/routers", request_body = NewRouter, responses((status = 201, body = Router)))]
async fn create_router(call: Call, Body(new): Body<NewRouter>) -> Reply {
    let place = new_in(new.tenant_id, new.datacenter_id, Some(new.name));
    let description = new.description.unwrap_or_default();
    let made = router::create(&call.ctx, &place, &description, new.external_network.as_deref()).await.map_err(super::renamed)?;
    super::made(&call, "/routers", made).await
}

/// Change a router
#[utoipa::path(patch, path = "/routers/{id}", request_body = RouterChange, responses((status = 200, body = Router)))]
async fn update_router(call: Call, Id(id): Id, Body(change): Body<RouterChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::Router, ResourceId(id)).await?;
    let wanted = Change {
        description: change.description.map(Option::unwrap_or_default),
        external_network: change.external_network.map(Option::unwrap_or_default),
    };
    let after = router::update(&call.ctx, before.id, &wanted, call.version).await.map_err(super::renamed)?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Remove a router
///
/// With `cascade` the networks that are connected to it are disconnected; without it they block.
#[utoipa::path(delete, path = "/routers/{id}", params(Cascade), responses(
    (status = 202, body = Router, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_router(call: Call<Cascade>, Id(id): Id) -> Reply {
    super::delete_with_connections(call, Kind::Router, id).await
}

/// Connect a network to a router
#[utoipa::path(post, path = "/router-interfaces", request_body = NewRouterInterface, responses((status = 201, body = RouterInterface)))]
async fn create_router_interface(call: Call, Body(new): Body<NewRouterInterface>) -> Reply {
    let made = router::connect(&call.ctx, ResourceId(new.router_id), ResourceId(new.network_id)).await?;
    super::made(&call, "/router-interfaces", made).await
}

/// Disconnect a network from a router
#[utoipa::path(delete, path = "/router-interfaces/{id}", responses(
    (status = 202, body = RouterInterface, description = "it is being disconnected"), (status = 204, description = "it is gone")))]
async fn delete_router_interface(call: Call, Id(id): Id) -> Reply {
    super::delete(call, Kind::RouterInterface, id).await
}
