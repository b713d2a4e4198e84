//! The table of permissions.
//!
//! What platform staff may do in tenants follows from their work. `telecom` looks after customers: it opens tenants, their users and
//! groups, and says who has a private server (documents C28, C29), which is deciding about people; it makes, changes and commands
//! nothing that runs. `maintainer` keeps things running: it makes, changes, commands and removes, shares quota out, and assigns what it
//! made for somebody; it decides about no other people. Neither sees inside: a server's console and a namespace's kubeconfig lead to
//! what is the customer's own, and are for those who have a role there, which is granted and recorded.

use super::{Action, ObjectKind};
use crate::error::{Error, ErrorKind};
use crate::user::Role;

/// Where the role must be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// On the tenant that the object belongs to (or, for a new tenant, its parent), or above.
    Tenant,
    /// On the parent of the tenant, or above: nobody enlarges their own share.
    Parent,
    /// On the root tenant.
    Root,
    /// Anyone who is logged in.
    Anyone,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) role: Option<Role>,
    pub(super) at: At,
    /// Platform staff who may do it too.
    staff: &'static [Role],
    /// The user that the object is, or that made it, may do it too.
    pub(super) own: bool,
    /// Who administers a group that the object is below may do it too.
    pub(super) group: bool,
}

impl Rule {
    const fn of(role: Role, at: At) -> Self {
        Self { role: Some(role), at, staff: &[], own: false, group: false }
    }

    const fn and(self, staff: &'static [Role]) -> Self {
        Self { staff, ..self }
    }

    pub(super) fn suits(&self, role: Role) -> bool {
        self.role.is_some_and(|r| role.includes(r)) || self.staff.contains(&role)
    }

    /// Whether a role suits also for what is assigned to somebody else: it is one above a member's.
    pub(super) fn suits_for_all(&self, role: Role) -> bool {
        self.suits(role) && role != Role::Member
    }
}

const STAFF: &[Role] = &[Role::Telecom, Role::Maintainer];
const TELECOM: &[Role] = &[Role::Telecom];
const MAINTAINER: &[Role] = &[Role::Maintainer];

/// The table of permissions. `role: None` is nobody.
pub(super) fn rule(action: Action, kind: ObjectKind) -> Rule {
    use Action as A;
    use ObjectKind as K;
    let nobody = Rule { role: None, at: At::Root, staff: &[], own: false, group: false };
    let platform = Rule::of(Role::PlatformAdmin, At::Root);
    let admin = Rule::of(Role::TenantAdmin, At::Tenant);
    let above = Rule::of(Role::TenantAdmin, At::Parent);
    let member = Rule::of(Role::Member, At::Tenant);
    match (kind, action) {
        (K::Tenant, A::Create | A::Update | A::Grant) => admin.and(TELECOM),
        (K::Tenant, A::Retry) => admin.and(MAINTAINER),
        (K::Tenant, A::Resize) => above.and(MAINTAINER),
        (K::Tenant, A::Delete) => above,
        (K::Tenant | K::User | K::Group | K::Namespace | K::Account | K::DatacenterQuota | K::Release, A::Read)
        | (K::Datacenter | K::Disk | K::App, A::Read) => member.and(STAFF),
        (K::User, A::Create | A::Delete | A::ResetPassword) => Rule { group: true, ..admin.and(TELECOM) },
        (K::User, A::Update) => Rule { own: true, group: true, ..admin.and(TELECOM) },
        (K::Group, A::Create | A::Update | A::Delete) => Rule { group: true, ..admin.and(TELECOM) },
        (K::ApiToken, A::Create | A::Update) => Rule { own: true, ..nobody },
        (K::ApiToken, A::Read | A::Delete) => Rule { own: true, ..admin },
        (K::QuotaPlan | K::RateCard | K::Registry | K::Link, A::Read) => Rule::of(Role::Member, At::Anyone),
        (K::DatacenterQuota, A::Create | A::Update | A::Delete) => above.and(MAINTAINER),
        (K::Namespace, A::Retry) => admin.and(MAINTAINER),
        (K::Namespace, A::IssueCredential) => member,
        (K::Disk | K::App, A::Create | A::Update | A::Delete) | (K::Release, A::Create) => member,
        (K::Disk | K::App, A::Retry) => member.and(MAINTAINER),
        (k, A::Read) if k.in_cloud() => member.and(STAFF),
        (k, A::Create | A::Update | A::Delete | A::Retry) if k.in_cloud() => member.and(MAINTAINER),
        (k, A::Forget | A::Adopt) if k.in_cloud() => platform.and(MAINTAINER),
        (K::Server, A::Grant) => admin.and(STAFF),
        (K::Server, A::IssueCredential) => member,
        (K::Account, A::Purchase) => admin,
        (K::Audit, A::Read) => admin.and(STAFF),
        (K::Namespace, A::Forget | A::Adopt)
        | (K::Disk | K::App | K::Tenant, A::Forget)
        | (K::Datacenter, A::Update | A::Retry)
        | (K::Orphan, A::Read | A::Delete)
        | (K::Link, A::Create | A::Update | A::Delete) => platform.and(MAINTAINER),
        (K::Datacenter, A::Create | A::Delete)
        | (K::QuotaPlan | K::Registry, A::Create | A::Update | A::Delete)
        | (K::Account | K::RateCard, A::Update) => platform,
        _ => nobody,
    }
}

pub(super) fn refusal(action: Action, kind: ObjectKind, rule: Rule) -> Error {
    let needed = match (rule.role, rule.at) {
        (None, _) => "nobody may do that".to_owned(),
        (Some(role), At::Parent) => format!("it takes the role {} on the tenant above", role.name()),
        (Some(role), At::Root) => format!("it takes the role {} on the root tenant", role.name()),
        (Some(role), _) => format!("it takes the role {} on the tenant", role.name()),
    };
    let message = format!("you may not {} this {}: {needed}", action.name().replace('_', " "), kind.noun());
    Error::new(ErrorKind::Forbidden, message).about(kind)
}
