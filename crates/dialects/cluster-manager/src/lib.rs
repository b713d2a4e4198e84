//! The dialect `cluster_manager`: document 5, for its clients unchanged. Its login and its logs are here (`POST /v1/token` and E35).
//!
//! It translates wire to domain and back and decides nothing. A success is `{"success":true,"data":...}`, with `count` where it is asked
//! for; a failure is `{"success":false,"error":{"code":"E12003","errormsg":"..."}}`.

mod error;
mod extract;
mod fields;
mod logs;
mod object_id;
mod openapi;
pub mod operations;
mod routes;
mod tokens;

pub use object_id::ObjectId;
pub use routes::router;

/// The name of the dialect, in the audit and in the configuration.
pub const NAME: &str = "cluster_manager";

/// What an operator can set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether every error has the HTTP status 500, as the original's had.
    pub legacy_status: bool,
}
