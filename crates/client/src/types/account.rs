//! Accounts, their lines, and purchases.

use serde::{Deserialize, Serialize};
use tenantry_domain::{LedgerEntryId, QuotaPlanId, TenantId, Timestamp, UserId, money::Money};

use super::Limits;

/// A tenant's account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Whose.
    pub tenant_id: TenantId,
    /// The money planned.
    pub budget: Money,
    /// The money left.
    pub balance: Money,
    /// Whose account pays for what it uses: its own, or the nearest above it; none when that is not to be seen.
    pub payer_id: Option<TenantId>,
    /// For `If-Match`.
    pub version: i64,
}

/// What is set of an account.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountChange {
    /// The money planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// The money left; the difference is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
}

/// A line of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// The booking.
    pub entry_id: LedgerEntryId,
    /// Why money moved.
    pub kind: String,
    /// What came in, or went out when negative.
    pub amount: Money,
    /// For people.
    pub memo: String,
    /// Who caused it.
    pub actor_id: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A purchase of packages.
#[derive(Debug, Clone, Serialize)]
pub struct NewPurchase {
    /// Of which.
    pub quota_plan_id: QuotaPlanId,
    /// How many.
    pub count: i64,
}

/// What was bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purchase {
    /// By whom.
    pub tenant_id: TenantId,
    /// Of which.
    pub quota_plan_id: QuotaPlanId,
    /// How many.
    pub count: i64,
    /// What it cost.
    pub cost: Money,
    /// What is left.
    pub balance: Money,
    /// The tenant's totals now.
    pub quota: Limits,
}
