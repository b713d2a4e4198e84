//! Sessions: logging in, looking who one is, logging out.

use axum::extract::{FromRequestParts, Request, State};
use axum::response::IntoResponse as _;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tenantry_domain::{Error, ErrorKind, Timestamp};
use tenantry_http::{Api, caller};
use tenantry_service::{auth, session};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::NAME;
use crate::answer::{gone, located};
use crate::call::{Body, Call};
use crate::error::Reply;
use crate::users::User;

/// Without a session.
pub(crate) fn login() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_session))
}

/// With one.
pub(crate) fn own() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_session, delete_session))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    /// The login name, or the email address.
    username: String,
    password: String,
    /// The one-time code or a recovery code of a user with a second factor.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StartedSession {
    /// For the header `Authorization: Bearer <token>`; it is shown this once.
    token: String,
    user: User,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    user: User,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Log in
#[utoipa::path(post, path = "/sessions", request_body = NewSession, security(()), responses((status = 201, body = StartedSession)))]
async fn create_session(State(api): State<Api>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&api, &parts, NAME);
    let Body(new) = <Body<NewSession> as axum::extract::FromRequest<Api>>::from_request(Request::from_parts(parts, body), &api).await?;
    let login = auth::login(&api.services, &info, &new.username, &new.password, new.code.as_deref()).await?;
    let started = StartedSession { token: login.token, user: User::from(&login.user), expires_at: login.expires_at };
    let mut response = located((StatusCode::CREATED, axum::Json(started)).into_response(), "/sessions/current");
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Who the token belongs to
#[utoipa::path(get, path = "/sessions/current", responses((status = 200, body = Session)))]
async fn get_session(State(api): State<Api>, request: Request) -> Reply {
    let (mut parts, _) = request.into_parts();
    let call = Call::<crate::call::Plain>::from_request_parts(&mut parts, &api).await?;
    let token = caller::token(&parts.headers).ok_or_else(|| Error::new(ErrorKind::Unauthenticated, "log in first"))?;
    let session = auth::authenticate(&api.services, &token, NAME).await?;
    let found = session::me(&call.ctx).await?;
    Ok(axum::Json(Session { user: User::from(&found), expires_at: session.expires_at }).into_response())
}

/// Log out
#[utoipa::path(delete, path = "/sessions/current", responses((status = 204, description = "the token has ended")))]
async fn delete_session(call: Call) -> Reply {
    if !call.ctx.dry_run {
        auth::logout(&call.ctx).await?;
    }
    Ok(gone())
}
