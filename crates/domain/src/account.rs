//! Accounts: every change of a balance is a booking in an append-only, double-entry ledger.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{LedgerEntryId, QuotaPlanId, TenantId, UserId};
use crate::money::Money;

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The gift to a new account.
    Gift,
    /// An administrator set the balance; the difference is booked.
    Adjustment,
    /// A package was bought.
    Purchase,
    /// What was used in an hour.
    Usage,
    /// A closed tenant's remainder.
    Closing,
}

impl EntryKind {
    /// Whether an account may go into debt by it: what was used was used.
    #[must_use]
    pub const fn may_go_into_debt(self) -> bool {
        matches!(self, Self::Usage)
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gift => "gift",
            Self::Adjustment => "adjustment",
            Self::Purchase => "purchase",
            Self::Usage => "usage",
            Self::Closing => "closing",
        }
    }
}

/// A line of a tenant's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// The booking that it belongs to; the other line is the platform's.
    pub entry: LedgerEntryId,
    /// The stable name of its [`EntryKind`].
    pub kind: String,
    /// Whose account.
    pub tenant: TenantId,
    /// What came in, or went out when negative.
    pub amount: Money,
    /// For people.
    pub memo: String,
    /// Who caused it.
    pub actor: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A quota plan: what a package adds to a tenant's totals in every datacenter, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaPlan {
    /// The integer id.
    pub id: QuotaPlanId,
    /// The unique name.
    pub name: String,
    /// Millicores.
    pub cpu_millicores: i64,
    /// MiB.
    pub memory_mib: i64,
    /// MiB.
    pub storage_mib: i64,
    /// The price.
    pub cost: Money,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}
