//! Login, logout and change of password (A12 to A14).

use axum::extract::{FromRequest as _, Request, State};
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::user::Role;
use tenantry_domain::{Error, ErrorKind, UserId};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::{auth, user};

use crate::NAME;
use crate::error::Reply;
use crate::extract::{Body, Caller, Ids};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Login {
    #[serde(deserialize_with = "lenient::text")]
    username: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
}

/// A12
pub(crate) async fn login(State(api): State<Api>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&api, &parts, NAME);
    let Body(login) = Body::<Login>::from_request(Request::from_parts(parts, body), &api).await?;
    let given = |field: &str, value: Option<String>| value.filter(|v| !v.is_empty()).ok_or_else(|| Error::missing(field));
    let opened = auth::login(
        &api.services,
        &info,
        &given("username", login.username.or(login.email).or(login.name))?,
        &given("password", login.password)?,
        None,
    )
    .await?;
    let user = opened.user;
    let data = json!({
        "sessionId": opened.token, "userId": user.id, "userName": user.username, "name": user.name, "orgId": user.tenant,
        "role": user.role.map(Role::name), "expiresAt": opened.expires_at,
    });
    Ok(data.into())
}

/// A13: ends the session of the token. The id in the path must be the caller's.
pub(crate) async fn logout(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    if UserId(id) != ctx.caller.user {
        return Err(Error::not_found(ObjectKind::User, id).into());
    }
    auth::logout(&ctx).await?;
    Ok(json!({"userId": id}).into())
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Passwords {
    #[serde(deserialize_with = "lenient::text")]
    old_password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    new_password: Option<String>,
}

/// A14
pub(crate) async fn set_password(Caller(ctx): Caller, Ids([id]): Ids<1>, Body(body): Body<Passwords>) -> Reply {
    let new = body.new_password.ok_or_else(|| Error::new(ErrorKind::MissingArgument, "'newPassword' is required"))?;
    let old = body.old_password.or(body.password);
    user::set_password(&ctx, UserId(id), old.as_deref(), &new).await?;
    Ok(json!({"userId": id}).into())
}
