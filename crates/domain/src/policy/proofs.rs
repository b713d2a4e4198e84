//! Proofs of permission, which nothing else can make.

use std::fmt;
use std::marker::PhantomData;

use super::{Action, Caller, Decision, ObjectKind, Target, decide};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{TenantId, UserId};
use crate::resource::Kind;

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
    RateCard,
    Registry,
    Orphan
);

/// A resource of whatever kind as a type: which kind was decided is known when it is decided ([`allow_resource`]).
#[derive(Debug, Clone, Copy)]
pub struct AnyResource;

/// Decides an action on a resource of `kind`, and makes the proof.
///
/// # Errors
/// Those of [`allow`].
pub fn allow_resource<A: ActionType>(
    caller: &Caller,
    kind: Kind,
    target: &Target<'_>,
    name: &(dyn fmt::Display + Sync),
) -> Result<Allowed<A, AnyResource>> {
    prove(caller, A::ACTION, kind.object(), target, name)
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
    prove(caller, A::ACTION, T::KIND, target, name)
}

fn prove<A, T>(
    caller: &Caller,
    action: Action,
    kind: ObjectKind,
    target: &Target<'_>,
    name: &(dyn fmt::Display + Sync),
) -> Result<Allowed<A, T>> {
    match decide(caller, action, kind, target) {
        Decision::Allowed(_) => Ok(Allowed { actor: caller.user, tenant: target.path.tenant(), marker: PhantomData }),
        Decision::Hidden => Err(Error::not_found(kind, name)),
        Decision::Refused(why) => Err(Error::new(ErrorKind::Forbidden, why).about(kind)),
    }
}
