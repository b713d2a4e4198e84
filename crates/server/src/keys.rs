//! `tenantry keys`: which keys there are, and putting a new one in the place of the old.
//!
//! A rotation goes on where an earlier one stopped, wherever that was: as long as the file (or the environment) holds two keys, the
//! first of them is to take the place of the other; only when it holds one, a new one is made. The file is written before the database
//! learns of a key and after it has forgotten one, so that what is stored can be read at every moment.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use tenantry_store::Store;
use tenantry_store::vault::key_id;
use tokio_util::sync::CancellationToken;

use crate::key::{self, Source};
use crate::{Config, SystemClock, serve};

/// How often a server looks whether there is a new key, and says which ones it knows.
const LOOK: Duration = Duration::from_secs(5);
/// How long a rotation waits for the servers that run to know the new key: longer than one that died counts as running.
const PATIENCE: Duration = Duration::from_secs(40);

/// Puts a new key in the place of the one that secrets are sealed with.
///
/// # Errors
/// That say which server is in the way, or which secret cannot be read; then both keys stay and a second run goes on.
pub async fn rotate(config: &Config) -> anyhow::Result<()> {
    let _alone = serve::alone(config).context("a key cannot be changed while a server has it in memory")?;
    let store = opened(config).await?;
    let source = Source::of(config);
    let keys = begun(&store, &source)?;
    let new = key_id(&keys[0]);
    known_everywhere(&store, &new).await?;
    store.keys().activate(&new).await?;
    let count = store.keys().reseal(&new).await?;
    store.keys().retire_others(&new).await?;
    match &source {
        Source::File(file) => {
            if let Err(error) = key::replace(file, &keys[..1]) {
                tracing::warn!("{error:#}: now {} may hold its first line alone", file.display());
            }
        }
        Source::Environment(_) => tracing::info!("now {} may hold the first of its keys alone, on every server", key::VARIABLE),
    }
    tracing::info!("{count} secrets were sealed anew; all of them are sealed with the key {new}, and any other is forgotten");
    Ok(())
}

async fn opened(config: &Config) -> anyhow::Result<Store> {
    let store = serve::open_store(config).await?;
    if config.database.url.is_none() {
        store.migrate().await?;
    }
    anyhow::ensure!(store.is_migrated().await?, "the schema is not up to date: run 'tenantry migrate'");
    store.keys().check().await?;
    Ok(store)
}

/// The keys of a rotation: those of one that has begun, or a new one before the present one.
fn begun(store: &Store, source: &Source) -> anyhow::Result<Vec<key::Key>> {
    let mut keys = source.read()?;
    if keys.len() > 1 {
        return Ok(keys);
    }
    let Source::File(file) = source else {
        anyhow::bail!(
            "the key is in {}, which this command cannot change: make a new one (openssl rand -hex 32), set the variable to \
             '<new key>,<present key>' on every server and for this command, start the servers again, then run it again",
            key::VARIABLE
        );
    };
    keys.insert(0, key::random(&SystemClock));
    key::replace(file, &keys)?;
    store.keys().learn(&keys);
    Ok(keys)
}

/// Waits until every server that runs knows the key: those that share the file read it again by themselves.
async fn known_everywhere(store: &Store, key: &str) -> anyhow::Result<()> {
    if !store.is_shared() {
        return Ok(());
    }
    let begun = std::time::Instant::now();
    loop {
        let servers = store.keys().lacking(key).await?;
        if servers.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(
            begun.elapsed() < PATIENCE,
            "these servers run and do not know the new key {key}: {}. Give them the key file as it is now (two lines, the new key first), or stop \
             them; then run 'tenantry keys rotate' again: it goes on. Nothing is changed yet",
            servers.join(", ")
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Writes the keys that the database knows to the standard output.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(config: &Config) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    anyhow::ensure!(store.is_migrated().await?, "the schema is not up to date: run 'tenantry migrate'");
    let mut out = std::io::stdout().lock();
    for key in store.keys().list().await? {
        let state = if key.active { "active" } else { "old" };
        writeln!(out, "{} {state} since {}, secrets: {}", key.id, key.created_at, key.secrets)?;
    }
    Ok(())
}

/// Says again and again that this server runs and which keys it knows, and learns those that its file has got, until `stop`. On the
/// embedded database no key changes while a server runs.
pub(crate) async fn watch(store: Store, source: Source, server: String, stop: CancellationToken) {
    if !store.is_shared() {
        return;
    }
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = look.tick() => {}
        }
        match source.read() {
            Ok(keys) => store.keys().learn(&keys),
            Err(error) => tracing::warn!("the keys for secrets cannot be read again: {error:#}"),
        }
        if let Err(error) = store.keys().hold(&server).await {
            tracing::error!(?error, "this server could not say which keys for secrets it knows");
        }
    }
    if let Err(error) = store.keys().release(&server).await {
        tracing::warn!(?error, "this server counts as running for a while");
    }
}
