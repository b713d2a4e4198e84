//! Idempotency keys, for the dialect that takes them: looked up before a mutation, claimed in its transaction, answered again.

use tenantry_domain::policy::Caller;
use tenantry_domain::{Error, Result};
pub use tenantry_store::idempotency::Remembered;

use crate::{IdempotencyKey, Services};

/// What is known of the caller's key.
///
/// # Errors
/// `InvalidArgument` when the key was used for another request.
pub async fn find(services: &Services, caller: &Caller, key: &IdempotencyKey) -> Result<Option<Remembered>> {
    let found = services.store().idempotency().find(caller.user, &key.key).await?;
    match found {
        Some(found) if found.fingerprint != key.fingerprint => Err(Error::invalid(
            "Idempotency-Key",
            "this key was used for another request within the last 24 hours: take a new one for each change",
        )),
        found => Ok(found),
    }
}

/// Adds the answer, so that it can be given again word for word.
///
/// # Errors
/// When the database fails.
pub async fn remember(services: &Services, caller: &Caller, key: &IdempotencyKey, status: u16, body: &str) -> Result<()> {
    services.store().idempotency().answer(caller.user, &key.key, status, body).await
}
