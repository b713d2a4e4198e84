//! The command line from the outside: arguments in, requests to a server that says what the test wants, texts and exit codes out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod audit;
mod clouds;
mod command_line;
mod commands;
mod identity;
mod profiles;
mod sign_on;
mod support;
