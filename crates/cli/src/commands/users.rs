//! Users.

use clap::{Args, Subcommand};
use tenantry_client::types::{NewUser, PasswordChange, UserChange, UserFilter};

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
    /// team.member, tenant.admin or, in the root tenant, system.admin
    #[arg(long)]
    role: Option<String>,
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
            Self::List { tenant, prefix, email, paging } => {
                let tenant_id = match tenant {
                    Some(said) => Some(lookup::tenant(&client, &said).await?),
                    None => None,
                };
                cx.list(client.list_users(&UserFilter { tenant_id, username_prefix: prefix, email }), &paging, COLUMNS).await
            }
            Self::Show(who) => cx.show(client.get_user(find(&who).await?)).await,
            Self::Create { username, tenant, details, disabled, password_stdin, make } => {
                let tenant_id = lookup::tenant_or_own(&client, tenant.as_deref()).await?;
                let password = cx.new_password(password_stdin)?;
                let Details { email, name, phone, comment, role } = details;
                let enabled = disabled.then_some(false);
                let new = NewUser { tenant_id, username, password, email, name, phone, comment, role, enabled };
                cx.change(&make.into(), client.create_user(&new)).await
            }
            Self::Update { who, username, details, enabled, change } => {
                let Details { email, name, phone, comment, role } = details;
                let email = email.map(|e| (!e.is_empty()).then_some(e));
                let update = UserChange { username, email, name, phone, comment, role, enabled };
                cx.change(&change, client.update_user(find(&who).await?, &update)).await
            }
            Self::Delete { who, confirm, change } => {
                let call = client.delete_user(find(&who).await?);
                cx.delete(&format!("user '{}'", who.user), &confirm, &change, call).await
            }
            Self::Password { user, tenant, password_stdin } => {
                let me = client.get_session().await?.user.id;
                let id = match user {
                    Some(said) => lookup::user(&client, &said, tenant.as_deref()).await?,
                    None => me,
                };
                let old_password = if id == me { Some(cx.password("old password: ", password_stdin)?) } else { None };
                let new_password = cx.new_password(password_stdin)?;
                client.update_password(id, &PasswordChange { old_password, new_password }).await?;
                Ok(Output::Done("the password is changed".to_owned()))
            }
        }
    }
}
