//! Users of an organization (A07 to A11). A user logs in with the email address unless another name was given.

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, Result, TenantId, UserId};
use tenantry_http::lenient;
use tenantry_service::user;
use tenantry_service::user::{UserChange, UserFilter};

use crate::error::{Answer, Reply};
use crate::extract::{Asked, Body, Caller, Ids};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    username: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    phone: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    comment: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    role: Option<String>,
    #[serde(deserialize_with = "lenient::boolean")]
    enabled: Option<bool>,
}

impl Wire {
    fn role(&self) -> Result<Option<Role>> {
        self.role.as_deref().filter(|r| !r.is_empty()).map(str::parse).transpose()
    }
}

pub(crate) fn render(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "email": user.email.as_deref().unwrap_or_default(),
        "phone": user.phone,
        "comment": user.comment,
        "orgId": user.tenant,
        "role": user.role.map(Role::name),
        "enabled": user.enabled,
        "password": "",
        "createdAt": user.created_at,
        "updatedAt": user.updated_at,
    })
}

/// A07
pub(crate) async fn create(Caller(ctx): Caller, Ids([org]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    let given = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
    let email = given(&body.email);
    let new = user::Create {
        username: given(&body.username).or_else(|| email.clone()).or_else(|| given(&body.name)),
        name: given(&body.name),
        email,
        password: Some(body.password.clone().filter(|p| !p.is_empty()).ok_or_else(|| Error::missing("password"))?),
        phone: body.phone.clone().unwrap_or_default(),
        comment: body.comment.clone().unwrap_or_default(),
        role: body.role()?.or(Some(Role::Member)),
        enabled: body.enabled,
        ..user::Create::default()
    };
    Ok(render(&user::create(&ctx, TenantId(org), &new).await?).into())
}

/// A08
pub(crate) async fn list(Caller(ctx): Caller, Ids([org]): Ids<1>, asked: Asked) -> Reply {
    let filter = UserFilter { tenant: Some(TenantId(org)), username_prefix: asked.name.clone(), ..UserFilter::default() };
    let page = user::list(&ctx, &filter, &asked.page).await?;
    let total = user::count(&ctx, &filter).await?;
    Ok(Answer::page(page.items.iter().map(render).collect(), total))
}

/// A09
pub(crate) async fn get(Caller(ctx): Caller, Ids([org, id]): Ids<2>) -> Reply {
    Ok(render(&user::get(&ctx, Some(TenantId(org)), UserId(id)).await?).into())
}

/// A10
pub(crate) async fn update(Caller(ctx): Caller, Ids([org, id]): Ids<2>, Body(body): Body<Wire>) -> Reply {
    if body.password.as_ref().is_some_and(|p| !p.is_empty()) {
        return Err(Error::invalid("password", "a password is changed by POST /api/v1/user/{userId}/password").into());
    }
    let change = UserChange {
        username: body.username.clone().filter(|t| !t.is_empty()),
        name: body.name.clone().filter(|t| !t.is_empty()),
        email: body.email.clone().map(|e| Some(e).filter(|e| !e.is_empty())),
        phone: body.phone.clone(),
        comment: body.comment.clone(),
        role: body.role()?.map(Some),
        enabled: body.enabled,
    };
    Ok(render(&user::update(&ctx, Some(TenantId(org)), UserId(id), &change, None).await?).into())
}

/// A11
pub(crate) async fn delete(Caller(ctx): Caller, Ids([org, id]): Ids<2>) -> Reply {
    Ok(render(&user::delete(&ctx, Some(TenantId(org)), UserId(id), None).await?).into())
}
