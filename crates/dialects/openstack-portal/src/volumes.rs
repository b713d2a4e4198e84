//! Volumes (C48 to C50); beside the document they grow, and there are snapshots of them.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::cloud::VolumeSource;
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_domain::{Error, ResourceId};
use tenantry_http::lenient;
use tenantry_service::cloud;
use tenantry_service::cloud::volume::{self, Wanted};
use tenantry_service::resource::ResourceFilter;

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::resources::{all, given, place, removed, required, settled, shown, tenant_of, whose};

/// What the service calls otherwise than the document.
const NAMES: &[(&str, &str)] = &[
    ("name", "volume_name"),
    ("size", "volume_size"),
    ("description", "volume_description"),
    ("snapshot", "snapshot_id"),
    ("image", "image_id"),
];

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    volume_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    snapshot_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    volume_size: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    volume_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    volume_description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    volume_type: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    image_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    snapshot_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    snapshot_description: Option<String>,
}

fn render(row: &Resource) -> Value {
    let (Spec::Volume(spec), Status::Volume(status)) = (&row.spec, &row.status) else { return Value::Null };
    let (snapshot, image) = match &spec.source {
        Some(VolumeSource::Snapshot(id)) => (Some(*id), None),
        Some(VolumeSource::Image(id)) => (None, Some(id)),
        None => (None, None),
    };
    shown(
        row,
        json!({
            "volume_name": row.name,
            "volume_size": spec.size_gib,
            "volume_description": spec.description,
            "volume_type": spec.volume_type,
            "condition": status.condition,
            "snapshot_id": snapshot,
            "image_id": image,
        }),
    )
}

/// C48: the volumes of a tenant; of every tenant that the caller sees, for who belongs to the platform and names none.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    if let Some(id) = wire.volume_id {
        let row = required(&ctx, Kind::Volume, wire.tenant_id, "volume_id", Some(id)).await?;
        return Ok(Json(json!({"volume": render(&row)})));
    }
    let filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    let found = all(&ctx, Kind::Volume, filter).await?;
    Ok(Json(json!({"volumes": found.iter().map(render).collect::<Vec<_>>()})))
}

/// C49
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let new = place(&ctx, wire.tenant_id, wire.datacenter_id, given(wire.volume_name)).await?;
    let wanted = Wanted {
        size_gib: wire.volume_size,
        description: wire.volume_description.unwrap_or_default(),
        volume_type: given(wire.volume_type),
        snapshot: wire.snapshot_id.map(ResourceId),
        image: given(wire.image_id),
    };
    let made = volume::create(&ctx, &new, &wanted).await.map_err(renamed(NAMES))?;
    Ok(Json(json!({"volume": render(&settled(&ctx, made).await?)})))
}

/// Beside the document: a volume grows.
pub(crate) async fn grow(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let size = wire.volume_size.ok_or_else(|| Error::missing("volume_size"))?;
    let row = required(&ctx, Kind::Volume, wire.tenant_id, "volume_id", wire.volume_id).await?;
    let grown = volume::grow(&ctx, row.id, size, None).await.map_err(renamed(NAMES))?;
    Ok(Json(json!({"volume": render(&settled(&ctx, grown).await?)})))
}

/// C50
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let row = required(&ctx, Kind::Volume, Some(tenant.0), "volume_id", wire.volume_id).await?;
    let row = cloud::delete(&ctx, Kind::Volume, row.id, None, false).await?;
    Ok(Json(json!({"volume": removed(&ctx, &row, render(&row)).await?})))
}

fn snapshot(row: &Resource) -> Value {
    let (Spec::Snapshot(spec), Status::Snapshot(status)) = (&row.spec, &row.status) else { return Value::Null };
    shown(
        row,
        json!({
            "snapshot_name": row.name,
            "snapshot_description": spec.description,
            "volume_id": spec.volume,
            "volume_size": spec.size_gib,
            "condition": status.condition,
        }),
    )
}

/// Beside the document: the snapshots of a tenant, or of one of its volumes.
pub(crate) async fn snapshots(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let mut filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    if let Some(id) = wire.volume_id {
        filter.referring_to = Some(required(&ctx, Kind::Volume, wire.tenant_id, "volume_id", Some(id)).await?.id);
    }
    let found = all(&ctx, Kind::Snapshot, filter).await?;
    Ok(Json(json!({"snapshots": found.iter().map(snapshot).collect::<Vec<_>>()})))
}

/// Beside the document: a snapshot of a volume.
pub(crate) async fn create_snapshot(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = required(&ctx, Kind::Volume, wire.tenant_id, "volume_id", wire.volume_id).await?;
    let (name, description) = (given(wire.snapshot_name).unwrap_or_default(), wire.snapshot_description.unwrap_or_default());
    let names = &[("name", "snapshot_name"), ("description", "snapshot_description")];
    let made = volume::snapshot(&ctx, row.id, &name, &description).await.map_err(renamed(names))?;
    Ok(Json(json!({"snapshot": snapshot(&settled(&ctx, made).await?)})))
}

/// Beside the document: a snapshot is removed. Volumes that were made from it stay.
pub(crate) async fn delete_snapshot(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = required(&ctx, Kind::Snapshot, wire.tenant_id, "snapshot_id", wire.snapshot_id).await?;
    let row = cloud::delete(&ctx, Kind::Snapshot, row.id, None, false).await?;
    Ok(Json(json!({"snapshot": removed(&ctx, &row, snapshot(&row)).await?})))
}
