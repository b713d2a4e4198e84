//! Whom and what the names and ids of a request mean, among what the caller sees.

use std::collections::BTreeMap;

use tenantry_domain::name::clip;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, ErrorKind, Result, TenantId, Uid};
use tenantry_service::tenant::TenantFilter;
use tenantry_service::user::UserFilter;
use tenantry_service::{Ctx, session, tenant, user};

/// As many users of one name are told apart in an error.
const NAMESAKES: u64 = 10;

async fn visible(ctx: &Ctx, filter: &UserFilter) -> Result<Vec<User>> {
    if !ctx.caller.grants.is_empty() {
        return Ok(user::list(ctx, filter, &PageRequest::first(NAMESAKES)).await?.items);
    }
    // who has no role sees nobody but oneself
    let me = session::me(ctx).await?;
    let named = filter.username.as_ref().is_none_or(|name| name.to_lowercase() == me.username.to_lowercase());
    Ok(if named && filter.uid.is_none_or(|uid| uid == me.uid) { vec![me] } else { Vec::new() })
}

/// The user with this id.
pub(crate) async fn user(ctx: &Ctx, id: &str) -> Result<User> {
    let unknown = || Error::not_found(ObjectKind::User, clip(id));
    let uid: Uid = id.parse().map_err(|_| unknown())?;
    visible(ctx, &UserFilter { uid: Some(uid), ..UserFilter::default() }).await?.pop().ok_or_else(unknown)
}

/// The user of this name, or with this id: the document has operations that know names alone, and a name may be that of several users.
pub(crate) async fn user_named(ctx: &Ctx, name: &str) -> Result<User> {
    let mut found = visible(ctx, &UserFilter { username: Some(name.to_owned()), ..UserFilter::default() }).await?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            found.push(last);
            let tenants: Vec<TenantId> = found.iter().map(|u| u.tenant).collect();
            let labels = by_id(ctx, &tenants).await?;
            let label = |user: &User| labels.get(&user.tenant).map_or("another tenant", |t| t.slug.as_str());
            let ids = found.iter().map(|u| format!("{} of {}", u.uid, label(u))).collect();
            let message = format!("you see several users of the name '{}': say by the id, instead of the name, which is meant", clip(name));
            Err(Error::new(ErrorKind::Conflict, message).about(ObjectKind::User).blocked_by(ids))
        }
        (None, _) if name.parse::<Uid>().is_ok() => user(ctx, name).await,
        (None, _) => Err(Error::not_found(ObjectKind::User, clip(name))),
    }
}

/// The tenant with this id, which is its label.
pub(crate) async fn tenant(ctx: &Ctx, id: &str) -> Result<Tenant> {
    tenant::get_by_label(ctx, id).await
}

/// The tenant that something new belongs to: the one that is named, else the caller's own. Whoever has no role there, because others made
/// them elsewhere, means the one that they administer, or work in.
pub(crate) async fn place(ctx: &Ctx, named: Option<&str>) -> Result<TenantId> {
    if let Some(id) = named.filter(|id| !id.is_empty()) {
        return Ok(tenant(ctx, id).await?.id);
    }
    let grants = &ctx.caller.grants;
    if grants.iter().any(|g| g.tenant == ctx.caller.home) {
        return Ok(ctx.caller.home);
    }
    let administered: Vec<TenantId> = grants.iter().filter(|g| g.role.includes(Role::TenantAdmin)).map(|g| g.tenant).collect();
    match (administered.as_slice(), grants.first()) {
        ([only], _) => Ok(*only),
        ([], Some(grant)) => Ok(grant.tenant),
        ([], None) => Err(Error::new(ErrorKind::Forbidden, "you have no role on any tenant: an administrator gives you one")),
        (several, _) => {
            let ids = by_id(ctx, several).await?.into_values().map(|t| t.slug).collect();
            let message = "you administer several tenants, and none of them is your own: say which is meant, by its id";
            Err(Error::conflict(ObjectKind::Tenant, message).blocked_by(ids))
        }
    }
}

/// Those of these tenants that the caller sees.
pub(crate) async fn by_id(ctx: &Ctx, ids: &[TenantId]) -> Result<BTreeMap<TenantId, Tenant>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut found = BTreeMap::new();
    // as many as a page has
    for part in ids.chunks(1000) {
        let filter = TenantFilter { ids: Some(part.to_vec()), ..TenantFilter::default() };
        let page = tenant::list(ctx, &filter, &PageRequest::first(PageRequest::MAX)).await?;
        found.extend(page.items.into_iter().map(|t| (t.id, t)));
    }
    Ok(found)
}

/// The tenants right above these, as far as the caller sees them.
pub(crate) async fn above(ctx: &Ctx, tenants: impl IntoIterator<Item = &Tenant>) -> Result<BTreeMap<TenantId, Tenant>> {
    let parents: Vec<TenantId> = tenants.into_iter().filter_map(|t| t.parent).collect();
    if parents.is_empty() { Ok(BTreeMap::new()) } else { by_id(ctx, &parents).await }
}
