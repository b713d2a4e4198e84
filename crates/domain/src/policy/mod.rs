//! Who may do what. The only place that can make a proof of permission.
//!
//! Reading is decided by a [`Scope`]: the subtrees in which the caller has any role. What lies outside does not
//! exist for them. Changing is decided by [`allow`], which answers with an [`Allowed`] that the store asks for; there is no
//! other way to make one, so forgetting the check does not compile.

mod callers;
mod decisions;
mod kinds;
mod matrix;
mod proofs;
mod rules;
mod scopes;
#[cfg(test)]
mod tests;

pub use callers::{Caller, Grant, TenantPath};
pub use decisions::{Decision, Target, decide, explain};
pub use kinds::{Action, ObjectKind};
pub use matrix::matrix;
pub use proofs::{ActionType, Allowed, AnyResource, ObjectType, act, allow, allow_resource, obj, own_password};
pub use scopes::{Scope, scope};
