//! Who is what on which tenant.

use clap::Subcommand;
use tenantry_client::types::WantedRole;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns =
    &[("USER ID", "user_id"), ("USERNAME", "username"), ("TENANT ID", "tenant_id"), ("TENANT", "tenant_name"), ("ROLE", "role")];

/// Roles.
#[derive(Debug, Subcommand)]
pub enum Roles {
    /// List those on a tenant itself, or those of a user
    List {
        /// On this tenant [default: your own]
        #[arg(short, long, conflicts_with = "user")]
        tenant: Option<String>,
        /// Of this user
        #[arg(long)]
        user: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Give somebody a role on a tenant, instead of the one held there
    Grant {
        /// The login name, email address or id
        user: String,
        /// team.member, tenant.admin or, on the root tenant, system.admin, telecom or maintainer
        role: String,
        /// The tenant [default: your own]
        #[arg(short, long)]
        tenant: Option<String>,
        #[command(flatten)]
        make: Make,
    },
    /// Take somebody's role on a tenant away
    Revoke {
        /// The login name, email address or id
        user: String,
        /// The tenant [default: your own]
        #[arg(short, long)]
        tenant: Option<String>,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        make: Make,
    },
}

impl Roles {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { user: Some(user), paging, .. } => {
                cx.list(client.list_user_roles(lookup::user(&client, &user, None).await?), &paging, COLUMNS).await
            }
            Self::List { tenant, paging, .. } => {
                let tenant = lookup::tenant_or_own(&client, tenant.as_deref()).await?;
                cx.list(client.list_tenant_roles(tenant), &paging, COLUMNS).await
            }
            Self::Grant { user, role, tenant, make } => {
                let on = lookup::tenant_or_own(&client, tenant.as_deref()).await?;
                let id = lookup::user(&client, &user, None).await?;
                cx.change(&make.into(), client.update_tenant_role(on, id, &WantedRole { role })).await
            }
            Self::Revoke { user, tenant, confirm, make } => {
                let on = lookup::tenant_or_own(&client, tenant.as_deref()).await?;
                let id = lookup::user(&client, &user, None).await?;
                let call = client.delete_tenant_role(on, id);
                cx.delete(&format!("the role of '{user}' on tenant {on}"), &confirm, &make.into(), call).await
            }
        }
    }
}
