//! Roles, and who has which on a tenant (D27, D35 to D38, D42).

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::policy::{self, Action, Caller as Somebody, Decision, Grant, ObjectKind, Target, TenantPath};
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, ErrorKind, Result, SessionId, TenantId, UserId, name};
use tenantry_http::lenient;
use tenantry_service::{Ctx, role, tenant};

use crate::error::Reply;
use crate::extract::{Asked, Body, Caller, Listing, Names, given};
use crate::find;
use crate::wire::done;

/// The roles in the order of D27: `1` is the first.
const LISTED: [Role; 5] = [Role::PlatformAdmin, Role::TenantAdmin, Role::Member, Role::Telecom, Role::Maintainer];

/// The id of a role: the original's for its three, ours in the same style for the others.
pub(crate) const fn id(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => "a10170cb-524a-11e7-9dbb-fa163ed7d0ae",
        Role::TenantAdmin => "a12a84d0-524a-11e7-9dbb-fa163ed7d0ae",
        Role::Member => "a13dd087-524a-11e7-9dbb-fa163ed7d0ae",
        Role::Telecom => "a14f1c2e-524a-11e7-9dbb-fa163ed7d0ae",
        Role::Maintainer => "a1603b95-524a-11e7-9dbb-fa163ed7d0ae",
    }
}

const fn about(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => "Runs the platform; on the root tenant only",
        Role::TenantAdmin => "Runs a tenant and all below it",
        Role::Member => "Works in a tenant and all below it",
        Role::Telecom => "Looks after customers: opens tenants, and manages their people; on the root tenant only",
        Role::Maintainer => "Looks after machines: quota, datacenters, what is stuck; on the root tenant only",
    }
}

/// The role that an id, a name, or a place in the list means.
fn parse(text: &str) -> Result<Role> {
    let by_number = || text.parse::<usize>().ok().and_then(|n| LISTED.get(n.checked_sub(1)?).copied());
    let found = LISTED.into_iter().find(|r| id(*r) == text.to_ascii_lowercase() || r.name() == text).or_else(by_number);
    found.ok_or_else(|| {
        let message = format!("'{}' is not a role: GET /ocmanager/v1/api/role lists those that are, with their ids", name::clip(text));
        Error::invalid("roleId", message)
    })
}

/// What a role may do where it is granted and below, as the policy decides it: `tenant:create,read user:read`.
fn permission(role: Role) -> String {
    let top = if role.is_staff() { TenantId::ROOT } else { TenantId(2) };
    let path = TenantPath(vec![TenantId::ROOT, TenantId(2), TenantId(3)]);
    let somebody = Somebody {
        user: UserId(0),
        name: String::new(),
        home: top,
        grants: vec![Grant { tenant: top, role }],
        groups: Vec::new(),
        session: SessionId(0),
        must_change_password: false,
    };
    let may = |action: Action, kind| matches!(policy::decide(&somebody, action, kind, &Target::in_tenant(&path)), Decision::Allowed(_));
    let of = |kind: ObjectKind| {
        let actions: Vec<&str> = Action::ALL.into_iter().filter(|a| may(*a, kind)).map(Action::name).collect();
        (!actions.is_empty()).then(|| format!("{}:{}", kind.noun().replace(' ', "_"), actions.join(",")))
    };
    ObjectKind::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join(" ")
}

/// D27
pub(crate) async fn list(Caller(_): Caller) -> Reply {
    let one = |role| json!({"description": about(role), "id": id(role), "rolename": role.name(), "permission": permission(role)});
    Ok(LISTED.into_iter().map(one).collect::<Value>().into())
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    user_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    role_id: Option<String>,
}

fn triple(tenant: &Tenant, user: &User, role: Role) -> Value {
    json!({"roleId": id(role), "tenantId": tenant.slug, "userId": user.uid})
}

/// A user's role on a tenant itself.
async fn held(ctx: &Ctx, tenant: &Tenant, user: &User) -> Result<Option<Role>> {
    Ok(role::of_users(ctx, &[user.id]).await?.into_iter().find(|a| a.tenant == tenant.id).map(|a| a.role))
}

fn none(tenant: &Tenant, user: &User) -> Error {
    let message = format!("'{}' has no role on the tenant '{}'", user.username, tenant.slug);
    Error::new(ErrorKind::NotFound, message).about(ObjectKind::User)
}

async fn read(ctx: &Ctx, tenant: &str, body: Wire) -> Result<(Tenant, User, Role)> {
    let tenant = find::tenant(ctx, tenant).await?;
    let (user, role) = (given("userId", body.user_id)?, parse(&given("roleId", body.role_id)?)?);
    Ok((tenant, find::user_named(ctx, &user).await?, role))
}

/// D35. Somebody has one role on a tenant: another one takes D37.
pub(crate) async fn grant(Caller(ctx): Caller, Names([tenant]): Names<1>, Body(body): Body<Wire>) -> Reply {
    let (tenant, user, wanted) = read(&ctx, &tenant, body).await?;
    if let Some(present) = held(&ctx, &tenant, &user).await?.filter(|present| *present != wanted) {
        let message = format!("'{}' has the role {present} on the tenant '{}' already: PUT changes it", user.username, tenant.slug);
        return Err(Error::already_exists(ObjectKind::User, message).into());
    }
    role::grant(&ctx, tenant.id, user.id, wanted).await?;
    Ok(triple(&tenant, &user, wanted).into())
}

/// D36: those with a role on the tenant itself.
pub(crate) async fn users(Caller(ctx): Caller, Names([tenant]): Names<1>, asked: Asked) -> Reply {
    let tenant = find::tenant(&ctx, &tenant).await?;
    let one = |(user, role): &(User, Role)| {
        json!({
            "roleId": id(*role),
            "roleName": role.name(),
            "tenantId": tenant.slug,
            "userDescription": user.comment,
            "userEmail": user.email.as_deref().unwrap_or_default(),
            "userId": user.uid,
            "userName": user.username,
            "userPassword": "",
            "userPhone": user.phone,
        })
    };
    let mut list = Listing::new(&asked);
    while let Some(page) = list.ask() {
        let users = role::of_tenant(&ctx, tenant.id, &page).await?;
        list.add(users.items.iter().map(one), users.next);
    }
    Ok(list.answer())
}

/// D37
pub(crate) async fn change(Caller(ctx): Caller, Names([tenant]): Names<1>, Body(body): Body<Wire>) -> Reply {
    let (tenant, user, wanted) = read(&ctx, &tenant, body).await?;
    if held(&ctx, &tenant, &user).await?.is_none() {
        return Err(none(&tenant, &user).into());
    }
    role::grant(&ctx, tenant.id, user.id, wanted).await?;
    Ok(triple(&tenant, &user, wanted).into())
}

/// D38
pub(crate) async fn revoke(Caller(ctx): Caller, Names([tenant, user]): Names<2>) -> Reply {
    let tenant = find::tenant(&ctx, &tenant).await?;
    let user = find::user_named(&ctx, &user).await?;
    if held(&ctx, &tenant, &user).await?.is_none() {
        return Err(none(&tenant, &user).into());
    }
    role::revoke(&ctx, tenant.id, user.id).await?;
    Ok(done(&user.uid.to_string(), "delete success").into())
}

/// D42: the role on the tenant itself, else the nearest one above, which holds for it too.
pub(crate) async fn get(Caller(ctx): Caller, Names([tenant, user]): Names<2>) -> Reply {
    let tenant = find::tenant(&ctx, &tenant).await?;
    let user = find::user_named(&ctx, &user).await?;
    let held = role::of_users(&ctx, &[user.id]).await?;
    let mut place = tenant.clone();
    let role = loop {
        if let Some(found) = held.iter().find(|h| h.tenant == place.id) {
            break found.role;
        }
        // what is above the caller's own reach is not looked at
        let Some(above) = place.parent else { return Err(none(&tenant, &user).into()) };
        place = tenant::get(&ctx, above).await.map_err(|_| none(&tenant, &user))?;
    };
    Ok(json!({"roleId": id(role), "tenantId": tenant.slug, "userId": user.uid, "userName": user.username}).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_id_its_name_and_its_place_in_the_list() {
        for (number, role) in LISTED.into_iter().enumerate() {
            for text in [id(role).to_owned(), id(role).to_uppercase(), role.name().to_owned(), (number + 1).to_string()] {
                assert_eq!(parse(&text).ok(), Some(role), "{text}");
            }
        }
        for wrong in ["", "0", "6", "-1", "king", "a10170cb"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(LISTED.len(), Role::ALL.len());
    }

    #[test]
    fn permissions_are_those_of_the_policy() {
        assert!(permission(Role::Member).contains("disk:create,read") && !permission(Role::Member).contains("tenant:create"));
        assert!(permission(Role::TenantAdmin).contains("tenant:create,read,update"));
        assert!(permission(Role::Telecom).contains("tenant:create,read") && !permission(Role::Telecom).contains("disk:create"));
        assert!(permission(Role::PlatformAdmin).contains("datacenter:create"));
    }
}
