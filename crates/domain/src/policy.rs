//! Who may do what. The only place that can make a proof of permission.
//!
//! Reading is decided by a [`Scope`]: the subtrees in which the caller has any role. What lies outside does not
//! exist for them. Changing is decided by [`allow`], which answers with an [`Allowed`] that the store asks for; there is no
//! other way to make one, so forgetting the check does not compile.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{GroupId, SessionId, TenantId, UserId};
use crate::user::Role;

/// The kinds of things that permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A tenant: organization, project.
    Tenant,
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A token for a program.
    ApiToken,
    /// A link on the first page of the console.
    Link,
    /// A datacenter.
    Datacenter,
    /// A quota plan (package).
    QuotaPlan,
    /// A tenant's quota in one datacenter.
    DatacenterQuota,
    /// A tenant's namespace in one datacenter.
    Namespace,
    /// A disk.
    Disk,
    /// An app.
    App,
    /// A release record.
    Release,
    /// A tenant's account.
    Account,
    /// An image registry.
    Registry,
    /// The audit.
    Audit,
    /// What may have been left behind at a peer.
    Orphan,
}

impl ObjectKind {
    /// Every kind, for the permission matrix.
    pub const ALL: [Self; 16] = [
        Self::Tenant,
        Self::User,
        Self::Group,
        Self::ApiToken,
        Self::Link,
        Self::Datacenter,
        Self::QuotaPlan,
        Self::DatacenterQuota,
        Self::Namespace,
        Self::Disk,
        Self::App,
        Self::Release,
        Self::Account,
        Self::Registry,
        Self::Audit,
        Self::Orphan,
    ];

    /// What people call it in a sentence.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::Group => "group",
            Self::ApiToken => "api token",
            Self::Link => "link",
            Self::Datacenter => "datacenter",
            Self::QuotaPlan => "quota plan",
            Self::DatacenterQuota => "datacenter quota",
            Self::Namespace => "namespace",
            Self::Disk => "disk",
            Self::App => "app",
            Self::Release => "release",
            Self::Account => "account",
            Self::Registry => "registry",
            Self::Audit => "audit record",
            Self::Orphan => "orphan",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

/// What is done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make a new one.
    Create,
    /// Look at it.
    Read,
    /// Change what its own people may change.
    Update,
    /// Change what it may consume: quota totals and datacenters of a tenant.
    Resize,
    /// Remove it.
    Delete,
    /// Give somebody a role on it, or take it away.
    Grant,
    /// Try again now what a controller would try later.
    Retry,
    /// Give up on what cannot be removed at its peer; it is recorded as an orphan.
    Forget,
    /// Take over what existed at the peer before.
    Adopt,
    /// Buy a package.
    Purchase,
    /// Set somebody's password without knowing the old one.
    ResetPassword,
    /// Get a credential that works at the peer (a kubeconfig).
    IssueCredential,
}

impl Action {
    /// Every action, for the permission matrix.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Resize,
        Self::Delete,
        Self::Grant,
        Self::Retry,
        Self::Forget,
        Self::Adopt,
        Self::Purchase,
        Self::ResetPassword,
        Self::IssueCredential,
    ];

    /// The name in the audit and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Resize => "resize",
            Self::Delete => "delete",
            Self::Grant => "grant",
            Self::Retry => "retry",
            Self::Forget => "forget",
            Self::Adopt => "adopt",
            Self::Purchase => "purchase",
            Self::ResetPassword => "reset_password",
            Self::IssueCredential => "issue_credential",
        }
    }
}

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
/// [`ErrorKind::Forbidden`] when the caller has no role that reads this kind anywhere.
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

/// Proof that an action `A` on an object `T` was decided and allowed.
#[derive(Debug, Clone)]
pub struct Allowed<A, T> {
    actor: UserId,
    tenant: TenantId,
    marker: PhantomData<fn() -> (A, T)>,
}

impl<A, T> Allowed<A, T> {
    /// Who was allowed.
    #[must_use]
    pub fn actor(&self) -> UserId {
        self.actor
    }

    /// The tenant on (or in) which it was allowed; the store takes it from here and not from the request.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The server's own permission, for its first start and for controllers. Never made for a request.
    #[must_use]
    pub fn system(tenant: TenantId) -> Self {
        Self { actor: UserId(0), tenant, marker: PhantomData }
    }
}

impl Allowed<act::Create, obj::Tenant> {
    /// What follows from it: who opens a tenant makes its first administrator too.
    #[must_use]
    pub fn administrator_of(&self, new: TenantId) -> Allowed<act::Create, obj::User> {
        Allowed { actor: self.actor, tenant: new, marker: PhantomData }
    }
}

impl Allowed<act::Resize, obj::Tenant> {
    /// What follows from it: who sets a tenant's share writes the row that it is in.
    #[must_use]
    pub fn includes_update(&self) -> Allowed<act::Update, obj::Tenant> {
        Allowed { actor: self.actor, tenant: self.tenant, marker: PhantomData }
    }
}

/// Everybody's permission to change the own password; that the old one is known is asked elsewhere.
#[must_use]
pub fn own_password(caller: &Caller) -> Allowed<act::ResetPassword, obj::User> {
    Allowed { actor: caller.user, tenant: caller.home, marker: PhantomData }
}

/// An action as a type.
pub trait ActionType {
    /// The value of the type.
    const ACTION: Action;
}

/// An object as a type.
pub trait ObjectType {
    /// The value of the type.
    const KIND: ObjectKind;
}

macro_rules! actions {
    ($($name:ident),*) => {
        /// The actions as types, for proofs.
        pub mod act {$(
            #[doc = concat!("[`super::Action::", stringify!($name), "`] as a type.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl super::ActionType for $name {
                const ACTION: super::Action = super::Action::$name;
            }
        )*}
    };
}
actions!(Create, Update, Resize, Delete, Grant, Retry, Forget, Adopt, Purchase, ResetPassword, IssueCredential);

macro_rules! objects {
    ($($name:ident),*) => {
        /// The object kinds as types, for proofs.
        pub mod obj {$(
            #[doc = concat!("[`super::ObjectKind::", stringify!($name), "`] as a type.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl super::ObjectType for $name {
                const KIND: super::ObjectKind = super::ObjectKind::$name;
            }
        )*}
    };
}
objects!(
    Tenant,
    User,
    Group,
    ApiToken,
    Link,
    Datacenter,
    QuotaPlan,
    DatacenterQuota,
    Namespace,
    Disk,
    App,
    Release,
    Account,
    Registry,
    Orphan
);

/// Where the role must be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
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
struct Rule {
    role: Option<Role>,
    at: At,
    /// Platform staff who may do it too.
    staff: &'static [Role],
    /// The user that the object is, or that made it, may do it too.
    own: bool,
    /// Who administers a group that the object is below may do it too.
    group: bool,
}

impl Rule {
    const fn of(role: Role, at: At) -> Self {
        Self { role: Some(role), at, staff: &[], own: false, group: false }
    }

    const fn and(self, staff: &'static [Role]) -> Self {
        Self { staff, ..self }
    }

    fn suits(&self, role: Role) -> bool {
        self.role.is_some_and(|r| role.includes(r)) || self.staff.contains(&role)
    }
}

const STAFF: &[Role] = &[Role::Telecom, Role::Maintainer];
const TELECOM: &[Role] = &[Role::Telecom];
const MAINTAINER: &[Role] = &[Role::Maintainer];

/// The table of permissions. `role: None` is nobody.
fn rule(action: Action, kind: ObjectKind) -> Rule {
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
        (K::QuotaPlan | K::Registry | K::Link, A::Read) => Rule::of(Role::Member, At::Anyone),
        (K::DatacenterQuota, A::Create | A::Update | A::Delete) => above.and(MAINTAINER),
        (K::Namespace, A::Retry) => admin.and(MAINTAINER),
        (K::Namespace, A::IssueCredential) => member,
        (K::Disk | K::App, A::Create | A::Update | A::Delete) | (K::Release, A::Create) => member,
        (K::Disk | K::App, A::Retry) => member.and(MAINTAINER),
        (K::Account, A::Purchase) => admin,
        (K::Audit, A::Read) => admin.and(STAFF),
        (K::Namespace, A::Forget | A::Adopt)
        | (K::Disk | K::App | K::Tenant, A::Forget)
        | (K::Datacenter, A::Update | A::Retry)
        | (K::Orphan, A::Read | A::Delete)
        | (K::Link, A::Create | A::Update | A::Delete) => platform.and(MAINTAINER),
        (K::Datacenter, A::Create | A::Delete)
        | (K::QuotaPlan | K::Registry, A::Create | A::Update | A::Delete)
        | (K::Account, A::Update) => platform,
        _ => nobody,
    }
}

fn refusal(action: Action, kind: ObjectKind, rule: Rule) -> Error {
    let needed = match (rule.role, rule.at) {
        (None, _) => "nobody may do that".to_owned(),
        (Some(role), At::Parent) => format!("it takes the role {} on the tenant above", role.name()),
        (Some(role), At::Root) => format!("it takes the role {} on the root tenant", role.name()),
        (Some(role), _) => format!("it takes the role {} on the tenant", role.name()),
    };
    let message = format!("you may not {} this {}: {needed}", action.name().replace('_', " "), kind.noun());
    Error::new(ErrorKind::Forbidden, message).about(kind)
}

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
}

impl<'a> Target<'a> {
    /// Something in the tenant with this path.
    #[must_use]
    pub const fn in_tenant(path: &'a TenantPath) -> Self {
        Self { path, owner: None, groups: &[] }
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
    let suits = |role: Role| if root_share { role == Role::PlatformAdmin } else { rule.suits(role) };
    let grant = caller.grants.iter().find(|g| place.0.contains(&g.tenant) && suits(g.role));
    if let Some(grant) = grant {
        return Decision::Allowed(Some(*grant));
    }
    if rule.group && target.groups.iter().any(|g| caller.groups.contains(g)) {
        return Decision::Allowed(None);
    }
    if caller.has_role_on(path) || rule.at == At::Root { Decision::Refused(refusal(action, kind, rule).message) } else { Decision::Hidden }
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
        Decision::Hidden => format!("not allowed to {wanted}, and not told that it exists: the user has no role on its tenant or above"),
        Decision::Refused(why) => why,
    }
}

/// Decides, and makes the proof. `name` is what the caller called the object; it is repeated in "there is no ...".
///
/// # Errors
/// [`ErrorKind::NotFound`] when the caller may not know of the object, [`ErrorKind::Forbidden`] when it may not do this.
pub fn allow<A: ActionType, T: ObjectType>(
    caller: &Caller,
    target: &Target<'_>,
    name: &(dyn fmt::Display + Sync),
) -> Result<Allowed<A, T>> {
    match decide(caller, A::ACTION, T::KIND, target) {
        Decision::Allowed(_) => Ok(Allowed { actor: caller.user, tenant: target.path.tenant(), marker: PhantomData }),
        Decision::Hidden => Err(Error::not_found(T::KIND, name)),
        Decision::Refused(why) => Err(Error::new(ErrorKind::Forbidden, why).about(T::KIND)),
    }
}

/// The whole matrix as a table that people can read; the golden file `generated/permissions.txt`.
#[must_use]
pub fn matrix() -> String {
    let mut table = String::from(
        "# What a role may do, generated from domain::policy. A role holds for the tenant it is granted on and all below.\n\n",
    );
    table += &format!(
        "{:<18}{:<18}{:<16}{:<9}{:<12}{:<14}{:<8}{}\n",
        "object", "action", "platform admin", "telecom", "maintainer", "tenant admin", "member", "remark"
    );
    for kind in ObjectKind::ALL {
        for action in Action::ALL {
            let rule = rule(action, kind);
            if rule.role.is_none() && !rule.own {
                continue;
            }
            let may = |role: Role| {
                let reaches = rule.at != At::Root || role.is_staff();
                if rule.at == At::Anyone || (rule.suits(role) && reaches) { "yes" } else { "-" }
            };
            let mut remarks = Vec::new();
            match rule.at {
                At::Parent => remarks.push("role held on the parent tenant"),
                At::Anyone => remarks.push("anyone logged in"),
                At::Tenant | At::Root => {}
            }
            if rule.group {
                remarks.push("administrators of a group above");
            }
            if rule.own {
                remarks.push("one's own");
            }
            let row = format!(
                "{:<18}{:<18}{:<16}{:<9}{:<12}{:<14}{:<8}{}",
                kind.noun(),
                action.name(),
                may(Role::PlatformAdmin),
                may(Role::Telecom),
                may(Role::Maintainer),
                may(Role::TenantAdmin),
                may(Role::Member),
                remarks.join("; ")
            );
            table += row.trim_end();
            table.push('\n');
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(tenant: i64, role: Role) -> Caller {
        Caller {
            user: UserId(7),
            name: "x".into(),
            home: TenantId(tenant),
            grants: vec![Grant { tenant: TenantId(tenant), role }],
            groups: Vec::new(),
            session: SessionId(1),
            must_change_password: false,
        }
    }

    fn path(ids: &[i64]) -> TenantPath {
        TenantPath(ids.iter().map(|i| TenantId(*i)).collect())
    }

    #[test]
    fn another_tenants_things_do_not_exist() {
        let stranger = caller(9, Role::TenantAdmin);
        assert_eq!(decide(&stranger, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5]))), Decision::Hidden);
        assert_eq!(decide(&stranger, Action::Create, ObjectKind::Disk, &Target::in_tenant(&path(&[1, 5]))), Decision::Hidden);
    }

    #[test]
    fn nobody_enlarges_their_own_share() {
        let admin = caller(5, Role::TenantAdmin);
        assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5]))), Decision::Refused(_)));
        assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5, 6]))), Decision::Allowed(_)));
        let root_admin = caller(1, Role::TenantAdmin);
        assert!(matches!(decide(&root_admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1]))), Decision::Refused(_)));
    }

    #[test]
    fn a_role_holds_for_the_subtree_and_not_above() {
        let admin = caller(5, Role::TenantAdmin);
        assert!(matches!(
            decide(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5, 6, 7]))),
            Decision::Allowed(_)
        ));
        assert_eq!(decide(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1]))), Decision::Hidden);
    }

    #[test]
    fn the_platform_administrator_reads_everything() {
        let admin = caller(1, Role::PlatformAdmin);
        for kind in ObjectKind::ALL.into_iter().filter(|k| rule(Action::Read, *k).role.is_some()) {
            assert_eq!(scope(&admin, kind).map(|s| s.subtrees().is_none()).ok(), Some(true), "{kind}");
        }
    }

    #[test]
    fn staff_see_everything_and_change_what_is_theirs_to_change() {
        let telecom = caller(1, Role::Telecom);
        let maintainer = caller(1, Role::Maintainer);
        let deep = path(&[1, 5, 6]);
        let may = |who: &Caller, action, kind| matches!(decide(who, action, kind, &Target::in_tenant(&deep)), Decision::Allowed(_));
        assert!(may(&telecom, Action::Create, ObjectKind::Tenant) && !may(&maintainer, Action::Create, ObjectKind::Tenant));
        assert!(may(&maintainer, Action::Forget, ObjectKind::Disk) && !may(&telecom, Action::Forget, ObjectKind::Disk));
        for who in [&telecom, &maintainer] {
            assert!(scope(who, ObjectKind::Disk).unwrap().subtrees().is_none());
            assert!(!may(who, Action::Create, ObjectKind::Disk) && !may(who, Action::Update, ObjectKind::Account));
        }
    }

    #[test]
    fn a_groups_administrator_manages_what_is_below_it_and_nothing_beside_it() {
        let lead = Caller { groups: vec![GroupId(3)], ..caller(5, Role::Member) };
        let path = path(&[1, 5]);
        let with = |groups: &'static [GroupId]| Target { path: &path, owner: None, groups };
        assert!(matches!(decide(&lead, Action::Create, ObjectKind::User, &with(&[GroupId(3), GroupId(8)])), Decision::Allowed(_)));
        assert!(matches!(decide(&lead, Action::Create, ObjectKind::User, &with(&[GroupId(4)])), Decision::Refused(_)));
        assert!(matches!(decide(&lead, Action::Update, ObjectKind::Tenant, &with(&[GroupId(3)])), Decision::Refused(_)));
    }

    #[test]
    fn it_is_explained_what_a_decision_rests_on() {
        let admin = caller(5, Role::TenantAdmin);
        let (own, other) = (path(&[1, 5, 6]), path(&[1, 7]));
        assert!(explain(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&own)).contains("tenant.admin on tenant 5"));
        assert!(explain(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&other)).contains("not told that it exists"));
    }

    #[test]
    fn the_matrix_is_the_committed_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generated/permissions.txt");
        if std::env::var_os("TENANTRY_UPDATE_GENERATED").is_some() {
            std::fs::write(&path, matrix()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), matrix(), "run: make generate");
    }
}
