//! The command line of Tenantry: thin commands over the client of the native API.
//!
//! The one binary `tenantry` flattens [`Command`] beside `serve`, `migrate` and `doctor`, takes [`Global`] for all of them, and
//! hands both to [`execute`]. Answers go to the standard output, progress and errors beside it; how a command ended is its [`Exit`] code.

mod commands;
mod context;
mod exit;
mod global;
mod lookup;
mod parse;
mod profile;
mod render;
mod settle;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

pub use commands::{Command, Verify};
pub use exit::Exit;
pub use global::{Format, Global};
pub use terminal::{Environment, OpenBrowser, Terminal};

use context::Context;
use exit::Failure;
use render::Output;

/// The command line when there is nothing but the client.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, about = "A multi-tenant cloud control plane", propagate_version = true)]
pub struct Cli {
    /// What all commands take.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The client's command line, for help, completion and tests.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses `args`, the program's name first, and carries them out.
pub async fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    run_in(args, Terminal::of_process()).await.into()
}

/// As [`run`], on the given terminal.
pub async fn run_in(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, mut terminal: Terminal) -> Exit {
    let parsed = command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => execute(cli.global, cli.command, command(), terminal).await,
        Err(error) => {
            // help and version are answers, not errors
            let (to, exit) = if error.use_stderr() { (&mut terminal.err, Exit::Usage) } else { (&mut terminal.out, Exit::Ok) };
            if write!(to, "{}", error.render()).and_then(|()| to.flush()).is_err() { Exit::Failure } else { exit }
        }
    }
}

/// Carries out a command that was parsed. `root` is the whole command line that it was a part of, for its completion.
pub async fn execute(global: Global, command: Command, root: clap::Command, terminal: Terminal) -> Exit {
    let mut cx = match Context::new(&global, terminal) {
        Ok(cx) => cx,
        Err(failed) => {
            let (failure, mut terminal) = *failed;
            return report(&mut terminal, &failure);
        }
    };
    let ended = match command.run(&mut cx, root).await {
        Ok(output) => finish(&mut cx, &output),
        Err(failure) => Err(failure),
    };
    match ended {
        Ok(()) => Exit::Ok,
        Err(failure) => report(&mut cx.terminal, &failure),
    }
}

fn finish(cx: &mut Context, output: &Output) -> Result<(), Failure> {
    if let Output::Done(text) = output
        && !text.is_empty()
    {
        cx.terminal.note(text)?;
    }
    render::write(&mut *cx.terminal.out, cx.format, output)
}

fn report(terminal: &mut Terminal, failure: &Failure) -> Exit {
    let shown = if failure.exit == Exit::Ok { Ok(()) } else { terminal.note(&format!("error: {failure}")) };
    // when nobody reads errors any more, the exit code still says it
    shown.map_or(failure.exit, |()| failure.exit)
}
