//! Tenants.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, GroupId, TenantId, Timestamp, Uid, UserId, money::Money};

use super::{Limits, LimitsChange};
use crate::secret::Secret;

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
    /// The name to show.
    pub name: String,
    /// What its namespaces and projects are called by: an RFC 1123 label.
    pub label: String,
    /// Free text.
    pub description: String,
    /// Who looks after the customer.
    pub customer_manager: String,
    /// Whether its users, and those of the tenants below, may log in.
    pub enabled: bool,
    /// The group at the top of its tree.
    pub root_group_id: Option<GroupId>,
    /// `active` or `closing`.
    pub state: String,
    /// Since when it is suspended: nothing of it runs until the account that pays for it is recharged.
    pub suspended_at: Option<Timestamp>,
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
    /// The name; an RFC 1123 label itself when there is no label.
    pub name: String,
    /// What its namespaces and projects are called by; the name without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Who looks after the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_manager: Option<String>,
    /// An administrator to be made with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<NewAdministrator>,
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

/// A tenant's first administrator.
#[derive(Debug, Clone, Serialize)]
pub struct NewAdministrator {
    /// The login name: logs in as `username#label`.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A change of a tenant.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TenantChange {
    /// The name to show; the label stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who looks after the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_manager: Option<String>,
    /// Whether its users, and those of the tenants below, may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
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
    /// A tenant above, however far.
    pub below_id: Option<TenantId>,
    /// Somebody with a role on it.
    pub user_id: Option<UserId>,
    /// The state.
    pub state: Option<String>,
    /// A datacenter that they are in.
    pub datacenter_id: Option<DatacenterId>,
}
