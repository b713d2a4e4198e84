//! What things cost, what tenants used, and their statements.

use clap::Subcommand;
use tenantry_client::types::{AccountPolicy, MonthFilter};
use tenantry_domain::Metric;
use tenantry_domain::usage::{Month, Rate, RateCard};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const RECORDS: Columns =
    &[("FROM", "from"), ("TO", "to"), ("KIND", "kind"), ("NAME", "name"), ("RESOURCE", "resource_id"), ("COST", "cost")];

/// What things cost, and what was used.
#[derive(Debug, Subcommand)]
pub enum Usage {
    /// Show what things cost in a datacenter, by the hour
    Rates {
        /// The datacenter, by name or id
        datacenter: String,
    },
    /// Set what things cost in a datacenter, by the hour, from now on: what is not named costs nothing
    SetRates {
        /// The datacenter, by name or id
        datacenter: String,
        /// What costs how much, like cpu=0.05: cpu, memory, storage (a core, a GiB), servers, volumes, networks, routers, instances, `floating_ips`
        #[arg(long = "rate", value_name = "WHAT=PRICE", value_parser = rate)]
        rates: Vec<(Metric, Rate)>,
        #[command(flatten)]
        change: Change,
    },
    /// List what a tenant used in a month, hour by hour
    Records {
        /// The tenant, by name or id
        tenant: String,
        /// The month, like 2026-11
        month: Month,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a tenant's statement of a month
    Statement {
        /// The tenant, by name or id
        tenant: String,
        /// The month, like 2026-11
        month: Month,
        /// As CSV
        #[arg(long)]
        csv: bool,
    },
    /// Show what happens when a tenant's account is empty
    Policy {
        /// The tenant, by name or id
        tenant: String,
    },
    /// Set what happens when a tenant's account is empty
    SetPolicy {
        /// The tenant, by name or id
        tenant: String,
        /// nothing, `stop_creating` or suspend
        when_empty: String,
        #[command(flatten)]
        change: Change,
    },
}

fn rate(text: &str) -> Result<(Metric, Rate), String> {
    let (name, price) = text.split_once('=').ok_or_else(|| "write it like cpu=0.05".to_owned())?;
    let metric = Metric::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Metric::ALL.iter().map(|m| m.name()).collect();
        format!("'{name}' has no rate: {} have", names.join(", "))
    })?;
    Ok((metric, Rate::parse(price)?))
}

impl Usage {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::tenant(&client, said).await;
        match self {
            Self::Rates { datacenter } => cx.show(client.get_rates(lookup::datacenter(&client, &datacenter).await?)).await,
            Self::SetRates { datacenter, rates, change } => {
                let card = rates.into_iter().fold(RateCard::default(), |card, (metric, rate)| card.with(metric, rate));
                cx.change(&change, client.update_rates(lookup::datacenter(&client, &datacenter).await?, &card)).await
            }
            Self::Records { tenant, month, paging } => {
                let month = MonthFilter { month: month.to_string() };
                cx.list(client.list_usage(find(&tenant).await?, &month), &paging, RECORDS).await
            }
            Self::Statement { tenant, month, csv: false } => cx.show(client.get_statement(find(&tenant).await?, &month.to_string())).await,
            Self::Statement { tenant, month, csv: true } => {
                Ok(Output::Text(client.get_statement_csv(find(&tenant).await?, &month.to_string()).await?))
            }
            Self::Policy { tenant } => cx.show(client.get_account_policy(find(&tenant).await?)).await,
            Self::SetPolicy { tenant, when_empty, change } => {
                cx.change(&change, client.update_account_policy(find(&tenant).await?, &AccountPolicy { when_empty })).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_names_what_it_is_for() {
        assert_eq!(rate("cpu=0.05").unwrap(), (Metric::Cpu, Rate(50_000)));
        assert!(rate("cpu").unwrap_err().contains("cpu=0.05"));
        assert!(rate("gold=1").unwrap_err().contains("floating_ips"));
        assert!(rate("cpu=-1").is_err());
    }
}
