//! Events, for those who watch.

use tenantry_domain::event::Event;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{EventId, Result};
pub use tenantry_store::Change;
use tokio::sync::broadcast;

use crate::Ctx;

/// At most 500 events after `after` that the caller may see. Without `after`: none, and where to begin.
///
/// # Errors
/// When the database fails.
pub async fn after(ctx: &Ctx, after: EventId) -> Result<Vec<Event>> {
    ctx.store().events().after(&ctx.scope(ObjectKind::Tenant)?, after, 500).await
}

/// The newest event's number, to watch from now on.
///
/// # Errors
/// `Forbidden` for who may see nothing.
pub async fn newest(ctx: &Ctx) -> Result<EventId> {
    ctx.scope(ObjectKind::Tenant)?;
    ctx.store().events().newest().await
}

/// The oldest event that is still kept; none when none is.
///
/// # Errors
/// When the database fails.
pub async fn oldest(ctx: &Ctx) -> Result<Option<EventId>> {
    ctx.store().events().oldest().await
}

/// Gives events their numbers at once instead of at the next round, so that a watcher sees them without delay.
///
/// # Errors
/// When the database fails.
pub async fn sequence(ctx: &Ctx) -> Result<()> {
    ctx.store().events().sequence().await.map(|_| ())
}

/// Tells when something was committed by this process; look for events then.
#[must_use]
pub fn changes(ctx: &Ctx) -> broadcast::Receiver<Change> {
    ctx.store().changes()
}
