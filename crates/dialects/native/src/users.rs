//! `/users`.

use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use tenantry_domain::user::Role;
use tenantry_domain::{Error, TenantId, UserId};
use tenantry_service::user;
use tenantry_service::user::{UserChange, UserFilter};

use crate::call::{Body, Call, Ids, changed, created, dry_run, list, object, removed};
use crate::problem::Reply;
use crate::render::{self, nullable};

pub(crate) async fn index(call: Call) -> Reply {
    let page = call.listing(&["tenant_id", "username_prefix", "email"])?;
    let filter = UserFilter { tenant: call.read("tenant_id")?, username_prefix: call.text("username_prefix"), email: call.text("email") };
    Ok(list(user::list(&call.ctx, &filter, &page).await?, render::user))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wire {
    tenant_id: Option<TenantId>,
    username: Option<String>,
    name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    email: Option<Option<String>>,
    password: Option<String>,
    phone: Option<String>,
    comment: Option<String>,
    role: Option<Role>,
    enabled: Option<bool>,
}

pub(crate) async fn create(call: Call, Body(body): Body<Wire>) -> Reply {
    let new = user::Create {
        username: body.username,
        name: body.name.filter(|n| !n.is_empty()),
        email: body.email.flatten(),
        password: body.password.unwrap_or_default(),
        phone: body.phone.unwrap_or_default(),
        comment: body.comment.unwrap_or_default(),
        role: body.role,
        enabled: body.enabled,
    };
    let tenant = body.tenant_id.ok_or_else(|| Error::missing("tenant_id"))?;
    Ok(created(&call, "users", render::user(&user::create(&call.ctx, tenant, &new).await?)))
}

pub(crate) async fn get(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(object(StatusCode::OK, render::user(&user::get(&call.ctx, None, UserId(id)).await?)))
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    if body.password.is_some() {
        return Err(Error::invalid("password", "a password is changed by PUT /api/v2/users/{id}/password").into());
    }
    if body.tenant_id.is_some() {
        return Err(Error::invalid("tenant_id", "a user stays in its tenant").into());
    }
    let change = UserChange {
        username: body.username,
        name: body.name,
        email: body.email,
        phone: body.phone,
        comment: body.comment,
        role: body.role,
        enabled: body.enabled,
    };
    Ok(changed(&call, "user", render::user(&user::update(&call.ctx, None, UserId(id), &change, call.version).await?)))
}

pub(crate) async fn delete(call: Call, Ids([id]): Ids<1>) -> Reply {
    user::delete(&call.ctx, None, UserId(id)).await?;
    Ok(removed(&call, "user", None))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Passwords {
    old_password: Option<String>,
    new_password: Option<String>,
}

pub(crate) async fn set_password(call: Call, Ids([id]): Ids<1>, Body(body): Body<Passwords>) -> Reply {
    let new = body.new_password.ok_or_else(|| Error::missing("new_password"))?;
    user::set_password(&call.ctx, UserId(id), body.old_password.as_deref(), &new).await?;
    if call.ctx.dry_run {
        return Ok(dry_run("reset_password", "user", serde_json::json!([])));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
