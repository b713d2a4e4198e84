//! Tokens for programs.

use clap::Subcommand;
use tenantry_client::types::{NewToken, OwnerFilter, Rotation};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("ROLES", "roles"),
    ("TENANTS", "tenant_ids"),
    ("DIALECTS", "dialects"),
    ("LAST USED", "last_used_at"),
    ("ENDS", "expires_at"),
];

/// Tokens.
#[derive(Debug, Subcommand)]
pub enum Tokens {
    /// List them
    List {
        /// Of this user [default: your own]
        #[arg(long)]
        user: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name (of your own) or id
        token: String,
    },
    /// Make one; its secret is shown this once
    Create {
        /// The name
        name: String,
        /// A role that it acts with; may be repeated [default: all of yours]
        #[arg(long)]
        role: Vec<String>,
        /// A tenant that it reaches, with all below it; may be repeated [default: all that you reach]
        #[arg(short, long)]
        tenant: Vec<String>,
        /// A dialect that it is accepted in; may be repeated [default: all]
        #[arg(long)]
        dialect: Vec<String>,
        /// For how many days it is good [default: the server's]
        #[arg(long)]
        days: Option<u32>,
        #[command(flatten)]
        make: Make,
    },
    /// Give one another secret, which is shown this once; the old one is good no longer
    Rotate {
        /// Its name or id
        token: String,
        /// For how many days it is good from now on [default: the server's]
        #[arg(long)]
        days: Option<u32>,
        #[command(flatten)]
        make: Make,
    },
    /// Remove one
    Delete {
        /// Its name (of your own) or id
        token: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        make: Make,
    },
}

impl Tokens {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::token(&client, said).await;
        match self {
            Self::List { user, paging } => {
                let user_id = lookup::maybe_user(&client, user.as_deref()).await?;
                cx.list(client.list_tokens(&OwnerFilter { user_id }), &paging, COLUMNS).await
            }
            Self::Show { token } => cx.show(client.get_token(find(&token).await?)).await,
            Self::Create { name, role, tenant, dialect, days, make } => {
                let tenant_ids = lookup::tenants(&client, &tenant).await?;
                let new = NewToken { name, roles: role, tenant_ids, dialects: dialect, days };
                cx.change(&make.into(), client.create_token(&new)).await
            }
            Self::Rotate { token, days, make } => {
                cx.change(&make.into(), client.rotate_token(find(&token).await?, Rotation { days })).await
            }
            Self::Delete { token, confirm, make } => {
                let call = client.delete_token(find(&token).await?);
                cx.delete(&format!("token '{token}'"), &confirm, &make.into(), call).await
            }
        }
    }
}
