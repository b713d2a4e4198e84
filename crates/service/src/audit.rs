//! Looking at the audit.

use tenantry_domain::Result;
use tenantry_domain::audit::AuditRecord;
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::ObjectKind;
pub use tenantry_store::audit::AuditFilter;

use crate::Ctx;

/// A page of the records that the caller may see, newest first.
///
/// # Errors
/// `Forbidden` for those who administrate nothing.
pub async fn list(ctx: &Ctx, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>> {
    ctx.store().audit().list(&ctx.scope(ObjectKind::Audit)?, filter, page).await
}
