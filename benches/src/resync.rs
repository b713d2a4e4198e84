//! A full resync of 10,000 servers in a sandbox: what it costs the requests of others meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};

use crate::load::{self, Run};
use crate::server::Process;
use crate::{Measured, say};

const SERVERS: usize = 10_000;
const AT_ONCE: usize = 32;
/// Requests at the same time, each after a pause, so that the machine is not full by them alone.
const CALLERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn of_ten_thousand_servers() -> anyhow::Result<Vec<Measured>> {
    let folder = tempfile::tempdir()?;
    let server = Process::tenantry(folder.path()).await?;
    let token = format!("Bearer {}", server.login().await?);
    let ids = servers(&server, &token).await?;
    drop(server);
    let idle = {
        all_due(folder.path(), i64::MAX).await?;
        let server = Process::tenantry(folder.path()).await?;
        let requests = requests(&server, &ids).await?;
        load::run_each_paced(server.address, &requests, Duration::from_secs(5), PAUSE).await?;
        load::run_each_paced(server.address, &requests, Duration::from_secs(60), PAUSE).await?
    };
    all_due(folder.path(), 0).await?;
    let server = Process::tenantry(folder.path()).await?;
    let begun = Instant::now();
    let requests = requests(&server, &ids).await?;
    let mut during = load::run_each_paced(server.address, &requests, Duration::from_secs(10), PAUSE).await?;
    while resting_due(&server).await? > 0.0 {
        during = during.and(load::run_each_paced(server.address, &requests, Duration::from_secs(10), PAUSE).await?);
        ensure!(begun.elapsed() < Duration::from_secs(900), "the resync does not come to its end");
    }
    let took = begun.elapsed();
    let limit = idle.percentile(0.99) * 2;
    let slower = |run: &Run| run.times.iter().filter(|t| **t > limit).count();
    say(&format!(
        "resync: {SERVERS} servers in {took:?}; idle p99 {:?}, slowest {:?}, {} of {} over twice the p99; meanwhile p99 {:?}, slowest {:?}, {} of {}",
        idle.percentile(0.99),
        idle.percentile(1.0),
        slower(&idle),
        idle.times.len(),
        during.percentile(0.99),
        during.percentile(1.0),
        slower(&during),
        during.times.len(),
    ));
    let ratio = |of: Duration| of.as_secs_f64() / idle.percentile(0.99).as_secs_f64();
    Ok(vec![Measured {
        what: "full resync of 10,000 servers in a sandbox: requests meanwhile, against the p99 of idle",
        result: format!(
            "p99 {:.2}, slowest {:.1} (idle: slowest {:.1}); slower than twice: {} of {} (idle: {} of {}); {} s",
            ratio(during.percentile(0.99)),
            ratio(during.percentile(1.0)),
            ratio(idle.percentile(1.0)),
            slower(&during),
            during.times.len(),
            slower(&idle),
            idle.times.len(),
            took.as_secs(),
        ),
        goal: "no request slower than twice",
    }])
}

/// Pages, single servers, and a quota, as an administrator asks for them.
async fn requests(server: &Process, ids: &[Value]) -> anyhow::Result<Vec<String>> {
    let session = server.login().await?;
    let path = |n: usize| match n % 4 {
        0 => "/api/v2/servers?limit=100".to_owned(),
        1 => "/api/v2/tenants/2/quotas".to_owned(),
        _ => format!("/api/v2/servers/{}", ids[n * ids.len() / CALLERS]),
    };
    Ok((0..CALLERS).map(|n| load::get(&path(n), &session)).collect())
}

/// Sets when everything in a data folder that no server works on is looked at again.
async fn all_due(folder: &Path, at: i64) -> anyhow::Result<()> {
    let db = Database::connect(format!("sqlite://{}", folder.join("tenantry.db").display())).await?;
    db.execute_unprepared(&format!("UPDATE work SET next_at = {at} WHERE kind <> 'datacenter'")).await?;
    Ok(db.close().await?)
}

/// How many servers still wait for their look, as the server measures it every few seconds.
async fn resting_due(server: &Process) -> anyhow::Result<f64> {
    let text = load::body(server.address, &load::get("/metrics", "")).await?;
    let line = text.lines().find_map(|line| line.strip_prefix("tenantry_queue_resting_due ")).context("no measure of the queue")?;
    Ok(line.trim().parse()?)
}

/// Makes them, and waits until all are ready.
async fn servers(server: &Process, token: &str) -> anyhow::Result<Vec<Value>> {
    say(&format!("resync: making {SERVERS} servers"));
    // the sandbox has the room of a small cloud
    server.call("PATCH", token, "/api/v2/datacenters/1", &json!({"overcommit": 100}).to_string()).await?;
    let body = json!({"name": "bench", "datacenter_ids": [1], "quota": {"cpu": 100_000, "memory_gib": 100_000, "storage_gib": 1_000_000, "servers": 2 * SERVERS}});
    let tenant = server.post(token, "/api/v2/tenants?wait=60", &body).await?;
    ensure!(tenant["id"].is_number(), "{tenant}");
    let tenant = &tenant["id"];
    let make = async |n: usize| -> anyhow::Result<Value> {
        let body = json!({"tenant_id": tenant, "name": format!("s{n}"), "image_id": "cirros-0.6.3", "flavor": "m1.tiny", "network_ids": ["shared"]});
        let made = server.post(token, "/api/v2/servers", &body).await?;
        ensure!(made["id"].is_number(), "{made}");
        Ok(made["id"].clone())
    };
    let ids: Vec<Value> = stream::iter(0..SERVERS).map(make).buffer_unordered(AT_ONCE).try_collect().await?;
    let begun = Instant::now();
    loop {
        let left = server.call("GET", token, "/api/v2/servers?limit=1&state=provisioning", "").await?;
        let pending = server.call("GET", token, "/api/v2/servers?limit=1&state=pending", "").await?;
        let none = |page: &Value| page["items"].as_array().is_some_and(Vec::is_empty);
        if none(&left) && none(&pending) {
            return Ok(ids);
        }
        ensure!(begun.elapsed() < Duration::from_secs(900), "the servers do not become ready: {left}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
