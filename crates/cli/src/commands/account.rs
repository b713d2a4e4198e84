//! A tenant's account, and what is bought from it.

use clap::{Args, Subcommand};
use tenantry_client::types::{AccountChange, NewPurchase};
use tenantry_domain::Money;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Paging};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const LINES: Columns = &[("WHEN", "created_at"), ("KIND", "kind"), ("AMOUNT", "amount"), ("MEMO", "memo"), ("BY", "actor_id")];

/// A tenant's account.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Show what is planned and what is left
    Show {
        /// The tenant, by name or id
        tenant: String,
    },
    /// List its lines, newest first
    Lines {
        /// The tenant, by name or id
        tenant: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Set what is planned, or what is left
    Set {
        /// The tenant, by name or id
        tenant: String,
        /// The money planned
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true)]
        budget: Option<Money>,
        /// The money left; the difference is booked
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true, required_unless_present = "budget")]
        balance: Option<Money>,
        #[command(flatten)]
        change: Change,
    },
}

impl Account {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::tenant(&client, said).await;
        match self {
            Self::Show { tenant } => cx.show(client.get_account(find(&tenant).await?)).await,
            Self::Lines { tenant, paging } => cx.list(client.list_account_lines(find(&tenant).await?), &paging, LINES).await,
            Self::Set { tenant, budget, balance, change } => {
                cx.change(&change, client.update_account(find(&tenant).await?, &AccountChange { budget, balance })).await
            }
        }
    }
}

/// Buy packages.
#[derive(Debug, Args)]
pub struct Buy {
    /// The tenant, by name or id
    tenant: String,
    /// The quota plan, by name or id
    plan: String,
    /// How many
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    count: i64,
    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,
}

impl Buy {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let tenant = lookup::tenant(&cx.client, &self.tenant).await?;
        let quota_plan_id = lookup::quota_plan(&cx.client, &self.plan).await?;
        let call = cx.client.create_purchase(tenant, &NewPurchase { quota_plan_id, count: self.count });
        cx.change(&Change { dry_run: self.dry_run, if_version: None }, call).await
    }
}
