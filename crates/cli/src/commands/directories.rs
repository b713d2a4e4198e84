//! Directories of people: whether each can be asked, and who is in it.

use clap::Subcommand;
use tenantry_client::types::{Directory, PersonFilter};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Paging;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[("NAME", "name"), ("HEALTHY", "healthy"), ("MESSAGE", "message")];
const PEOPLE: Columns = &[("USERNAME", "username"), ("NAME", "name"), ("EMAIL", "email"), ("PHONE", "phone")];

/// Directories.
#[derive(Debug, Subcommand)]
pub enum Directories {
    /// List them in the order in which they are asked, each looked at now
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Look whether they can be asked; fails when one can't
    Check {
        /// The directory [default: all]
        directory: Option<String>,
    },
    /// List people of one, whether they have logged in or not
    Search {
        /// The directory
        directory: String,
        /// How the login, the name or the mail address begins
        prefix: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
}

impl Directories {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { paging } => cx.list(client.list_directories(), &paging, COLUMNS).await,
            Self::Check { directory } => {
                let mut found = client.list_directories().page().await?.items;
                if let Some(said) = &directory {
                    found.retain(|d| d.name == *said);
                    if found.is_empty() {
                        return Err(Failure::not_found(format!("there is no directory '{said}'")));
                    }
                }
                checked(&found)
            }
            Self::Search { directory, prefix, paging } => {
                cx.list(client.list_people(&directory, &PersonFilter { prefix }), &paging, PEOPLE).await
            }
        }
    }
}

fn checked(found: &[Directory]) -> Result<Output, Failure> {
    let sick: Vec<String> = found.iter().filter(|d| !d.healthy).map(|d| format!("the directory '{}': {}", d.name, d.message)).collect();
    if sick.is_empty() { Ok(Output::Done("people can log in".to_owned())) } else { Err(Failure::local(sick.join("\n"))) }
}
