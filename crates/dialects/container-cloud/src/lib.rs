//! The dialect `container_cloud`: documents 1 (A01 to A38) and 2 (B01 to B05), for their clients unchanged.
//!
//! It translates wire to domain and back and decides nothing. Every answer has the envelope `{"code","message","msg","data"}`.

mod datacenters;
mod deployments;
mod disks;
mod error;
mod extract;
mod fields;
mod images;
mod namespace_admin;
mod openapi;
pub mod operations;
mod organizations;
mod quotas;
mod routes;
mod sessions;
mod users;
mod wire;

pub use routes::router;

/// The name of the dialect, in the audit and in the configuration.
pub const NAME: &str = "container_cloud";

/// What an operator can set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether every answer has the HTTP status 200, as the original's had.
    pub legacy_status: bool,
}
