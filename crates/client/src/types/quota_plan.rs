//! Quota plans: the packages on sale.

use serde::{Deserialize, Serialize};
use tenantry_domain::{QuotaPlanId, Timestamp, money::Money};

/// A quota plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotaPlan {
    /// The integer id.
    pub id: QuotaPlanId,
    /// The name.
    pub name: String,
    /// Cores.
    pub cpu: f64,
    /// GiB of memory.
    pub memory_gib: f64,
    /// GiB of storage.
    pub storage_gib: f64,
    /// The price.
    pub cost: Money,
    /// For `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A quota plan to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewQuotaPlan {
    /// The name.
    pub name: String,
    /// Cores.
    pub cpu: f64,
    /// GiB of memory.
    pub memory_gib: f64,
    /// GiB of storage.
    pub storage_gib: f64,
    /// The price.
    pub cost: Money,
}

/// A change of a quota plan.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QuotaPlanChange {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// GiB of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<f64>,
    /// GiB of storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_gib: Option<f64>,
    /// The price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
}
