//! Who did what.

use clap::Args;
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
pub struct Audit {
    /// By this user: login name, email address or id
    #[arg(long)]
    user: Option<String>,
    /// This action: create, update, delete, login, ...
    #[arg(long)]
    action: Option<String>,
    /// On this kind of object: tenant, user, app, ...
    #[arg(long)]
    object: Option<String>,
    /// In this tenant
    #[arg(short, long)]
    tenant: Option<String>,
    /// allowed or refused
    #[arg(long)]
    outcome: Option<String>,
    /// From this time on, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    from: Option<Timestamp>,
    /// Before this time, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    to: Option<Timestamp>,
    #[command(flatten)]
    paging: Paging,
}

impl Audit {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let tenant_id = match &self.tenant {
            Some(said) => Some(lookup::tenant(&cx.client, said).await?),
            None => None,
        };
        let user_id = match &self.user {
            Some(said) => Some(lookup::user(&cx.client, said, None).await?),
            None => None,
        };
        let Self { action, object, outcome, from, to, .. } = self;
        let filter = AuditFilter { user_id, action, object, tenant_id, outcome, from, to };
        cx.list(cx.client.list_audit(&filter), &self.paging, COLUMNS).await
    }
}
