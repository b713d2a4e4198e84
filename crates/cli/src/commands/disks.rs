//! Disks.

use clap::Subcommand;
use tenantry_client::types::{Disk, DiskChange, NewDisk};
use tenantry_domain::resource::State;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging, Place, Settle, SettleNew};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("SIZE GiB", "spec.size_gib"),
    ("STATE", "state"),
    ("USED BY", "status.used_by"),
    ("ATTEMPTS", "attempts"),
    ("REASON", "reason"),
];

/// Disks.
#[derive(Debug, Subcommand)]
pub enum Disks {
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
        disk: String,
        #[command(flatten)]
        place: Place,
    },
    /// Make one
    Create {
        /// The name
        name: String,
        /// Its size in GiB
        #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i64).range(1..))]
        size: i64,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Let one grow
    Resize {
        /// Its name or id
        disk: String,
        /// Its size in GiB from now on
        #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i64).range(1..))]
        size: i64,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        settle: Settle,
    },
    /// Remove one with all that is on it
    Delete {
        /// Its name or id
        disk: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
    /// Try now what would be tried later
    Retry {
        /// Its name or id
        disk: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give up on one; what may be left in the datacenter is listed as an orphan
    Forget {
        /// Its name or id
        disk: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Disks {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str, place: &Place| lookup::resource::<Disk>(&client, said, place).await;
        match self {
            Self::List { place, name, state, paging } => {
                let mut filter = lookup::filter(&client, &place, name).await?;
                filter.state = state;
                cx.list(client.list_resources::<Disk>(&filter), &paging, COLUMNS).await
            }
            Self::Show { disk, place } => cx.show(client.get_resource::<Disk>(find(&disk, &place).await?)).await,
            Self::Create { name, size, place, settle } => {
                let (tenant_id, datacenter_id) = lookup::place(&client, &place).await?;
                cx.settle(&settle.into(), client.create_disk(&NewDisk { tenant_id, datacenter_id, name, size_gib: size })).await
            }
            Self::Resize { disk, size, place, settle } => {
                cx.settle(&settle, client.update_disk(find(&disk, &place).await?, &DiskChange { size_gib: size })).await
            }
            Self::Delete { disk, place, confirm, settle } => {
                let call = client.delete_resource::<Disk>(find(&disk, &place).await?);
                cx.remove(&format!("disk '{disk}' and all that is on it"), &confirm, &settle, call).await
            }
            Self::Retry { disk, place, settle } => cx.settle(&settle, client.retry_resource::<Disk>(find(&disk, &place).await?)).await,
            Self::Forget { disk, place, confirm, change } => {
                let call = client.forget_resource::<Disk>(find(&disk, &place).await?);
                cx.delete(&format!("disk '{disk}' without clearing the datacenter"), &confirm, &change, call).await
            }
        }
    }
}
