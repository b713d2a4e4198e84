//! How long the server takes from its start to being ready on a large database, and what it holds in memory then.

use crate::server::Process;
use crate::{Measured, median, say, seed};

pub(crate) async fn cold() -> anyhow::Result<Vec<Measured>> {
    let folder = tempfile::tempdir()?;
    say("start: writing 10,000 tenants and 100,000 users");
    seed::fill(folder.path(), 10_000, 100_000).await?;
    let (mut seconds, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let server = Process::tenantry(folder.path()).await?;
        // the housekeeping's first round is over by then
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        seconds.push(server.ready_after.as_secs_f64());
        memory.push(server.resident_mib()?);
        say(&format!("start: ready after {:?}, {:.1} MiB", server.ready_after, server.resident_mib()?));
    }
    Ok(vec![
        Measured { what: "start to ready, 10,000 tenants and 100,000 users", result: format!("{:.2} s", median(seconds)), goal: "0.3 s" },
        Measured { what: "resident memory then", result: format!("{:.0} MiB", median(memory)), goal: "60 MiB" },
    ])
}
