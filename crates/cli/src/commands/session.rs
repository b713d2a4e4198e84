//! Logging in and out.

use clap::Args;
use tenantry_client::Secret;
use tenantry_client::types::{Session, StartedSession};
use tenantry_domain::ErrorKind;

use super::sign_on;
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
    /// Read the password from the input, and a one-time code from its second line
    #[arg(long)]
    password_stdin: bool,
    /// Ask for the one-time code at once [default: when the server says that it takes one]
    #[arg(long)]
    code: bool,
    /// Log in with a browser, at this provider of single sign-on [default: the only one]
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, conflicts_with_all = ["username", "password_stdin", "code"])]
    sso: Option<Option<String>>,
}

impl Login {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let session = match &self.sso {
            Some(provider) => sign_on::start(cx, provider.as_deref()).await?,
            None => self.with_password(cx).await?,
        };
        let profile = Profile { username: Some(session.user.username.clone()), token: Some(session.token), ..cx.server.clone() };
        cx.terminal.note(&format!("logged in to {} as {} until {}", profile.server, session.user.username, session.expires_at))?;
        if session.user.must_change_password {
            cx.terminal.note("the password was set by somebody else and has to be changed first: tenantry password")?;
        }
        cx.profiles.profiles.insert(cx.profile.clone(), profile);
        cx.profiles.current.get_or_insert_with(|| cx.profile.clone());
        cx.profiles.save()?;
        match cx.format {
            Format::Table => Ok(Output::Done(String::new())),
            _ => Output::one(&Session { user: session.user, expires_at: session.expires_at }),
        }
    }

    async fn with_password(self, cx: &mut Context) -> Result<StartedSession, Failure> {
        let username = match self.username {
            Some(username) => username,
            None if cx.terminal.interactive => cx.terminal.ask("user: ")?,
            None => return Err(Failure::usage("say who logs in: tenantry login USERNAME, or tenantry login --sso")),
        };
        let password = cx.password("password: ", self.password_stdin)?;
        start(cx, &username, password, self.code, self.password_stdin).await
    }
}

/// Opens a session, with a one-time code where it takes one.
async fn start(cx: &mut Context, username: &str, password: Secret, ask: bool, from_input: bool) -> Result<StartedSession, Failure> {
    if !ask {
        let refused = match cx.client.create_session(username, password.clone()).await {
            Ok(session) => return Ok(session),
            Err(error) => error,
        };
        if refused.kind() != Some(ErrorKind::SecondFactorRequired) {
            return Err(refused.into());
        }
    }
    let code = cx.code("one-time code: ", from_input)?;
    Ok(cx.client.create_session_with_code(username, password, code).await?)
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
