//! The dialect through its router, with the reconciler on a sandbox: a file for each group of operations, and one for what goes wrong.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod app;
mod bad_input;
mod datacenters;
mod dcquotas;
mod deployments;
mod documents;
mod images;
mod namespace_admin;
mod organizations;
mod permissions;
mod quotas;
mod rbds;
mod tokens;
mod users;
