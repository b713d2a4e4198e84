//! The operations of document 5 that are there, as a table: what the OpenAPI document and the tests are made from.

use tenantry_http::fields::Object;
use tenantry_http::openapi::op;

use crate::fields::{LOG, TOKEN, takes};
pub use crate::logs::MOST as MOST_LOGS;
use Gives::{Many, One};

/// What the data of an answer is.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// An object.
    One(&'static Object),
    /// A list of objects, with `count` and the header `X-Object-Count` when it is asked for.
    Many(&'static Object),
}

/// An operation of this dialect.
pub type Operation = tenantry_http::openapi::Operation<Gives>;

/// The login, which the document leaves to another of the original's servers, and the logs.
pub static ALL: &[Operation] = &[
    op("E00", "POST", "/v1/token", "create_token", "Log in", One(&TOKEN)).takes(takes::LOGIN, &["username", "password"]),
    op("E35", "GET", "/v1/logs", "list_logs", "List logs", Many(&LOG)).asks(takes::LOGS),
];
