//! Disks in a tenant's namespaces.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::resource::{DiskSpec as StoredSpec, DiskStatus as StoredStatus, Kind};
use tenantry_domain::{DatacenterId, ResourceId, TenantId};
use tenantry_http::Api;
use tenantry_service::{disk, resource};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, located};
use crate::call::{Body, Call, Id, Waiting};
use crate::dry_run::{DryRun, difference};
use crate::error::Reply;
use crate::resources::{self, Resource, ResourceQuery, render};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_disks, create_disk))
        .routes(routes!(get_disk, update_disk, delete_disk))
        .routes(routes!(retry_disk))
        .routes(routes!(forget_disk))
}

/// A disk.
pub(crate) type Disk = Resource<DiskSpec, DiskStatus>;

/// What a disk should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiskSpec {
    size_gib: i64,
}

/// What was seen of a disk.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiskStatus {
    size_gib: i64,
    bound: bool,
    used_by: Vec<String>,
}

impl From<&StoredSpec> for DiskSpec {
    fn from(s: &StoredSpec) -> Self {
        Self { size_gib: s.size_gib }
    }
}

impl From<&StoredStatus> for DiskStatus {
    fn from(s: &StoredStatus) -> Self {
        Self { size_gib: s.size_gib, bound: s.bound, used_by: s.used_by.clone() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDisk {
    tenant_id: i64,
    datacenter_id: i64,
    /// An RFC 1123 label.
    name: String,
    size_gib: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiskChange {
    /// It only grows.
    size_gib: i64,
}

/// List disks
#[utoipa::path(get, path = "/disks", params(ResourceQuery), responses((status = 200, body = Listed<Disk>)))]
async fn list_disks(call: Call<ResourceQuery>) -> Reply {
    resources::list(call, Kind::Disk).await
}

/// Make a disk
#[utoipa::path(post, path = "/disks", request_body = NewDisk, responses((status = 201, body = Disk)))]
async fn create_disk(call: Call, Body(new): Body<NewDisk>) -> Reply {
    let (ctx, tenant, datacenter) = (&call.ctx, TenantId(new.tenant_id), DatacenterId(new.datacenter_id));
    let made = disk::create(ctx, tenant, datacenter, &new.name, new.size_gib).await?;
    if ctx.dry_run {
        let dry = DryRun::new(Action::Create, ObjectKind::Disk).result(&render(&made));
        return Ok(dry.takes(datacenter, tenant, difference(None, &made.spec)).answer());
    }
    let place = format!("/disks/{}", made.id);
    Ok(located(resources::settled(ctx, StatusCode::CREATED, made, call.wait).await?, &place))
}

/// Get a disk
#[utoipa::path(get, path = "/disks/{id}", params(Waiting), responses((status = 200, body = Disk)))]
async fn get_disk(call: Call<Waiting>, Id(id): Id) -> Reply {
    resources::get(call, Kind::Disk, id).await
}

/// Grow a disk
#[utoipa::path(patch, path = "/disks/{id}", request_body = DiskChange, responses((status = 200, body = Disk)))]
async fn update_disk(call: Call, Id(id): Id, Body(change): Body<DiskChange>) -> Reply {
    let ctx = &call.ctx;
    let before = resource::get(ctx, Kind::Disk, ResourceId(id)).await?;
    let after = disk::grow(ctx, before.id, change.size_gib, call.version).await?;
    if ctx.dry_run {
        let dry = DryRun::new(Action::Update, ObjectKind::Disk).result(&render(&after));
        return Ok(dry.takes(after.datacenter, after.tenant, difference(Some(&before.spec), &after.spec)).answer());
    }
    resources::settled(ctx, StatusCode::OK, after, call.wait).await
}

/// Remove a disk that no app uses
#[utoipa::path(delete, path = "/disks/{id}", responses(
    (status = 202, body = Disk, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_disk(call: Call, Id(id): Id) -> Reply {
    let rest = disk::delete(&call.ctx, ResourceId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Disk).removes(&rest).answer());
    }
    resources::removed(&call.ctx, Kind::Disk, rest.id, call.wait).await
}

/// Try now what would be tried later
#[utoipa::path(post, path = "/disks/{id}/retry", responses((status = 200, body = Disk)))]
async fn retry_disk(call: Call, Id(id): Id) -> Reply {
    resources::retry(call, Kind::Disk, id).await
}

/// Give up on a disk that can't be removed
#[utoipa::path(post, path = "/disks/{id}/forget", responses((status = 204, description = "it is listed as an orphan")))]
async fn forget_disk(call: Call, Id(id): Id) -> Reply {
    resources::forget(call, Kind::Disk, id).await
}
