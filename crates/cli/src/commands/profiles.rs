//! The servers that were logged in to.

use clap::Subcommand;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Confirm;
use crate::render::{Columns, Output, to_value};

const COLUMNS: Columns = &[("NAME", "name"), ("SERVER", "server"), ("USER", "username"), ("LOGGED IN", "logged_in"), ("IN USE", "in_use")];

#[derive(Serialize)]
struct Row<'p> {
    name: &'p str,
    server: &'p str,
    username: Option<&'p str>,
    logged_in: bool,
    in_use: bool,
}

/// Profiles.
#[derive(Debug, Subcommand)]
pub enum Profiles {
    /// List them
    List,
    /// Use this one from now on
    Use {
        /// The profile's name
        name: String,
    },
    /// Forget one; its session goes on at the server unless you log out first
    Delete {
        /// The profile's name
        name: String,
        #[command(flatten)]
        confirm: Confirm,
    },
}

impl Profiles {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let known = |cx: &Context, name: &str| {
            let there = cx.profiles.profiles.contains_key(name);
            if there { Ok(()) } else { Err(Failure::not_found(format!("there is no profile '{name}': log in with --profile {name}"))) }
        };
        match self {
            Self::List => {
                let rows = cx.profiles.profiles.iter().map(|(name, profile)| Row {
                    name,
                    server: &profile.server,
                    username: profile.username.as_deref(),
                    logged_in: profile.token.is_some(),
                    in_use: *name == cx.profile,
                });
                Ok(Output::List(rows.map(|row| to_value(&row)).collect::<Result<_, _>>()?, COLUMNS))
            }
            Self::Use { name } => {
                known(cx, &name)?;
                cx.profiles.current = Some(name.clone());
                cx.profiles.save()?;
                Ok(Output::Done(format!("the profile '{name}' is in use")))
            }
            Self::Delete { name, confirm } => {
                known(cx, &name)?;
                cx.confirm(&format!("the profile '{name}'"), &confirm)?;
                cx.profiles.profiles.remove(&name);
                cx.profiles.current.take_if(|current| *current == name);
                cx.profiles.save()?;
                Ok(Output::Done(format!("the profile '{name}' is gone")))
            }
        }
    }
}
