//! A tenant's quotas in its datacenters.

use clap::Subcommand;
use futures::TryStreamExt;
use tenantry_client::Client;
use tenantry_client::types::{NewQuota, Quota, QuotaChange};
use tenantry_domain::{DatacenterId, TenantId};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging, QuotaArgs};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("DATACENTER", "datacenter_name"),
    ("CPU", "quota.cpu"),
    ("USED", "used.cpu"),
    ("MEMORY GiB", "quota.memory_gib"),
    ("USED", "used.memory_gib"),
    ("STORAGE GiB", "quota.storage_gib"),
    ("USED", "used.storage_gib"),
    ("OWN", "overridden"),
];

/// Quotas.
#[derive(Debug, Subcommand)]
pub enum Quotas {
    /// List them, with what is used
    List {
        /// The tenant, by name or id
        tenant: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// The tenant, by name or id
        tenant: String,
        /// The datacenter, by name or id
        datacenter: String,
    },
    /// Set the quota in one datacenter, whatever the tenant's totals are
    Set {
        /// The tenant, by name or id
        tenant: String,
        /// The datacenter, by name or id
        datacenter: String,
        #[command(flatten)]
        quota: QuotaArgs,
        #[command(flatten)]
        change: Change,
    },
    /// Go back to the tenant's totals
    Reset {
        /// The tenant, by name or id
        tenant: String,
        /// The datacenter, by name or id
        datacenter: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Quotas {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { tenant, paging } => cx.list(client.list_quotas(lookup::tenant(&client, &tenant).await?), &paging, COLUMNS).await,
            Self::Show { tenant, datacenter } => {
                let (tenant_id, datacenter_id) = place(&client, &tenant, &datacenter).await?;
                match find(&client, tenant_id, datacenter_id).await? {
                    Some(quota) => Output::one(&quota),
                    None => Err(none(&tenant, &datacenter)),
                }
            }
            Self::Set { tenant, datacenter, quota: said, change } => {
                let Some(quota) = said.change() else {
                    return Err(Failure::usage("say what to set: --cpu, --memory, --storage, --servers or another limit"));
                };
                let (tenant, datacenter_id) = place(&client, &tenant, &datacenter).await?;
                match find(&client, tenant, datacenter_id).await? {
                    Some(there) => cx.change(&change, client.update_quota(tenant, there.id, &QuotaChange { quota })).await,
                    None => cx.change(&change, client.create_quota(tenant, &NewQuota { datacenter_id, quota: said.limits() })).await,
                }
            }
            Self::Reset { tenant, datacenter, confirm, change } => {
                let (tenant_id, datacenter_id) = place(&client, &tenant, &datacenter).await?;
                let there = find(&client, tenant_id, datacenter_id).await?.ok_or_else(|| none(&tenant, &datacenter))?;
                let what = format!("the own quota of tenant '{tenant}' in datacenter '{datacenter}'");
                cx.delete(&what, &confirm, &change, client.delete_quota(tenant_id, there.id)).await
            }
        }
    }
}

async fn place(client: &Client, tenant: &str, datacenter: &str) -> Result<(TenantId, DatacenterId), Failure> {
    Ok((lookup::tenant(client, tenant).await?, lookup::datacenter(client, datacenter).await?))
}

async fn find(client: &Client, tenant: TenantId, datacenter: DatacenterId) -> Result<Option<Quota>, Failure> {
    let all: Vec<Quota> = client.list_quotas(tenant).stream().try_collect().await?;
    Ok(all.into_iter().find(|q| q.datacenter_id == datacenter))
}

fn none(tenant: &str, datacenter: &str) -> Failure {
    Failure::not_found(format!("the tenant '{tenant}' has no quota in datacenter '{datacenter}'"))
}
