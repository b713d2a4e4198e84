//! What can be done about a tenant whose namespaces do not come to be, or do not go.

use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::tenant::{Tenant, TenantState};
use tenantry_domain::{Error, Result, TenantId};

use crate::{Ctx, tenant};

/// Tries again now what controllers would try later for all that is in the tenant, and below it when it is being closed.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn retry(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    ctx.audited(Action::Retry, ObjectKind::Tenant, id, retry_inner(ctx, id)).await
}

async fn retry_inner(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    let found = tenant::get(ctx, id).await?;
    let allowed: Allowed<act::Retry, obj::Tenant> = ctx.allow(id, &id).await?;
    let tx = ctx.begin().await?;
    let mut tenants = vec![id];
    if found.state == TenantState::Closing {
        tenants.extend(tx.tenants().descendants(id).await?);
    }
    tx.resources().retry_all(&allowed, &tenants).await?;
    ctx.commit(tx, Action::Retry, ObjectKind::Tenant, id, id, "").await?;
    Ok(found)
}

/// Gives up on all that cannot be removed at a peer, of a tenant that is being closed: the rows go, orphans are recorded, and the
/// tenant goes too.
///
/// # Errors
/// `Conflict` when it is not being closed, `Forbidden`, `NotFound`.
pub async fn forget(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    ctx.audited(Action::Forget, ObjectKind::Tenant, id, forget_inner(ctx, id)).await
}

async fn forget_inner(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    let found = tenant::get(ctx, id).await?;
    let allowed: Allowed<act::Forget, obj::Tenant> = ctx.allow(id, &id).await?;
    if found.state != TenantState::Closing {
        let message = format!("only what is being removed can be forgotten: delete the tenant '{}' first", found.name);
        return Err(Error::conflict(ObjectKind::Tenant, message));
    }
    let tx = ctx.begin().await?;
    let mut tenants = tx.tenants().descendants(id).await?;
    tenants.push(id);
    let resources = tx.resources().of_tenants(&tenants).await?;
    tx.resources().release_references(&allowed, &tenants).await?;
    for resource in &resources {
        tx.resources().forget(&allowed, resource).await?;
    }
    ctx.commit(tx, Action::Forget, ObjectKind::Tenant, id, id, &format!("{} resources", resources.len())).await?;
    Ok(found)
}
