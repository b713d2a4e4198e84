//! What is the same for resources of every kind: looking at them, trying again, giving up.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, AnyResource, ObjectKind, Scope, act};
use tenantry_domain::resource::{Kind, Resource, State};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId};
use tenantry_store::Tx;
pub use tenantry_store::resources::ResourceFilter;
use tenantry_store::resources::stale;

use crate::Ctx;

/// A resource, if the caller may see it.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, kind: Kind, id: ResourceId) -> Result<Resource> {
    ctx.store().resources().get(&ctx.scope(kind.object())?, kind, id).await
}

/// A resource of a certain tenant, for dialects whose paths name both.
///
/// # Errors
/// `NotFound`, also when it is another tenant's.
pub async fn get_in(ctx: &Ctx, tenant: TenantId, kind: Kind, id: ResourceId) -> Result<Resource> {
    let found = get(ctx, kind, id).await?;
    if found.tenant == tenant { Ok(found) } else { Err(Error::not_found(kind.object(), id)) }
}

/// A page of resources of one kind.
///
/// # Errors
/// `NotFound` when the tenant asked for is not to be seen.
pub async fn list(ctx: &Ctx, kind: Kind, filter: ResourceFilter, page: &PageRequest) -> Result<Page<Resource>> {
    if let Some(tenant) = filter.tenant {
        crate::tenant::get(ctx, tenant).await?;
    }
    let filter = ResourceFilter { kind: Some(kind), ..filter };
    ctx.store().resources().list(&ctx.scope(kind.object())?, &filter, page).await
}

/// Those of one kind with these ids that the caller may see.
///
/// # Errors
/// When the database fails.
pub async fn with_ids(ctx: &Ctx, kind: Kind, ids: &[ResourceId]) -> Result<Vec<Resource>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = ctx.store().resources().with_ids(&ctx.scope(kind.object())?, ids).await?;
    found.retain(|r| r.kind() == kind);
    Ok(found)
}

/// How many a list has.
///
/// # Errors
/// When the database fails.
pub async fn count(ctx: &Ctx, kind: Kind, filter: ResourceFilter) -> Result<i64> {
    let filter = ResourceFilter { kind: Some(kind), ..filter };
    ctx.store().resources().count(&ctx.scope(kind.object())?, &filter).await
}

/// The tenant's namespace in a datacenter, in which a disk or an app can be made.
pub(crate) async fn namespace_of(tx: &Tx, tenant: TenantId, datacenter: DatacenterId) -> Result<Resource> {
    let owner = tx.tenants().get(&Scope::system(), tenant).await?;
    let found = tx.resources().find(&Scope::system(), Kind::Namespace, tenant, datacenter, &owner.slug).await?;
    let namespace = found.ok_or_else(|| {
        Error::invalid("datacenter_id", format!("the tenant '{}' has no namespace in datacenter {datacenter}", owner.name))
    })?;
    if namespace.state == State::Deleting {
        return Err(Error::conflict(
            ObjectKind::Namespace,
            format!("the namespace of '{}' in datacenter {datacenter} is being removed", owner.name),
        ));
    }
    Ok(namespace)
}

/// The same, where containers run.
pub(crate) async fn container_namespace_of(tx: &Tx, tenant: TenantId, datacenter: DatacenterId) -> Result<Resource> {
    let namespace = namespace_of(tx, tenant, datacenter).await?;
    let of = tx.datacenters().get(&Scope::system(), datacenter).await?;
    if !of.kind.runs_containers() {
        let message = format!("no disks and apps run in datacenter '{}': it is a cloud of virtual servers ({})", of.name, of.kind);
        return Err(Error::invalid("datacenter_id", message));
    }
    Ok(namespace)
}

/// The newest row of a resource inside a transaction, if it has the version asked for.
pub(crate) async fn locked(tx: &Tx, kind: Kind, id: ResourceId, version: Option<i64>) -> Result<Resource> {
    let found = tx.resources().get(&Scope::system(), kind, id).await?;
    match version {
        Some(asked) if asked != found.version => Err(stale(kind.object(), found.version, Some(asked))),
        _ => Ok(found),
    }
}

/// Tries again now what a controller would try later.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn retry(ctx: &Ctx, kind: Kind, id: ResourceId) -> Result<Resource> {
    ctx.audited(Action::Retry, kind.object(), id, retry_inner(ctx, kind, id)).await
}

async fn retry_inner(ctx: &Ctx, kind: Kind, id: ResourceId) -> Result<Resource> {
    let found = get(ctx, kind, id).await?;
    let allowed: Allowed<act::Retry, AnyResource> = ctx.allow_resource(&found).await?;
    let tx = ctx.begin().await?;
    tx.resources().retry(&allowed, &found).await?;
    ctx.commit(tx, Action::Retry, kind.object(), id, found.tenant, "").await?;
    Ok(found)
}

/// Gives up on a resource that cannot be removed at its peer: the row goes and an orphan is recorded.
///
/// # Errors
/// `Conflict` when it is not being removed, `Forbidden`, `NotFound`.
pub async fn forget(ctx: &Ctx, kind: Kind, id: ResourceId) -> Result<Resource> {
    ctx.audited(Action::Forget, kind.object(), id, forget_inner(ctx, kind, id)).await
}

async fn forget_inner(ctx: &Ctx, kind: Kind, id: ResourceId) -> Result<Resource> {
    let found = get(ctx, kind, id).await?;
    let allowed: Allowed<act::Forget, AnyResource> = ctx.allow_resource(&found).await?;
    let tx = ctx.begin().await?;
    tx.resources().forget(&allowed, &found).await?;
    ctx.commit(tx, Action::Forget, kind.object(), id, found.tenant, &format!("'{}': {}", found.name, found.progress.reason)).await?;
    Ok(found)
}
