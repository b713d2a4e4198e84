//! What a command works with: the client, the terminal, and the few things that all commands do alike.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tenantry_client::{Call, Client, List, Secret};

use crate::exit::Failure;
use crate::global::{Change, Confirm, Format, Global, Paging, Settle};
use crate::profile::{Profile, Profiles, same_server};
use crate::render::{Columns, Output, to_value};
use crate::settle::{Settles, until_gone, until_ready};
use crate::terminal::Terminal;

/// The server when nobody says another.
const LOCAL: &str = "http://127.0.0.1:8080";
/// The largest page that the server gives.
const LARGEST_PAGE: u64 = 1000;

pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) terminal: Terminal,
    pub(crate) profiles: Profiles,
    /// The name of the profile in use.
    pub(crate) profile: String,
    /// The server in use, and how it is trusted; without a token.
    pub(crate) server: Profile,
    pub(crate) format: Format,
}

impl Context {
    /// The terminal is given back with a failure, to report it on.
    pub(crate) fn new(global: &Global, terminal: Terminal) -> Result<Self, Box<(Failure, Terminal)>> {
        match Self::set_up(global, &terminal) {
            Ok((client, profiles, profile, server)) => Ok(Self { client, terminal, profiles, profile, server, format: global.output }),
            Err(failure) => Err(Box::new((failure, terminal))),
        }
    }

    fn set_up(global: &Global, terminal: &Terminal) -> Result<(Client, Profiles, String, Profile), Failure> {
        let profiles = Profiles::load(terminal)?;
        // a variable that is set to nothing says nothing
        let profile = profiles.chosen(global.profile.as_deref().filter(|p| !p.is_empty()));
        let known = profiles.profiles.get(&profile);
        let server =
            global.server.clone().filter(|s| !s.is_empty()).or_else(|| known.map(|p| p.server.clone())).unwrap_or_else(|| LOCAL.to_owned());
        // a token is for the server that gave it, and for no other
        let known = known.filter(|p| same_server(&p.server, &server));
        let token = (terminal.env)("TENANTRY_TOKEN").map(Secret::from).or_else(|| known.and_then(|p| p.token.clone()));
        let ca_file = global.ca_file.clone().filter(|f| !f.as_os_str().is_empty()).or_else(|| known.and_then(|p| p.ca_file.clone()));
        let mut builder = Client::builder(&server);
        if let Some(token) = token {
            builder = builder.token(token);
        }
        if let Some(file) = &ca_file {
            let pem = std::fs::read_to_string(file).map_err(|e| Failure::local(format!("{} can't be read: {e}", file.display())))?;
            builder = builder.ca_pem(pem);
        }
        let client = builder.build()?;
        let server = Profile { server, ca_file, ..Profile::default() };
        Ok((client, profiles, profile, server))
    }

    /// As much of a list as was asked for.
    pub(crate) async fn list<T>(&mut self, list: List<T>, paging: &Paging, columns: Columns) -> Result<Output, Failure>
    where
        T: DeserializeOwned + Serialize + 'static,
    {
        let mut left = if paging.all { u64::MAX } else { paging.limit };
        let mut list = match &paging.after {
            Some(after) => list.after(after),
            None => list,
        };
        let mut items = Vec::new();
        while left > 0 {
            list = list.limit(left.min(LARGEST_PAGE));
            let Some(page) = list.next_page().await? else { break };
            left = left.saturating_sub(u64::try_from(page.len()).unwrap_or(u64::MAX));
            for item in &page {
                items.push(to_value(item)?);
            }
        }
        if let Some(next) = list.next() {
            self.terminal.note(&format!("there are more: --all, or --after {next}"))?;
        }
        Ok(Output::List(items, columns))
    }

    /// One object that is only read.
    pub(crate) async fn show<T: Serialize + 'static>(&self, call: Call<T>) -> Result<Output, Failure> {
        Output::one(&call.await?)
    }

    /// A change that is over when it is answered.
    pub(crate) async fn change<T: Serialize + 'static>(&self, change: &Change, call: Call<T>) -> Result<Output, Failure> {
        let call = conditional(change, call);
        if change.dry_run { Output::one(&call.dry_run().await?) } else { Output::one(&call.await?) }
    }

    /// A change that a controller carries out.
    pub(crate) async fn settle<T: Settles + 'static>(&mut self, settle: &Settle, call: Call<T>) -> Result<Output, Failure> {
        if settle.change.dry_run || settle.no_wait {
            return self.change(&settle.change, call).await;
        }
        let first = conditional(&settle.change, call).await?;
        let client = self.client.clone();
        Output::one(&until_ready(&mut self.terminal, &client, first, settle.timeout).await?)
    }

    /// A delete that is over when it is answered.
    pub(crate) async fn delete(&mut self, what: &str, confirm: &Confirm, change: &Change, call: Call<()>) -> Result<Output, Failure> {
        let call = conditional(change, call);
        if change.dry_run {
            return Output::one(&call.dry_run().await?);
        }
        self.confirm(what, confirm)?;
        call.await?;
        Ok(Output::Done(format!("{what} is gone")))
    }

    /// A delete that a controller carries out.
    pub(crate) async fn remove<T: Settles + 'static>(
        &mut self,
        what: &str,
        confirm: &Confirm,
        settle: &Settle,
        call: Call<Option<T>>,
    ) -> Result<Output, Failure> {
        let call = conditional(&settle.change, call);
        if settle.change.dry_run {
            return Output::one(&call.dry_run().await?);
        }
        self.confirm(what, confirm)?;
        match call.await? {
            Some(rest) if settle.no_wait => Output::one(&rest),
            Some(rest) => {
                let client = self.client.clone();
                until_gone(&mut self.terminal, &client, rest, settle.timeout).await?;
                Ok(Output::Done(format!("{what} is gone")))
            }
            None => Ok(Output::Done(format!("{what} is gone"))),
        }
    }

    /// Asks a person whether `what` shall go; a script is not asked.
    pub(crate) fn confirm(&mut self, what: &str, confirm: &Confirm) -> Result<(), Failure> {
        if confirm.yes || !self.terminal.interactive {
            return Ok(());
        }
        let answer = self.terminal.ask(&format!("remove {what}? [y/N] "))?;
        if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(Failure::local("nothing was changed")) }
    }

    /// A password: typed twice, or a line of the input.
    pub(crate) fn new_password(&mut self, from_input: bool) -> Result<Secret, Failure> {
        let first = self.password("new password: ", from_input)?;
        if !from_input && first != self.password("once more: ", false)? {
            return Err(Failure::usage("the two are not the same"));
        }
        Ok(first)
    }

    /// A password: typed, or a line of the input.
    pub(crate) fn password(&mut self, prompt: &str, from_input: bool) -> Result<Secret, Failure> {
        if from_input {
            return Ok(self.terminal.read_line()?.into());
        }
        if !self.terminal.interactive {
            return Err(Failure::usage("nobody can be asked for the password here: use --password-stdin"));
        }
        Ok((self.terminal.ask_secret)(prompt)?.into())
    }

    /// A one-time code: typed, or a line of the input.
    pub(crate) fn code(&mut self, prompt: &str, from_input: bool) -> Result<Secret, Failure> {
        let code = if from_input {
            let missing = |_| Failure::usage("a one-time code is needed: give it as the next line of the input");
            self.terminal.read_line().map_err(missing)?
        } else if self.terminal.interactive {
            (self.terminal.ask_secret)(prompt)?
        } else {
            return Err(Failure::usage("nobody can be asked for the one-time code here: give it in the input"));
        };
        Ok(code.trim().into())
    }

    /// The text of a file; `-` is the input.
    pub(crate) fn read_file(&mut self, path: &str) -> Result<String, Failure> {
        if path != "-" {
            return std::fs::read_to_string(path).map_err(|e| Failure::local(format!("{path} can't be read: {e}")));
        }
        let mut text = String::new();
        std::io::Read::read_to_string(&mut self.terminal.input, &mut text)?;
        Ok(text)
    }
}

fn conditional<T>(change: &Change, call: Call<T>) -> Call<T> {
    match change.if_version {
        Some(version) => call.if_version(version),
        None => call,
    }
}
