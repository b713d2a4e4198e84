//! Tenants: the tree that everything belongs to.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{DatacenterId, GroupId, TenantId, Uid, UserId};
use crate::money::Money;
use crate::quota::{Amounts, Limits};
use crate::resource::Progress;
use crate::usage::SUSPENDED;

/// The longest chain of tenants, root included.
pub const MAX_DEPTH: usize = 16;

/// Whether a tenant lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// In use.
    Active,
    /// Being closed: what is in it is removed, then it goes itself.
    Closing,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// The integer id.
    pub id: TenantId,
    /// The id for the outside; the label on all that is made at a peer.
    pub uid: Uid,
    /// The tenant above; none for the root.
    pub parent: Option<TenantId>,
    /// Distance from the root, which has 0.
    pub level: i64,
    /// The name to show, unique across the platform.
    pub name: String,
    /// Unique too: an RFC 1123 label, the name of the namespaces, and the id in dialects whose callers choose ids.
    pub slug: String,
    /// Free text.
    pub description: String,
    /// Who looks after the customer, as free text.
    pub customer_manager: String,
    /// Whether its users may log in; a tenant above that is disabled disables it too.
    pub enabled: bool,
    /// The group at the top of its tree of groups.
    pub root_group: Option<GroupId>,
    /// Whether it lives.
    pub state: TenantState,
    /// Since when it is suspended: nothing of it runs, until the account that pays for it is recharged.
    pub suspended_at: Option<Timestamp>,
    /// The totals that hold in every datacenter for which there is no datacenter quota of its own.
    pub totals: Limits,
    /// The money planned for it; a number to compare with, nothing is booked on it.
    pub budget: Money,
    /// What is left in its account; zero when it has none yet.
    pub balance: Money,
    /// The datacenters that it has namespaces in.
    pub datacenters: Vec<DatacenterId>,
    /// How far closing is, and why it waits.
    pub progress: Progress,
    /// For compare-and-swap.
    pub version: i64,
    /// Who opened it.
    pub created_by: Option<UserId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Tenant {
    /// Why it stands so: how far its closing is, or that it is suspended; empty when there is nothing to say.
    #[must_use]
    pub fn reason(&self) -> &str {
        if self.progress.reason.is_empty() && self.suspended_at.is_some() { SUSPENDED } else { &self.progress.reason }
    }
}

/// The quota of one tenant in one datacenter, with what is taken of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatacenterQuota {
    /// The integer id.
    pub id: crate::id::DatacenterQuotaId,
    /// Whose.
    pub tenant: TenantId,
    /// Where.
    pub datacenter: DatacenterId,
    /// The datacenter's name.
    pub datacenter_name: String,
    /// How much there is; for the root tenant the capacity times the overcommit ratio.
    pub limits: Limits,
    /// How much the tenant's own resources hold.
    pub used: Amounts,
    /// How much was granted to child tenants.
    pub granted: Amounts,
    /// Whether it was set for this datacenter alone, so that the tenant's totals leave it as it is.
    pub overridden: bool,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
