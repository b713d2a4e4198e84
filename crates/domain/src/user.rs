//! Users and their roles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{TenantId, Uid, UserId};
use crate::name;

/// What somebody may be on a tenant and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Looks after customers (电信管理员): opens tenants, and manages their people; granted on the root tenant only.
    #[serde(rename = "telecom")]
    Telecom,
    /// Looks after machines (运维): quota, datacenters, what is stuck; granted on the root tenant only.
    #[serde(rename = "maintainer")]
    Maintainer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Member, Self::TenantAdmin, Self::PlatformAdmin, Self::Telecom, Self::Maintainer];
    /// The roles of platform staff: on the root tenant only.
    pub const STAFF: [Self; 3] = [Self::PlatformAdmin, Self::Telecom, Self::Maintainer];
    /// The roles that exist inside a tenant, and therefore in its namespaces.
    pub const OF_TENANTS: [Self; 2] = [Self::Member, Self::TenantAdmin];

    /// The stable name (document 4's).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "team.member",
            Self::TenantAdmin => "tenant.admin",
            Self::PlatformAdmin => "system.admin",
            Self::Telecom => "telecom",
            Self::Maintainer => "maintainer",
        }
    }

    /// Whether who has this role may do all that `other` may.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        match self {
            Self::PlatformAdmin => true,
            Self::TenantAdmin => matches!(other, Self::TenantAdmin | Self::Member),
            Self::Member => matches!(other, Self::Member),
            Self::Telecom => matches!(other, Self::Telecom),
            Self::Maintainer => matches!(other, Self::Maintainer),
        }
    }

    /// Whether it is a role of platform staff.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::PlatformAdmin | Self::Telecom | Self::Maintainer)
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
            Error::invalid(
                "role",
                format!("'{}' is not a role: system.admin, tenant.admin, team.member, telecom and maintainer are", name::clip(text)),
            )
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
    /// The role on the tenant that the user belongs to, if there is one.
    pub role: Option<Role>,
    /// Whether the user may log in.
    pub enabled: bool,
    /// Whether the password was set by somebody else and has to be changed first.
    pub must_change_password: bool,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// The directory that the user comes from; empty for one of our own.
    pub origin: String,
    /// Who made the user.
    pub created_by: Option<UserId>,
    /// For compare-and-swap.
    pub version: i64,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
}

/// The fewest characters of a password, when nothing else is configured.
pub const SHORTEST_PASSWORD: usize = 8;

/// Checks a password against the rule: `shortest` to 256 characters, and not the user's name.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`] with the rule.
pub fn check_password(field: &str, password: &str, username: &str, shortest: usize) -> Result<()> {
    let length = password.chars().count();
    if !(shortest..=256).contains(&length) {
        return Err(Error::invalid(field, format!("'{field}' must have {shortest} to 256 characters")));
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
