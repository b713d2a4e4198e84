//! Users of a tenant, and their passwords.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::user::{Role, User, check_email, check_password, check_username};
use tenantry_domain::{Error, ErrorKind, Result, TenantId, UserId, name};
use tenantry_store::users::NewUser;
pub use tenantry_store::users::{UserChange, UserFilter};

use crate::{Ctx, auth};

/// A user to be made.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// The login name; the email address without it.
    pub username: Option<String>,
    /// The name to show; the login name without it.
    pub name: Option<String>,
    /// The email address; the login name without it, if it is one.
    pub email: Option<String>,
    /// The password.
    pub password: String,
    /// The telephone number.
    pub phone: String,
    /// Free text.
    pub comment: String,
    /// The role on the tenant; member without it.
    pub role: Option<Role>,
    /// Whether the user may log in; yes without it.
    pub enabled: Option<bool>,
}

/// Makes a user in a tenant.
///
/// # Errors
/// `AlreadyExists` when the name or the email address is taken, `InvalidArgument`, `MissingArgument`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, tenant: TenantId, new: &Create) -> Result<User> {
    let called = new.username.as_deref().or(new.email.as_deref()).unwrap_or_default();
    ctx.audited(Action::Create, ObjectKind::User, called, create_inner(ctx, tenant, new)).await
}

async fn create_inner(ctx: &Ctx, tenant: TenantId, new: &Create) -> Result<User> {
    let allowed: Allowed<act::Create, obj::User> = ctx.allow(tenant, &tenant).await?;
    let username = new.username.clone().or_else(|| new.email.clone()).ok_or_else(|| Error::missing("username"))?;
    check_username("username", &username)?;
    let email = new.email.clone().or_else(|| username.contains('@').then(|| username.clone()));
    if let Some(email) = &email {
        check_email("email", email)?;
    }
    let shown = new.name.clone().unwrap_or_else(|| username.clone());
    name::check_display("name", &shown, 128)?;
    name::check_text("phone", &new.phone, 64)?;
    name::check_text("comment", &new.comment, 1000)?;
    if new.password.is_empty() {
        return Err(Error::missing("password"));
    }
    check_password("password", &new.password, &username)?;
    let role = new.role.unwrap_or(Role::Member);
    check_role(ctx, tenant, role)?;
    let password_hash = auth::hash_password(&ctx.services, &new.password).await?;
    let tx = ctx.begin().await?;
    let draft = NewUser {
        username,
        name: shown,
        email,
        phone: new.phone.clone(),
        comment: new.comment.clone(),
        password_hash,
        role,
        enabled: new.enabled.unwrap_or(true),
    };
    let id = tx.users().insert(&allowed, &draft).await?;
    let user = tx.users().get(&Scope::system(), id).await?;
    ctx.commit(tx, Action::Create, ObjectKind::User, id, tenant, &format!("'{}' as {role}", user.username)).await?;
    Ok(user)
}

/// The role of a platform administrator is granted on the root tenant alone, by a platform administrator.
fn check_role(ctx: &Ctx, tenant: TenantId, role: Role) -> Result<()> {
    if role != Role::PlatformAdmin {
        return Ok(());
    }
    if tenant != TenantId::ROOT {
        return Err(Error::invalid(
            "role",
            "system.admin is granted on the root tenant only: tenant.admin and team.member are possible here",
        ));
    }
    if !ctx.caller.is_platform_admin() {
        return Err(Error::new(ErrorKind::Forbidden, "only a platform administrator makes another").about(ObjectKind::User));
    }
    Ok(())
}

/// A user, if the caller may see them; with `tenant`, only if it is theirs.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, tenant: Option<TenantId>, id: UserId) -> Result<User> {
    let user = ctx.store().users().get(&ctx.scope(ObjectKind::User)?, id).await?;
    if tenant.is_some_and(|t| t != user.tenant) {
        return Err(Error::not_found(ObjectKind::User, id));
    }
    Ok(user)
}

/// A page of users.
///
/// # Errors
/// `NotFound` when the tenant asked for is not to be seen.
pub async fn list(ctx: &Ctx, filter: &UserFilter, page: &PageRequest) -> Result<Page<User>> {
    if let Some(tenant) = filter.tenant {
        crate::tenant::get(ctx, tenant).await?;
    }
    ctx.store().users().list(&ctx.scope(ObjectKind::User)?, filter, page).await
}

/// How many users a list has.
///
/// # Errors
/// When the database fails.
pub async fn count(ctx: &Ctx, filter: &UserFilter) -> Result<i64> {
    ctx.store().users().count(&ctx.scope(ObjectKind::User)?, filter).await
}

/// Changes a user. One's own role and whether one may log in, only somebody else changes.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `Conflict` when no administrator would be left, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, tenant: Option<TenantId>, id: UserId, change: &UserChange, version: Option<i64>) -> Result<User> {
    ctx.audited(Action::Update, ObjectKind::User, id, update_inner(ctx, tenant, id, change, version)).await
}

async fn update_inner(ctx: &Ctx, tenant: Option<TenantId>, id: UserId, change: &UserChange, version: Option<i64>) -> Result<User> {
    let before = get(ctx, tenant, id).await?;
    let allowed: Allowed<act::Update, obj::User> = ctx.allow_owned(before.tenant, Some(id), &id).await?;
    protect_stronger(ctx, &before)?;
    if let Some(username) = &change.username {
        check_username("username", username)?;
    }
    if let Some(Some(email)) = &change.email {
        check_email("email", email)?;
    }
    if let Some(shown) = &change.name {
        name::check_display("name", shown, 128)?;
    }
    name::check_text("phone", change.phone.as_deref().unwrap_or_default(), 64)?;
    name::check_text("comment", change.comment.as_deref().unwrap_or_default(), 1000)?;
    let role_changes = change.role.is_some_and(|r| r != before.role);
    let enabled_changes = change.enabled.is_some_and(|e| e != before.enabled);
    if role_changes || enabled_changes {
        // what oneself may change of oneself does not include these
        let _: Allowed<act::Delete, obj::User> = ctx.allow(before.tenant, &id).await?;
        check_role(ctx, before.tenant, change.role.unwrap_or(before.role))?;
    }
    let tx = ctx.begin().await?;
    tx.users().update(&allowed, id, change, version).await?;
    if before.role == Role::PlatformAdmin && (role_changes || enabled_changes) && tx.users().other_platform_admins(id).await? == 0 {
        return Err(Error::conflict(ObjectKind::User, "this is the last enabled platform administrator: make another one first"));
    }
    if change.enabled == Some(false) {
        tx.sessions().delete_of_user(id, None).await?;
    }
    let after = tx.users().get(&Scope::system(), id).await?;
    ctx.commit(tx, Action::Update, ObjectKind::User, id, before.tenant, if role_changes { "role changed" } else { "" }).await?;
    auth::forget_sessions(&ctx.services, id);
    Ok(after)
}

/// A platform administrator is changed by platform administrators alone.
fn protect_stronger(ctx: &Ctx, user: &User) -> Result<()> {
    if user.role == Role::PlatformAdmin && !ctx.caller.is_platform_admin() {
        return Err(Error::new(ErrorKind::Forbidden, "a platform administrator is changed by platform administrators alone")
            .about(ObjectKind::User));
    }
    Ok(())
}

/// Removes a user with their sessions.
///
/// # Errors
/// `Conflict` for oneself and for the last platform administrator, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, tenant: Option<TenantId>, id: UserId, version: Option<i64>) -> Result<User> {
    ctx.audited(Action::Delete, ObjectKind::User, id, delete_inner(ctx, tenant, id, version)).await
}

async fn delete_inner(ctx: &Ctx, tenant: Option<TenantId>, id: UserId, version: Option<i64>) -> Result<User> {
    let before = get(ctx, tenant, id).await?;
    let allowed: Allowed<act::Delete, obj::User> = ctx.allow(before.tenant, &id).await?;
    protect_stronger(ctx, &before)?;
    if id == ctx.caller.user {
        return Err(Error::conflict(ObjectKind::User, "nobody removes themselves: another administrator does"));
    }
    let tx = ctx.begin().await?;
    if before.role == Role::PlatformAdmin && tx.users().other_platform_admins(id).await? == 0 {
        return Err(Error::conflict(ObjectKind::User, "this is the last enabled platform administrator: make another one first"));
    }
    tx.users().delete(&allowed, id, version).await?;
    ctx.commit(tx, Action::Delete, ObjectKind::User, id, before.tenant, &format!("'{}'", before.username)).await?;
    auth::forget_sessions(&ctx.services, id);
    Ok(before)
}

/// Changes a password: one's own with the old one; somebody else's as their administrator, without it. Every other session of the user ends.
///
/// # Errors
/// `WrongOldPassword`, `MissingArgument`, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn set_password(ctx: &Ctx, id: UserId, old: Option<&str>, new: &str) -> Result<()> {
    ctx.audited(Action::ResetPassword, ObjectKind::User, id, set_password_inner(ctx, id, old, new)).await
}

async fn set_password_inner(ctx: &Ctx, id: UserId, old: Option<&str>, new: &str) -> Result<()> {
    let user = get(ctx, None, id).await?;
    let own = id == ctx.caller.user;
    if own {
        let old = old.filter(|o| !o.is_empty()).ok_or_else(|| Error::missing("oldPassword"))?;
        if !auth::check_old_password(&ctx.services, id, old).await? {
            return Err(Error::new(ErrorKind::WrongOldPassword, "the old password is wrong"));
        }
    } else {
        let _: Allowed<act::ResetPassword, obj::User> = ctx.allow(user.tenant, &id).await?;
        protect_stronger(ctx, &user)?;
    }
    if new.is_empty() {
        return Err(Error::missing("newPassword"));
    }
    check_password("newPassword", new, &user.username)?;
    let allowed: Allowed<act::Update, obj::User> = ctx.allow_owned(user.tenant, Some(id), &id).await?;
    let hash = auth::hash_password(&ctx.services, new).await?;
    let tx = ctx.begin().await?;
    tx.users().set_password(&allowed, id, &hash).await?;
    tx.sessions().delete_of_user(id, own.then_some(ctx.caller.session)).await?;
    ctx.commit(tx, Action::ResetPassword, ObjectKind::User, id, user.tenant, "").await?;
    auth::forget_sessions(&ctx.services, id);
    Ok(())
}
