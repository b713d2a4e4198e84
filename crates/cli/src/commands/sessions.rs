//! Open sessions, and ending them.

use clap::Subcommand;
use tenantry_client::types::OwnerFilter;
use tenantry_domain::SessionId;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("CURRENT", "current"),
    ("FROM", "address"),
    ("CLIENT", "client"),
    ("OPENED", "created_at"),
    ("LAST USED", "last_used_at"),
    ("ENDS", "expires_at"),
];

/// Sessions.
#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// List them
    List {
        /// Of this user [default: your own]
        #[arg(long)]
        user: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// End one
    End {
        /// Its id
        session: SessionId,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        make: Make,
    },
    /// End all of a user, or all your own but the present one
    EndAll {
        /// Of this user [default: your own]
        #[arg(long)]
        user: Option<String>,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        make: Make,
    },
}

impl Sessions {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { user, paging } => {
                let user_id = lookup::maybe_user(&client, user.as_deref()).await?;
                cx.list(client.list_sessions(&OwnerFilter { user_id }), &paging, COLUMNS).await
            }
            Self::End { session, confirm, make } => {
                cx.delete(&format!("session {session}"), &confirm, &make.into(), client.end_session(session)).await
            }
            Self::EndAll { user, confirm, make } => {
                let of = lookup::maybe_user(&client, user.as_deref()).await?;
                let what = user.map_or_else(|| "every other session of yours".to_owned(), |u| format!("every session of '{u}'"));
                cx.delete(&what, &confirm, &make.into(), client.end_sessions(of)).await
            }
        }
    }
}
