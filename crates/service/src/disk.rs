//! Disks in a tenant's namespace.

use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::resource::{DiskSpec, Kind, Resource, Spec};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId, name};
use tenantry_store::Tx;

use crate::{Ctx, resource};

/// The largest disk, in GiB.
const LARGEST_GIB: i64 = 1 << 20;

fn check_size(size_gib: i64) -> Result<()> {
    if (1..=LARGEST_GIB).contains(&size_gib) {
        Ok(())
    } else {
        Err(Error::invalid("size", format!("'size' must be between 1 and {LARGEST_GIB} GiB")))
    }
}

/// Makes a disk.
///
/// # Errors
/// `QuotaExceeded`, `AlreadyExists`, `InvalidArgument` (also when the tenant has no namespace there), `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, tenant: TenantId, datacenter: DatacenterId, disk: &str, size_gib: i64) -> Result<Resource> {
    ctx.audited(Action::Create, ObjectKind::Disk, disk, create_inner(ctx, tenant, datacenter, disk, size_gib)).await
}

async fn create_inner(ctx: &Ctx, tenant: TenantId, datacenter: DatacenterId, disk: &str, size_gib: i64) -> Result<Resource> {
    let allowed: Allowed<act::Create, obj::Disk> = ctx.allow(tenant, &tenant).await?;
    name::check_label("name", disk)?;
    check_size(size_gib)?;
    let tx = ctx.begin().await?;
    let namespace = resource::container_namespace_of(&tx, tenant, datacenter).await?;
    let spec = Spec::Disk(DiskSpec { size_gib });
    tx.usage().may_use_more(tenant).await?;
    tx.quotas().take(tenant, datacenter, spec.holds()).await?;
    let id = tx.resources().insert(&allowed, datacenter, Some(namespace.id), disk, &spec).await?;
    let made = tx.resources().get(&Scope::system(), Kind::Disk, id).await?;
    ctx.commit(tx, Action::Create, ObjectKind::Disk, id, tenant, &format!("'{disk}', {size_gib} GiB")).await?;
    Ok(made)
}

/// Grows a disk.
///
/// # Errors
/// `InvalidArgument` when it would shrink, `QuotaExceeded`, `StaleVersion`, `Conflict` when it is being removed, `Forbidden`, `NotFound`.
pub async fn grow(ctx: &Ctx, id: ResourceId, size_gib: i64, version: Option<i64>) -> Result<Resource> {
    ctx.audited(Action::Update, ObjectKind::Disk, id, grow_inner(ctx, id, size_gib, version)).await
}

async fn grow_inner(ctx: &Ctx, id: ResourceId, size_gib: i64, version: Option<i64>) -> Result<Resource> {
    let seen = resource::get(ctx, Kind::Disk, id).await?;
    let allowed: Allowed<act::Update, obj::Disk> = ctx.allow(seen.tenant, &id).await?;
    check_size(size_gib)?;
    let tx = ctx.begin().await?;
    let before = resource::locked(&tx, Kind::Disk, id, version).await?;
    let Spec::Disk(present) = &before.spec else { return Err(Error::internal("not a disk")) };
    if size_gib < present.size_gib {
        let message =
            format!("the disk has {} GiB and cannot shrink: what is on it would be lost; make a smaller one and copy", present.size_gib);
        return Err(Error::invalid("size", message));
    }
    if size_gib > present.size_gib {
        let spec = Spec::Disk(DiskSpec { size_gib });
        change_holds(&tx, &before, &spec).await?;
        tx.resources().update_spec(&allowed, &before, &spec).await?;
    }
    let after = tx.resources().get(&Scope::system(), Kind::Disk, id).await?;
    ctx.commit(tx, Action::Update, ObjectKind::Disk, id, before.tenant, &format!("{size_gib} GiB")).await?;
    Ok(after)
}

/// Takes or gives back the difference between what a resource holds and what it will.
pub(crate) async fn change_holds(tx: &Tx, before: &Resource, spec: &Spec) -> Result<()> {
    let more = spec.holds() - before.spec.holds();
    if more.iter().any(|(_, amount)| amount > 0) {
        tx.usage().may_use_more(before.tenant).await?;
    }
    tx.quotas().take(before.tenant, before.datacenter, more).await
}

/// Removes a disk that no app uses.
///
/// # Errors
/// `Conflict` that says by what it is used, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: ResourceId, version: Option<i64>) -> Result<Resource> {
    ctx.audited(Action::Delete, ObjectKind::Disk, id, delete_inner(ctx, id, version)).await
}

async fn delete_inner(ctx: &Ctx, id: ResourceId, version: Option<i64>) -> Result<Resource> {
    let seen = resource::get(ctx, Kind::Disk, id).await?;
    let allowed: Allowed<act::Delete, obj::Disk> = ctx.allow(seen.tenant, &id).await?;
    let tx = ctx.begin().await?;
    let before = tx.resources().get(&Scope::system(), Kind::Disk, id).await?;
    let users = used_by(&tx, &before).await?;
    if !users.is_empty() {
        let message = format!("the disk '{}' is in use: delete the apps that use it, or take it from them", before.name);
        return Err(Error::conflict(ObjectKind::Disk, message).blocked_by(users));
    }
    tx.resources().delete(&allowed, &before, version).await?;
    let after = tx.resources().get(&Scope::system(), Kind::Disk, id).await?;
    ctx.commit(tx, Action::Delete, ObjectKind::Disk, id, before.tenant, &format!("'{}'", before.name)).await?;
    Ok(after)
}

async fn used_by(tx: &Tx, disk: &Resource) -> Result<Vec<String>> {
    let Some(namespace) = disk.parent else { return Ok(Vec::new()) };
    let apps = tx.resources().siblings(namespace, Kind::App).await?;
    let mounts = |app: &Resource| matches!(&app.spec, Spec::App(spec) if spec.disks.iter().any(|m| m.disk == disk.name));
    Ok(apps.iter().filter(|a| mounts(a)).map(|a| format!("app '{}'", a.name)).collect())
}
