//! Whether a caller may do something, and why.

use super::rules::{At, refusal, rule};
use super::{Action, Caller, Grant, ObjectKind, TenantPath};
use crate::id::{GroupId, UserId};
use crate::resource::Audience;
use crate::user::Role;

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, by this grant (none: because everyone, or because it is the caller's own).
    Allowed(Option<Grant>),
    /// No, and the caller may not know that the object exists.
    Hidden,
    /// No, though the caller can see it; the sentence says what is missing.
    Refused(String),
}

/// What an action is about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The place of its tenant in the tree.
    pub path: &'a TenantPath,
    /// The user that it is, or who made it.
    pub owner: Option<UserId>,
    /// For a group or a user: the groups that it is in or below, as far as who administers one of them manages it.
    pub groups: &'a [GroupId],
    /// For a resource: who sees it.
    pub audience: Audience,
}

impl<'a> Target<'a> {
    /// Something in the tenant with this path.
    #[must_use]
    pub const fn in_tenant(path: &'a TenantPath) -> Self {
        Self { path, owner: None, groups: &[], audience: Audience::Everyone }
    }
}

/// Decides whether `caller` may do `action` to a `kind`.
#[must_use]
pub fn decide(caller: &Caller, action: Action, kind: ObjectKind, target: &Target<'_>) -> Decision {
    let rule = rule(action, kind);
    let path = target.path;
    if rule.at == At::Anyone || (rule.own && target.owner == Some(caller.user)) {
        return Decision::Allowed(None);
    }
    let place = match rule.at {
        At::Root => TenantPath::root(),
        At::Parent => path.parent().unwrap_or_else(TenantPath::root),
        At::Tenant | At::Anyone => path.clone(),
    };
    // the root's own share belongs to the platform, not to an administrator of the root tenant
    let root_share = rule.at == At::Parent && path.parent().is_none();
    let assigned_elsewhere = matches!(target.audience, Audience::Assigned(user) if user != Some(caller.user));
    let suits = |role: Role| match (root_share, assigned_elsewhere) {
        (true, _) => role == Role::PlatformAdmin,
        (_, true) => rule.suits_for_all(role),
        _ => rule.suits(role),
    };
    let grant = caller.grants.iter().find(|g| place.0.contains(&g.tenant) && suits(g.role));
    if let Some(grant) = grant {
        return Decision::Allowed(Some(*grant));
    }
    if rule.group && target.groups.iter().any(|g| caller.groups.contains(g)) {
        return Decision::Allowed(None);
    }
    let sees = caller.grants.iter().any(|g| path.0.contains(&g.tenant) && (!assigned_elsewhere || g.role != Role::Member));
    if sees || (rule.at == At::Root && !assigned_elsewhere) {
        Decision::Refused(refusal(action, kind, rule).message)
    } else {
        Decision::Hidden
    }
}

/// What a decision rests on, in sentences, for whoever asks why.
#[must_use]
pub fn explain(caller: &Caller, action: Action, kind: ObjectKind, target: &Target<'_>) -> String {
    let rule = rule(action, kind);
    let wanted = format!("{} a {}", action.name().replace('_', " "), kind.noun());
    match decide(caller, action, kind, target) {
        Decision::Allowed(Some(grant)) => {
            format!("allowed to {wanted}: the role {} on tenant {} holds for it and all below it", grant.role, grant.tenant)
        }
        Decision::Allowed(None) if rule.at == At::Anyone => format!("allowed to {wanted}: everybody who is logged in may"),
        Decision::Allowed(None) if rule.own && target.owner == Some(caller.user) => format!("allowed to {wanted}: it is the user's own"),
        Decision::Allowed(None) => format!("allowed to {wanted}: the user administers a group that it is in or below"),
        Decision::Hidden if caller.has_role_on(target.path) => {
            format!(
                "not allowed to {wanted}, and not told that it exists: it is not assigned to the user, who does not administer its tenant"
            )
        }
        Decision::Hidden => format!("not allowed to {wanted}, and not told that it exists: the user has no role on its tenant or above"),
        Decision::Refused(why) => why,
    }
}
