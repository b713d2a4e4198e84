//! Routers (C22 to C24), and the networks that are connected to them (C25 to C27).

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::Result;
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_http::lenient;
use tenantry_service::cloud::router;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{Ctx, cloud};

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::networks;
use crate::resources::{all, called, given, needed, place, removed, settled, shown, tenant_of, uuid};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    router_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    network_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    external_network_id: Option<String>,
}

impl Wire {
    async fn router(&self, ctx: &Ctx) -> Result<Resource> {
        called(ctx, Kind::Router, self.tenant_id, &needed("router_id", self.router_id.clone())?).await
    }

    async fn router_and_network(&self, ctx: &Ctx) -> Result<(Resource, Resource)> {
        let network = needed("network_id", self.network_id.clone())?;
        Ok((self.router(ctx).await?, called(ctx, Kind::Network, self.tenant_id, &network).await?))
    }
}

/// A router as it is shown: its id is the cloud's.
fn render(row: &Resource) -> Value {
    let (Spec::Router(spec), Status::Router(status)) = (&row.spec, &row.status) else { return Value::Null };
    shown(
        row,
        json!({
            "id": uuid(row),
            "resource_id": row.id,
            "description": spec.description,
            "external_network_id": spec.external_network,
            "external_address": status.external_address,
        }),
    )
}

/// A router with the networks that are connected to it, and the connection that was made or taken away.
async fn connected(ctx: &Ctx, router: &Resource, connection: Option<Value>) -> Reply {
    let networks = router::networks(ctx, router.id).await?;
    let mut answer = json!({"router": render(router), "networks": networks.iter().map(networks::render).collect::<Vec<_>>()});
    if let Some(connection) = connection {
        answer["router_network"] = connection;
    }
    Ok(Json(answer))
}

fn connection(row: &Resource, router: &Resource, network: &Resource) -> Value {
    let address = if let Status::RouterInterface(status) = &row.status { status.address.clone() } else { String::new() };
    shown(row, json!({"router_id": uuid(router), "network_id": uuid(network), "address": address}))
}

/// C22
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let name = needed("name", wire.name.clone())?;
    let external = needed("external_network_id", wire.external_network_id.clone())?;
    let new = place(&ctx, wire.tenant_id, wire.datacenter_id, Some(name)).await?;
    let description = wire.description.unwrap_or_default();
    let made = router::create(&ctx, &new, &description, Some(external.trim())).await.map_err(renamed(&[]))?;
    Ok(Json(json!({"router": render(&settled(&ctx, made).await?)})))
}

/// C23, which the document prints as `DETELE`.
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = wire.router(&ctx).await?;
    let row = cloud::delete(&ctx, Kind::Router, row.id, None, false).await?;
    Ok(Json(json!({"router": removed(&ctx, &row, render(&row)).await?})))
}

/// C24: a tenant's routers, or, beside the document, one of them.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    if given(wire.router_id.clone()).is_some() {
        return Ok(Json(json!({"router": render(&wire.router(&ctx).await?)})));
    }
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let found = all(&ctx, Kind::Router, ResourceFilter { tenant: Some(tenant), ..ResourceFilter::default() }).await?;
    Ok(Json(json!({"routers": found.iter().map(render).collect::<Vec<_>>()})))
}

/// C25
pub(crate) async fn networks(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    connected(&ctx, &wire.router(&ctx).await?, None).await
}

/// C26
pub(crate) async fn connect(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let (router, network) = wire.router_and_network(&ctx).await?;
    let made = settled(&ctx, router::connect(&ctx, router.id, network.id).await?).await?;
    connected(&ctx, &router, Some(connection(&made, &router, &network))).await
}

/// C27
pub(crate) async fn disconnect(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let (router, network) = wire.router_and_network(&ctx).await?;
    let found = router::connection(&ctx, router.id, network.id).await?;
    let row = cloud::delete(&ctx, Kind::RouterInterface, found.id, None, false).await?;
    let object = removed(&ctx, &row, connection(&row, &router, &network)).await?;
    connected(&ctx, &router, Some(object)).await
}
