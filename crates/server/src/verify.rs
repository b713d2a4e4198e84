//! `tenantry audit verify` on a database, with or without a server on it.

use std::io::Write as _;

use tenantry_domain::audit::{Verdict, parse_noted};

use crate::{Config, serve};

/// Recomputes the chain of the audit and writes to the standard output what was found.
///
/// # Errors
/// When the log is not what was sealed: the error lists the places.
pub async fn audit(config: &Config, noted: Option<&str>) -> anyhow::Result<()> {
    let store = serve::open_store(config).await?;
    anyhow::ensure!(store.is_migrated().await?, "the schema is not up to date: run 'tenantry migrate'");
    let verdict = store.audit().verify(0, i64::MAX, noted.and_then(parse_noted)).await?;
    let Verdict { checked, removed_to, sealed_to, hash, unsealed, findings, .. } = &verdict;
    let mut out = std::io::stdout().lock();
    if *removed_to > 0 {
        writeln!(out, "removed by retention: up to record {removed_to}")?;
    }
    writeln!(
        out,
        "looked at: {checked} records\nsealed up to: record {sealed_to}, noted as {sealed_to}:{hash}\nnot sealed yet: {unsealed} records"
    )?;
    if verdict.is_intact() {
        writeln!(out, "the audit is what was sealed")?;
        return Ok(());
    }
    let found: Vec<String> = findings.iter().map(|f| format!("\n  - {f}")).collect();
    anyhow::bail!("the audit is not what was sealed:{}", found.concat())
}
