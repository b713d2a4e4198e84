//! Networks (C18 to C20), and the external ones that routers lead to (C21).

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::Result;
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_http::lenient;
use tenantry_service::cloud;
use tenantry_service::cloud::network::{self, Wanted};
use tenantry_service::resource::ResourceFilter;

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::offers;
use crate::resources::{all, called, given, needed, place, removed, settled, shown, tenant_of, uuid};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    network_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    network_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::boolean")]
    dhcp_enabled: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    dhcp_start_ip: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    dhcp_end_ip: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    gateway: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    cidr: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    dns: Option<String>,
}

impl Wire {
    /// What is asked of a new network. DHCP is on unless it is said to be off: without it no server gets its address.
    fn wanted(&self) -> Result<Wanted> {
        let separated = |c: char| c == ',' || c == ';' || c.is_whitespace();
        let dns = self.dns.as_deref().unwrap_or_default().split(separated).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        Ok(Wanted {
            description: self.description.clone().unwrap_or_default(),
            gateway: Some(needed("gateway", self.gateway.clone())?),
            cidr: needed("cidr", self.cidr.clone())?,
            dhcp: self.dhcp_enabled.unwrap_or(true),
            first: self.dhcp_start_ip.clone(),
            last: self.dhcp_end_ip.clone(),
            dns,
        })
    }
}

/// A network as it is shown: its id is the cloud's.
pub(crate) fn render(row: &Resource) -> Value {
    let (Spec::Network(spec), Status::Network(status)) = (&row.spec, &row.status) else { return Value::Null };
    let text = |address: Option<std::net::IpAddr>| address.map(|a| a.to_string()).unwrap_or_default();
    let dns: Vec<String> = spec.dns.iter().map(ToString::to_string).collect();
    shown(
        row,
        json!({
            "id": uuid(row),
            "resource_id": row.id,
            "network_name": row.name,
            "description": spec.description,
            "subnet_id": status.subnet_id,
            "cidr": spec.cidr.to_string(),
            "gateway": text(spec.gateway),
            "dhcp_enabled": spec.dhcp,
            "dhcp_start_ip": text(spec.pool.map(|p| p.0)),
            "dhcp_end_ip": text(spec.pool.map(|p| p.1)),
            "dns": dns.join(","),
        }),
    )
}

/// C18: a tenant's networks, or one of them.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    if let Some(text) = given(wire.network_id) {
        let row = called(&ctx, Kind::Network, wire.tenant_id, &text).await?;
        return Ok(Json(json!({"network": render(&row)})));
    }
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let found = all(&ctx, Kind::Network, ResourceFilter { tenant: Some(tenant), ..ResourceFilter::default() }).await?;
    Ok(Json(json!({"networks": found.iter().map(render).collect::<Vec<_>>()})))
}

/// C19
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let name = needed("network_name", wire.network_name.clone())?;
    let wanted = wire.wanted()?;
    let new = place(&ctx, Some(tenant.0), wire.datacenter_id, Some(name)).await?;
    let made = network::create(&ctx, &new, &wanted).await.map_err(renamed(&[("name", "network_name")]))?;
    Ok(Json(json!({"network": render(&settled(&ctx, made).await?)})))
}

/// C20
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = called(&ctx, Kind::Network, wire.tenant_id, &needed("network_id", wire.network_id)?).await?;
    let row = cloud::delete(&ctx, Kind::Network, row.id, None, false).await?;
    Ok(Json(json!({"network": removed(&ctx, &row, render(&row)).await?})))
}

/// C21
pub(crate) async fn external(Caller(ctx): Caller, Given(wire): Given<offers::Wire>) -> Reply {
    let catalog = wire.catalog(&ctx).await?;
    let shown = |n: &tenantry_domain::cloud::OfferedNetwork| json!({"id": n.id, "name": n.name, "cidrs": n.cidrs, "shared": n.shared});
    let externals: Vec<Value> = catalog.networks.iter().filter(|n| n.external).map(shown).collect();
    Ok(Json(json!({"external_networks": externals})))
}
