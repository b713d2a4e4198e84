//! The native API, `/api/v2`: everything that Tenantry does, in one style. docs/native-api.md is its contract.

mod accounts;
mod apps;
mod call;
mod datacenters;
mod events;
mod idempotent;
pub mod operations;
mod problem;
mod registries;
mod render;
mod resources;
mod routes;
mod sessions;
mod system;
mod tenants;
mod users;

pub use routes::router;

/// The name of the dialect, in the audit.
pub const NAME: &str = "native";
