//! Users (D04 to D12, D19). In this document they have no tenant: one that is made belongs to the caller's own, without a role.

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::user::User;
use tenantry_domain::{Error, Result};
use tenantry_http::lenient;
use tenantry_service::user::{self, UserChange, UserFilter};
use tenantry_service::{Ctx, directory, role};

use crate::error::{Failure, Reply, not_yours};
use crate::extract::{Asked, Body, Caller, Listing, Names, given};
use crate::find;
use crate::wire::{done, time};

/// What D07, D08, D09 and D11 take; each uses its part.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    username: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    old_password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    phone: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    tenant_id: Option<String>,
}

pub(crate) fn render(user: &User) -> Value {
    json!({
        "createTime": time(user.created_at),
        "description": user.comment,
        "email": user.email.as_deref().unwrap_or_default(),
        "id": user.uid,
        "password": "",
        "phone": user.phone,
        "username": user.username,
    })
}

/// D04
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    let mut list = Listing::new(&asked);
    while let Some(page) = list.ask() {
        let users = user::list(&ctx, &UserFilter::default(), &page).await?;
        list.add(users.items.iter().map(render), users.next);
    }
    Ok(list.answer())
}

/// D05
pub(crate) async fn get(Caller(ctx): Caller, Names([id]): Names<1>) -> Reply {
    Ok(render(&find::user(&ctx, &id).await?).into())
}

/// D06
pub(crate) async fn get_named(Caller(ctx): Caller, Names([name]): Names<1>) -> Reply {
    Ok(render(&find::user_named(&ctx, &name).await?).into())
}

/// D07
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Wire>) -> Reply {
    let new = user::Create {
        username: Some(given("username", body.username)?),
        password: Some(given("password", body.password)?),
        email: body.email.filter(|e| !e.is_empty()),
        phone: body.phone.unwrap_or_default(),
        comment: body.description.unwrap_or_default(),
        ..user::Create::default()
    };
    let tenant = find::place(&ctx, body.tenant_id.as_deref()).await?;
    Ok(render(&user::create(&ctx, tenant, &new).await?).into())
}

async fn change(ctx: &Ctx, user: &User, body: Wire) -> Reply {
    if body.password.is_some_and(|p| !p.is_empty()) {
        return Err(Error::invalid("password", "a password is changed by PUT /ocmanager/v1/api/user/{userName}/password").into());
    }
    if body.username.is_some_and(|name| name != user.username) {
        return Err(Error::invalid("username", "a user keeps the name that it was made with").into());
    }
    let change = UserChange {
        email: body.email.map(|e| Some(e).filter(|e| !e.is_empty())),
        phone: body.phone,
        comment: body.description,
        ..UserChange::default()
    };
    let changed = user::update(ctx, None, user.id, &change, None).await.map_err(|e| not_yours(user, e))?;
    Ok(render(&changed).into())
}

/// D08
pub(crate) async fn update(Caller(ctx): Caller, Names([id]): Names<1>, Body(body): Body<Wire>) -> Reply {
    change(&ctx, &find::user(&ctx, &id).await?, body).await
}

/// D09
pub(crate) async fn update_named(Caller(ctx): Caller, Names([name]): Names<1>, Body(body): Body<Wire>) -> Reply {
    change(&ctx, &find::user_named(&ctx, &name).await?, body).await
}

/// D10
pub(crate) async fn delete(Caller(ctx): Caller, Names([id]): Names<1>) -> Reply {
    let found = find::user(&ctx, &id).await?;
    user::delete(&ctx, None, found.id, None).await.map_err(|e| not_yours(&found, e))?;
    Ok(done(&found.uid.to_string(), "delete user success").into())
}

/// D11: as an administrator; or one's own, with the old one, or within ten minutes of logging in without it.
pub(crate) async fn set_password(Caller(ctx): Caller, Names([name]): Names<1>, Body(body): Body<Wire>) -> Reply {
    let found = find::user_named(&ctx, &name).await?;
    let new = given("password", body.password)?;
    let set = user::set_password_after_login(&ctx, found.id, body.old_password.as_deref(), &new).await;
    set.map_err(|e| not_yours(&found, e))?;
    Ok(done(&found.username, "update user password success").into())
}

/// D12
pub(crate) async fn is_admin(Caller(ctx): Caller, Names([name]): Names<1>) -> Reply {
    let found = find::user_named(&ctx, &name).await?;
    Ok(json!({"admin": role::runs_platform(&ctx, found.id).await?, "userName": found.username}).into())
}

/// Refuses what only a configured directory makes possible.
fn with_directory(ctx: &Ctx) -> Result<(), Failure> {
    if ctx.settings().directory {
        return Ok(());
    }
    let message = "no directory is configured: users are kept here, and GET /ocmanager/v1/api/user lists them";
    Err(Error::conflict(ObjectKind::User, message).into())
}

/// D19: the names of everybody in the directories, for who runs the platform; of those who have come from one, as far as the caller sees
/// them, for everybody else: a tenant is not to learn who else works there.
pub(crate) async fn list_directory(Caller(ctx): Caller, asked: Asked) -> Reply {
    with_directory(&ctx)?;
    if ctx.caller.is_platform_admin() {
        let logins = directory::logins(&ctx, asked.page.as_ref()).await?;
        let mut list = Listing::new(&asked);
        list.add(logins.into_iter().map(Value::from), None);
        return Ok(list.answer());
    }
    let filter = UserFilter { from_directory: true, ..UserFilter::default() };
    let mut list = Listing::new(&asked);
    while let Some(page) = list.ask() {
        let users = user::list(&ctx, &filter, &page).await?;
        list.add(users.items.iter().map(|u| json!(u.username)), users.next);
    }
    Ok(list.answer())
}
