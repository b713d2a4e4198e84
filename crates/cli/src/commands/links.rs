//! Links on the first page of the console.

use clap::Subcommand;
use tenantry_client::types::{LinkChange, NewLink};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Make, Paging};
use crate::lookup;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[("ID", "id"), ("NAME", "name"), ("HREF", "href"), ("NEW WINDOW", "new_window"), ("DESCRIPTION", "description")];

/// Links.
#[derive(Debug, Subcommand)]
pub enum Links {
    /// List them
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        link: String,
    },
    /// Make one
    Create {
        /// The name
        name: String,
        /// An http or https URL, or a path on the server
        href: String,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        /// A picture for it
        #[arg(long, value_name = "URL")]
        image: Option<String>,
        /// Opens in a window of its own
        #[arg(long)]
        new_window: bool,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; what is not said stays
    Update {
        /// Its name or id
        link: String,
        /// The name
        #[arg(long)]
        name: Option<String>,
        /// An http or https URL, or a path on the server
        #[arg(long)]
        href: Option<String>,
        /// Free text
        #[arg(long)]
        description: Option<String>,
        /// A picture for it; empty takes it away
        #[arg(long, value_name = "URL")]
        image: Option<String>,
        /// Whether it opens in a window of its own
        #[arg(long)]
        new_window: Option<bool>,
        #[command(flatten)]
        change: Change,
    },
    /// Remove one
    Delete {
        /// Its name or id
        link: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Links {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::link(&client, said).await;
        match self {
            Self::List { paging } => cx.list(client.list_links(), &paging, COLUMNS).await,
            Self::Show { link } => cx.show(client.get_link(find(&link).await?)).await,
            Self::Create { name, href, description, image, new_window, make } => {
                let new = NewLink { name, href, description, image_url: image, new_window: new_window.then_some(true) };
                cx.change(&make.into(), client.create_link(&new)).await
            }
            Self::Update { link, name, href, description, image, new_window, change } => {
                let update = LinkChange { name, href, description, image_url: image, new_window };
                cx.change(&change, client.update_link(find(&link).await?, &update)).await
            }
            Self::Delete { link, confirm, change } => {
                let call = client.delete_link(find(&link).await?);
                cx.delete(&format!("link '{link}'"), &confirm, &change, call).await
            }
        }
    }
}
