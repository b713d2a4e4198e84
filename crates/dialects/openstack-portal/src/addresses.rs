//! Floating addresses (beside the document): kept by a tenant, and led to a server.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::ResourceId;
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_http::lenient;
use tenantry_service::cloud::{self, floating_ip};
use tenantry_service::resource::ResourceFilter;

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::resources::{all, given, place, removed, required, settled, shown, whose};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    floating_ip_id: Option<i64>,
    #[serde(alias = "virtual_server_id", deserialize_with = "lenient::integer")]
    server_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    external_network_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
}

fn render(row: &Resource) -> Value {
    let (Spec::FloatingIp(spec), Status::FloatingIp(status)) = (&row.spec, &row.status) else { return Value::Null };
    shown(
        row,
        json!({
            "address": status.address,
            "fixed_address": status.fixed_address,
            "server_id": spec.server,
            "external_network_id": spec.external_network,
            "description": spec.description,
        }),
    )
}

/// The addresses of a tenant.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    let found = all(&ctx, Kind::FloatingIp, filter).await?;
    Ok(Json(json!({"floating_ips": found.iter().map(render).collect::<Vec<_>>()})))
}

/// Takes one, for a server when one is named.
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let new = place(&ctx, wire.tenant_id, wire.datacenter_id, None).await?;
    let description = wire.description.unwrap_or_default();
    let (external, server) = (given(wire.external_network_id), wire.server_id.map(ResourceId));
    let made = floating_ip::create(&ctx, &new, &description, external.as_deref(), server).await.map_err(renamed(&[]))?;
    Ok(Json(json!({"floating_ip": render(&settled(&ctx, made).await?)})))
}

/// Leads one to a server; to none, when none is named.
pub(crate) async fn update(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = required(&ctx, Kind::FloatingIp, wire.tenant_id, "floating_ip_id", wire.floating_ip_id).await?;
    let changed = floating_ip::lead_to(&ctx, row.id, wire.server_id.map(ResourceId), None).await.map_err(renamed(&[]))?;
    Ok(Json(json!({"floating_ip": render(&settled(&ctx, changed).await?)})))
}

/// Gives one back.
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = required(&ctx, Kind::FloatingIp, wire.tenant_id, "floating_ip_id", wire.floating_ip_id).await?;
    let row = cloud::delete(&ctx, Kind::FloatingIp, row.id, None, false).await?;
    Ok(Json(json!({"floating_ip": removed(&ctx, &row, render(&row)).await?})))
}
