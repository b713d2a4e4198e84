//! Cloud disks (A30 to A34): claims in the organization's namespace.

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_domain::{DatacenterId, Error, ResourceId, TenantId};
use tenantry_http::lenient;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{disk, resource, settle};

use crate::error::{Answer, Reply};
use crate::extract::{Asked, Body, Caller, Ids};
use crate::wire;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    size: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    dc_id: Option<i64>,
}

fn render(row: &Resource) -> Value {
    let size = if let Spec::Disk(spec) = &row.spec { spec.size_gib } else { 0 };
    let (bound, used_by) =
        if let Status::Disk(status) = &row.status { (status.bound, status.used_by.as_slice()) } else { (false, [].as_slice()) };
    wire::resource(json!({"size": size, "bound": bound, "usedBy": used_by}), row)
}

/// A30
pub(crate) async fn create(Caller(ctx): Caller, Ids([org]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    let name = body.name.ok_or_else(|| Error::missing("name"))?;
    let datacenter = body.dc_id.ok_or_else(|| Error::missing("dcId"))?;
    let size = body.size.ok_or_else(|| Error::missing("size"))?;
    let made = disk::create(&ctx, TenantId(org), DatacenterId(datacenter), &name, size).await?;
    let settled = settle::resource(&ctx, Kind::Disk, made.id, ctx.settings().wait).await?;
    Ok(render(&settled.unwrap_or(made)).into())
}

/// A31
pub(crate) async fn list(Caller(ctx): Caller, Ids([org]): Ids<1>, asked: Asked) -> Reply {
    let filter = ResourceFilter { tenant: Some(TenantId(org)), name: asked.name.clone(), ..ResourceFilter::default() };
    let page = resource::list(&ctx, Kind::Disk, filter.clone(), &asked.page).await?;
    let total = resource::count(&ctx, Kind::Disk, filter).await?;
    Ok(Answer::page(page.items.iter().map(render).collect(), total))
}

/// A32
pub(crate) async fn get(Caller(ctx): Caller, Ids([org, id]): Ids<2>) -> Reply {
    Ok(render(&resource::get_in(&ctx, TenantId(org), Kind::Disk, ResourceId(id)).await?).into())
}

/// A33
pub(crate) async fn grow(Caller(ctx): Caller, Ids([org, id]): Ids<2>, Body(body): Body<Wire>) -> Reply {
    let before = resource::get_in(&ctx, TenantId(org), Kind::Disk, ResourceId(id)).await?;
    if body.name.as_ref().is_some_and(|n| *n != before.name) {
        return Err(Error::invalid("name", "a disk keeps its name").into());
    }
    if body.dc_id.is_some_and(|id| DatacenterId(id) != before.datacenter) {
        return Err(Error::invalid("dcId", "a disk keeps its datacenter: make one in the other and copy").into());
    }
    let size = body.size.ok_or_else(|| Error::missing("size"))?;
    let grown = disk::grow(&ctx, before.id, size, None).await?;
    let settled = settle::resource(&ctx, Kind::Disk, grown.id, ctx.settings().wait).await?;
    Ok(render(&settled.unwrap_or(grown)).into())
}

/// A34
pub(crate) async fn delete(Caller(ctx): Caller, Ids([org, id]): Ids<2>) -> Reply {
    let before = resource::get_in(&ctx, TenantId(org), Kind::Disk, ResourceId(id)).await?;
    let going = disk::delete(&ctx, before.id, None).await?;
    let left = settle::resource(&ctx, Kind::Disk, going.id, ctx.settings().wait).await?;
    Ok(left.map_or_else(|| json!({"id": going.id, "name": going.name, "status": "deleted"}), |row| render(&row)).into())
}
