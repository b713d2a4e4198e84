//! Who may do what. The only place that can make a proof of permission.
//!
//! Reading is decided by a [`Scope`]: the subtrees in which the caller has any role. What lies outside does not
//! exist for them. Changing is decided by [`allow`], which answers with an [`Allowed`] that the store asks for; there is no
//! other way to make one, so forgetting the check does not compile.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, TenantId, UserId};
use crate::user::Role;

/// The kinds of things that permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A tenant: organization, project.
    Tenant,
    /// A user.
    User,
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
    pub const ALL: [Self; 13] = [
        Self::Tenant,
        Self::User,
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
    pub const ALL: [Self; 11] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Resize,
        Self::Delete,
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
    /// The session that the token opened.
    pub session: SessionId,
}

impl Caller {
    /// Whether the caller is a platform administrator.
    #[must_use]
    pub fn is_platform_admin(&self) -> bool {
        self.grants.iter().any(|g| g.tenant == TenantId::ROOT && g.role == Role::PlatformAdmin)
    }

    /// The strongest role held on the tenant with this path.
    #[must_use]
    pub fn role_on(&self, path: &TenantPath) -> Option<Role> {
        self.grants.iter().filter(|g| path.0.contains(&g.tenant)).map(|g| g.role).max()
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
    let tops: Vec<TenantId> = caller.grants.iter().filter(|g| rule.role.is_some_and(|r| g.role >= r)).map(|g| g.tenant).collect();
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
actions!(Create, Update, Resize, Delete, Retry, Forget, Adopt, Purchase, ResetPassword, IssueCredential);

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
objects!(Tenant, User, Datacenter, QuotaPlan, DatacenterQuota, Namespace, Disk, App, Release, Account, Registry, Orphan);

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
    /// The user that the object is, or that made it, may do it too.
    own: bool,
}

/// The table of permissions. `role: None` is nobody.
fn rule(action: Action, kind: ObjectKind) -> Rule {
    use Action as A;
    use ObjectKind as K;
    let at = |role, at| Rule { role: Some(role), at, own: false };
    let nobody = Rule { role: None, at: At::Root, own: false };
    let platform = at(Role::PlatformAdmin, At::Root);
    let admin = at(Role::TenantAdmin, At::Tenant);
    let member = at(Role::Member, At::Tenant);
    match (kind, action) {
        (K::Tenant, A::Create | A::Update | A::Retry) => admin,
        (K::Tenant, A::Resize | A::Delete) => at(Role::TenantAdmin, At::Parent),
        (K::Tenant | K::User | K::Namespace | K::Account | K::DatacenterQuota | K::Release, A::Read) => member,
        (K::User, A::Create | A::Delete | A::ResetPassword) => admin,
        (K::User, A::Update) => Rule { own: true, ..admin },
        (K::Datacenter, A::Read) => member,
        (K::QuotaPlan | K::Registry, A::Read) => at(Role::Member, At::Anyone),
        (K::DatacenterQuota, A::Create | A::Update | A::Delete) => at(Role::TenantAdmin, At::Parent),
        (K::Namespace, A::Retry) => admin,
        (K::Namespace, A::IssueCredential) => member,
        (K::Disk | K::App, A::Create | A::Read | A::Update | A::Delete | A::Retry) => member,
        (K::Release, A::Create) => member,
        (K::Account, A::Purchase) => admin,
        (K::Audit, A::Read) => admin,
        (K::Namespace, A::Forget | A::Adopt)
        | (K::Disk | K::App | K::Tenant, A::Forget)
        | (K::Datacenter | K::QuotaPlan | K::Registry, A::Create | A::Update | A::Delete)
        | (K::Datacenter, A::Retry)
        | (K::Account, A::Update)
        | (K::Orphan, A::Read | A::Delete) => platform,
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

/// Decides whether `caller` may do `action` to a `kind` in the tenant with `path`. `owner` is the user that the object is or who made it.
#[must_use]
pub fn decide(caller: &Caller, action: Action, kind: ObjectKind, path: &TenantPath, owner: Option<UserId>) -> Decision {
    let rule = rule(action, kind);
    if rule.own && owner == Some(caller.user) {
        return Decision::Allowed(None);
    }
    if rule.at == At::Anyone {
        return Decision::Allowed(None);
    }
    let place = match rule.at {
        At::Root => TenantPath::root(),
        At::Parent => path.parent().unwrap_or_else(TenantPath::root),
        At::Tenant | At::Anyone => path.clone(),
    };
    // the root's own share belongs to the platform, not to an administrator of the root tenant
    let role = if rule.at == At::Parent && path.parent().is_none() { rule.role.map(|_| Role::PlatformAdmin) } else { rule.role };
    let grant = caller.grants.iter().find(|g| place.0.contains(&g.tenant) && role.is_some_and(|r| g.role >= r));
    if let Some(grant) = grant {
        return Decision::Allowed(Some(*grant));
    }
    if caller.role_on(path).is_some() || rule.at == At::Root {
        Decision::Refused(refusal(action, kind, rule).message)
    } else {
        Decision::Hidden
    }
}

/// Decides, and makes the proof. `name` is what the caller called the object; it is repeated in "there is no ...".
///
/// # Errors
/// [`ErrorKind::NotFound`] when the caller may not know of the object, [`ErrorKind::Forbidden`] when it may not do this.
pub fn allow<A: ActionType, T: ObjectType>(
    caller: &Caller,
    path: &TenantPath,
    owner: Option<UserId>,
    name: &dyn fmt::Display,
) -> Result<Allowed<A, T>> {
    match decide(caller, A::ACTION, T::KIND, path, owner) {
        Decision::Allowed(_) => Ok(Allowed { actor: caller.user, tenant: path.tenant(), marker: PhantomData }),
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
    table += &format!("{:<18}{:<18}{:<16}{:<14}{:<12}{}\n", "object", "action", "platform admin", "tenant admin", "member", "remark");
    for kind in ObjectKind::ALL {
        for action in Action::ALL {
            let rule = rule(action, kind);
            let Some(needed) = rule.role else { continue };
            let may = |role: Role| {
                let enough = role >= needed || rule.at == At::Anyone;
                let reaches = rule.at != At::Root || role == Role::PlatformAdmin;
                if enough && reaches { "yes" } else { "-" }
            };
            let remark = match (rule.at, rule.own) {
                (At::Parent, _) => "role held on the parent tenant",
                (At::Anyone, _) => "anyone logged in",
                (_, true) => "and oneself",
                _ => "",
            };
            let row = format!(
                "{:<18}{:<18}{:<16}{:<14}{:<12}{remark}",
                kind.noun(),
                action.name(),
                may(Role::PlatformAdmin),
                may(Role::TenantAdmin),
                may(Role::Member)
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
            session: SessionId(1),
        }
    }

    fn path(ids: &[i64]) -> TenantPath {
        TenantPath(ids.iter().map(|i| TenantId(*i)).collect())
    }

    #[test]
    fn another_tenants_things_do_not_exist() {
        let stranger = caller(9, Role::TenantAdmin);
        assert_eq!(decide(&stranger, Action::Update, ObjectKind::Tenant, &path(&[1, 5]), None), Decision::Hidden);
        assert_eq!(decide(&stranger, Action::Create, ObjectKind::Disk, &path(&[1, 5]), None), Decision::Hidden);
    }

    #[test]
    fn nobody_enlarges_their_own_share() {
        let admin = caller(5, Role::TenantAdmin);
        assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &path(&[1, 5]), None), Decision::Refused(_)));
        assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &path(&[1, 5, 6]), None), Decision::Allowed(_)));
        let root_admin = caller(1, Role::TenantAdmin);
        assert!(matches!(decide(&root_admin, Action::Resize, ObjectKind::Tenant, &path(&[1]), None), Decision::Refused(_)));
    }

    #[test]
    fn a_role_holds_for_the_subtree_and_not_above() {
        let admin = caller(5, Role::TenantAdmin);
        assert!(matches!(decide(&admin, Action::Update, ObjectKind::Tenant, &path(&[1, 5, 6, 7]), None), Decision::Allowed(_)));
        assert_eq!(decide(&admin, Action::Update, ObjectKind::Tenant, &path(&[1]), None), Decision::Hidden);
    }

    #[test]
    fn the_platform_administrator_reads_everything() {
        let admin = caller(1, Role::PlatformAdmin);
        for kind in ObjectKind::ALL.into_iter().filter(|k| rule(Action::Read, *k).role.is_some()) {
            assert_eq!(scope(&admin, kind).map(|s| s.subtrees().is_none()).ok(), Some(true), "{kind}");
        }
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
