//! Tokens for programs (application credentials): they act as their user, within a scope, until they expire.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{ApiTokenId, TenantId, UserId};
use crate::policy::Grant;
use crate::user::Role;

/// What a token may be used for. An empty list limits nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenScope {
    /// The roles that it acts with, where its user has one that includes them.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The tenants that it reaches, with all below them.
    #[serde(default)]
    pub tenants: Vec<TenantId>,
    /// The dialects that it is accepted in.
    #[serde(default)]
    pub dialects: Vec<String>,
}

impl TokenScope {
    /// What is left of its user's grants. `ancestors` has the path from the root to each tenant of the scope, and of each grant.
    pub fn narrow(&self, grants: &[Grant], ancestors: impl Fn(TenantId) -> Vec<TenantId>) -> Vec<Grant> {
        let mut left = Vec::new();
        for grant in grants {
            let roles: Vec<Role> = match &self.roles[..] {
                [] => vec![grant.role],
                wanted if wanted.contains(&grant.role) => vec![grant.role],
                wanted => wanted.iter().copied().filter(|r| grant.role.includes(*r)).collect(),
            };
            let tenants: Vec<TenantId> = if self.tenants.is_empty() || self.tenants.iter().any(|t| ancestors(grant.tenant).contains(t)) {
                vec![grant.tenant]
            } else {
                self.tenants.iter().copied().filter(|t| ancestors(*t).contains(&grant.tenant)).collect()
            };
            left.extend(tenants.iter().flat_map(|tenant| roles.iter().map(|role| Grant { tenant: *tenant, role: *role })));
        }
        left
    }

    /// Whether it is accepted in a dialect.
    #[must_use]
    pub fn takes(&self, dialect: &str) -> bool {
        self.dialects.is_empty() || self.dialects.iter().any(|d| d == dialect)
    }
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The integer id.
    pub id: ApiTokenId,
    /// Whose.
    pub user: UserId,
    /// The name, unique among the user's.
    pub name: String,
    /// What it may be used for.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_only_ever_narrows() {
        // 1 > 5 > 6, 1 > 7
        let path = |t: TenantId| match t.0 {
            6 => vec![TenantId(1), TenantId(5), TenantId(6)],
            1 => vec![TenantId(1)],
            other => vec![TenantId(1), TenantId(other)],
        };
        let grant = |tenant, role| Grant { tenant: TenantId(tenant), role };
        let admin = [grant(5, Role::TenantAdmin)];
        let scope = |roles: &[Role], tenants: &[i64]| TokenScope {
            roles: roles.to_vec(),
            tenants: tenants.iter().map(|t| TenantId(*t)).collect(),
            dialects: Vec::new(),
        };
        assert_eq!(scope(&[], &[]).narrow(&admin, path), admin);
        assert_eq!(scope(&[Role::Member], &[]).narrow(&admin, path), [grant(5, Role::Member)]);
        assert_eq!(scope(&[Role::PlatformAdmin], &[]).narrow(&admin, path), []);
        assert_eq!(scope(&[], &[6]).narrow(&admin, path), [grant(6, Role::TenantAdmin)]);
        assert_eq!(scope(&[], &[1]).narrow(&admin, path), admin, "a tenant above reaches what the user has below it, and no more");
        assert_eq!(scope(&[], &[7]).narrow(&admin, path), []);
        assert_eq!(scope(&[Role::Member], &[6]).narrow(&[grant(1, Role::PlatformAdmin)], path), [grant(6, Role::Member)]);
    }

    #[test]
    fn a_dialect_that_is_not_named_is_refused() {
        let scope = TokenScope { dialects: vec!["native".to_owned()], ..TokenScope::default() };
        assert!(scope.takes("native") && !scope.takes("ocmanager") && TokenScope::default().takes("ocmanager"));
    }
}
