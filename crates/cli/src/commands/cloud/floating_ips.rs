//! Floating addresses.

use clap::{ArgGroup, Subcommand};
use tenantry_client::types::{FloatingIp, FloatingIpChange, NewFloatingIp, ResourceFilter, Server};

use super::{Lists, Remove, Verbs, Which, maybe, new_place};
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Place, Settle, SettleNew};
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("ADDRESS", "status.address"),
    ("SERVER", "spec.server_id"),
    ("LEADS TO", "status.fixed_address"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Floating addresses.
#[derive(Debug, Subcommand)]
pub enum FloatingIps {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// That lead to this server, by name or id
        #[arg(long)]
        server: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Take one
    Create {
        /// The name [default: one is made up]
        name: Option<String>,
        #[command(flatten)]
        place: Place,
        /// The external network, by name or by the cloud's id [default: the datacenter's, or the only one]
        #[arg(long, value_name = "NETWORK")]
        external_network: Option<String>,
        /// The server that it leads to, by name or id [default: none]
        #[arg(long)]
        server: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Lead one to a server, or to none
    #[command(visible_alias = "change", group = ArgGroup::new("to").required(true).args(["server", "no_server"]))]
    Update {
        #[command(flatten)]
        which: Which,
        /// The server that it leads to from now on, by name or id
        #[arg(long)]
        server: Option<String>,
        /// It leads to no server any more
        #[arg(long)]
        no_server: bool,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give one back
    Delete(Remove),
}

impl FloatingIps {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, server } => {
                let server_id = maybe::<Server>(&client, server.as_deref(), &lists.place).await?;
                lists.run::<FloatingIp>(cx, COLUMNS, |filter| ResourceFilter { server_id, ..filter }).await
            }
            Self::Verbs(verbs) => verbs.run::<FloatingIp>(cx).await,
            Self::Create { name, place, external_network, server, description, settle } => {
                let (tenant_id, datacenter_id) = new_place(&client, &place).await?;
                let server_id = maybe::<Server>(&client, server.as_deref(), &place).await?;
                let new = NewFloatingIp { tenant_id, datacenter_id, name, description, external_network, server_id };
                cx.settle(&settle.into(), client.create_floating_ip(&new)).await
            }
            Self::Update { which, server, no_server: _, settle } => {
                let server_id = maybe::<Server>(&client, server.as_deref(), &which.place).await?;
                cx.settle(&settle, client.update_floating_ip(which.find::<FloatingIp>(&client).await?, &FloatingIpChange { server_id }))
                    .await
            }
            Self::Delete(remove) => remove.run::<FloatingIp>(cx, "").await,
        }
    }
}
