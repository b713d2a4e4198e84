//! `/sessions`.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::Error;
use tenantry_http::{Api, caller};
use tenantry_service::{auth, user};

use crate::NAME;
use crate::call::{Body, Call};
use crate::problem::Reply;
use crate::render;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    username: Option<String>,
    password: Option<String>,
}

pub(crate) async fn create(State(api): State<Api>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&parts, NAME);
    let Body(login) = Body::<Login>::from_request(Request::from_parts(parts, body), &api).await?;
    let given = |field: &str, value: Option<String>| value.filter(|v| !v.is_empty()).ok_or_else(|| Error::missing(field));
    let opened = auth::login(&api.services, &info, &given("username", login.username)?, &given("password", login.password)?).await?;
    let body = json!({"token": opened.token, "user": render::user(&opened.user), "expires_at": opened.expires_at});
    Ok((StatusCode::CREATED, [("cache-control", "no-store")], Json(body)).into_response())
}

pub(crate) async fn current(State(api): State<Api>, call: Call, headers: http::HeaderMap) -> Reply {
    let token = caller::token(&headers).unwrap_or_default();
    let session = auth::authenticate(&api.services, &token).await?;
    let user = user::get(&call.ctx, None, call.ctx.caller.user).await?;
    Ok(Json(json!({"user": render::user(&user), "expires_at": session.expires_at})).into_response())
}

pub(crate) async fn delete(call: Call) -> Reply {
    auth::logout(&call.ctx).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
