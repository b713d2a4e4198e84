//! Image registries.

use clap::{Args, Subcommand};
use tenantry_client::Secret;
use tenantry_client::types::{NameFilter, NewRegistry, RegistryChange};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[("ID", "id"), ("NAME", "name"), ("URL", "url"), ("USER", "username"), ("PASSWORD", "has_password")];

/// How a registry is reached.
#[derive(Debug, Args)]
pub struct Access {
    /// The user name there
    #[arg(long)]
    username: Option<String>,
    /// Read the password from the input
    #[arg(long)]
    password_stdin: bool,
    /// A PEM file with the registry's certificate authority
    #[arg(long, value_name = "FILE")]
    registry_ca: Option<String>,
}

impl Access {
    fn password(&self, cx: &mut Context) -> Result<Option<Secret>, Failure> {
        if self.password_stdin { cx.password("", true).map(Some) } else { Ok(None) }
    }

    fn ca_pem(&self, cx: &mut Context) -> Result<Option<String>, Failure> {
        self.registry_ca.as_deref().map(|path| cx.read_file(path)).transpose()
    }
}

/// Image registries.
#[derive(Debug, Subcommand)]
pub enum Registries {
    /// List them
    List {
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        registry: String,
    },
    /// Add one
    Create {
        /// The name
        name: String,
        /// The base URL
        url: String,
        #[command(flatten)]
        access: Access,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; its name stays, and what is not said
    Update {
        /// Its name or id
        registry: String,
        /// The base URL
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        access: Access,
        #[command(flatten)]
        change: Change,
    },
    /// Remove one; the images in it stay
    Delete {
        /// Its name or id
        registry: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Registries {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::registry(&client, said).await;
        match self {
            Self::List { name, paging } => cx.list(client.list_registries(&NameFilter { name }), &paging, COLUMNS).await,
            Self::Show { registry } => cx.show(client.get_registry(find(&registry).await?)).await,
            Self::Create { name, url, access, make } => {
                let (password, ca_pem) = (access.password(cx)?, access.ca_pem(cx)?);
                let new = NewRegistry { name, url, username: access.username, password, ca_pem };
                cx.change(&make.into(), client.create_registry(&new)).await
            }
            Self::Update { registry, url, access, change } => {
                let (password, ca_pem) = (access.password(cx)?.map(Some), access.ca_pem(cx)?.map(Some));
                let update = RegistryChange { name: None, url, username: access.username, password, ca_pem };
                cx.change(&change, client.update_registry(find(&registry).await?, &update)).await
            }
            Self::Delete { registry, confirm, change } => {
                let call = client.delete_registry(find(&registry).await?);
                cx.delete(&format!("registry '{registry}'"), &confirm, &change, call).await
            }
        }
    }
}
