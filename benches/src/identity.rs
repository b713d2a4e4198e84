//! Tokens and logins: that many sessions cost a request nothing, and that people who log in slow nobody else down.

use std::path::Path;
use std::time::{Duration, Instant};

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use futures::future::try_join_all;
use serde_json::json;
use tenantry_domain::UserId;
use tenantry_store::sessions::{Life, token_hash};

use crate::server::{PASSWORD, Process};
use crate::{Measured, load, median, say, seed};

const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 5;
/// Those who call at the same time, each with a session of their own.
const CALLERS: usize = 64;
/// Those who log in at the same time.
const LOGINS: usize = 16;

/// The token of session number `n`.
fn token(n: usize) -> String {
    format!("{n:064X}")
}

/// A data folder with live sessions of the administrator, and expired ones beside them.
async fn sessions(folder: &Path, live: usize, expired: usize) -> anyhow::Result<()> {
    seed::fill(folder, 10, 0).await?;
    let store = seed::store(folder).await?;
    let life = |seconds| Life { absolute: Duration::from_secs(seconds), idle: Duration::from_secs(seconds) };
    let all: Vec<usize> = (0..live + expired).collect();
    for chunk in all.chunks(5000) {
        let tx = store.begin().await?;
        for n in chunk {
            let life = if *n < live { life(12 * 3600) } else { life(0) };
            tx.sessions().insert(UserId(1), &token_hash(&token(*n)), "", "", life).await?;
        }
        tx.commit().await?;
    }
    Ok(store.close().await?)
}

pub(crate) async fn tokens() -> anyhow::Result<Vec<Measured>> {
    let (few, many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    sessions(few.path(), 100, 0).await?;
    say("tokens: writing 100,000 live sessions and 100,000 that have expired");
    sessions(many.path(), 100_000, 100_000).await?;
    let (few, many) = (Process::tenantry(few.path()).await?, Process::tenantry(many.path()).await?);
    let requests = |spread: usize| (0..CALLERS).map(move |n| load::get("/api/v2/sessions/current", &token(n * spread))).collect::<Vec<_>>();
    let (near, far) = (requests(1), requests(1500));
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let least = load::run_each(few.address, &near, ROUND).await?;
        let ours = load::run_each(many.address, &far, ROUND).await?;
        say(&format!("tokens: with 100 sessions {:.0}/s, with 100,000 {:.0}/s", least.per_second(), ours.per_second()));
        if round > 0 {
            ratios.push(ours.per_second() / least.per_second());
        }
    }
    Ok(vec![Measured {
        what: "GET of oneself with 100,000 live sessions (and 100,000 expired) against 100, 64 callers: requests/s",
        result: format!("{:.2}", median(ratios)),
        goal: "at least 0.9",
    }])
}

/// Hashes on as many threads as there are processors, for that long: how many a second.
async fn bare(length: Duration) -> anyhow::Result<f64> {
    // of the password "x"; whether it matches costs the same
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$Gf6q3eJWXfTdMbKnDzmMTMhQb1lZxk2rK2Jj1f7m1gE";
    let threads = std::thread::available_parallelism()?.get();
    let begun = Instant::now();
    let each = (0..threads).map(|_| {
        tokio::task::spawn_blocking(move || {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
            let mut count = 0_u32;
            while begun.elapsed() < length {
                let parsed = PasswordHash::new(HASH).map_err(|e| anyhow::anyhow!("{e}"))?;
                let _ = argon2.verify_password(PASSWORD.as_bytes(), &parsed);
                count += 1;
            }
            anyhow::Ok(count)
        })
    });
    let counts = try_join_all(each).await?.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(f64::from(counts.iter().sum::<u32>()) / begun.elapsed().as_secs_f64())
}

/// People who log in, again and again, for that long: how many a second.
async fn flood(server: &Process, length: Duration) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let each = (0..LOGINS).map(|_| async {
        let mut count = 0_u32;
        while begun.elapsed() < length {
            let answer = server.post("", "/api/v2/sessions", &json!({"username": "admin", "password": PASSWORD})).await?;
            anyhow::ensure!(answer["token"].is_string(), "the login was refused");
            count += 1;
        }
        anyhow::Ok(count)
    });
    let counts = try_join_all(each).await?;
    Ok(f64::from(counts.iter().sum::<u32>()) / begun.elapsed().as_secs_f64())
}

pub(crate) async fn logins() -> anyhow::Result<Vec<Measured>> {
    let folder = tempfile::tempdir()?;
    seed::fill(folder.path(), 10, 0).await?;
    let server = Process::tenantry(folder.path()).await?;
    let request = load::get("/api/v2/sessions/current", &server.login().await?);
    let paced = Duration::from_millis(5);
    let (mut ratios, mut slower) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let least = bare(ROUND).await?;
        let alone = flood(&server, ROUND).await?;
        let idle = load::run_paced(server.address, &request, 4, ROUND, paced).await?;
        let (logins, busy) = tokio::try_join!(flood(&server, ROUND), load::run_paced(server.address, &request, 4, ROUND, paced))?;
        let (quiet, loud) = (idle.percentile(0.99), busy.percentile(0.99));
        say(&format!("logins: bare {least:.1}/s, logins {alone:.1}/s; p99 of others: idle {quiet:?}, while {logins:.1}/s log in {loud:?}"));
        if round > 0 {
            ratios.push(alone / least);
            slower.push(loud.as_secs_f64() / quiet.as_secs_f64());
        }
    }
    Ok(vec![
        Measured {
            what: "logins/s, 16 at once, against a bare loop of the same Argon2id on every processor",
            result: format!("{:.2}", median(ratios)),
            goal: "at least 0.9",
        },
        Measured {
            what: "p99 of other requests (800/s) while they log in, against idle",
            result: format!("{:.2}", median(slower)),
            goal: "at most 3",
        },
    ])
}
