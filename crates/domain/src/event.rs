//! Events: changes as they were committed, for those who watch.

use crate::clock::Timestamp;
use crate::id::{EventId, TenantId};

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order of commits; a watcher resumes after it.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The tenant that may see it; none is for platform administrators.
    pub tenant: Option<TenantId>,
    /// The kind of object: `tenant`, `namespace`, `disk`, `app`, `datacenter`.
    pub object: String,
    /// The object's id.
    pub object_id: i64,
    /// The object's name.
    pub name: String,
    /// What happened: `created`, `updated`, `state`, `deleted`.
    pub change: String,
    /// The state after it.
    pub state: String,
    /// The reason, where there is one.
    pub reason: String,
}
