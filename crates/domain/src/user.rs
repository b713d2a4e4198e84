//! Users and their roles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{TenantId, Uid, UserId};
use crate::name;

/// What somebody may be on a tenant. Later ones include what earlier ones may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Works in the tenant: sees it, has disks, apps and releases.
    #[serde(rename = "team.member")]
    Member,
    /// Runs the tenant and all below it.
    #[serde(rename = "tenant.admin")]
    TenantAdmin,
    /// Runs the platform; granted on the root tenant only.
    #[serde(rename = "system.admin")]
    PlatformAdmin,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::TenantAdmin, Self::PlatformAdmin];
    /// The roles that exist inside a tenant, and therefore in its namespaces.
    pub const OF_TENANTS: [Self; 2] = [Self::Member, Self::TenantAdmin];

    /// The stable name (document 4's).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "team.member",
            Self::TenantAdmin => "tenant.admin",
            Self::PlatformAdmin => "system.admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|r| r.name() == text).ok_or_else(|| {
            Error::invalid("role", format!("'{}' is not a role: system.admin, tenant.admin and team.member are", name::clip(text)))
        })
    }
}

/// A user, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The integer id.
    pub id: UserId,
    /// The id for the outside.
    pub uid: Uid,
    /// The tenant that the user belongs to.
    pub tenant: TenantId,
    /// The login name, unique inside the tenant.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// The email address, unique everywhere.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: String,
    /// Free text.
    pub comment: String,
    /// The role on the tenant that the user belongs to.
    pub role: Role,
    /// Whether the user may log in.
    pub enabled: bool,
    /// For compare-and-swap.
    pub version: i64,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
}

/// Checks a password against the default rule: 8 to 256 characters, and not the user's name.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`] with the rule.
pub fn check_password(field: &str, password: &str, username: &str) -> Result<()> {
    let length = password.chars().count();
    if !(8..=256).contains(&length) {
        return Err(Error::invalid(field, format!("'{field}' must have 8 to 256 characters")));
    }
    if password.eq_ignore_ascii_case(username) {
        return Err(Error::invalid(field, format!("'{field}' must not be the user's name")));
    }
    Ok(())
}

/// Checks a login name: 1 to 128 characters, none of them blank, control, `#` or `/`.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`] or [`crate::ErrorKind::MissingArgument`].
pub fn check_username(field: &str, username: &str) -> Result<()> {
    if username.is_empty() {
        return Err(Error::missing(field));
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '#' | '/');
    if username.chars().count() > 128 || username.chars().any(bad) {
        return Err(Error::invalid(field, format!("'{field}' must have 1 to 128 characters and no blanks, '#' or '/'")));
    }
    Ok(())
}

/// Checks that an email address has the shape of one; whether it exists only mail can tell.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`].
pub fn check_email(field: &str, email: &str) -> Result<()> {
    let ok = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || c == '#' || c == '/')
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if ok { Ok(()) } else { Err(Error::invalid(field, format!("'{}' is not an email address", name::clip(email)))) }
}
