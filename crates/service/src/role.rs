//! Roles of users on tenants. A role holds for the tenant and all below it; somebody has at most one role on a tenant.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, Grant, ObjectKind, Scope, act, obj};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, ErrorKind, Result, TenantId, UserId};
pub use tenantry_store::users::Assignment;

use crate::{Ctx, Services, auth, user};

/// Gives somebody a role on a tenant, instead of the one held there.
///
/// # Errors
/// `InvalidArgument` for a role of staff below the root tenant, `Conflict` when no platform administrator would be left, `Forbidden`, `NotFound`.
pub async fn grant(ctx: &Ctx, tenant: TenantId, id: UserId, role: Role) -> Result<User> {
    ctx.audited(Action::Grant, ObjectKind::Tenant, tenant, async {
        let (allowed, before) = check(ctx, tenant, id, Some(role)).await?;
        let tx = ctx.begin().await?;
        tx.users().grant(&allowed, id, role).await?;
        tx.users().keep_an_administrator(None).await?;
        let after = tx.users().get(&Scope::system(), id).await?;
        ctx.commit(tx, Action::Grant, ObjectKind::Tenant, tenant, tenant, &format!("{role} to '{}'", before.username)).await?;
        auth::forget_sessions(&ctx.services, id).await;
        Ok(after)
    })
    .await
}

/// Takes somebody's role on a tenant away.
///
/// # Errors
/// `NotFound` when there is none, `Conflict` when no platform administrator would be left, `Forbidden`.
pub async fn revoke(ctx: &Ctx, tenant: TenantId, id: UserId) -> Result<User> {
    ctx.audited(Action::Grant, ObjectKind::Tenant, tenant, async {
        let (allowed, before) = check(ctx, tenant, id, None).await?;
        let tx = ctx.begin().await?;
        if !tx.users().revoke(&allowed, id).await? {
            let message = format!("'{}' has no role on tenant {tenant}", before.username);
            return Err(Error::new(ErrorKind::NotFound, message).about(ObjectKind::User));
        }
        tx.users().keep_an_administrator(None).await?;
        let after = tx.users().get(&Scope::system(), id).await?;
        ctx.commit(tx, Action::Grant, ObjectKind::Tenant, tenant, tenant, &format!("role taken from '{}'", before.username)).await?;
        auth::forget_sessions(&ctx.services, id).await;
        Ok(after)
    })
    .await
}

/// Whether a user has any role on a tenant or above.
pub(crate) async fn has_on(ctx: &Ctx, id: UserId, tenant: TenantId) -> Result<bool> {
    let path = ctx.path(tenant).await?;
    Ok(ctx.store().users().grants(id).await?.iter().any(|g| path.0.contains(&g.tenant)))
}

async fn check(ctx: &Ctx, tenant: TenantId, id: UserId, role: Option<Role>) -> Result<(Allowed<act::Grant, obj::Tenant>, User)> {
    let allowed = ctx.allow(tenant, &tenant).await?;
    let before = user::get(ctx, None, id).await?;
    user::check_role(ctx, tenant, role)?;
    let held = ctx.store().users().grants(id).await?;
    let staff = held.iter().any(|g| g.tenant == tenant && g.reaches_all());
    if staff && !ctx.caller.is_platform_admin() {
        return Err(Error::new(ErrorKind::Forbidden, "the role of platform staff is changed by platform administrators alone"));
    }
    Ok((allowed, before))
}

/// The users with a role on a tenant itself, and which.
///
/// # Errors
/// `NotFound`.
pub async fn of_tenant(ctx: &Ctx, tenant: TenantId, page: &PageRequest) -> Result<Page<(User, Role)>> {
    crate::tenant::get(ctx, tenant).await?;
    let filter = user::UserFilter { role_on: Some(tenant), ..Default::default() };
    let users = user::list(ctx, &filter, page).await?;
    let ids: Vec<UserId> = users.items.iter().map(|u| u.id).collect();
    let held = of_users(ctx, &ids).await?;
    let role = |user: &User| held.iter().find(|a| a.user == user.id && a.tenant == tenant).map(|a| a.role);
    Ok(Page { items: users.items.into_iter().filter_map(|u| role(&u).map(|r| (u, r))).collect(), next: users.next })
}

/// Whether a user whom the caller may see is a platform administrator (document 4, D12).
///
/// # Errors
/// `NotFound`.
pub async fn runs_platform(ctx: &Ctx, id: UserId) -> Result<bool> {
    user::get(ctx, None, id).await?;
    Ok(is_platform_admin(&ctx.store().users().grants(id).await?))
}

/// Whether somebody who was logged in elsewhere, by a proxy that is believed, is a platform administrator here (document 4, D43).
///
/// # Errors
/// When the database fails.
pub async fn login_runs_platform(services: &Services, login: &str) -> Result<bool> {
    let found = services.store().users().find_login(login).await?;
    match found.filter(|f| f.enabled) {
        Some(found) => Ok(is_platform_admin(&services.store().users().grants(found.user).await?)),
        None => Ok(false),
    }
}

fn is_platform_admin(held: &[Grant]) -> bool {
    held.iter().any(|g| g.tenant == TenantId::ROOT && g.role == Role::PlatformAdmin)
}

/// The roles of these users on tenants that the caller may see. The users are ones that the caller was shown.
///
/// # Errors
/// When the database fails.
pub async fn of_users(ctx: &Ctx, users: &[UserId]) -> Result<Vec<Assignment>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    ctx.store().users().assignments(&ctx.scope(ObjectKind::Tenant)?, users).await
}
