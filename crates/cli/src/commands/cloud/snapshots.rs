//! Snapshots of volumes.

use clap::Subcommand;
use tenantry_client::types::{NewSnapshot, ResourceFilter, Snapshot, Volume};

use super::{Lists, Remove, Verbs, maybe};
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Place, SettleNew};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("VOLUME", "spec.volume_id"),
    ("SIZE GiB", "spec.size_gib"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Snapshots.
#[derive(Debug, Subcommand)]
pub enum Snapshots {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// Of this volume, by name or id
        #[arg(long)]
        volume: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Make one of a volume
    Create {
        /// The name [default: one is made up]
        name: Option<String>,
        /// The volume, by name or id
        #[arg(long)]
        volume: String,
        #[command(flatten)]
        place: Place,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Remove one
    Delete(Remove),
}

impl Snapshots {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, volume } => {
                let volume_id = maybe::<Volume>(&client, volume.as_deref(), &lists.place).await?;
                lists.run::<Snapshot>(cx, COLUMNS, |filter| ResourceFilter { volume_id, ..filter }).await
            }
            Self::Verbs(verbs) => verbs.run::<Snapshot>(cx).await,
            Self::Create { name, volume, place, description, settle } => {
                let volume_id = lookup::resource::<Volume>(&client, &volume, &place).await?;
                cx.settle(&settle.into(), client.create_snapshot(&NewSnapshot { volume_id, name, description })).await
            }
            Self::Delete(remove) => remove.run::<Snapshot>(cx, "").await,
        }
    }
}
