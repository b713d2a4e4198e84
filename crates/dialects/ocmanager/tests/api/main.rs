//! The dialect through its router, with the reconciler on a sandbox: a file for each group of operations, and one for what goes wrong.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod access;
mod app;
mod bad_input;
mod documents;
mod links;
mod permissions;
mod roles;
mod sessions;
mod tenants;
mod users;
