//! What may have been left behind at a datacenter.

use clap::Subcommand;
use tenantry_domain::OrphanId;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging};
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("NAME", "name"),
    ("NAMESPACE", "namespace"),
    ("DATACENTER", "datacenter_id"),
    ("UID", "uid"),
    ("SINCE", "created_at"),
    ("REASON", "reason"),
];

/// Orphans.
#[derive(Debug, Subcommand)]
pub enum Orphans {
    /// List them
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Take one off the list: somebody saw to it
    Delete {
        /// Its id
        orphan: OrphanId,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Orphans {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { paging } => cx.list(client.list_orphans(), &paging, COLUMNS).await,
            Self::Delete { orphan, confirm, change } => {
                cx.delete(&format!("orphan {orphan} from the list"), &confirm, &change, client.delete_orphan(orphan)).await
            }
        }
    }
}
