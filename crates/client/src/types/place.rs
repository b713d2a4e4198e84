//! Namespaces and projects that were there before.

use serde::{Deserialize, Serialize};
use tenantry_domain::{TenantId, Timestamp};

use super::LimitsChange;

/// Which of them are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlaceFilter {
    /// Names that begin so.
    pub prefix: Option<String>,
}

/// A namespace or project that is not this Tenantry's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedPlace {
    /// Its name.
    pub name: String,
    /// Its id in the datacenter.
    pub peer_id: String,
    /// When it was made, where the datacenter tells.
    pub since: Option<Timestamp>,
    /// Whether a tenant can be put over it as it is.
    pub adoptable: bool,
    /// Why not, and what would be right; empty when it can.
    pub why_not: String,
}

/// A place to be taken over.
#[derive(Debug, Clone, Serialize)]
pub struct NewPlaceAdoption {
    /// Its name, which is the label of the tenant.
    pub name: String,
    /// The tenant above one that is opened; the caller's own without it.
    pub parent_id: Option<TenantId>,
    /// The name to show of a tenant that is opened; the label without it.
    pub display_name: Option<String>,
    /// The tenant's quota there; what is not said is as usual.
    pub quota: Option<LimitsChange>,
    /// Whether it is removed there with the tenant; else it is only let go.
    pub may_remove: bool,
}
