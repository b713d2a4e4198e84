//! Which user reaches which tenants, and as what (D13 to D18, D20). A role on a tenant holds for all below it.

use serde_json::{Value, json};
use tenantry_domain::Result;
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::User;
use tenantry_service::tenant::{self, TenantFilter};
use tenantry_service::user::{self, UserFilter};
use tenantry_service::{Ctx, role};

use crate::error::{Answer, Reply};
use crate::extract::{Asked, Caller, Listing, Names};
use crate::wire::put;
use crate::{find, roles, tenants};

/// The tenants that a user reaches, as far as the caller sees them; with a tenant, those right below it.
async fn reached(ctx: &Ctx, user: &User, below: Option<&Tenant>, asked: &Asked) -> Result<Answer> {
    let mut list = Listing::new(asked);
    if ctx.caller.grants.is_empty() {
        // who has no role sees no tenant
        return Ok(list.answer());
    }
    let filter = TenantFilter { reached_by: Some(user.id), parent: below.map(|t| t.id), ..TenantFilter::default() };
    while let Some(page) = list.ask() {
        let found = tenant::list(ctx, &filter, &page).await?;
        list.add(tenants::render_all(ctx, &found.items, tenants::short).await?, found.next);
    }
    Ok(list.answer())
}

/// D13
pub(crate) async fn tenants_named(Caller(ctx): Caller, Names([name]): Names<1>, asked: Asked) -> Reply {
    Ok(reached(&ctx, &find::user_named(&ctx, &name).await?, None, &asked).await?)
}

/// D14
pub(crate) async fn tenants(Caller(ctx): Caller, Names([id]): Names<1>, asked: Asked) -> Reply {
    Ok(reached(&ctx, &find::user(&ctx, &id).await?, None, &asked).await?)
}

/// D15
pub(crate) async fn children_named(Caller(ctx): Caller, Names([name, tenant]): Names<2>, asked: Asked) -> Reply {
    let user = find::user_named(&ctx, &name).await?;
    Ok(reached(&ctx, &user, Some(&find::tenant(&ctx, &tenant).await?), &asked).await?)
}

/// D16
pub(crate) async fn children(Caller(ctx): Caller, Names([id, tenant]): Names<2>, asked: Asked) -> Reply {
    let user = find::user(&ctx, &id).await?;
    Ok(reached(&ctx, &user, Some(&find::tenant(&ctx, &tenant).await?), &asked).await?)
}

/// Users with their roles on the tenants that the caller sees.
async fn with_roles(ctx: &Ctx, users: &[User]) -> Result<Vec<Value>> {
    let ids: Vec<_> = users.iter().map(|u| u.id).collect();
    let held = if ctx.caller.grants.is_empty() { Vec::new() } else { role::of_users(ctx, &ids).await? };
    let places: Vec<_> = held.iter().map(|h| h.tenant).collect();
    let places = if places.is_empty() { std::collections::BTreeMap::new() } else { find::by_id(ctx, &places).await? };
    let above = find::above(ctx, places.values()).await?;
    let one = |user: &User| {
        let roles = held.iter().filter(|h| h.user == user.id).filter_map(|h| {
            let tenant = places.get(&h.tenant)?;
            let mut role = json!({
                "roleId": roles::id(h.role),
                "roleName": h.role.name(),
                "tenantId": tenant.slug,
                "tenantName": tenant.name,
                "userDescription": user.comment,
                "userId": user.uid,
                "userName": user.username,
            });
            put(&mut role, "parentTenantName", tenant.parent.and_then(|p| above.get(&p)).map(|p| p.name.as_str()));
            Some(role)
        });
        json!({
            "description": user.comment,
            "email": user.email.as_deref().unwrap_or_default(),
            "id": user.uid,
            "password": "",
            "username": user.username,
            "urv": roles.collect::<Vec<_>>(),
        })
    };
    Ok(users.iter().map(one).collect())
}

/// D17
pub(crate) async fn list_with_tenants(Caller(ctx): Caller, asked: Asked) -> Reply {
    let mut list = Listing::new(&asked);
    while let Some(page) = list.ask() {
        let users = user::list(&ctx, &UserFilter::default(), &page).await?;
        list.add(with_roles(&ctx, &users.items).await?, users.next);
    }
    Ok(list.answer())
}

/// D18
pub(crate) async fn get_with_tenants(Caller(ctx): Caller, Names([id]): Names<1>) -> Reply {
    let user = find::user(&ctx, &id).await?;
    Ok(with_roles(&ctx, &[user]).await?.pop().unwrap_or_default().into())
}

/// D20: the service instances of a tenant that a user was let into. There are no service instances, so there are none of these.
pub(crate) async fn list_bindings(Caller(ctx): Caller, Names([name, tenant]): Names<2>) -> Reply {
    find::user_named(&ctx, &name).await?;
    find::tenant(&ctx, &tenant).await?;
    Ok(json!([]).into())
}
