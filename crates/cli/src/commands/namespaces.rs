//! Namespaces. They are made and removed with their tenant.

use clap::Subcommand;
use tenantry_client::types::{Namespace, NamespaceAdoption};
use tenantry_domain::resource::State;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging, Place, Settle};
use crate::lookup;
use crate::render::{Columns, Output};

pub(crate) const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("DATACENTER", "datacenter_id"),
    ("STATE", "state"),
    ("CPU", "spec.quota.cpu"),
    ("USED", "status.used.cpu"),
    ("MEMORY GiB", "spec.quota.memory_gib"),
    ("USED", "status.used.memory_gib"),
    ("ATTEMPTS", "attempts"),
    ("REASON", "reason"),
];

/// Namespaces.
#[derive(Debug, Subcommand)]
pub enum Namespaces {
    /// List them
    List {
        #[command(flatten)]
        place: Place,
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        /// In this state
        #[arg(long)]
        state: Option<State>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        namespace: String,
        #[command(flatten)]
        place: Place,
    },
    /// Try now what would be tried later
    Retry {
        /// Its name or id
        namespace: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        settle: Settle,
    },
    /// Take over one that exists in the datacenter and is not ours; of one that was taken over, say again what --may-remove says
    Adopt {
        /// Its name or id
        namespace: String,
        #[command(flatten)]
        place: Place,
        /// Remove it in the datacenter when it goes here; without it, it is only let go
        #[arg(long)]
        may_remove: bool,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give up on one; what may be left in the datacenter is listed as an orphan
    Forget {
        /// Its name or id
        namespace: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Namespaces {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str, place: &Place| lookup::resource::<Namespace>(&client, said, place).await;
        match self {
            Self::List { place, name, state, paging } => {
                let mut filter = lookup::filter(&client, &place, name).await?;
                filter.state = state;
                cx.list(client.list_resources::<Namespace>(&filter), &paging, COLUMNS).await
            }
            Self::Show { namespace, place } => cx.show(client.get_resource::<Namespace>(find(&namespace, &place).await?)).await,
            Self::Retry { namespace, place, settle } => {
                cx.settle(&settle, client.retry_resource::<Namespace>(find(&namespace, &place).await?)).await
            }
            Self::Adopt { namespace, place, may_remove, settle } => {
                let adoption = NamespaceAdoption { may_remove };
                cx.settle(&settle, client.adopt_namespace(find(&namespace, &place).await?, &adoption)).await
            }
            Self::Forget { namespace, place, confirm, change } => {
                let call = client.forget_resource::<Namespace>(find(&namespace, &place).await?);
                cx.delete(&format!("namespace '{namespace}' without clearing the datacenter"), &confirm, &change, call).await
            }
        }
    }
}
