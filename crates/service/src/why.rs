//! "Why may I (not)?": which grant allows a user an action on an object, or what is missing.

use tenantry_domain::policy::{self, Action, Allowed, Caller, Decision, ObjectKind, Target, act, obj};
use tenantry_domain::{Result, SessionId, TenantId, UserId};

use crate::{Ctx, user};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Who; the caller without it.
    pub user: Option<UserId>,
    /// To do what.
    pub action: Action,
    /// To what.
    pub kind: ObjectKind,
    /// The tenant that it is, or that it belongs to.
    pub tenant: TenantId,
    /// The user that it is, or who made it.
    pub owner: Option<UserId>,
}

/// What the policy says, and what it rests on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The grant that allows it, or what is missing, in a sentence.
    pub because: String,
}

/// Explains a decision. About somebody else only their administrator may ask, and only about tenants that the one who asks may see.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn explain(ctx: &Ctx, question: &Question) -> Result<Answer> {
    let path = ctx.path(question.tenant).await?;
    if !ctx.scope(ObjectKind::Tenant)?.contains(&path) {
        return Err(tenantry_domain::Error::not_found(ObjectKind::Tenant, question.tenant));
    }
    let caller = match question.user.filter(|u| *u != ctx.caller.user) {
        None => ctx.caller.clone(),
        Some(id) => somebody(ctx, id).await?,
    };
    let groups = match question.owner {
        Some(owner) if matches!(question.kind, ObjectKind::User) => ctx.store().groups().above_user(owner).await?,
        _ => Vec::new(),
    };
    let target = Target { owner: question.owner, groups: &groups, ..Target::in_tenant(&path) };
    let allowed = matches!(policy::decide(&caller, question.action, question.kind, &target), Decision::Allowed(_));
    Ok(Answer { allowed, because: policy::explain(&caller, question.action, question.kind, &target) })
}

async fn somebody(ctx: &Ctx, id: UserId) -> Result<Caller> {
    let about = user::get(ctx, None, id).await?;
    let _: Allowed<act::Delete, obj::User> = ctx.allow_user(about.tenant, id).await?;
    let memberships = ctx.store().groups().memberships(&[id]).await?;
    Ok(Caller {
        user: id,
        name: about.username,
        home: about.tenant,
        grants: ctx.store().users().grants(id).await?,
        groups: memberships.into_iter().filter(|m| m.admin).map(|m| m.group).collect(),
        session: SessionId(0),
        must_change_password: false,
    })
}
