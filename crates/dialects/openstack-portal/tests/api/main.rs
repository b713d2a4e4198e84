//! The dialect through its router: a file for each group of operations, and one for what goes wrong.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod app;
mod bad_input;
mod documents;
mod forms;
mod groups;
mod permissions;
mod sessions;
mod tenants;
mod tokens;
mod users;
