//! Routers.

use clap::{Args, Subcommand};
use tenantry_client::types::{Network, NewRouter, NewRouterInterface, ResourceFilter, Router, RouterChange, RouterInterface};

use super::{Lists, RemoveConnected, Verbs, Which, new_place};
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
    ("EXTERNAL NETWORK", "spec.external_network"),
    ("ADDRESS", "status.external_address"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// A router and a network.
#[derive(Debug, Args)]
pub struct Both {
    /// The router, by name or id
    router: String,
    /// The network, by name or id
    network: String,
    #[command(flatten)]
    place: Place,
}

/// Routers.
#[derive(Debug, Subcommand)]
pub enum Routers {
    /// List them
    List(Lists),
    #[command(flatten)]
    Verbs(Verbs),
    /// Make one
    Create {
        /// The name
        name: String,
        #[command(flatten)]
        place: Place,
        /// The external network that it leads to, by name or by the cloud's id [default: none]
        #[arg(long, value_name = "NETWORK")]
        external_network: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Change one; what is not said stays
    #[command(visible_alias = "change")]
    Update {
        #[command(flatten)]
        which: Which,
        /// The external network that it leads to, by name or by the cloud's id
        #[arg(long, value_name = "NETWORK", conflicts_with = "no_external_network")]
        external_network: Option<String>,
        /// It leads to no external network any more
        #[arg(long)]
        no_external_network: bool,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: Settle,
    },
    /// Connect a network to one
    Connect {
        #[command(flatten)]
        both: Both,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Disconnect a network from one
    Disconnect {
        #[command(flatten)]
        both: Both,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
    /// Remove one
    Delete(RemoveConnected),
}

impl Routers {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List(lists) => lists.run::<Router>(cx, COLUMNS, |filter| filter).await,
            Self::Verbs(verbs) => verbs.run::<Router>(cx).await,
            Self::Create { name, place, external_network, description, settle } => {
                let (tenant_id, datacenter_id) = new_place(&client, &place).await?;
                let new = NewRouter { tenant_id, datacenter_id, name, description, external_network };
                cx.settle(&settle.into(), client.create_router(&new)).await
            }
            Self::Update { which, external_network, no_external_network, description, settle } => {
                let external_network = if no_external_network { Some(None) } else { external_network.map(Some) };
                let change = RouterChange { description, external_network };
                cx.settle(&settle, client.update_router(which.find::<Router>(&client).await?, &change)).await
            }
            Self::Connect { both, settle } => {
                let router_id = lookup::resource::<Router>(&client, &both.router, &both.place).await?;
                let network_id = lookup::resource::<Network>(&client, &both.network, &both.place).await?;
                cx.settle(&settle.into(), client.create_router_interface(&NewRouterInterface { router_id, network_id })).await
            }
            Self::Disconnect { both, confirm, settle } => {
                let router_id = lookup::resource::<Router>(&client, &both.router, &both.place).await?;
                let network_id = lookup::resource::<Network>(&client, &both.network, &both.place).await?;
                // a network is connected to one router at most
                let filter = ResourceFilter { network_id: Some(network_id), ..ResourceFilter::default() };
                let found = client.list_resources::<RouterInterface>(&filter).limit(1).page().await?.items;
                let missing =
                    || Failure::not_found(format!("the network '{}' is not connected to the router '{}'", both.network, both.router));
                let interface = found.into_iter().find(|i| i.spec.router_id == router_id).ok_or_else(missing)?;
                let what = format!("the connection of network '{}' to router '{}'", both.network, both.router);
                cx.remove(&what, &confirm, &settle, client.delete_resource::<RouterInterface>(interface.id)).await
            }
            Self::Delete(remove) => remove.run::<Router>(cx, "").await,
        }
    }
}
