//! Waiting, within bounds, for a row to settle, so that a synchronous dialect answers with the finished thing. When time is
//! up it answers with the state that there is.

use std::time::Duration;

use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::resource::{Kind, Resource};
use tenantry_domain::{ErrorKind, ReleaseId, ResourceId, Result, TenantId};
use tenantry_domain::release::{Release, ReleaseStatus};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::Ctx;

/// Beneath the wake-ups: another process may do the work.
const POLL: Duration = Duration::from_millis(500);

/// Looks again whenever something of these kinds was committed, until `look` answers or time is up; then answers with its last.
async fn until<T>(ctx: &Ctx, kinds: &[ObjectKind], limit: Duration, mut look: impl AsyncFnMut() -> Result<(bool, T)>) -> Result<T> {
    let deadline = Instant::now() + limit;
    let mut changes = ctx.store().changes();
    loop {
        let (settled, seen) = look().await?;
        if settled || ctx.dry_run || Instant::now() >= deadline {
            return Ok(seen);
        }
        let again = deadline.min(Instant::now() + POLL);
        loop {
            match timeout_at(again, changes.recv()).await {
                Ok(Ok(change)) if !kinds.contains(&change.kind) => {}
                Ok(Err(RecvError::Closed)) => return Ok(seen),
                _ => break,
            }
        }
    }
}

/// Waits until a resource is settled. None when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn resource(ctx: &Ctx, kind: Kind, id: ResourceId, limit: Duration) -> Result<Option<Resource>> {
    until(ctx, &[kind.object()], limit, async || match ctx.store().resources().get(&Scope::system(), kind, id).await {
        Ok(found) => Ok((found.settled(), Some(found))),
        Err(error) if error.kind == ErrorKind::NotFound => Ok((true, None)),
        Err(error) => Err(error),
    })
    .await
}

/// Waits until every namespace of a tenant is settled; answers with them.
///
/// # Errors
/// When the database fails.
pub async fn namespaces(ctx: &Ctx, tenant: TenantId, limit: Duration) -> Result<Vec<Resource>> {
    until(ctx, &[ObjectKind::Namespace], limit, async || {
        let found = ctx.store().resources().of_tenant(&Scope::system(), tenant, None, Some(Kind::Namespace)).await?;
        Ok((found.iter().all(Resource::settled), found))
    })
    .await
}

/// Waits until a tenant that is being closed is gone; answers whether it is.
///
/// # Errors
/// When the database fails.
pub async fn tenant_gone(ctx: &Ctx, tenant: TenantId, limit: Duration) -> Result<bool> {
    until(ctx, &[ObjectKind::Tenant], limit, async || match ctx.store().tenants().get(&Scope::system(), tenant).await {
        Ok(_) => Ok((false, false)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok((true, true)),
        Err(error) => Err(error),
    })
    .await
}

/// Waits until a release ended; answers with it.
///
/// # Errors
/// When the database fails.
pub async fn release(ctx: &Ctx, id: ReleaseId, limit: Duration) -> Result<Release> {
    until(ctx, &[ObjectKind::App, ObjectKind::Release], limit, async || {
        let found = ctx.store().releases().get(&Scope::system(), id).await?;
        Ok((found.status != ReleaseStatus::Running, found))
    })
    .await
}
