//! The dialect through its router: a file for each group of operations, and one for what goes wrong.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod addresses;
mod app;
mod bad_input;
mod bad_input_in_clouds;
mod cloud;
mod cloud_rows;
mod commands;
mod documents;
mod forms;
mod groups;
mod isolation;
mod networks;
mod offers;
mod permissions;
mod routers;
mod security_groups;
mod servers;
mod sessions;
mod tenants;
mod tokens;
mod users;
mod volumes;
