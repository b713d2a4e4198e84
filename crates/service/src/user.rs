//! Users of a tenant, and their passwords.

use std::time::Duration;

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{self, Action, Allowed, Grant, ObjectKind, Scope, act, obj};
use tenantry_domain::user::{Role, User, check_email, check_password, check_username};
use tenantry_domain::{Error, ErrorKind, GroupId, Result, TenantId, UserId, name};
use tenantry_store::Tx;
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
    /// The password; without it the user cannot log in until an administrator sets one.
    pub password: Option<String>,
    /// The telephone number.
    pub phone: String,
    /// Free text.
    pub comment: String,
    /// The role on the tenant, if there is to be one.
    pub role: Option<Role>,
    /// Whether the password has to be changed first.
    pub must_change_password: bool,
    /// The group that the user is put into; the tenant's root group without it.
    pub group: Option<GroupId>,
    /// Whether the user administers that group.
    pub group_admin: bool,
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

/// Makes a user in a group, and so in the group's tenant, as a plain member of it. In the root tenant it is without a role: one there holds
/// for every tenant, and a platform administrator gives it.
///
/// # Errors
/// As [`create`].
pub async fn create_in(ctx: &Ctx, group: GroupId, new: &Create) -> Result<User> {
    let called = new.username.as_deref().unwrap_or_default();
    ctx.audited(Action::Create, ObjectKind::User, called, async {
        let tenant = crate::group::get(ctx, group).await?.tenant;
        let role = (tenant != TenantId::ROOT).then_some(Role::Member);
        create_inner(ctx, tenant, &Create { group: Some(group), role, ..new.clone() }).await
    })
    .await
}

async fn create_inner(ctx: &Ctx, tenant: TenantId, new: &Create) -> Result<User> {
    let group = match new.group {
        Some(group) => group,
        None => ctx.store().groups().root(tenant).await?,
    };
    let allowed: Allowed<act::Create, obj::User> = ctx.allow_in_group(tenant, group, &tenant).await?;
    if new.group.is_some() && ctx.store().groups().get(&Scope::system(), group).await?.tenant != tenant {
        return Err(Error::not_found(ObjectKind::Group, group));
    }
    check_role(ctx, tenant, new.role)?;
    if new.role.is_some_and(|r| r != Role::Member) {
        by_more_than_a_group(ctx, tenant).await?;
    }
    let draft = NewUser { group: Some(group), ..drafted(ctx, new).await? };
    let tx = ctx.begin().await?;
    let id = tx.users().insert(&allowed, &draft).await?;
    let user = tx.users().get(&Scope::system(), id).await?;
    let role = draft.role.map_or("without a role".to_owned(), |r| format!("as {r}"));
    ctx.commit(tx, Action::Create, ObjectKind::User, id, tenant, &format!("'{}' {role}", user.username)).await?;
    Ok(user)
}

/// Checks what a new user is to be, and hashes the password.
pub(crate) async fn drafted(ctx: &Ctx, new: &Create) -> Result<NewUser> {
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
    let password_hash = match &new.password {
        Some(password) => {
            check_password("password", password, &username, ctx.settings().shortest_password)?;
            auth::hash_password(&ctx.services, password).await?
        }
        None => String::new(),
    };
    Ok(NewUser {
        username,
        name: shown,
        email,
        phone: new.phone.clone(),
        comment: new.comment.clone(),
        password_hash,
        role: new.role,
        enabled: new.enabled.unwrap_or(true),
        must_change_password: new.must_change_password,
        group: new.group,
        group_admin: new.group_admin,
        origin: None,
    })
}

/// The roles of platform staff are granted on the root tenant alone; they, and running the root tenant, by a platform administrator.
pub(crate) fn check_role(ctx: &Ctx, tenant: TenantId, role: Option<Role>) -> Result<()> {
    let Some(role) = role else { return Ok(()) };
    if role.is_staff() && tenant != TenantId::ROOT {
        let message = format!("{role} is granted on the root tenant only: tenant.admin and team.member are possible here");
        return Err(Error::invalid("role", message));
    }
    if (Grant { tenant, role }).reaches_all() && !ctx.caller.is_platform_admin() {
        let message = format!("only a platform administrator makes somebody {role} of the whole platform");
        return Err(Error::new(ErrorKind::Forbidden, message).about(ObjectKind::User));
    }
    Ok(())
}

/// Whether the caller manages the tenant's people by a role, and not only those below a group.
async fn manages(ctx: &Ctx, tenant: TenantId) -> Result<bool> {
    let path = ctx.path(tenant).await?;
    Ok(ctx.caller.holds(&path, Role::TenantAdmin) || ctx.caller.holds(&path, Role::Telecom))
}

async fn by_more_than_a_group(ctx: &Ctx, tenant: TenantId) -> Result<()> {
    if manages(ctx, tenant).await? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        "the administrator of a group makes plain members only: it takes the role tenant.admin on the tenant",
    )
    .about(ObjectKind::User))
}

/// A user, if the caller may see them; with `tenant`, only if it is theirs. Who has no role anywhere still sees oneself.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, tenant: Option<TenantId>, id: UserId) -> Result<User> {
    let user = if id == ctx.caller.user && ctx.caller.grants.is_empty() {
        ctx.password_is_own()?;
        crate::session::me(ctx).await?
    } else {
        ctx.store().users().get(&ctx.scope(ObjectKind::User)?, id).await?
    };
    if tenant.is_some_and(|t| t != user.tenant) {
        return Err(Error::not_found(ObjectKind::User, id));
    }
    Ok(user)
}

/// A user, for who administers them, for platform staff, and for the user: where a dialect shows single users to nobody else.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn get_managed(ctx: &Ctx, id: UserId) -> Result<User> {
    let user = get(ctx, None, id).await?;
    if !ctx.caller.grants.iter().any(|g| g.role.is_staff()) {
        let allowed: Result<Allowed<act::Update, obj::User>> = ctx.allow_user(user.tenant, id).await;
        let message = "a single user is shown to who administers them: list the users of a group instead";
        allowed.map_err(|e| if e.kind == ErrorKind::Forbidden { Error::new(e.kind, message).about(ObjectKind::User) } else { e })?;
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
    let allowed = may_change(ctx, &before, change).await?;
    let tx = ctx.begin().await?;
    write(&tx, &allowed, &before, change, version).await?;
    let after = tx.users().get(&Scope::system(), id).await?;
    let detail = if role_changes(&before, change) { "role changed" } else { "" };
    ctx.commit(tx, Action::Update, ObjectKind::User, id, before.tenant, detail).await?;
    auth::forget_sessions(&ctx.services, id).await;
    Ok(after)
}

fn role_changes(before: &User, change: &UserChange) -> bool {
    change.role.is_some_and(|r| r != before.role)
}

fn enabled_changes(before: &User, change: &UserChange) -> bool {
    change.enabled.is_some_and(|e| e != before.enabled)
}

/// Checks a change of a user's own fields, and whether the caller may make it.
async fn may_change(ctx: &Ctx, before: &User, change: &UserChange) -> Result<Allowed<act::Update, obj::User>> {
    let allowed: Allowed<act::Update, obj::User> = ctx.allow_user(before.tenant, before.id).await?;
    if before.id == ctx.caller.user {
        ctx.logged_in()?;
    }
    protect_stronger(ctx, before).await?;
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
    if role_changes(before, change) || enabled_changes(before, change) {
        // what oneself may change of oneself does not include these
        let _: Allowed<act::Delete, obj::User> = ctx.allow_user(before.tenant, before.id).await?;
        check_role(ctx, before.tenant, change.role.unwrap_or(before.role))?;
    }
    if role_changes(before, change) {
        by_more_than_a_group(ctx, before.tenant).await?;
    }
    Ok(allowed)
}

async fn write(tx: &Tx, allowed: &Allowed<act::Update, obj::User>, before: &User, change: &UserChange, version: Option<i64>) -> Result<()> {
    tx.users().update(allowed, before.id, change, version).await?;
    if role_changes(before, change) || enabled_changes(before, change) {
        tx.users().keep_an_administrator(None).await?;
    }
    if change.enabled == Some(false) {
        tx.sessions().delete_of_user(before.id, None).await?;
    }
    Ok(())
}

/// A password to be set.
#[derive(Clone)]
pub struct NewPassword {
    /// The present one, for one's own.
    pub old: Option<String>,
    /// The new one.
    pub new: String,
}

/// What is changed of a user in one piece: fields, password and group.
#[derive(Clone)]
pub struct Revision {
    /// The fields.
    pub fields: UserChange,
    /// The password, if another is set.
    pub password: Option<NewPassword>,
    /// The group that the user is to be in. A user who is not in it is moved there, out of all others.
    pub group: GroupId,
    /// Whether the user administers that group. Without it that stays; who is moved is a plain member then.
    pub group_admin: Option<bool>,
}

/// Changes a user's fields, password and group, all of it or nothing.
///
/// # Errors
/// As [`update`], [`set_password`] and [`place`].
pub async fn revise(ctx: &Ctx, id: UserId, wanted: &Revision) -> Result<User> {
    ctx.audited(Action::Update, ObjectKind::User, id, revise_inner(ctx, id, wanted)).await
}

async fn revise_inner(ctx: &Ctx, id: UserId, wanted: &Revision) -> Result<User> {
    let before = get(ctx, None, id).await?;
    let allowed = may_change(ctx, &before, &wanted.fields).await?;
    let moved = moved(ctx, &before, wanted.group, wanted.group_admin).await?;
    let called = User { username: wanted.fields.username.clone().unwrap_or_else(|| before.username.clone()), ..before.clone() };
    let secret = match &wanted.password {
        Some(password) => Some(hashed(ctx, &called, password.old.as_deref(), &password.new, "password").await?),
        None => None,
    };
    let own = id == ctx.caller.user;
    let mut detail = Vec::new();
    let tx = ctx.begin().await?;
    write(&tx, &allowed, &before, &wanted.fields, None).await?;
    if let Some((proof, hash)) = secret {
        tx.users().set_password(&proof, id, &hash, !own).await?;
        tx.sessions().delete_of_user(id, own.then_some(ctx.caller.session)).await?;
        detail.push("password set".to_owned());
    }
    if let Some(moved) = moved {
        for group in moved.left {
            tx.groups().take_out(&allowed, group, id).await?;
        }
        tx.groups().put(&allowed, wanted.group, id, moved.admin).await?;
        detail.push(format!("into group {}{}", wanted.group, if moved.admin { " as its administrator" } else { "" }));
    }
    let after = tx.users().get(&Scope::system(), id).await?;
    let detail = format!("'{}' {}", after.username, detail.join(", "));
    ctx.commit(tx, Action::Update, ObjectKind::User, id, before.tenant, detail.trim_end()).await?;
    auth::forget_sessions(&ctx.services, id).await;
    Ok(after)
}

/// How a user's place changes.
struct Moved {
    left: Vec<GroupId>,
    admin: bool,
}

/// What puts a user into a group, and whether the caller may do it; none when the user is there as wanted already.
async fn moved(ctx: &Ctx, before: &User, group: GroupId, admin: Option<bool>) -> Result<Option<Moved>> {
    if ctx.store().groups().get(&ctx.scope(ObjectKind::Group)?, group).await?.tenant != before.tenant {
        return Err(Error::invalid("group_id", "the group belongs to another tenant than the user"));
    }
    let held = ctx.store().groups().memberships(&[before.id]).await?;
    let present = held.iter().find(|m| m.group == group);
    if present.is_some_and(|m| admin.is_none_or(|a| a == m.admin)) {
        return Ok(None);
    }
    let left = if present.is_some() { Vec::new() } else { held.iter().map(|m| m.group).collect() };
    let _: Allowed<act::Delete, obj::User> = ctx.allow_user(before.tenant, before.id).await?;
    for touched in left.iter().chain([&group]) {
        let _: Allowed<act::Update, obj::Group> = ctx.allow_in_group(before.tenant, *touched, touched).await?;
    }
    Ok(Some(Moved { left, admin: admin.unwrap_or(false) }))
}

/// Whether the caller administers a group that is at least `levels` above this one; 0 is the group itself too.
async fn administers(ctx: &Ctx, group: GroupId, levels: usize) -> Result<bool> {
    let path = ctx.store().groups().path(group).await?;
    Ok(path.iter().skip(levels).any(|above| ctx.caller.groups.contains(above)))
}

/// Platform staff are changed by platform administrators alone, or by themselves; and who administers a group changes plain members
/// below it, nobody with a role, and nobody who administers a group that is not below it.
pub(crate) async fn protect_stronger(ctx: &Ctx, user: &User) -> Result<()> {
    if user.id == ctx.caller.user || ctx.caller.is_platform_admin() {
        return Ok(());
    }
    let forbidden = |message: &str| Err(Error::new(ErrorKind::Forbidden, message).about(ObjectKind::User));
    let held = ctx.store().users().grants(user.id).await?;
    if held.iter().any(Grant::reaches_all) {
        return forbidden("platform staff are changed by platform administrators alone");
    }
    if manages(ctx, user.tenant).await? {
        return Ok(());
    }
    if held.iter().any(|g| g.role != Role::Member) {
        return forbidden("the administrator of a group changes plain members only");
    }
    for place in ctx.store().groups().memberships(&[user.id]).await?.into_iter().filter(|place| place.admin) {
        if !administers(ctx, place.group, 1).await? {
            return forbidden("who administers a group that is not below yours is changed by an administrator of the tenant");
        }
    }
    Ok(())
}

/// Puts a user into a group of the tenant that they belong to, or changes whether they administer it.
///
/// # Errors
/// `InvalidArgument` for a group of another tenant, `Forbidden`, `NotFound`.
pub async fn place(ctx: &Ctx, id: UserId, group: GroupId, admin: bool) -> Result<User> {
    ctx.audited(Action::Update, ObjectKind::User, id, async {
        let before = get(ctx, None, id).await?;
        let wanted = ctx.store().groups().get(&ctx.scope(ObjectKind::Group)?, group).await?;
        if wanted.tenant != before.tenant {
            return Err(Error::invalid("group_id", "the group belongs to another tenant than the user"));
        }
        let allowed: Allowed<act::Delete, obj::User> = ctx.allow_user(before.tenant, id).await?;
        let _: Allowed<act::Update, obj::Group> = ctx.allow_in_group(before.tenant, group, &group).await?;
        protect_stronger(ctx, &before).await?;
        let tx = ctx.begin().await?;
        tx.groups().put(&allowed, group, id, admin).await?;
        let detail = format!("'{}' into group {group}{}", before.username, if admin { " as its administrator" } else { "" });
        ctx.commit(tx, Action::Update, ObjectKind::User, id, before.tenant, &detail).await?;
        auth::forget_sessions(&ctx.services, id).await;
        Ok(before)
    })
    .await
}

/// Takes a user out of a group. The user stays, with the tenant.
///
/// # Errors
/// `NotFound` when the user is not in it, `Forbidden`.
pub async fn take_out(ctx: &Ctx, id: UserId, group: GroupId) -> Result<User> {
    ctx.audited(Action::Update, ObjectKind::User, id, async {
        let before = get(ctx, None, id).await?;
        let allowed: Allowed<act::Delete, obj::User> = ctx.allow_user(before.tenant, id).await?;
        let _: Allowed<act::Update, obj::Group> = ctx.allow_in_group(before.tenant, group, &group).await?;
        protect_stronger(ctx, &before).await?;
        let tx = ctx.begin().await?;
        if !tx.groups().take_out(&allowed, group, id).await? {
            let message = format!("'{}' is not in group {group}", before.username);
            return Err(Error::new(ErrorKind::NotFound, message).about(ObjectKind::Group));
        }
        ctx.commit(tx, Action::Update, ObjectKind::User, id, before.tenant, &format!("'{}' out of group {group}", before.username)).await?;
        auth::forget_sessions(&ctx.services, id).await;
        Ok(before)
    })
    .await
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
    let allowed: Allowed<act::Delete, obj::User> = ctx.allow_user(before.tenant, id).await?;
    protect_stronger(ctx, &before).await?;
    if id == ctx.caller.user {
        return Err(Error::conflict(ObjectKind::User, "nobody removes themselves: another administrator does"));
    }
    if !ctx.caller.is_platform_admin() && !manages(ctx, before.tenant).await? {
        for place in ctx.store().groups().memberships(&[id]).await? {
            if !administers(ctx, place.group, 0).await? {
                let message =
                    "the user is also in groups that you do not administer: take them out of yours, or ask an administrator of the tenant";
                return Err(Error::new(ErrorKind::Forbidden, message).about(ObjectKind::User));
            }
        }
    }
    let tx = ctx.begin().await?;
    tx.resources().unassign_all(&allowed, id).await?;
    tx.users().delete(&allowed, id, version).await?;
    tx.users().keep_an_administrator(None).await?;
    ctx.commit(tx, Action::Delete, ObjectKind::User, id, before.tenant, &format!("'{}'", before.username)).await?;
    auth::forget_sessions(&ctx.services, id).await;
    Ok(before)
}

/// Changes a password: one's own with the old one; somebody else's as their administrator, without it. Every other session of the user ends.
///
/// # Errors
/// `WrongOldPassword`, `MissingArgument`, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn set_password(ctx: &Ctx, id: UserId, old: Option<&str>, new: &str) -> Result<()> {
    ctx.audited(Action::ResetPassword, ObjectKind::User, id, set_password_inner(ctx, id, old, new)).await
}

/// How long after a login the password that it was made with counts as known.
const FRESH_LOGIN: Duration = Duration::from_secs(10 * 60);

/// The same for dialects whose clients send no old password (document 4, D11): one's own is changed without it within ten minutes of
/// logging in, which took the old one. Later the old one has to be sent, so that a session that was left open gives nobody the account.
///
/// # Errors
/// As [`set_password`].
pub async fn set_password_after_login(ctx: &Ctx, id: UserId, old: Option<&str>, new: &str) -> Result<()> {
    ctx.audited(Action::ResetPassword, ObjectKind::User, id, async {
        if id != ctx.caller.user || old.is_some_and(|o| !o.is_empty()) {
            return set_password_inner(ctx, id, old, new).await;
        }
        ctx.logged_in()?;
        let opened = ctx.store().sessions().opened_at(ctx.caller.session).await?;
        if opened.is_none_or(|at| ctx.store().clock().now().since(at) > FRESH_LOGIN) {
            let message = "'oldPassword' is required: without it one's own password is changed only within ten minutes of logging in";
            return Err(Error::new(ErrorKind::MissingArgument, message));
        }
        let user = crate::session::me(ctx).await?;
        of_ours(&user)?;
        let hash = new_hash(ctx, &user, new, "newPassword").await?;
        store_password(ctx, &policy::own_password(&ctx.caller), &user, &hash).await
    })
    .await
}

fn of_ours(user: &User) -> Result<()> {
    if user.origin.is_empty() {
        return Ok(());
    }
    let message = format!("'{}' comes from '{}': the password is changed there", user.username, user.origin);
    Err(Error::conflict(ObjectKind::User, message))
}

async fn set_password_inner(ctx: &Ctx, id: UserId, old: Option<&str>, new: &str) -> Result<()> {
    let user = if id == ctx.caller.user { crate::session::me(ctx).await? } else { get(ctx, None, id).await? };
    let (allowed, hash) = hashed(ctx, &user, old, new, "newPassword").await?;
    store_password(ctx, &allowed, &user, &hash).await
}

async fn store_password(ctx: &Ctx, allowed: &Allowed<act::ResetPassword, obj::User>, user: &User, hash: &str) -> Result<()> {
    let own = user.id == ctx.caller.user;
    let tx = ctx.begin().await?;
    tx.users().set_password(allowed, user.id, hash, !own).await?;
    tx.sessions().delete_of_user(user.id, own.then_some(ctx.caller.session)).await?;
    ctx.commit(tx, Action::ResetPassword, ObjectKind::User, user.id, user.tenant, "").await?;
    auth::forget_sessions(&ctx.services, user.id).await;
    Ok(())
}

/// Checks a new password, which the request calls `field`, and whether the caller may set it; answers with its hash.
async fn hashed(
    ctx: &Ctx,
    user: &User,
    old: Option<&str>,
    new: &str,
    field: &str,
) -> Result<(Allowed<act::ResetPassword, obj::User>, String)> {
    of_ours(user)?;
    ctx.logged_in()?;
    let allowed = if user.id == ctx.caller.user {
        let old = old.filter(|o| !o.is_empty()).ok_or_else(|| Error::missing("oldPassword"))?;
        if !auth::check_old_password(&ctx.services, user.id, old).await? {
            return Err(Error::new(ErrorKind::WrongOldPassword, "the old password is wrong"));
        }
        policy::own_password(&ctx.caller)
    } else {
        let allowed = ctx.allow_user(user.tenant, user.id).await?;
        protect_stronger(ctx, user).await?;
        allowed
    };
    Ok((allowed, new_hash(ctx, user, new, field).await?))
}

/// Checks a new password, which the request calls `field`; answers with its hash.
async fn new_hash(ctx: &Ctx, user: &User, new: &str, field: &str) -> Result<String> {
    if new.is_empty() {
        return Err(Error::missing(field));
    }
    check_password(field, new, &user.username, ctx.settings().shortest_password)?;
    auth::hash_password(&ctx.services, new).await
}
