//! Requests over HTTP: reading one tenant against a bare handler, and pages of long lists against short ones.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use crate::server::Process;
use crate::{Measured, load, median, say, seed};

const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;

/// Serves the given body, and nothing else.
pub(crate) async fn bare() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(2);
    let address: SocketAddr = arguments.next().unwrap_or_default().parse()?;
    let body: serde_json::Value = serde_json::from_str(&arguments.next().unwrap_or_default())?;
    let router = Router::new().route("/", get(move || async move { axum::Json(body.clone()) }));
    axum::serve(tokio::net::TcpListener::bind(address).await?, router).await?;
    Ok(())
}

pub(crate) async fn get_of_a_tenant() -> anyhow::Result<Vec<Measured>> {
    let folder = tempfile::tempdir()?;
    seed::fill(folder.path(), 1000, 0).await?;
    let server = Process::tenantry(folder.path()).await?;
    let token = server.login().await?;
    let native = load::get("/api/v2/tenants/7", &token);
    let body = load::body(server.address, &native).await?;
    let bare = Process::bare(&body).await?;
    let container_cloud = load::get("/api/v1/organizations/7", &token);
    let plain = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let (mut ratios, mut legacy) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let least = load::run(bare.address, plain, 64, ROUND).await?;
        let ours = load::run(server.address, &native, 64, ROUND).await?;
        let theirs = load::run(server.address, &container_cloud, 64, ROUND).await?;
        say(&format!(
            "get: bare {:.0}/s, native {:.0}/s (p99 {:?}), container cloud {:.0}/s",
            least.per_second(),
            ours.per_second(),
            ours.percentile(0.99),
            theirs.per_second()
        ));
        // the first round warms up
        if round > 0 {
            ratios.push(ours.per_second() / least.per_second());
            legacy.push(theirs.per_second() / least.per_second());
        }
    }
    let goal = "at least 0.5";
    Ok(vec![
        Measured {
            what: "GET of one tenant, native API, against a bare axum handler, 64 connections: requests/s",
            result: format!("{:.2}", median(ratios)),
            goal,
        },
        Measured { what: "the same in the container cloud's dialect", result: format!("{:.2}", median(legacy)), goal },
    ])
}

pub(crate) async fn lists() -> anyhow::Result<Vec<Measured>> {
    let (small, large) = (tempfile::tempdir()?, tempfile::tempdir()?);
    seed::fill(small.path(), 1000, 0).await?;
    say("list: writing 100,000 tenants");
    seed::fill(large.path(), 100_000, 0).await?;
    let (few, many) = (Process::tenantry(small.path()).await?, Process::tenantry(large.path()).await?);
    let (few_token, many_token) = (few.login().await?, many.login().await?);
    let mut table = Vec::new();
    for (what, path) in [
        (
            "list page of 100, filtered and sorted by name, 100,000 tenants against 1,000: p99",
            "/api/v2/tenants?limit=100&state=active&name_prefix=t0&sort=name",
        ),
        ("the same, newest first", "/api/v2/tenants?limit=100&state=active&parent_id=1&sort=-created_at"),
    ] {
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            let short = load::run(few.address, &load::get(path, &few_token), 4, ROUND).await?;
            let long = load::run(many.address, &load::get(path, &many_token), 4, ROUND).await?;
            let (a, b) = (short.percentile(0.99), long.percentile(0.99));
            say(&format!("{path}: 1,000: p50 {:?} p99 {a:?}, 100,000: p50 {:?} p99 {b:?}", short.percentile(0.5), long.percentile(0.5)));
            if round > 0 {
                ratios.push(b.as_secs_f64() / a.as_secs_f64());
            }
        }
        table.push(Measured { what, result: format!("{:.2}", median(ratios)), goal: "at most 1.3" });
    }
    Ok(table)
}
