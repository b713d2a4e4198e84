//! Users.

use serde::{Deserialize, Serialize};
use tenantry_domain::{GroupId, TenantId, Timestamp, Uid, UserId};

use crate::secret::Secret;

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The integer id.
    pub id: UserId,
    /// The id for the outside.
    pub uid: Uid,
    /// The tenant that the user belongs to.
    pub tenant_id: TenantId,
    /// The login name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: String,
    /// Free text.
    pub comment: String,
    /// The role on the tenant, if there is one: `tenant.admin`, `team.member`, on the root tenant `system.admin`, `telecom`, `maintainer`.
    pub role: Option<String>,
    /// Whether the user may log in.
    pub enabled: bool,
    /// Whether the password was set by somebody else and has to be changed first.
    pub must_change_password: bool,
    /// Whether logging in takes a one-time code.
    pub second_factor: bool,
    /// The directory that the user comes from; empty for one of the server's own.
    pub origin: String,
    /// Who made the user.
    pub created_by: Option<UserId>,
    /// For `If-Match`.
    pub version: i64,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
}

/// A user to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewUser {
    /// The tenant that the user belongs to.
    pub tenant_id: TenantId,
    /// The login name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role on the tenant; `team.member` without it, `Some(None)` for no role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Option<String>>,
    /// Whether the user may log in; yes without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether the password has to be changed first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub must_change_password: bool,
    /// The group that the user is put into; the tenant's root group without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// Whether the user administers that group.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub group_admin: bool,
}

/// A change of a user.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UserChange {
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The email address; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Option<String>>,
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The role; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Option<String>>,
    /// Whether the user may log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A change of a password.
#[derive(Debug, Clone, Serialize)]
pub struct PasswordChange {
    /// The old one, unless an administrator resets somebody else's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_password: Option<Secret>,
    /// The new one.
    pub new_password: Secret,
}

/// Which users are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UserFilter {
    /// Whose.
    pub tenant_id: Option<TenantId>,
    /// How the login name begins.
    pub username_prefix: Option<String>,
    /// The login name, whatever its case.
    pub username: Option<String>,
    /// A group that they are in.
    pub group_id: Option<GroupId>,
    /// A tenant that they have a role on themselves.
    pub role_on: Option<TenantId>,
    /// The email address.
    pub email: Option<String>,
}
