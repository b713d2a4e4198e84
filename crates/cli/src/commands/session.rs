//! Logging in and out.

use clap::Args;
use tenantry_client::types::Session;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Format;
use crate::profile::Profile;
use crate::render::Output;

/// Log in.
#[derive(Debug, Args)]
pub struct Login {
    /// The login name or email address [default: asked for]
    username: Option<String>,
    /// Read the password from the input
    #[arg(long)]
    password_stdin: bool,
}

impl Login {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let username = match self.username {
            Some(username) => username,
            None if cx.terminal.interactive => cx.terminal.ask("user: ")?,
            None => return Err(Failure::usage("say who logs in: tenantry login USERNAME")),
        };
        let password = cx.password("password: ", self.password_stdin)?;
        let session = cx.client.create_session(username, password).await?;
        let profile = Profile { username: Some(session.user.username.clone()), token: Some(session.token), ..cx.server.clone() };
        cx.terminal.note(&format!("logged in to {} as {} until {}", profile.server, session.user.username, session.expires_at))?;
        cx.profiles.profiles.insert(cx.profile.clone(), profile);
        cx.profiles.current.get_or_insert_with(|| cx.profile.clone());
        cx.profiles.save()?;
        match cx.format {
            Format::Table => Ok(Output::Done(String::new())),
            _ => Output::one(&Session { user: session.user, expires_at: session.expires_at }),
        }
    }
}

pub(crate) async fn logout(cx: &mut Context) -> Result<Output, Failure> {
    let ended = cx.client.delete_session().await.map_err(Failure::from);
    // a session that is over already is as good as ended
    if let Err(failure) = ended
        && failure.exit != crate::exit::Exit::NotAuthenticated
    {
        return Err(failure);
    }
    let here = cx.profiles.profiles.get_mut(&cx.profile).filter(|p| crate::profile::same_server(&p.server, &cx.server.server));
    if let Some(profile) = here
        && profile.token.take().is_some()
    {
        cx.profiles.save()?;
    }
    Ok(Output::Done(format!("logged out of {}", cx.server.server)))
}

pub(crate) async fn whoami(cx: &mut Context) -> Result<Output, Failure> {
    cx.show(cx.client.get_session()).await
}
