//! Who asks, with which roles, and where tenants are in the tree.

use serde::{Deserialize, Serialize};

use crate::id::{GroupId, SessionId, TenantId, UserId};
use crate::user::Role;

/// A role that a user has on a tenant and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The top of the subtree.
    pub tenant: TenantId,
    /// The role held there.
    pub role: Role,
}

impl Grant {
    /// Whether it reaches every tenant: a role of platform staff, or running the root tenant. Platform administrators alone give it, and
    /// change who has it.
    #[must_use]
    pub fn reaches_all(&self) -> bool {
        self.role.is_staff() || (self.tenant == TenantId::ROOT && self.role == Role::TenantAdmin)
    }
}

/// Who asks. Made by whoever verified a token, or for the server itself.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The name for the audit.
    pub name: String,
    /// The tenant that the user belongs to.
    pub home: TenantId,
    /// The roles held.
    pub grants: Vec<Grant>,
    /// The groups administered.
    pub groups: Vec<GroupId>,
    /// The session that the token opened; 0 for a token for programs and for the server itself.
    pub session: SessionId,
    /// Whether the password was set by somebody else and has to be changed first.
    pub must_change_password: bool,
}

impl Caller {
    /// Whether the caller is a platform administrator.
    #[must_use]
    pub fn is_platform_admin(&self) -> bool {
        self.grants.iter().any(|g| g.tenant == TenantId::ROOT && g.role == Role::PlatformAdmin)
    }

    /// Whether any role is held on the tenant with this path.
    #[must_use]
    pub fn has_role_on(&self, path: &TenantPath) -> bool {
        self.grants.iter().any(|g| path.0.contains(&g.tenant))
    }

    /// Whether a role that includes `role` is held on the tenant with this path.
    #[must_use]
    pub fn holds(&self, path: &TenantPath, role: Role) -> bool {
        self.grants.iter().any(|g| path.0.contains(&g.tenant) && g.role.includes(role))
    }
}

/// A tenant's place in the tree: the ids from the root to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPath(pub Vec<TenantId>);

impl TenantPath {
    /// The path of the root.
    #[must_use]
    pub fn root() -> Self {
        Self(vec![TenantId::ROOT])
    }

    /// The tenant itself.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.0.last().copied().unwrap_or(TenantId::ROOT)
    }

    /// The path of the parent; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        (self.0.len() > 1).then(|| Self(self.0[..self.0.len() - 1].to_vec()))
    }
}
