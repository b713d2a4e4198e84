//! What has to be done from time to time and belongs to no object. Every replica does it; doing it twice changes nothing.

use std::time::Duration;

use tenantry_store::Store;
use tokio_util::sync::CancellationToken;

/// How often, and how long things are kept.
#[derive(Debug, Clone)]
pub struct Housekeeping {
    /// How often events get their numbers, and audit records are sealed.
    pub events: Duration,
    /// How often what has expired is removed.
    pub purge: Duration,
    /// How long events are kept.
    pub keep_events: Duration,
    /// How long it is told what became of mails.
    pub keep_mails: Duration,
    /// How long audit records are kept; for ever without it.
    pub keep_audit: Option<Duration>,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self {
            events: Duration::from_millis(250),
            purge: Duration::from_secs(60),
            keep_events: Duration::from_secs(7 * 24 * 3600),
            keep_mails: Duration::from_secs(7 * 24 * 3600),
            keep_audit: None,
        }
    }
}

/// Does it until `stop`. What is seldom done may take its time and holds up nothing that is often done.
pub async fn housekeeping(store: Store, settings: Housekeeping, stop: CancellationToken) {
    tokio::join!(
        again_and_again(settings.events, &stop, || number_and_seal(&store)),
        again_and_again(settings.purge, &stop, || purge_expired(&store, &settings)),
    );
}

async fn again_and_again<F: Future<Output = tenantry_domain::Result<()>>>(every: Duration, stop: &CancellationToken, work: impl Fn() -> F) {
    let mut turn = tokio::time::interval(every);
    // after a long turn the missed ones are not made up for
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => return,
            _ = turn.tick() => work().await,
        };
        if let Err(error) = result {
            tracing::warn!(?error, "housekeeping failed; it is tried again");
        }
    }
}

/// Gives events their numbers and seals audit records, once.
///
/// # Errors
/// When the database fails; the next turn does the rest.
pub async fn number_and_seal(store: &Store) -> tenantry_domain::Result<()> {
    // neither waits for the other to succeed
    let numbered = store.events().sequence().await;
    let sealed = store.audit().seal().await?;
    metrics::counter!("tenantry_audit_sealed_total").increment(sealed);
    numbered.map(|_| ())
}

/// Removes what has expired, once. What is much is removed in parts, one in a turn.
///
/// # Errors
/// When the database fails; the next turn does the rest.
pub async fn purge_expired(store: &Store, settings: &Housekeeping) -> tenantry_domain::Result<()> {
    store.sessions().purge().await?;
    store.sign_ons().purge().await?;
    store.password_resets().purge().await?;
    store.mails().purge(settings.keep_mails).await?;
    store.idempotency().purge().await?;
    store.events().purge(settings.keep_events).await?;
    if let Some(keep) = settings.keep_audit {
        store.audit().purge(keep).await?;
    }
    Ok(())
}
