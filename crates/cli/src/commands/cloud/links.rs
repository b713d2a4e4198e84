//! What only connects two others: networks to routers, volumes to servers. They are made and removed with the verbs of what they connect.

use clap::Subcommand;
use tenantry_client::types::{Attachment, Network, ResourceFilter, Router, RouterInterface, Server, Volume};

use super::{Lists, Remove, Verbs, maybe};
use crate::context::Context;
use crate::exit::Failure;
use crate::render::{Columns, Output};

const INTERFACES: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("ROUTER", "spec.router_id"),
    ("NETWORK", "spec.network_id"),
    ("ADDRESS", "status.address"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

const ATTACHMENTS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("SERVER", "spec.server_id"),
    ("VOLUME", "spec.volume_id"),
    ("DEVICE", "status.device"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Networks that are connected to routers.
#[derive(Debug, Subcommand)]
pub enum RouterInterfaces {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// Of this router, by name or id
        #[arg(long)]
        router: Option<String>,
        /// Of this network, by name or id
        #[arg(long, conflicts_with = "router")]
        network: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Disconnect one
    Delete(Remove),
}

impl RouterInterfaces {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, router, network } => {
                let router_id = maybe::<Router>(&client, router.as_deref(), &lists.place).await?;
                let network_id = maybe::<Network>(&client, network.as_deref(), &lists.place).await?;
                lists.run::<RouterInterface>(cx, INTERFACES, |f| ResourceFilter { router_id, network_id, ..f }).await
            }
            Self::Verbs(verbs) => verbs.run::<RouterInterface>(cx).await,
            Self::Delete(remove) => remove.run::<RouterInterface>(cx, "").await,
        }
    }
}

/// Volumes that are attached to servers.
#[derive(Debug, Subcommand)]
pub enum Attachments {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// To this server, by name or id
        #[arg(long)]
        server: Option<String>,
        /// Of this volume, by name or id
        #[arg(long, conflicts_with = "server")]
        volume: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Detach one
    Delete(Remove),
}

impl Attachments {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, server, volume } => {
                let server_id = maybe::<Server>(&client, server.as_deref(), &lists.place).await?;
                let volume_id = maybe::<Volume>(&client, volume.as_deref(), &lists.place).await?;
                lists.run::<Attachment>(cx, ATTACHMENTS, |f| ResourceFilter { server_id, volume_id, ..f }).await
            }
            Self::Verbs(verbs) => verbs.run::<Attachment>(cx).await,
            Self::Delete(remove) => remove.run::<Attachment>(cx, "").await,
        }
    }
}
