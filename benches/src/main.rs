//! The benchmarks: what Tenantry takes against the least that the same work could take, measured side by side in one run, so that the
//! ratio means the same on every machine. `make bench` runs all of them; an argument names one.

mod http;
mod identity;
mod load;
mod open;
mod quota;
mod resync;
mod seed;
mod server;
mod servers;
mod start;

use std::io::Write as _;

/// A line of the table.
pub(crate) struct Measured {
    /// What was measured.
    pub(crate) what: &'static str,
    /// What it came to, and what it was measured against.
    pub(crate) result: String,
    /// What is aimed for.
    pub(crate) goal: &'static str,
}

/// Prints a line at once, so that a long run shows that it goes on.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.first().is_some_and(|a| a == "bare") {
        return http::bare().await;
    }
    let wants = |name: &str| asked.is_empty() || asked.iter().any(|a| a == name);
    let mut table = Vec::new();
    if wants("get") {
        table.extend(http::get_of_a_tenant().await?);
    }
    if wants("list") {
        table.extend(http::lists().await?);
    }
    if wants("quota") {
        table.extend(quota::reservations().await?);
    }
    if wants("tokens") {
        table.extend(identity::tokens().await?);
    }
    if wants("logins") {
        table.extend(identity::logins().await?);
    }
    if wants("open") {
        table.extend(open::tenants().await?);
    }
    if wants("servers") {
        table.extend(servers::against_openstacksdk().await?);
    }
    if wants("resync") {
        table.extend(resync::of_ten_thousand_servers().await?);
    }
    if wants("start") {
        table.extend(start::cold().await?);
    }
    say("\n| measure | result | goal |\n|---|---|---|");
    for line in table {
        say(&format!("| {} | {} | {} |", line.what, line.result, line.goal));
    }
    Ok(())
}

/// The middle one of several measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
