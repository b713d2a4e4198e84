//! Tenants.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tenantry_client::types::{Limits, NewAdministrator, NewTenant, TenantChange, TenantFilter};
use tenantry_domain::Money;

use super::namespaces;
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, CountArgs, Paging, QuotaArgs, Settle, SettleNew};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("LABEL", "label"),
    ("STATE", "state"),
    ("ENABLED", "enabled"),
    ("CPU", "quota.cpu"),
    ("MEMORY GiB", "quota.memory_gib"),
    ("STORAGE GiB", "quota.storage_gib"),
    ("BALANCE", "balance"),
    ("DATACENTERS", "datacenter_ids"),
    ("REASON", "reason"),
];

/// Tenants.
#[derive(Debug, Subcommand)]
pub enum Tenants {
    /// List them
    List {
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        /// Whose name begins like this
        #[arg(long)]
        prefix: Option<String>,
        /// Below this tenant
        #[arg(long)]
        parent: Option<String>,
        /// In this state: active, closing
        #[arg(long)]
        state: Option<String>,
        /// In this datacenter
        #[arg(short, long)]
        datacenter: Option<String>,
        /// In the order of id, name or created_at; - before it turns it round
        #[arg(long, allow_hyphen_values = true)]
        sort: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        tenant: String,
    },
    /// Open one
    Create {
        /// The name; without --label it is what its namespaces are called by, too
        name: String,
        /// What its namespaces are called by: lower-case letters, digits and '-' [default: the name]
        #[arg(long)]
        label: Option<String>,
        /// Free text
        #[arg(long, default_value = "")]
        description: String,
        /// Who looks after the customer
        #[arg(long, value_name = "NAME")]
        customer_manager: Option<String>,
        /// The login name of an administrator to be made with it, who logs in as NAME#LABEL; the password is asked for
        #[arg(long, value_name = "NAME")]
        administrator: Option<String>,
        /// The administrator's email address
        #[arg(long, requires = "administrator", value_name = "ADDRESS")]
        administrator_email: Option<String>,
        /// Read the administrator's password from the input
        #[arg(long, requires = "administrator")]
        password_stdin: bool,
        /// The tenant above it [default: your own]
        #[arg(long)]
        parent: Option<String>,
        /// A datacenter that it is in; may be repeated
        #[arg(short, long)]
        datacenter: Vec<String>,
        /// Cores in each of its datacenters
        #[arg(long, value_parser = parse::amount)]
        cpu: f64,
        /// GiB of memory in each
        #[arg(long, value_parser = parse::amount, value_name = "GIB")]
        memory: f64,
        /// GiB of storage in each [default: the server's]
        #[arg(long, value_parser = parse::amount, value_name = "GIB")]
        storage: Option<f64>,
        #[command(flatten)]
        counts: CountArgs,
        /// The money planned [default: the balance]
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true)]
        budget: Option<Money>,
        /// What its account begins with, instead of the gift [default: the budget]
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true)]
        balance: Option<Money>,
        #[command(flatten)]
        settle: SettleNew,
    },
    /// Change one; what is not said stays
    Update {
        /// Its name or id
        tenant: String,
        /// The name to show; its label stays
        #[arg(long)]
        name: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        /// Who looks after the customer
        #[arg(long, value_name = "NAME")]
        customer_manager: Option<String>,
        /// The datacenters that it is in from now on; may be repeated
        #[arg(short, long)]
        datacenter: Vec<String>,
        #[command(flatten)]
        quota: QuotaArgs,
        /// The money planned
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true)]
        budget: Option<Money>,
        /// The money left; the difference is booked
        #[arg(long, value_parser = parse::money, allow_negative_numbers = true)]
        balance: Option<Money>,
        /// Leave a datacenter with all disks and apps that are still there
        #[arg(long)]
        cascade: bool,
        #[command(flatten)]
        settle: Settle,
    },
    /// Let its users, and those of the tenants below, log in again
    Enable {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        change: Change,
    },
    /// Keep its users, and those of the tenants below, from logging in; their sessions end
    Disable {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        change: Change,
    },
    /// Close one
    Delete {
        /// Its name or id
        tenant: String,
        /// With all that is in it and below it
        #[arg(long)]
        cascade: bool,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
    /// List its namespaces
    Namespaces {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Try now what would be tried later
    Retry {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give up on what can't be removed at a datacenter
    Forget {
        /// Its name or id
        tenant: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
}

impl Tenants {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::tenant(&client, said).await;
        match self {
            Self::List { name, prefix, parent, state, datacenter, sort, paging } => {
                let mut filter = TenantFilter { name, name_prefix: prefix, state, ..TenantFilter::default() };
                if let Some(said) = parent {
                    filter.parent_id = Some(find(&said).await?);
                }
                if let Some(said) = datacenter {
                    filter.datacenter_id = Some(lookup::datacenter(&client, &said).await?);
                }
                let list = client.list_tenants(&filter);
                let list = if let Some(sort) = sort { list.sort(sort) } else { list };
                cx.list(list, &paging, COLUMNS).await
            }
            Self::Show { tenant } => cx.show(client.get_tenant(find(&tenant).await?)).await,
            Self::Create {
                name,
                label,
                description,
                customer_manager,
                administrator,
                administrator_email,
                password_stdin,
                parent,
                datacenter,
                cpu,
                memory,
                storage,
                counts,
                budget,
                balance,
                settle,
            } => {
                let parent_id = match parent {
                    Some(said) => Some(find(&said).await?),
                    None => None,
                };
                let datacenter_ids = lookup::datacenters(&client, &datacenter).await?;
                let quota = Limits { cpu: Some(cpu), memory_gib: Some(memory), storage_gib: storage, counts: counts.counts() };
                let administrator = match administrator {
                    Some(username) => {
                        Some(NewAdministrator { username, password: cx.new_password(password_stdin)?, email: administrator_email })
                    }
                    None => None,
                };
                let new = NewTenant {
                    name,
                    label,
                    customer_manager,
                    administrator,
                    description,
                    parent_id,
                    datacenter_ids,
                    quota,
                    budget,
                    balance,
                };
                cx.settle(&settle.into(), client.create_tenant(&new)).await
            }
            Self::Update { tenant, name, description, customer_manager, datacenter, quota, budget, balance, cascade, settle } => {
                let datacenter_ids = match datacenter.as_slice() {
                    [] => None,
                    said => Some(lookup::datacenters(&client, said).await?),
                };
                let quota = quota.change();
                let change = TenantChange { name, description, customer_manager, quota, datacenter_ids, budget, balance, enabled: None };
                cx.settle(&settle, client.update_tenant(find(&tenant).await?, &change, cascade)).await
            }
            Self::Enable { tenant, change } => {
                let enable = TenantChange { enabled: Some(true), ..TenantChange::default() };
                cx.change(&change, client.update_tenant(find(&tenant).await?, &enable, false)).await
            }
            Self::Disable { tenant, change } => {
                let disable = TenantChange { enabled: Some(false), ..TenantChange::default() };
                cx.change(&change, client.update_tenant(find(&tenant).await?, &disable, false)).await
            }
            Self::Delete { tenant, cascade, confirm, settle } => {
                let call = client.delete_tenant(find(&tenant).await?, cascade);
                let all = if cascade { " and all that is in it and below it" } else { "" };
                cx.remove(&format!("tenant '{tenant}'{all}"), &confirm, &settle, call).await
            }
            Self::Namespaces { tenant, paging } => {
                cx.list(client.list_tenant_namespaces(find(&tenant).await?), &paging, namespaces::COLUMNS).await
            }
            Self::Retry { tenant, settle } => cx.settle(&settle, client.retry_tenant(find(&tenant).await?)).await,
            Self::Forget { tenant, confirm, settle } => {
                let call = client.forget_tenant(find(&tenant).await?);
                cx.remove(&format!("tenant '{tenant}' without clearing its datacenters"), &confirm, &settle, call).await
            }
        }
    }
}

/// Get a kubeconfig.
#[derive(Debug, Args)]
pub struct Kubeconfig {
    /// The tenant, by name or id
    tenant: String,
    /// The datacenter, by name or id [default: the only one of the tenant]
    #[arg(short, long)]
    datacenter: Option<String>,
    /// Write it to this file, readable by you alone
    #[arg(short, long)]
    file: Option<PathBuf>,
}

impl Kubeconfig {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let tenant = lookup::tenant(&cx.client, &self.tenant).await?;
        let datacenter = lookup::datacenter_of(&cx.client, tenant, self.datacenter.as_deref()).await?;
        let text = cx.client.get_kubeconfig(tenant, datacenter).await?;
        let Some(path) = self.file else { return Ok(Output::Text(text)) };
        let failed = |e: std::io::Error| Failure::local(format!("{} can't be written: {e}", path.display()));
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(Output::Done(format!("written to {}", path.display())))
    }
}
