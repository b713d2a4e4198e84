//! A new password by a link in a mail, for who has forgotten the old one.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Failure;
use crate::render::Output;

/// A new password by a link in a mail.
#[derive(Debug, Subcommand)]
pub enum PasswordReset {
    /// Ask for a mail with a link
    Request {
        /// The login name or email address
        user: String,
    },
    /// Set a new password with the token of the link: what is behind #token=
    Confirm {
        /// Read from the input: the token and the new password, a line each
        #[arg(long)]
        password_stdin: bool,
    },
}

impl PasswordReset {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        match self {
            Self::Request { user } => {
                cx.client.create_password_reset(user).await?;
                Ok(Output::Done("if there is such a user who may have a link, it is mailed now".to_owned()))
            }
            Self::Confirm { password_stdin } => {
                let token = cx.password("token of the link: ", password_stdin)?;
                let password = cx.new_password(password_stdin)?;
                cx.client.confirm_password_reset(token, password).await?;
                Ok(Output::Done("the password is set: log in with it".to_owned()))
            }
        }
    }
}
