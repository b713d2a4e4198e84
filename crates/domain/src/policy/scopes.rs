//! What a caller may read.

use super::rules::{At, refusal, rule};
use super::{Action, Caller, ObjectKind, TenantPath};
use crate::error::Result;
use crate::id::{TenantId, UserId};
use crate::user::Role;

/// Where a caller may read: everywhere, or in the subtrees below some tenants; and what of it that is assigned to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The tops of the subtrees; none for everywhere.
    tops: Option<Vec<TenantId>>,
    /// Who looks, and below which tenants they see what is assigned to others; none for who sees all of it.
    viewer: Option<(UserId, Vec<TenantId>)>,
}

impl Scope {
    /// None when everything may be read, else the tops of the subtrees that may.
    #[must_use]
    pub fn subtrees(&self) -> Option<&[TenantId]> {
        self.tops.as_deref()
    }

    /// None when what is assigned to somebody may be read everywhere, else who looks, and the tops of the subtrees where it may.
    #[must_use]
    pub fn viewer(&self) -> Option<(UserId, &[TenantId])> {
        self.viewer.as_ref().map(|(user, tops)| (*user, tops.as_slice()))
    }

    /// Whether a tenant with this path may be read.
    #[must_use]
    pub fn contains(&self, path: &TenantPath) -> bool {
        self.subtrees().is_none_or(|tops| path.0.iter().any(|t| tops.contains(t)))
    }

    /// The scope of the server itself, for controllers and start-up. Never made for a request.
    #[must_use]
    pub const fn system() -> Self {
        Self { tops: None, viewer: None }
    }
}

/// What a caller may read of `kind`.
///
/// # Errors
/// [`crate::ErrorKind::Forbidden`] when the caller has no role that reads this kind anywhere.
pub fn scope(caller: &Caller, kind: ObjectKind) -> Result<Scope> {
    let rule = rule(Action::Read, kind);
    let tops =
        |suits: &dyn Fn(Role) -> bool| -> Vec<TenantId> { caller.grants.iter().filter(|g| suits(g.role)).map(|g| g.tenant).collect() };
    let everyones = tops(&|role| rule.suits(role));
    if rule.at == At::Anyone {
        return Ok(Scope::system());
    }
    if everyones.is_empty() || (rule.at == At::Root && !everyones.contains(&TenantId::ROOT)) {
        return Err(refusal(Action::Read, kind, rule));
    }
    let assigned = tops(&|role| rule.suits_for_all(role));
    let everywhere = |tops: &[TenantId]| tops.contains(&TenantId::ROOT);
    let viewer = (!everywhere(&assigned)).then_some((caller.user, assigned));
    Ok(Scope { tops: (!everywhere(&everyones)).then_some(everyones), viewer })
}
