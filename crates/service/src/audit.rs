//! Looking at the audit: lists, counts, the export, and whether it is still what was sealed.
//!
//! A platform administrator reads all of it, a tenant administrator what happened in its subtree. A dialect that shows "logs"
//! takes [`list`] and [`count`] with an [`AuditFilter`]: who by `user` or `user_name`, the kind of log by `objects`, a cluster by
//! `objects` and `object_id`, the order by [`AuditOrder`], and pages by `PageRequest` with `skip` or `after`.

use tenantry_domain::audit::{AuditRecord, Verdict};
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Error, ErrorKind, Result};
pub use tenantry_store::audit::{AuditFilter, AuditOrder};

use crate::Ctx;

/// How many records of an export are in memory at a time.
const PIECE: i64 = 500;
/// How many records are recomputed for one request, at most.
pub const MOST_VERIFIED: i64 = 100_000;

/// A page of the records that the caller may see, in the order of their time.
///
/// # Errors
/// `Forbidden` for those who administrate nothing.
pub async fn list(ctx: &Ctx, filter: &AuditFilter, order: AuditOrder, page: &PageRequest) -> Result<Page<AuditRecord>> {
    ctx.store().audit().list(&ctx.scope(ObjectKind::Audit)?, filter, order, page).await
}

/// How many records there are that the caller may see.
///
/// # Errors
/// `Forbidden` for those who administrate nothing.
pub async fn count(ctx: &Ctx, filter: &AuditFilter) -> Result<i64> {
    ctx.store().audit().count(&ctx.scope(ObjectKind::Audit)?, filter).await
}

/// The next piece of an export: sealed records after the number `after`, in the order of the chain. It is empty at the end.
///
/// # Errors
/// `Forbidden` for those who administrate nothing.
pub async fn export(ctx: &Ctx, filter: &AuditFilter, after: i64) -> Result<Vec<AuditRecord>> {
    ctx.store().audit().sealed(&ctx.scope(ObjectKind::Audit)?, filter, after, PIECE).await
}

/// Recomputes the chain after the number `after`, at most about [`MOST_VERIFIED`] records of it; the verdict says how far it came.
/// `noted` is the number and hash of a record as somebody wrote them down elsewhere.
///
/// # Errors
/// `Forbidden` for those who may not read all of it: a part of a chain proves nothing.
pub async fn verify(ctx: &Ctx, after: i64, noted: Option<(i64, &str)>) -> Result<Verdict> {
    if ctx.scope(ObjectKind::Audit)?.subtrees().is_some() {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "the chain runs through the records of all tenants: only a platform administrator verifies it",
        ));
    }
    ctx.store().audit().verify(after, MOST_VERIFIED, noted).await
}
