//! The language of Tenantry: ids, money, quota, tenants, users, datacenters, resources, permissions and errors.
//!
//! Nothing here performs I/O, is async, or reads a clock; every rule can be tested with values alone.
//! The other rooms translate between these types and a wire, a database or a peer.

pub mod account;
pub mod audit;
pub mod clock;
pub mod cloud;
pub mod datacenter;
pub mod error;
pub mod event;
pub mod group;
pub mod id;
mod kinds;
pub mod link;
pub mod money;
pub mod name;
pub mod page;
pub mod place;
pub mod policy;
pub mod quota;
pub mod registry;
pub mod release;
pub mod resource;
pub mod tenant;
pub mod token;
pub mod usage;
pub mod user;

pub use clock::{Clock, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use id::*;
pub use money::Money;
pub use quota::{Amounts, Metric};
