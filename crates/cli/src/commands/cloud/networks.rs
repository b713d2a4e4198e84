//! Networks.

use clap::Subcommand;
use tenantry_client::types::{Network, NetworkChange, NewNetwork, Pool};

use super::{Lists, RemoveConnected, Verbs, Which, new_place};
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Place, Settle, SettleNew};
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("CIDR", "spec.cidr"),
    ("GATEWAY", "spec.gateway"),
    ("DHCP", "spec.dhcp"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Networks.
#[derive(Debug, Subcommand)]
pub enum Networks {
    /// List them
    List(Lists),
    #[command(flatten)]
    Verbs(Verbs),
    /// Make one with its subnet
    Create {
        /// The name
        name: String,
        #[command(flatten)]
        place: Place,
        /// Its addresses, for example 192.168.22.0/24
        #[arg(long)]
        cidr: String,
        /// The gateway [default: the first address]
        #[arg(long, value_name = "ADDRESS", conflicts_with = "no_gateway")]
        gateway: Option<String>,
        /// It leads nowhere
        #[arg(long)]
        no_gateway: bool,
        /// Give out no addresses
        #[arg(long)]
        no_dhcp: bool,
        /// The addresses that are given out [default: all]
        #[arg(long, value_name = "FIRST-LAST", value_parser = parse::pool)]
        pool: Option<Pool>,
        /// A name server; may be repeated
        #[arg(long, value_name = "ADDRESS")]
        dns: Vec<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Change one; what is not said stays, its addresses always
    #[command(visible_alias = "change")]
    Update {
        #[command(flatten)]
        which: Which,
        /// Whether addresses are given out
        #[arg(long, value_name = "BOOL")]
        dhcp: Option<bool>,
        /// A name server, instead of those that there are; may be repeated
        #[arg(long, value_name = "ADDRESS")]
        dns: Vec<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: Settle,
    },
    /// Remove one that nothing is in
    Delete(RemoveConnected),
}

impl Networks {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        match self {
            Self::List(lists) => lists.run::<Network>(cx, COLUMNS, |filter| filter).await,
            Self::Verbs(verbs) => verbs.run::<Network>(cx).await,
            Self::Create { name, place, cidr, gateway, no_gateway, no_dhcp, pool, dns, description, settle } => {
                let (tenant_id, datacenter_id) = new_place(&client, &place).await?;
                let gateway = if no_gateway { Some(String::new()) } else { gateway };
                let (dhcp, dns) = (Some(!no_dhcp), some(dns));
                let new = NewNetwork { tenant_id, datacenter_id, name, description, cidr, gateway, dhcp, pool, dns };
                cx.settle(&settle.into(), client.create_network(&new)).await
            }
            Self::Update { which, dhcp, dns, description, settle } => {
                let change = NetworkChange { description, dhcp, dns: some(dns) };
                cx.settle(&settle, client.update_network(which.find::<Network>(&client).await?, &change)).await
            }
            Self::Delete(remove) => remove.run::<Network>(cx, "").await,
        }
    }
}
