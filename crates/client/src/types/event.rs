//! Events: changes as they were committed.

use serde::{Deserialize, Serialize};
use tenantry_domain::{EventId, TenantId, Timestamp};

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the order of commits.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// In which tenant.
    pub tenant_id: Option<TenantId>,
    /// The kind of object.
    pub object: String,
    /// The object's id.
    pub object_id: i64,
    /// The object's name.
    pub name: String,
    /// `created`, `updated`, `state` or `deleted`.
    pub change: String,
    /// The state after it.
    pub state: String,
    /// The reason, where there is one.
    pub reason: String,
}

/// Which events are sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventFilter {
    /// In which tenant.
    pub tenant_id: Option<TenantId>,
    /// Of which kind of object.
    pub object: Option<String>,
}
