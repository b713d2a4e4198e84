//! What a caller may read.

use super::rules::{At, refusal, rule};
use super::{Action, Caller, ObjectKind, TenantPath};
use crate::error::Result;
use crate::id::TenantId;

/// Where a caller may read: everywhere, or in the subtrees below these tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(ScopeInner);

#[derive(Debug, Clone, PartialEq, Eq)]
enum ScopeInner {
    All,
    Subtrees(Vec<TenantId>),
}

impl Scope {
    /// None when everything may be read, else the tops of the subtrees that may.
    #[must_use]
    pub fn subtrees(&self) -> Option<&[TenantId]> {
        match &self.0 {
            ScopeInner::All => None,
            ScopeInner::Subtrees(tops) => Some(tops),
        }
    }

    /// Whether a tenant with this path may be read.
    #[must_use]
    pub fn contains(&self, path: &TenantPath) -> bool {
        self.subtrees().is_none_or(|tops| path.0.iter().any(|t| tops.contains(t)))
    }

    /// The scope of the server itself, for controllers and start-up. Never made for a request.
    #[must_use]
    pub const fn system() -> Self {
        Self(ScopeInner::All)
    }
}

/// What a caller may read of `kind`.
///
/// # Errors
/// [`crate::ErrorKind::Forbidden`] when the caller has no role that reads this kind anywhere.
pub fn scope(caller: &Caller, kind: ObjectKind) -> Result<Scope> {
    let rule = rule(Action::Read, kind);
    let tops: Vec<TenantId> = caller.grants.iter().filter(|g| rule.suits(g.role)).map(|g| g.tenant).collect();
    if rule.at == At::Anyone || tops.contains(&TenantId::ROOT) {
        return Ok(Scope(ScopeInner::All));
    }
    if tops.is_empty() || rule.at == At::Root {
        return Err(refusal(Action::Read, kind, rule));
    }
    Ok(Scope(ScopeInner::Subtrees(tops)))
}
