//! Groups: a tree inside each tenant, whose administrators manage the people below them.

use tenantry_domain::group::{Group, MAX_DEPTH};
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::{Error, GroupId, Result, UserId, name};
pub use tenantry_store::groups::{GroupChange, GroupFilter, Membership};

use crate::Ctx;

/// Makes a group below another.
///
/// # Errors
/// `AlreadyExists` when that group has one of the name, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, parent: GroupId, shown: &str, description: &str) -> Result<Group> {
    ctx.audited(Action::Create, ObjectKind::Group, shown, async {
        let above = get(ctx, parent).await?;
        let allowed: Allowed<act::Create, obj::Group> = ctx.allow_in_group(above.tenant, parent, &parent).await?;
        check(shown, description)?;
        if ctx.store().groups().path(parent).await?.len() >= MAX_DEPTH {
            return Err(Error::invalid("parent_group_id", format!("groups can be nested {MAX_DEPTH} deep at most")));
        }
        let tx = ctx.begin().await?;
        let id = tx.groups().insert(&allowed, parent, shown, description).await?;
        let made = tx.groups().get(&Scope::system(), id).await?;
        ctx.commit(tx, Action::Create, ObjectKind::Group, id, above.tenant, &format!("'{shown}' below group {parent}")).await?;
        Ok(made)
    })
    .await
}

fn check(shown: &str, description: &str) -> Result<()> {
    name::check_display("name", shown, 128)?;
    name::check_text("description", description, 1000)
}

/// A group, if the caller may see it.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: GroupId) -> Result<Group> {
    ctx.store().groups().get(&ctx.scope(ObjectKind::Group)?, id).await
}

/// A page of the groups that the caller may see.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx, filter: &GroupFilter, page: &PageRequest) -> Result<Page<Group>> {
    ctx.store().groups().list(&ctx.scope(ObjectKind::Group)?, filter, page).await
}

/// The places of users in their groups. The users are ones that the caller was shown.
///
/// # Errors
/// When the database fails.
pub async fn memberships(ctx: &Ctx, users: &[UserId]) -> Result<Vec<Membership>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    ctx.store().groups().memberships(users).await
}

/// Changes a group. A tenant's root group keeps the tenant's name.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: GroupId, change: &GroupChange, version: Option<i64>) -> Result<Group> {
    ctx.audited(Action::Update, ObjectKind::Group, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Update, obj::Group> = ctx.allow_in_group(before.tenant, id, &id).await?;
        check(change.name.as_deref().unwrap_or(&before.name), change.description.as_deref().unwrap_or_default())?;
        if before.parent.is_none() && change.name.as_ref().is_some_and(|n| *n != before.name) {
            return Err(Error::invalid("name", "a tenant's root group has the tenant's name"));
        }
        let tx = ctx.begin().await?;
        tx.groups().update(&allowed, id, change, version).await?;
        let after = tx.groups().get(&Scope::system(), id).await?;
        ctx.commit(tx, Action::Update, ObjectKind::Group, id, before.tenant, &format!("'{}'", after.name)).await?;
        Ok(after)
    })
    .await
}

/// Removes a group that is empty. A tenant's root group goes with the tenant.
///
/// # Errors
/// `Conflict` when somebody is in it or a group is below it, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: GroupId, version: Option<i64>) -> Result<Group> {
    ctx.audited(Action::Delete, ObjectKind::Group, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Delete, obj::Group> = ctx.allow_in_group(before.tenant, id, &id).await?;
        if before.parent.is_none() {
            return Err(Error::conflict(ObjectKind::Group, "a tenant's root group goes with the tenant"));
        }
        let tx = ctx.begin().await?;
        tx.groups().delete(&allowed, id, version).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::Group, id, before.tenant, &format!("'{}'", before.name)).await?;
        Ok(before)
    })
    .await
}
