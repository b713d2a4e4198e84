//! The dialect `ocmanager`: document 4 (D01 to D48), for its clients unchanged. What it says of services, brokers and instances is not there yet.
//!
//! It translates wire to domain and back and decides nothing. A success is the bare object or list; a command answers
//! `{"message","resCodel","status"}` (`resCode` below `authc`), and a failure has the same shape.

mod access;
mod error;
mod extract;
mod fields;
mod find;
mod links;
mod openapi;
pub mod operations;
mod roles;
mod routes;
mod sessions;
mod tenants;
mod users;
mod wire;

pub use routes::router;

/// The name of the dialect, in the audit and in the configuration.
pub const NAME: &str = "ocmanager";

/// What an operator can set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether every answer has the HTTP status 200, so that the code in the body alone tells.
    pub legacy_status: bool,
}
