//! Waiting, within bounds, for a row to settle, so that a synchronous dialect answers with the finished thing. When time is
//! up it answers with the state that there is.

use std::time::Duration;

use tenantry_domain::datacenter::Datacenter;
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::release::{Release, ReleaseStatus};
use tenantry_domain::resource::{Kind, Resource};
use tenantry_domain::{DatacenterId, ErrorKind, ReleaseId, ResourceId, Result, TenantId};
use tenantry_store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::Ctx;

/// Beneath the wake-ups: another process may do the work.
const POLL: Duration = Duration::from_millis(500);

/// Says when to look again: whenever one of these (all of the kinds, when none is named) was committed, until time is up.
struct Watch {
    kinds: &'static [ObjectKind],
    ids: Vec<i64>,
    deadline: Instant,
    changes: Receiver<Change>,
}

impl Watch {
    fn new(ctx: &Ctx, kinds: &'static [ObjectKind], limit: Duration) -> Self {
        let limit = if ctx.dry_run { Duration::ZERO } else { limit };
        Self { kinds, ids: Vec::new(), deadline: Instant::now() + limit, changes: ctx.store().changes() }
    }

    fn of(mut self, id: i64) -> Self {
        self.ids = vec![id];
        self
    }

    fn concerns(&self, change: &Change) -> bool {
        self.kinds.contains(&change.kind) && (self.ids.is_empty() || self.ids.contains(&change.id))
    }

    /// Waits until it is worth looking again; false when time is up.
    async fn again(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        let poll = self.deadline.min(Instant::now() + POLL);
        loop {
            match timeout_at(poll, self.changes.recv()).await {
                Ok(Ok(change)) if !self.concerns(&change) => {}
                Ok(Err(RecvError::Closed)) => return false,
                _ => return true,
            }
        }
    }
}

/// Waits until a resource is settled. None when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn resource(ctx: &Ctx, kind: Kind, id: ResourceId, limit: Duration) -> Result<Option<Resource>> {
    let mut watch = Watch::new(ctx, kind.objects(), limit).of(id.0);
    loop {
        match ctx.store().resources().get(&Scope::system(), kind, id).await {
            Ok(found) if found.settled() || !watch.again().await => return Ok(Some(found)),
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// Waits until every namespace of a tenant is settled; answers with them.
///
/// # Errors
/// When the database fails.
pub async fn namespaces(ctx: &Ctx, tenant: TenantId, limit: Duration) -> Result<Vec<Resource>> {
    let mut watch = Watch::new(ctx, &[ObjectKind::Namespace], limit);
    loop {
        let found = ctx.store().resources().of_tenant(&Scope::system(), tenant, None, Some(Kind::Namespace)).await?;
        watch.ids = found.iter().map(|n| n.id.0).collect();
        if found.iter().all(Resource::settled) || !watch.again().await {
            return Ok(found);
        }
    }
}

/// Waits until a tenant that is being closed is gone; answers whether it is.
///
/// # Errors
/// When the database fails.
pub async fn tenant_gone(ctx: &Ctx, tenant: TenantId, limit: Duration) -> Result<bool> {
    let mut watch = Watch::new(ctx, &[ObjectKind::Tenant], limit).of(tenant.0);
    loop {
        match ctx.store().tenants().get(&Scope::system(), tenant).await {
            Ok(_) if !watch.again().await => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

/// Waits until a release ended; answers with it.
///
/// # Errors
/// When the database fails.
pub async fn release(ctx: &Ctx, id: ReleaseId, limit: Duration) -> Result<Release> {
    let mut watch = Watch::new(ctx, &[ObjectKind::App, ObjectKind::Release], limit);
    loop {
        let found = ctx.store().releases().get(&Scope::system(), id).await?;
        if found.status != ReleaseStatus::Running || !watch.again().await {
            return Ok(found);
        }
    }
}

/// Waits until a datacenter is well; answers with it, also when it is not.
///
/// # Errors
/// When the database fails; [`ErrorKind::NotFound`] when it was disconnected meanwhile.
pub async fn datacenter(ctx: &Ctx, id: DatacenterId, limit: Duration) -> Result<Datacenter> {
    let mut watch = Watch::new(ctx, &[ObjectKind::Datacenter], limit).of(id.0);
    loop {
        let found = ctx.store().datacenters().get(&Scope::system(), id).await?;
        if found.health.healthy || !watch.again().await {
            return Ok(found);
        }
    }
}
