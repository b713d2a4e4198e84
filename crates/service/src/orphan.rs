//! Orphans: what was forgotten and may still be at a peer.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::{OrphanId, Result, TenantId};
pub use tenantry_store::orphans::Orphan;

use crate::Ctx;

/// A page of orphans.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, page: &PageRequest) -> Result<Page<Orphan>> {
    ctx.store().orphans().list(&ctx.scope(ObjectKind::Orphan)?, page).await
}

/// Strikes an orphan from the list.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: OrphanId) -> Result<()> {
    ctx.audited(Action::Delete, ObjectKind::Orphan, id, async {
        let allowed: Allowed<act::Delete, obj::Orphan> = ctx.allow(TenantId::ROOT, &id).await?;
        let tx = ctx.begin().await?;
        tx.orphans().delete(&allowed, id).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::Orphan, id, TenantId::ROOT, "").await
    })
    .await
}
