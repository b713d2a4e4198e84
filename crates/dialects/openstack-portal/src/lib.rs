//! The dialect `openstack_portal`: document 3, for its clients unchanged. Its login, tenants, groups and users are here (C01 to C14),
//! its servers, networks and volumes (C15 to C29, C48 to C52), and beside the document what a portal is useless without, in the same style.
//!
//! It translates wire to domain and back and decides nothing. An object is answered under its name, a list under its plural, an error as
//! `{"error":{"code":<http status>,"message":"..."}}`.

mod addresses;
mod attachments;
mod commands;
mod error;
mod extract;
mod fields;
mod groups;
mod networks;
mod offers;
mod openapi;
pub mod operations;
mod resources;
mod routers;
mod routes;
mod security_groups;
mod servers;
mod sessions;
mod tenants;
mod users;
mod volumes;

pub use routes::router;

/// The name of the dialect, in the audit and in the configuration.
pub const NAME: &str = "openstack_portal";

/// What an operator can set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether every answer has the HTTP status 200, for clients that look into the body alone.
    pub legacy_status: bool,
}
