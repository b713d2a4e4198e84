//! Servers, each with a network and a volume of its own, on a real OpenStack: through Tenantry, and made directly with openstacksdk at the same concurrency.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::server::Process;
use crate::{Measured, median, say};

const SERVERS: usize = 50;
const AT_ONCE: usize = 8;
const ROUNDS: usize = 3;
/// How often the direct side looks at what takes its time, as Tenantry does.
const LOOK_S: u32 = 1;
const FLAVOR: &str = "m1.tiny";
const DIRECT: &str = include_str!("../direct.py");

struct Cloud {
    auth_url: String,
    password: String,
    /// The Python that has openstacksdk.
    python: String,
    image: String,
}

/// How long it took until all were there, and until all were gone.
#[derive(Deserialize)]
struct Took {
    made_s: f64,
    removed_s: f64,
}

pub(crate) async fn against_openstacksdk() -> anyhow::Result<Vec<Measured>> {
    let variable = |name: &str| std::env::var(format!("TENANTRY_TEST_OPENSTACK{name}"));
    let (Ok(auth_url), Ok(password), Ok(python)) = (variable(""), variable("_PASSWORD"), variable("_PYTHON")) else {
        say("servers: skipped, TENANTRY_TEST_OPENSTACK, .._PASSWORD and .._PYTHON name no cloud");
        return Ok(Vec::new());
    };
    let folder = tempfile::tempdir()?;
    // no more of them at once than the direct side
    let at_once = AT_ONCE.to_string();
    let server = Process::tenantry_with(folder.path(), &[("TENANTRY_RECONCILER__PER_DATACENTER", &at_once)]).await?;
    let token = format!("Bearer {}", server.login().await?);
    let connection = json!({"auth_url": auth_url, "username": "admin", "password": password, "project": "admin"});
    let datacenter =
        server.post(&token, "/api/v2/datacenters", &json!({"name": "bench", "kind": "openstack", "openstack": connection})).await?;
    let quota = json!({"cpu": 1000, "memory_gib": 1000, "storage_gib": 10_000});
    let name = format!("bench-{}", std::process::id());
    let body = json!({"name": name, "datacenter_ids": [datacenter["id"]], "quota": quota});
    let tenant = server.post(&token, "/api/v2/tenants?wait=60", &body).await?;
    ensure!(tenant["state"] == "active", "{datacenter} {tenant}");
    let offered = server.call("GET", &token, &format!("/api/v2/tenants/{}/catalog", tenant["id"]), "").await?;
    let image = offered["images"][0]["id"].as_str().with_context(|| format!("no image: {offered}"))?.to_owned();
    let cloud = Cloud { auth_url, password, python, image };
    let (mut whole, mut making, mut removing) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let direct = direct(&cloud, &format!("{name}-direct-{round}")).await?;
        let ours = ours(&server, &token, &tenant["id"], &cloud.image).await?;
        say(&format!(
            "servers: {SERVERS} made in {:.1} s and removed in {:.1} s, with openstacksdk in {:.1} s and {:.1} s",
            ours.made_s, ours.removed_s, direct.made_s, direct.removed_s
        ));
        if round > 0 {
            whole.push((ours.made_s + ours.removed_s) / (direct.made_s + direct.removed_s));
            making.push(ours.made_s / direct.made_s);
            removing.push(ours.removed_s / direct.removed_s);
        }
    }
    server.call("DELETE", &token, &format!("/api/v2/tenants/{}?cascade=true&wait=60", tenant["id"]), "").await?;
    Ok(vec![Measured {
        what: "50 servers, each with network and volume, made and removed on a real OpenStack, 8 at a time, against openstacksdk: time",
        result: format!("{:.2} (making {:.2}, removing {:.2})", median(whole), median(making), median(removing)),
        goal: "at most 1.1",
    }])
}

async fn direct(cloud: &Cloud, name: &str) -> anyhow::Result<Took> {
    let asked = json!({
        "auth_url": cloud.auth_url, "username": "admin", "password": cloud.password, "project": "admin", "name": name,
        "flavor": FLAVOR, "image": cloud.image, "count": SERVERS, "at_once": AT_ONCE, "look_s": LOOK_S,
    });
    let mut command = tokio::process::Command::new(&cloud.python);
    let mut child = command.args(["-c", DIRECT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("no Python")?;
    child.stdin.take().context("no standard input")?.write_all(asked.to_string().as_bytes()).await?;
    let ended = child.wait_with_output().await?;
    ensure!(ended.status.success(), "openstacksdk did not do it");
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// What belongs together: a server, its volume and its network.
struct Made {
    server: Value,
    volume: Value,
    network: Value,
}

async fn ours(server: &Process, token: &str, tenant: &Value, image: &str) -> anyhow::Result<Took> {
    let begun = Instant::now();
    let made: Vec<Made> =
        stream::iter(0..SERVERS).map(|n| make(server, token, tenant, image, n)).buffer_unordered(AT_ONCE).try_collect().await?;
    let made_s = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    stream::iter(&made).map(|made| remove(server, token, made)).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    Ok(Took { made_s, removed_s: begun.elapsed().as_secs_f64() })
}

async fn make(server: &Process, token: &str, tenant: &Value, image: &str, n: usize) -> anyhow::Result<Made> {
    let name = format!("bench-{n}");
    let new = async |collection: &str, body: Value| -> anyhow::Result<Value> {
        let made = server.post(token, &format!("/api/v2/{collection}"), &body).await?;
        ensure!(made["id"].is_number(), "{collection}: {made}");
        Ok(made)
    };
    let volume = new("volumes", json!({"tenant_id": tenant, "name": name, "size_gib": 1})).await?["id"].clone();
    let network =
        new("networks?wait=60", json!({"tenant_id": tenant, "name": name, "cidr": format!("10.{n}.0.0/24")})).await?["id"].clone();
    let body = json!({"tenant_id": tenant, "name": name, "image_id": image, "flavor": FLAVOR, "network_ids": [network.to_string()]});
    let made = new("servers?wait=60", body).await?;
    ensure!(made["status"]["power"] == "running", "{made}");
    let attached = new("attachments?wait=60", json!({"server_id": made["id"], "volume_id": volume})).await?;
    ensure!(attached["state"] == "ready", "{attached}");
    Ok(Made { server: made["id"].clone(), volume, network })
}

async fn remove(server: &Process, token: &str, made: &Made) -> anyhow::Result<()> {
    let gone = async |collection: &str, id: &Value| -> anyhow::Result<()> {
        let answer = server.call("DELETE", token, &format!("/api/v2/{collection}/{id}?wait=60"), "").await?;
        ensure!(answer.is_null(), "{collection}: {answer}");
        Ok(())
    };
    gone("servers", &made.server).await?;
    futures::try_join!(gone("volumes", &made.volume), gone("networks", &made.network)).map(|_| ())
}
