//! Users.

use clap::{Args, Subcommand};
use tenantry_client::types::{NewUser, PasswordChange, UserChange, UserFilter};
use tenantry_domain::UserId;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("USERNAME", "username"),
    ("NAME", "name"),
    ("EMAIL", "email"),
    ("ROLE", "role"),
    ("TENANT", "tenant_id"),
    ("ENABLED", "enabled"),
];

/// Which user.
#[derive(Debug, Args)]
pub struct Who {
    /// The login name, email address or id
    user: String,
    /// The tenant of the user, when the login name is not the only one
    #[arg(short, long)]
    tenant: Option<String>,
}

/// What can be said of a user.
#[derive(Debug, Args)]
pub struct Details {
    /// The email address
    #[arg(long)]
    email: Option<String>,
    /// The name to show
    #[arg(long)]
    name: Option<String>,
    /// The telephone number
    #[arg(long)]
    phone: Option<String>,
    /// Free text
    #[arg(long)]
    comment: Option<String>,
    /// team.member, tenant.admin, in the root tenant system.admin, telecom or maintainer; or none
    #[arg(long)]
    role: Option<String>,
}

/// What was said of a role: `none` is no role.
fn role_or_none(said: Option<String>) -> Option<Option<String>> {
    said.map(|role| (role != "none").then_some(role))
}

/// Users.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List them
    List {
        /// Of this tenant
        #[arg(short, long)]
        tenant: Option<String>,
        /// Whose login name begins like this
        #[arg(long)]
        prefix: Option<String>,
        /// With this email address
        #[arg(long)]
        email: Option<String>,
        /// In this group
        #[arg(long)]
        group: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show(Who),
    /// Make one
    Create {
        /// The login name
        username: String,
        /// The tenant [default: your own]
        #[arg(short, long)]
        tenant: Option<String>,
        #[command(flatten)]
        details: Details,
        /// May not log in yet
        #[arg(long)]
        disabled: bool,
        /// Has to change the password first
        #[arg(long)]
        must_change_password: bool,
        /// The group that the user is put into [default: the one at the top of the tenant]
        #[arg(long)]
        group: Option<String>,
        /// Administers that group and all below it
        #[arg(long)]
        group_admin: bool,
        /// Read the password from the input
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; what is not said stays
    Update {
        #[command(flatten)]
        who: Who,
        /// The login name
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        details: Details,
        /// Whether the user may log in
        #[arg(long)]
        enabled: Option<bool>,
        #[command(flatten)]
        change: Change,
    },
    /// Remove one
    Delete {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
    /// Change your own password, or reset somebody's
    Password {
        /// Whose [default: your own]
        user: Option<String>,
        /// The tenant of the user, when the login name is not the only one
        #[arg(short, long)]
        tenant: Option<String>,
        /// Read from the input: the old password (your own only) and the new one, a line each
        #[arg(long)]
        password_stdin: bool,
    },
}

impl Users {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |who: &Who| lookup::user(&client, &who.user, who.tenant.as_deref()).await;
        match self {
            Self::List { tenant, prefix, email, group, paging } => {
                let mut filter = UserFilter { username_prefix: prefix, email, ..UserFilter::default() };
                if let Some(said) = &tenant {
                    filter.tenant_id = Some(lookup::tenant(&client, said).await?);
                }
                if let Some(said) = &group {
                    filter.group_id = Some(lookup::group(&client, said, tenant.as_deref()).await?);
                }
                cx.list(client.list_users(&filter), &paging, COLUMNS).await
            }
            Self::Show(who) => cx.show(client.get_user(find(&who).await?)).await,
            Self::Create { username, tenant, details, disabled, must_change_password, group, group_admin, password_stdin, make } => {
                let tenant_id = lookup::tenant_or_own(&client, tenant.as_deref()).await?;
                let password = cx.new_password(password_stdin)?;
                let Details { email, name, phone, comment, role } = details;
                let group_id = match &group {
                    Some(said) => Some(lookup::group(&client, said, Some(&tenant_id.to_string())).await?),
                    None => None,
                };
                let (enabled, role) = (disabled.then_some(false), role_or_none(role));
                let new = NewUser {
                    tenant_id,
                    username,
                    password,
                    email,
                    name,
                    phone,
                    comment,
                    role,
                    enabled,
                    must_change_password,
                    group_id,
                    group_admin,
                };
                cx.change(&make.into(), client.create_user(&new)).await
            }
            Self::Update { who, username, details, enabled, change } => {
                let Details { email, name, phone, comment, role } = details;
                let email = email.map(|e| (!e.is_empty()).then_some(e));
                let role = role_or_none(role);
                let update = UserChange { username, email, name, phone, comment, role, enabled };
                cx.change(&change, client.update_user(find(&who).await?, &update)).await
            }
            Self::Delete { who, confirm, change } => {
                let call = client.delete_user(find(&who).await?);
                cx.delete(&format!("user '{}'", who.user), &confirm, &change, call).await
            }
            Self::Password { user, tenant, password_stdin } => {
                let id = match user {
                    Some(said) => Some(lookup::user(&client, &said, tenant.as_deref()).await?),
                    None => None,
                };
                change_password(cx, id, password_stdin).await
            }
        }
    }
}

/// Changes a password: the caller's own without a user.
async fn change_password(cx: &mut Context, of: Option<UserId>, from_input: bool) -> Result<Output, Failure> {
    let me = cx.client.get_session().await?.user.id;
    let id = of.unwrap_or(me);
    let old_password = if id == me { Some(cx.password("old password: ", from_input)?) } else { None };
    let new_password = cx.new_password(from_input)?;
    cx.client.update_password(id, &PasswordChange { old_password, new_password }).await?;
    Ok(Output::Done("the password is changed".to_owned()))
}

/// Change your own password.
#[derive(Debug, Args)]
pub struct OwnPassword {
    /// Read from the input: the old password and the new one, a line each
    #[arg(long)]
    password_stdin: bool,
}

impl OwnPassword {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        change_password(cx, None, self.password_stdin).await
    }
}
