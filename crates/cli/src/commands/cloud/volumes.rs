//! Volumes.

use clap::Subcommand;
use tenantry_client::types::{Attachment, NewAttachment, NewSnapshot, NewVolume, ResourceFilter, Server, Snapshot, Volume, VolumeChange};

use super::{Lists, RemoveConnected, Verbs, Which, maybe, new_place};
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Confirm, Place, Settle, SettleNew};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("SIZE GiB", "spec.size_gib"),
    ("TYPE", "spec.volume_type"),
    ("CONDITION", "status.condition"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Volumes.
#[derive(Debug, Subcommand)]
pub enum Volumes {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// Made from this snapshot, by name or id
        #[arg(long)]
        snapshot: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Make one
    Create {
        /// The name [default: one is made up]
        name: Option<String>,
        #[command(flatten)]
        place: Place,
        /// Its size in GiB [default: that of what it is made from, or 10]
        #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i64).range(1..))]
        size: Option<i64>,
        /// Its type [default: the cloud's]
        #[arg(long = "type", value_name = "TYPE")]
        volume_type: Option<String>,
        /// The snapshot that it is made from, by name or id
        #[arg(long, conflicts_with = "image")]
        snapshot: Option<String>,
        /// The image that it is made from, by name or by the cloud's id
        #[arg(long)]
        image: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Let one grow
    #[command(visible_aliases = ["change", "resize"])]
    Grow {
        #[command(flatten)]
        which: Which,
        /// Its size in GiB from now on
        #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i64).range(1..))]
        size: i64,
        #[command(flatten)]
        settle: Settle,
    },
    /// Attach one to a server
    Attach {
        #[command(flatten)]
        which: Which,
        /// The server, by name or id
        #[arg(long)]
        server: String,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Detach one from its server
    Detach {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
    /// Make a snapshot of one
    Snapshot {
        #[command(flatten)]
        which: Which,
        /// The snapshot's name [default: one is made up]
        #[arg(long)]
        name: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Remove one with all that is on it
    Delete(RemoveConnected),
}

impl Volumes {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, snapshot } => {
                let snapshot_id = maybe::<Snapshot>(&client, snapshot.as_deref(), &lists.place).await?;
                lists.run::<Volume>(cx, COLUMNS, |filter| ResourceFilter { snapshot_id, ..filter }).await
            }
            Self::Verbs(verbs) => verbs.run::<Volume>(cx).await,
            Self::Create { name, place, size, volume_type, snapshot, image, description, settle } => {
                let (tenant_id, datacenter_id) = new_place(&client, &place).await?;
                let snapshot_id = maybe::<Snapshot>(&client, snapshot.as_deref(), &place).await?;
                let (size_gib, image_id) = (size, image);
                let new = NewVolume { tenant_id, datacenter_id, name, size_gib, description, volume_type, snapshot_id, image_id };
                cx.settle(&settle.into(), client.create_volume(&new)).await
            }
            Self::Grow { which, size, settle } => {
                cx.settle(&settle, client.update_volume(which.find::<Volume>(&client).await?, &VolumeChange { size_gib: size })).await
            }
            Self::Attach { which, server, settle } => {
                let server_id = lookup::resource::<Server>(&client, &server, &which.place).await?;
                let volume_id = which.find::<Volume>(&client).await?;
                cx.settle(&settle.into(), client.create_attachment(&NewAttachment { server_id, volume_id })).await
            }
            Self::Detach { which, confirm, settle } => {
                let filter = ResourceFilter { volume_id: Some(which.find::<Volume>(&client).await?), ..ResourceFilter::default() };
                let found = client.list_resources::<Attachment>(&filter).limit(1).page().await?.items.pop();
                let attachment =
                    found.ok_or_else(|| Failure::not_found(format!("the volume '{}' is attached to no server", which.said)))?;
                let what = format!("the attachment of volume '{}' to server {}", which.said, attachment.spec.server_id);
                cx.remove(&what, &confirm, &settle, client.delete_resource::<Attachment>(attachment.id)).await
            }
            Self::Snapshot { which, name, description, settle } => {
                let volume_id = which.find::<Volume>(&client).await?;
                cx.settle(&settle.into(), client.create_snapshot(&NewSnapshot { volume_id, name, description })).await
            }
            Self::Delete(remove) => remove.run::<Volume>(cx, " and all that is on it").await,
        }
    }
}
