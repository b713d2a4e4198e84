//! What things cost, what was used, and statements.

use serde::{Deserialize, Serialize};
use tenantry_domain::usage::{Rate, RateCard};
use tenantry_domain::{DatacenterId, ResourceId, TenantId, Timestamp};

/// What things cost in a datacenter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatacenterRates {
    /// Where.
    pub datacenter_id: DatacenterId,
    /// For an hour of each.
    pub rates: RateCard,
    /// For `If-Match`; 0 before they were set.
    pub version: i64,
}

/// Which month is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct MonthFilter {
    /// Like `2026-11`, UTC.
    pub month: String,
}

/// What was used of a resource, within one hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Where.
    pub datacenter_id: DatacenterId,
    /// Of which resource; it may be gone.
    pub resource_id: ResourceId,
    /// Its kind.
    pub kind: String,
    /// What it was called.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What it held.
    pub amounts: serde_json::Value,
    /// What that cost.
    pub cost: Rate,
}

/// A line of a statement: one resource in one month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementLine {
    /// Where.
    pub datacenter_id: DatacenterId,
    /// Of which resource.
    pub resource_id: ResourceId,
    /// Its kind.
    pub kind: String,
    /// What it was called last.
    pub name: String,
    /// For how long it was used.
    pub hours: f64,
    /// What that cost.
    pub cost: Rate,
}

/// A page of a tenant's statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Whose.
    pub tenant_id: TenantId,
    /// Of which month.
    pub month: String,
    /// What the whole month cost.
    pub total: Rate,
    /// The lines.
    pub items: Vec<StatementLine>,
    /// The next page.
    pub next: Option<String>,
}

/// What happens when a tenant's account is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPolicy {
    /// `nothing`, `stop_creating` or `suspend`.
    pub when_empty: String,
}
