//! What a cloud offers (beside the document): images, flavors, availability zones.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::cloud::Catalog;
use tenantry_domain::{DatacenterId, Result};
use tenantry_http::lenient;
use tenantry_service::Ctx;
use tenantry_service::cloud::catalog;

use crate::error::Reply;
use crate::extract::{Caller, Given};
use crate::resources::whose;

/// Whose view is wanted, and of which cloud.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
}

impl Wire {
    /// What is offered, as it is at the cloud now or was seconds ago.
    pub(crate) async fn catalog(&self, ctx: &Ctx) -> Result<Catalog> {
        let datacenter = self.datacenter_id.map(DatacenterId);
        match whose(ctx, self.tenant_id) {
            Some(tenant) => catalog::get(ctx, tenant, datacenter).await,
            None => catalog::of_any_tenant(ctx, datacenter).await,
        }
    }
}

/// The images that servers and volumes can be made from.
pub(crate) async fn images(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let found = wire.catalog(&ctx).await?;
    let shown = |i: &tenantry_domain::cloud::ServerImage| {
        json!({
            "id": i.id,
            "name": i.name,
            "status": i.condition,
            "size": i.size_bytes,
            "min_disk": i.min_disk_gib,
            "min_memory": i.min_memory_mib.to_string(),
        })
    };
    Ok(Json(json!({"images": found.images.iter().map(shown).collect::<Vec<Value>>()})))
}

/// The sizes of servers.
pub(crate) async fn flavors(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let found = wire.catalog(&ctx).await?;
    let shown = |f: &tenantry_domain::cloud::Flavor| {
        json!({
            "id": f.id,
            "name": f.name,
            "cpu": (f.cpu_millicores / 1000).to_string(),
            "memory": f.memory_mib.to_string(),
            "disk": f.disk_gib,
            "public": f.public,
        })
    };
    Ok(Json(json!({"flavors": found.flavors.iter().map(shown).collect::<Vec<Value>>()})))
}

/// Where servers can run.
pub(crate) async fn zones(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let found = wire.catalog(&ctx).await?;
    let shown = |z: &tenantry_domain::cloud::AvailabilityZone| json!({"name": z.name, "available": z.available});
    Ok(Json(json!({"availability_zones": found.zones.iter().map(shown).collect::<Vec<Value>>()})))
}
