//! `tenantry doctor`: looks at everything that a server needs, and says what is wrong and what would be right. It changes nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use tenantry_domain::{Clock, Timestamp};
use tenantry_driver_api::{DriverError, Guard};

use crate::{Config, SystemClock, directories, mail, outgoing, providers, serve};

/// How far the database's clock may be from ours: leases are told by ours, and must not end before the step that they are for.
const SKEW: Duration = Duration::from_secs(5);

/// Looks, and stops at the first thing that is wrong.
///
/// # Errors
/// That say what is wrong.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    store.ping().await?;
    tracing::info!("the database answers");
    ensure!(store.is_migrated().await?, "the schema is not up to date: run 'tenantry migrate'");
    tracing::info!("the schema is up to date");
    store.keys().check().await?;
    tracing::info!("the key for secrets is the database's");
    ensure!(store.accounts().consistent().await?, "a balance is not the sum of its ledger lines: tell the developers");
    tracing::info!("the ledger adds up");
    let backlog = store.work().backlog().await?;
    tracing::info!("{} pieces of work are due, the oldest for {} s", backlog.due, backlog.lag.as_secs());
    match store.database_time().await? {
        Some(theirs) => tracing::info!("the clock is {}", skew(SystemClock.now(), theirs)?),
        None => tracing::info!("the embedded database has this machine's clock"),
    }
    let guard = outgoing::guard(&config.outgoing)?;
    people(config, &guard).await?;
    match mail::of(config, &guard)? {
        Some(mailer) => {
            mailer.check().await.map_err(said)?;
            tracing::info!("the mail server takes mail");
        }
        None => tracing::info!("no mail server is configured: passwords are set by administrators"),
    }
    Ok(())
}

/// Asks every directory and every provider of single sign-on what it is, as a login would.
async fn people(config: &Config, guard: &Guard) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for found in directories::all(&config.directory, guard)? {
        found.directory.check().await.map_err(said)?;
        tracing::info!("the directory '{}' answers", found.origin.name);
    }
    for found in providers::all(&config.oidc, config.public_url()?.as_deref(), guard, &clock)? {
        found.provider.check().await.map_err(said)?;
        tracing::info!("the provider '{}' answers, and is to lead back to {}", found.origin.name, found.redirect_uri);
    }
    Ok(())
}

fn said(error: DriverError) -> anyhow::Error {
    anyhow!(error.message)
}

/// How far our clock is from the database's, in words.
fn skew(ours: Timestamp, theirs: Timestamp) -> anyhow::Result<String> {
    let (ahead, by) = if ours >= theirs { ("ahead of", ours.since(theirs)) } else { ("behind", theirs.since(ours)) };
    let told = format!("{:.1} s {ahead} the database's", by.as_secs_f64());
    ensure!(by <= SKEW, "the clock of this machine is {told}: let NTP keep both, or servers take one another's work");
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_far_from_the_databases_is_named() {
        let at = |ms: i64| Timestamp(1_000_000 + ms);
        assert_eq!(skew(at(1500), at(0)).unwrap(), "1.5 s ahead of the database's");
        assert_eq!(skew(at(0), at(4900)).unwrap(), "4.9 s behind the database's");
        for (ours, theirs) in [(5001, 0), (0, 5001)] {
            assert!(skew(at(ours), at(theirs)).unwrap_err().to_string().contains("NTP"));
        }
    }
}
