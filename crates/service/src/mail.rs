//! Mail, as platform administrators see it: what became of it, and not what it says.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Error, ErrorKind, Result};
pub use tenantry_store::mails::Mail;

use crate::Ctx;

/// A page of mails, the latest first; those that ended go after some days.
///
/// # Errors
/// `Forbidden` for all but platform administrators.
pub async fn list(ctx: &Ctx, page: &PageRequest) -> Result<Page<Mail>> {
    ctx.scope(ObjectKind::User)?;
    if !ctx.caller.is_platform_admin() {
        let message = "only a platform administrator (system.admin on the root tenant) sees what becomes of mails";
        return Err(Error::new(ErrorKind::Forbidden, message));
    }
    ctx.store().mails().list(page).await
}
