//! What namespaces, disks and apps have in common; and disks.

use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use tenantry_domain::resource::{Kind, Resource, State};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId};
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{disk, namespace, resource, settle};

use crate::call::{Body, Call, Ids, changed, created, dry_run, list, object, removed};
use crate::problem::Reply;
use crate::render;

async fn index(call: Call, kind: Kind) -> Reply {
    let page = call.listing(&["tenant_id", "datacenter_id", "state", "name"])?;
    let descending = match call.text("sort").as_deref() {
        None | Some("id") => false,
        Some("-id") => true,
        Some(_) => return Err(Error::invalid("sort", "'sort' must be id or -id").into()),
    };
    let filter = ResourceFilter {
        kind: Some(kind),
        tenant: call.read("tenant_id")?,
        datacenter: call.read("datacenter_id")?,
        state: call.text("state").map(|s| s.parse::<State>()).transpose()?,
        name: call.text("name"),
        descending,
    };
    Ok(list(resource::list(&call.ctx, kind, filter, &page).await?, render::resource))
}

async fn get(call: Call, kind: Kind, id: i64) -> Reply {
    let found = resource::get(&call.ctx, kind, ResourceId(id)).await?;
    let settled = settle::resource(&call.ctx, kind, found.id, call.wait).await?;
    let settled = settled.ok_or_else(|| Error::not_found(kind.object(), id))?;
    Ok(object(StatusCode::OK, render::resource(&settled)))
}

async fn retry(call: Call, kind: Kind, id: i64) -> Reply {
    let row = resource::retry(&call.ctx, kind, ResourceId(id)).await?;
    Ok(changed(&call, kind.name(), render::resource(&settled(&call, kind, row).await?)))
}

async fn forget(call: Call, kind: Kind, id: i64) -> Reply {
    resource::forget(&call.ctx, kind, ResourceId(id)).await?;
    if call.ctx.dry_run {
        return Ok(dry_run("forget", kind.name(), serde_json::json!([])));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The handlers that every kind has.
macro_rules! kind {
    ($kind:ident, $index:ident, $get:ident, $retry:ident, $forget:ident) => {
        pub(crate) async fn $index(call: Call) -> Reply {
            index(call, Kind::$kind).await
        }
        pub(crate) async fn $get(call: Call, Ids([id]): Ids<1>) -> Reply {
            get(call, Kind::$kind, id).await
        }
        pub(crate) async fn $retry(call: Call, Ids([id]): Ids<1>) -> Reply {
            retry(call, Kind::$kind, id).await
        }
        pub(crate) async fn $forget(call: Call, Ids([id]): Ids<1>) -> Reply {
            forget(call, Kind::$kind, id).await
        }
    };
}
kind!(Namespace, namespaces, get_namespace, retry_namespace, forget_namespace);
kind!(Disk, disks, get_disk, retry_disk, forget_disk);
kind!(App, apps, get_app, retry_app, forget_app);

/// The row as it is after waiting; the one that there was when it is gone.
pub(crate) async fn settled(call: &Call, kind: Kind, row: Resource) -> Result<Resource> {
    if call.ctx.dry_run {
        return Ok(row);
    }
    Ok(settle::resource(&call.ctx, kind, row.id, call.wait).await?.unwrap_or(row))
}

/// What is left after waiting for a removal.
pub(crate) async fn left(call: &Call, kind: Kind, row: Resource) -> Result<Option<Resource>> {
    if call.ctx.dry_run {
        return Ok(Some(row));
    }
    settle::resource(&call.ctx, kind, row.id, call.wait).await
}

pub(crate) async fn adopt(call: Call, Ids([id]): Ids<1>) -> Reply {
    let row = namespace::adopt(&call.ctx, ResourceId(id)).await?;
    Ok(changed(&call, "namespace", render::resource(&settled(&call, Kind::Namespace, row).await?)))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NewDisk {
    tenant_id: Option<TenantId>,
    datacenter_id: Option<DatacenterId>,
    name: Option<String>,
    size_gib: Option<i64>,
}

pub(crate) async fn create_disk(call: Call, Body(body): Body<NewDisk>) -> Reply {
    let tenant = body.tenant_id.ok_or_else(|| Error::missing("tenant_id"))?;
    let datacenter = body.datacenter_id.ok_or_else(|| Error::missing("datacenter_id"))?;
    let name = body.name.ok_or_else(|| Error::missing("name"))?;
    let size = body.size_gib.ok_or_else(|| Error::missing("size_gib"))?;
    let made = disk::create(&call.ctx, tenant, datacenter, &name, size).await?;
    Ok(created(&call, "disks", render::resource(&settled(&call, Kind::Disk, made).await?)))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DiskChange {
    size_gib: Option<i64>,
}

pub(crate) async fn update_disk(call: Call, Ids([id]): Ids<1>, Body(body): Body<DiskChange>) -> Reply {
    let size = body.size_gib.ok_or_else(|| Error::missing("size_gib"))?;
    let grown = disk::grow(&call.ctx, ResourceId(id), size, call.version).await?;
    Ok(changed(&call, "disk", render::resource(&settled(&call, Kind::Disk, grown).await?)))
}

pub(crate) async fn delete_disk(call: Call, Ids([id]): Ids<1>) -> Reply {
    let going = disk::delete(&call.ctx, ResourceId(id), call.version).await?;
    let left = left(&call, Kind::Disk, going).await?;
    Ok(removed(&call, "disk", left.as_ref().map(render::resource)))
}
