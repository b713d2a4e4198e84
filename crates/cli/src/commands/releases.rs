//! Releases.

use clap::Subcommand;
use tenantry_client::types::{App, ReleaseFilter};
use tenantry_domain::ReleaseId;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Paging, Place};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("WHEN", "created_at"),
    ("APP", "name"),
    ("OPERATION", "operation"),
    ("IMAGE", "spec.image"),
    ("BY", "user_id"),
    ("STATUS", "status"),
    ("MESSAGE", "message"),
    ("COMMENT", "comment"),
];

/// Releases.
#[derive(Debug, Subcommand)]
pub enum Releases {
    /// List them, newest first
    List {
        /// Of this tenant
        #[arg(short, long, env = "TENANTRY_TENANT")]
        tenant: Option<String>,
        /// By this user
        #[arg(long)]
        user: Option<String>,
        /// Of the apps of this name
        #[arg(long)]
        name: Option<String>,
        /// Of this app, by name or id, as long as it exists
        #[arg(long, conflicts_with = "name")]
        app: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its id
        release: ReleaseId,
    },
}

impl Releases {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { tenant, user, name, app, paging } => {
                let mut filter = ReleaseFilter { name, ..ReleaseFilter::default() };
                if let Some(said) = &tenant {
                    filter.tenant_id = Some(lookup::tenant(&client, said).await?);
                }
                if let Some(said) = user {
                    filter.user_id = Some(lookup::user(&client, &said, tenant.as_deref()).await?);
                }
                if let Some(said) = app {
                    filter.app_id = Some(lookup::resource::<App>(&client, &said, &Place { tenant, datacenter: None }).await?);
                }
                cx.list(client.list_releases(&filter), &paging, COLUMNS).await
            }
            Self::Show { release } => cx.show(client.get_release(release)).await,
        }
    }
}
