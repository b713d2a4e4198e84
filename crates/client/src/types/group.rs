//! Groups, and roles on tenants.

use serde::{Deserialize, Serialize};
use tenantry_domain::{GroupId, TenantId, Timestamp, Uid, UserId};

use super::User;

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The integer id.
    pub id: GroupId,
    /// The id for the outside.
    pub uid: Uid,
    /// The tenant that it is in.
    pub tenant_id: TenantId,
    /// The group above; none at the top of a tenant's tree.
    pub parent_id: Option<GroupId>,
    /// The name, unique below its parent.
    pub name: String,
    /// Free text.
    pub description: String,
    /// For `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A group to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewGroup {
    /// The name, unique below its parent.
    pub name: String,
    /// The group above; the root group of the tenant without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<GroupId>,
    /// The tenant, when no parent says it; the caller's own without either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A change of a group.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GroupChange {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Which groups are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GroupFilter {
    /// The tenant.
    pub tenant_id: Option<TenantId>,
    /// The group right above.
    pub parent_id: Option<GroupId>,
    /// Somebody who is in it.
    pub member: Option<UserId>,
    /// The name, whatever its case.
    pub name: Option<String>,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupMember {
    /// The group.
    pub group_id: GroupId,
    /// Who is in it.
    pub user: User,
    /// Whether the user administers it and all below it.
    pub admin: bool,
}

/// What somebody is to be in a group.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Membership {
    /// Whether the user administers it and all below it.
    pub admin: bool,
}

/// A user's role on a tenant, which holds for all below it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// Where.
    pub tenant_id: TenantId,
    /// The name of the tenant.
    pub tenant_name: String,
    /// Who.
    pub user_id: UserId,
    /// The login name.
    pub username: String,
    /// As what.
    pub role: String,
}

/// The role that somebody is to have on a tenant.
#[derive(Debug, Clone, Serialize)]
pub struct WantedRole {
    /// `tenant.admin`, `team.member`, on the root tenant `system.admin`, `telecom`, `maintainer`.
    pub role: String,
}
