//! Tenants.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, TenantId, Timestamp, Uid, UserId, money::Money};

use super::{Limits, LimitsChange};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// The integer id.
    pub id: TenantId,
    /// The label at the peers.
    pub uid: Uid,
    /// The tenant above; none for the root.
    pub parent_id: Option<TenantId>,
    /// The distance from the root.
    pub level: i64,
    /// The name, which is the name of its namespaces.
    pub name: String,
    /// Free text.
    pub description: String,
    /// `active` or `closing`.
    pub state: String,
    /// The totals that hold in every datacenter without a quota of its own.
    pub quota: Limits,
    /// The money planned.
    pub budget: Money,
    /// The money left.
    pub balance: Money,
    /// Where it has namespaces.
    pub datacenter_ids: Vec<DatacenterId>,
    /// Why it is in its state.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Attempts that did not reach the goal.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// For `If-Match`.
    pub version: i64,
    /// Who opened it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A tenant to be opened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewTenant {
    /// The name: an RFC 1123 label.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The tenant above; the caller's own without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<TenantId>,
    /// Where it gets namespaces.
    pub datacenter_ids: Vec<DatacenterId>,
    /// The totals.
    pub quota: Limits,
    /// The money planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// What the account begins with, instead of the gift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
}

/// A change of a tenant.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TenantChange {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The totals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<LimitsChange>,
    /// Where it has namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datacenter_ids: Option<Vec<DatacenterId>>,
    /// The money planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// The money left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
}

/// Which tenants are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TenantFilter {
    /// The name.
    pub name: Option<String>,
    /// How the name begins.
    pub name_prefix: Option<String>,
    /// The tenant above.
    pub parent_id: Option<TenantId>,
    /// The state.
    pub state: Option<String>,
    /// A datacenter that they are in.
    pub datacenter_id: Option<DatacenterId>,
}
