//! Quota plans: the packages on sale.

use clap::Subcommand;
use tenantry_client::types::{NameFilter, NewQuotaPlan, QuotaPlanChange};
use tenantry_domain::Money;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Make, Paging};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns =
    &[("ID", "id"), ("NAME", "name"), ("CPU", "cpu"), ("MEMORY GiB", "memory_gib"), ("STORAGE GiB", "storage_gib"), ("COST", "cost")];

/// Quota plans.
#[derive(Debug, Subcommand)]
pub enum QuotaPlans {
    /// List them
    List {
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        plan: String,
    },
    /// Put one on sale
    Create {
        /// The name
        name: String,
        /// Cores
        #[arg(long, value_parser = parse::amount, default_value = "0")]
        cpu: f64,
        /// GiB of memory
        #[arg(long, value_parser = parse::amount, default_value = "0", value_name = "GIB")]
        memory: f64,
        /// GiB of storage
        #[arg(long, value_parser = parse::amount, default_value = "0", value_name = "GIB")]
        storage: f64,
        /// The price
        #[arg(long, value_parser = parse::money)]
        cost: Money,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; what is not said stays
    Update {
        /// Its name or id
        plan: String,
        /// The name
        #[arg(long)]
        name: Option<String>,
        /// Cores
        #[arg(long, value_parser = parse::amount)]
        cpu: Option<f64>,
        /// GiB of memory
        #[arg(long, value_parser = parse::amount, value_name = "GIB")]
        memory: Option<f64>,
        /// GiB of storage
        #[arg(long, value_parser = parse::amount, value_name = "GIB")]
        storage: Option<f64>,
        /// The price
        #[arg(long, value_parser = parse::money)]
        cost: Option<Money>,
        #[command(flatten)]
        change: Change,
    },
    /// Take one off sale; what was bought stays
    Delete {
        /// Its name or id
        plan: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl QuotaPlans {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::quota_plan(&client, said).await;
        match self {
            Self::List { name, paging } => cx.list(client.list_quota_plans(&NameFilter { name }), &paging, COLUMNS).await,
            Self::Show { plan } => cx.show(client.get_quota_plan(find(&plan).await?)).await,
            Self::Create { name, cpu, memory, storage, cost, make } => {
                let new = NewQuotaPlan { name, cpu, memory_gib: memory, storage_gib: storage, cost };
                cx.change(&make.into(), client.create_quota_plan(&new)).await
            }
            Self::Update { plan, name, cpu, memory, storage, cost, change } => {
                let update = QuotaPlanChange { name, cpu, memory_gib: memory, storage_gib: storage, cost };
                cx.change(&change, client.update_quota_plan(find(&plan).await?, &update)).await
            }
            Self::Delete { plan, confirm, change } => {
                let call = client.delete_quota_plan(find(&plan).await?);
                cx.delete(&format!("quota plan '{plan}'"), &confirm, &change, call).await
            }
        }
    }
}
