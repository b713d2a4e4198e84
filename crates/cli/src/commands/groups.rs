//! Groups of users.

use clap::{Args, Subcommand};
use tenantry_client::types::{GroupChange, GroupFilter, Membership, NewGroup};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns =
    &[("ID", "id"), ("NAME", "name"), ("TENANT", "tenant_id"), ("PARENT", "parent_id"), ("DESCRIPTION", "description")];

const MEMBERS: Columns =
    &[("ID", "user.id"), ("USERNAME", "user.username"), ("NAME", "user.name"), ("ROLE", "user.role"), ("ADMIN", "admin")];

/// Which group.
#[derive(Debug, Args)]
pub struct Which {
    /// The name or id
    group: String,
    /// The tenant of the group, when the name is not the only one
    #[arg(short, long)]
    tenant: Option<String>,
}

/// Groups.
#[derive(Debug, Subcommand)]
pub enum Groups {
    /// List them
    List {
        /// Of this tenant
        #[arg(short, long)]
        tenant: Option<String>,
        /// Right below this group
        #[arg(long)]
        parent: Option<String>,
        /// That this user is in
        #[arg(long)]
        member: Option<String>,
        /// Of this name, whatever its case
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show(Which),
    /// Make one
    Create {
        /// The name
        name: String,
        /// The group above it [default: the one at the top of the tenant]
        #[arg(long)]
        parent: Option<String>,
        /// The tenant [default: your own]
        #[arg(short, long)]
        tenant: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; what is not said stays
    Update {
        #[command(flatten)]
        which: Which,
        /// The name
        #[arg(long)]
        name: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Remove one that is empty
    Delete {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
    /// List who is in one
    Members {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        paging: Paging,
    },
    /// Put somebody into one, or change whether they administer it
    Add {
        #[command(flatten)]
        which: Which,
        /// The login name, email address or id
        user: String,
        /// To administer the group and all below it
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        make: Make,
    },
    /// Take somebody out of one
    Remove {
        #[command(flatten)]
        which: Which,
        /// The login name, email address or id
        user: String,
        #[command(flatten)]
        make: Make,
    },
}

impl Groups {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |which: &Which| lookup::group(&client, &which.group, which.tenant.as_deref()).await;
        match self {
            Self::List { tenant, parent, member, name, paging } => {
                let mut filter = GroupFilter { name, ..GroupFilter::default() };
                if let Some(said) = &tenant {
                    filter.tenant_id = Some(lookup::tenant(&client, said).await?);
                }
                if let Some(said) = &parent {
                    filter.parent_id = Some(lookup::group(&client, said, tenant.as_deref()).await?);
                }
                filter.member = lookup::maybe_user(&client, member.as_deref()).await?;
                cx.list(client.list_groups(&filter), &paging, COLUMNS).await
            }
            Self::Show(which) => cx.show(client.get_group(find(&which).await?)).await,
            Self::Create { name, parent, tenant, description, make } => {
                let mut new = NewGroup { name, description, ..NewGroup::default() };
                match (&parent, &tenant) {
                    (Some(said), tenant) => new.parent_id = Some(lookup::group(&client, said, tenant.as_deref()).await?),
                    (None, Some(said)) => new.tenant_id = Some(lookup::tenant(&client, said).await?),
                    (None, None) => {}
                }
                cx.change(&make.into(), client.create_group(&new)).await
            }
            Self::Update { which, name, description, change } => {
                cx.change(&change, client.update_group(find(&which).await?, &GroupChange { name, description })).await
            }
            Self::Delete { which, confirm, change } => {
                let call = client.delete_group(find(&which).await?);
                cx.delete(&format!("group '{}'", which.group), &confirm, &change, call).await
            }
            Self::Members { which, paging } => cx.list(client.list_group_members(find(&which).await?), &paging, MEMBERS).await,
            Self::Add { which, user, admin, make } => {
                let id = lookup::user(&client, &user, which.tenant.as_deref()).await?;
                cx.change(&make.into(), client.update_group_member(find(&which).await?, id, Membership { admin })).await
            }
            Self::Remove { which, user, make } => {
                let id = lookup::user(&client, &user, which.tenant.as_deref()).await?;
                let call = client.delete_group_member(find(&which).await?, id);
                let make: Change = make.into();
                if make.dry_run {
                    return cx.change(&make, call).await;
                }
                call.await?;
                Ok(Output::Done(format!("'{user}' is not in the group '{}' any more", which.group)))
            }
        }
    }
}
