//! Who did what: the list, the export, and whether the log is still what was sealed.

use std::path::PathBuf;
use std::pin::pin;

use clap::{Args, Subcommand};
use futures::StreamExt as _;
use tenantry_client::types::AuditFilter;
use tenantry_domain::Timestamp;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Paging;
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("WHEN", "at"),
    ("USER", "user_name"),
    ("ACTION", "action"),
    ("OBJECT", "object"),
    ("ID", "object_id"),
    ("TENANT", "tenant_id"),
    ("OUTCOME", "outcome"),
    ("FROM", "address"),
    ("DETAIL", "detail"),
];

/// List the audit, newest first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Audit {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    which: Which,
    /// The oldest first
    #[arg(long)]
    oldest: bool,
    #[command(flatten)]
    paging: Paging,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write sealed records as JSON lines, in the order in which they were sealed
    Export {
        #[command(flatten)]
        which: Which,
        /// Only after the record of this number (`seq`)
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
    },
    /// Recompute the chain of all records, and say what was changed, removed or inserted
    Verify(Verify),
}

/// Recompute the chain: by asking a server, or on its database.
#[derive(Debug, Clone, Args)]
pub struct Verify {
    /// The number and hash of a record as an earlier verification told them: whether the log still has it
    #[arg(long, value_name = "NUMBER:HASH", value_parser = noted)]
    pub noted: Option<String>,
    /// On the embedded database in this folder, without a server
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// On this PostgreSQL database, without a server
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// On the database that this configuration file names, without a server
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

fn noted(text: &str) -> Result<String, String> {
    let wrong = || "a number and a hash of 64 hex digits are wanted, as 42:1f0c...".to_owned();
    tenantry_domain::audit::parse_noted(text).map(|_| text.to_owned()).ok_or_else(wrong)
}

/// Which records.
#[derive(Debug, Clone, Args)]
struct Which {
    /// By this user: login name, email address or id
    #[arg(long)]
    user: Option<String>,
    /// By whoever gave this name, also when there is no such user
    #[arg(long, value_name = "NAME", conflicts_with = "user")]
    user_name: Option<String>,
    /// This action: create, update, delete, login, ...
    #[arg(long)]
    action: Option<String>,
    /// On this kind of object: tenant, user, app, ...
    #[arg(long)]
    object: Option<String>,
    /// On this one: its id, or the name that it was called by
    #[arg(long, value_name = "ID")]
    object_id: Option<String>,
    /// In this tenant
    #[arg(short, long)]
    tenant: Option<String>,
    /// In this datacenter
    #[arg(short, long)]
    datacenter: Option<String>,
    /// allowed or refused
    #[arg(long)]
    outcome: Option<String>,
    /// From this time on, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    from: Option<Timestamp>,
    /// Before this time, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    to: Option<Timestamp>,
}

impl Which {
    async fn filter(self, cx: &Context) -> Result<AuditFilter, Failure> {
        let tenant_id = match &self.tenant {
            Some(said) => Some(lookup::tenant(&cx.client, said).await?),
            None => None,
        };
        let user_id = match &self.user {
            Some(said) => Some(lookup::user(&cx.client, said, None).await?),
            None => None,
        };
        let datacenter_id = match &self.datacenter {
            Some(said) => Some(lookup::datacenter(&cx.client, said).await?),
            None => None,
        };
        let Self { user_name, action, object, object_id, outcome, from, to, .. } = self;
        Ok(AuditFilter { user_id, user_name, action, object, object_id, tenant_id, datacenter_id, outcome, from, to })
    }
}

impl Audit {
    /// What is to be verified on a database and not by a server, if that is what was asked for.
    #[must_use]
    pub fn on_database(&self) -> Option<&Verify> {
        match &self.verb {
            Some(Verb::Verify(verify)) if verify.data_dir.is_some() || verify.database_url.is_some() || verify.config.is_some() => {
                Some(verify)
            }
            _ => None,
        }
    }

    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        if self.on_database().is_some() {
            return Err(Failure::usage("a database is verified by the server's program: here only a server can be asked"));
        }
        match self.verb {
            None => {
                let filter = self.which.filter(cx).await?;
                let list = cx.client.list_audit(&filter);
                let list = if self.oldest { list.sort("at") } else { list };
                cx.list(list, &self.paging, COLUMNS).await
            }
            Some(Verb::Export { which, after }) => export(cx, which, after).await,
            Some(Verb::Verify(Verify { noted, .. })) => verify(cx, noted.as_deref()).await,
        }
    }
}

async fn export(cx: &mut Context, which: Which, after: i64) -> Result<Output, Failure> {
    let filter = which.filter(cx).await?;
    let client = cx.client.clone();
    let mut pieces = pin!(client.export_audit(&filter, after).await?);
    while let Some(piece) = pieces.next().await {
        let piece = piece
            .map_err(|e| Failure::local(format!("the export broke off ({e}): go on with --after and the 'seq' of the last whole line")))?;
        cx.terminal.out.write_all(&piece)?;
    }
    cx.terminal.out.flush()?;
    Ok(Output::Done(String::new()))
}

async fn verify(cx: &mut Context, noted: Option<&str>) -> Result<Output, Failure> {
    let mut all = cx.client.verify_audit(0, noted).await?;
    while !all.complete && all.intact {
        let more = cx.client.verify_audit(all.verified_to, None).await?;
        if more.verified_to <= all.verified_to {
            break;
        }
        all = tenantry_client::types::Verification { checked: all.checked + more.checked, ..more };
    }
    if !all.intact {
        let found: Vec<String> = all.findings.iter().map(|f| format!("\n  - {}", f.detail)).collect();
        return Err(Failure::local(format!("the audit is not what was sealed:{}", found.concat())));
    }
    Output::one(&all)
}
