//! Security groups.

use clap::{ArgGroup, Subcommand};
use tenantry_client::types::{NewSecurityGroup, SecurityGroup, SecurityGroupChange, SecurityRule};

use super::{Lists, Remove, Verbs, Which, new_place};
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
    ("DESCRIPTION", "spec.description"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// Security groups.
#[derive(Debug, Subcommand)]
pub enum SecurityGroups {
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
        /// What may pass: ingress:tcp:22, ingress:udp:5000-5010:203.0.113.0/24, ingress:icmp, egress; may be repeated
        #[arg(long, value_name = "RULE", value_parser = parse::rule)]
        rule: Vec<SecurityRule>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Change one; what is not said stays
    #[command(visible_alias = "change", group = ArgGroup::new("all").args(["rule", "no_rules"]))]
    Update {
        #[command(flatten)]
        which: Which,
        /// What may pass, instead of what may now; may be repeated
        #[arg(long, value_name = "RULE", value_parser = parse::rule)]
        rule: Vec<SecurityRule>,
        /// Nothing may pass any more
        #[arg(long)]
        no_rules: bool,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        settle: Settle,
    },
    /// Remove one that no server is in
    Delete(Remove),
}

impl SecurityGroups {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List(lists) => lists.run::<SecurityGroup>(cx, COLUMNS, |filter| filter).await,
            Self::Verbs(verbs) => verbs.run::<SecurityGroup>(cx).await,
            Self::Create { name, place, rule, description, settle } => {
                let (tenant_id, datacenter_id) = new_place(&client, &place).await?;
                let new = NewSecurityGroup { tenant_id, datacenter_id, name, description, rules: rule };
                cx.settle(&settle.into(), client.create_security_group(&new)).await
            }
            Self::Update { which, rule, no_rules, description, settle } => {
                let rules = (no_rules || !rule.is_empty()).then_some(rule);
                let change = SecurityGroupChange { description, rules };
                cx.settle(&settle, client.update_security_group(which.find::<SecurityGroup>(&client).await?, &change)).await
            }
            Self::Delete(remove) => remove.run::<SecurityGroup>(cx, "").await,
        }
    }
}
