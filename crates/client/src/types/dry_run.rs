//! What a dry run answers.

use serde::{Deserialize, Serialize};
use tenantry_domain::money::Money;
use tenantry_domain::{DatacenterId, TenantId};

use super::Amounts;

/// What would happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// What would be done.
    pub action: String,
    /// To what kind.
    pub object: String,
    /// What quota would be taken.
    #[serde(default)]
    pub quota: Vec<Booking>,
    /// What would be booked.
    #[serde(default)]
    pub cost: Option<Money>,
    /// What would be left.
    #[serde(default)]
    pub balance: Option<Money>,
    /// What else would come into being.
    #[serde(default)]
    pub creates: Vec<Named>,
    /// What would be removed.
    #[serde(default)]
    pub removes: Vec<Named>,
}

/// Quota that would be taken, or given back when negative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Where.
    pub datacenter_id: DatacenterId,
    /// From whom.
    pub tenant_id: TenantId,
    /// How much.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// An object by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its kind.
    pub kind: String,
    /// Its id; none for what is yet to be.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub datacenter_id: Option<DatacenterId>,
}
