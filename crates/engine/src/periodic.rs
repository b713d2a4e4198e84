//! What has to be done from time to time and belongs to no object. Every replica does it; doing it twice changes nothing.

use std::time::Duration;

use tenantry_store::Store;
use tokio_util::sync::CancellationToken;

/// How often, and how long things are kept.
#[derive(Debug, Clone)]
pub struct Housekeeping {
    /// How often events get their numbers.
    pub events: Duration,
    /// How often what has expired is removed.
    pub purge: Duration,
    /// How long events are kept.
    pub keep_events: Duration,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self { events: Duration::from_millis(250), purge: Duration::from_secs(60), keep_events: Duration::from_secs(7 * 24 * 3600) }
    }
}

/// Does it until `stop`.
pub async fn housekeeping(store: Store, settings: Housekeeping, stop: CancellationToken) {
    let mut events = tokio::time::interval(settings.events);
    let mut purge = tokio::time::interval(settings.purge);
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => return,
            _ = events.tick() => store.events().sequence().await.map(|_| ()),
            _ = purge.tick() => purge_expired(&store, &settings).await,
        };
        if let Err(error) = result {
            tracing::warn!(?error, "housekeeping failed; it is tried again");
        }
    }
}

async fn purge_expired(store: &Store, settings: &Housekeeping) -> tenantry_domain::Result<()> {
    store.sessions().purge().await?;
    store.idempotency().purge().await?;
    store.events().purge(settings.keep_events).await?;
    Ok(())
}
