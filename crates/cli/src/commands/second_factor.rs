//! One-time codes beside the password.

use clap::Subcommand;
use tenantry_client::types::{FirstCode, OwnPassword};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Confirm;
use crate::lookup;
use crate::render::Output;

/// One-time codes.
#[derive(Debug, Subcommand)]
pub enum SecondFactor {
    /// Show whether you have one
    Show,
    /// Get a secret for your device; codes are asked for after the first one was confirmed
    Begin {
        /// Read your password from the input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Confirm it with the first code; shows the recovery codes, this once
    Confirm {
        /// Read the code from the input
        #[arg(long)]
        code_stdin: bool,
    },
    /// Get new recovery codes, which are shown this once, instead of those that are left
    RecoveryCodes {
        /// Read your password from the input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove it: your own with the password, or that of somebody who lost the device
    Remove {
        /// Whose [default: your own]
        user: Option<String>,
        /// The tenant of the user, when the login name is not the only one
        #[arg(short, long)]
        tenant: Option<String>,
        /// Read your password from the input
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        confirm: Confirm,
    },
}

impl SecondFactor {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::Show => cx.show(client.get_second_factor()).await,
            Self::Begin { password_stdin } => {
                let password = cx.password("password: ", password_stdin)?;
                let offered = client.begin_second_factor(&OwnPassword { password }).await?;
                cx.terminal.note("enter the secret (or the URL as a QR code) in your device, then: tenantry second-factor confirm")?;
                Output::one(&offered)
            }
            Self::Confirm { code_stdin } => {
                let code = cx.code("one-time code: ", code_stdin)?;
                let codes = client.confirm_second_factor(&FirstCode { code }).await?;
                cx.terminal.note("logging in takes a one-time code from now on; keep these for a lost device, each is good once")?;
                Output::one(&codes)
            }
            Self::RecoveryCodes { password_stdin } => {
                let password = cx.password("password: ", password_stdin)?;
                Output::one(&client.renew_recovery_codes(&OwnPassword { password }).await?)
            }
            Self::Remove { user, tenant, password_stdin, confirm } => {
                let me = client.get_session().await?.user.id;
                let of = match &user {
                    Some(said) => lookup::user(&client, said, tenant.as_deref()).await?,
                    None => me,
                };
                let what = user.map_or_else(|| "your second factor".to_owned(), |u| format!("the second factor of '{u}'"));
                cx.confirm(&what, &confirm)?;
                if of == me {
                    let password = cx.password("password: ", password_stdin)?;
                    client.delete_second_factor(&OwnPassword { password }).await?;
                } else {
                    client.reset_second_factor(of).await?;
                }
                Ok(Output::Done(format!("{what} is gone")))
            }
        }
    }
}
