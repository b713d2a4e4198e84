//! The operations of document 5 that are there, as a table: what the OpenAPI document and the tests are made from.

use tenantry_http::fields::{Field, Object};

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

/// An operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Its number in the checklist of the documents.
    pub group: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The operation id, `<verb>_<resource>`.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What the data of its answer is.
    pub gives: Gives,
    /// The fields of its body.
    pub takes: &'static [Field],
    /// Those that it cannot do without.
    pub required: &'static [&'static str],
    /// The fields of its query string.
    pub asks: &'static [Field],
}

/// The login, which the document leaves to another of the original's servers, and the logs.
pub static ALL: &[Operation] = &[
    Operation {
        group: "E00",
        method: "POST",
        path: "/v1/token",
        id: "create_token",
        summary: "Log in",
        gives: One(&TOKEN),
        takes: takes::LOGIN,
        required: &["username", "password"],
        asks: &[],
    },
    Operation {
        group: "E35",
        method: "GET",
        path: "/v1/logs",
        id: "list_logs",
        summary: "List logs",
        gives: Many(&LOG),
        takes: &[],
        required: &[],
        asks: takes::LOGS,
    },
];
