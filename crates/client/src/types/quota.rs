//! The quota of a tenant in one datacenter.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, DatacenterQuotaId, TenantId, Timestamp};

use super::{Amounts, Limits, LimitsChange};

/// A datacenter quota.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// The integer id.
    pub id: DatacenterQuotaId,
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: DatacenterId,
    /// The datacenter's name.
    pub datacenter_name: String,
    /// How much there is.
    pub quota: Limits,
    /// What the tenant's own resources hold.
    pub used: Amounts,
    /// What child tenants were given.
    pub granted: Amounts,
    /// Whether it was set for this datacenter alone.
    pub overridden: bool,
    /// For `If-Match`.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A quota that overrides the tenant's totals in a datacenter.
#[derive(Debug, Clone, Serialize)]
pub struct NewQuota {
    /// Where.
    pub datacenter_id: DatacenterId,
    /// How much.
    pub quota: Limits,
}

/// A change of a datacenter quota.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QuotaChange {
    /// How much.
    pub quota: LimitsChange,
}
