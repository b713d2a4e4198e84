//! The dialect through its router: a file for each group of operations, and one for what goes wrong.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod app;
mod bad_input;
mod documents;
mod logs;
mod permissions;
mod tokens;
