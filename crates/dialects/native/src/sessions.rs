//! Sessions: logging in, looking who one is, logging out; what is open, from where, and ending it.

use axum::extract::{FromRequestParts, Request, State};
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{Error, ErrorKind, SessionId, Timestamp, UserId};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::session::SessionInfo;
use tenantry_service::{auth, session};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::NAME;
use crate::answer::{Listed, cut, gone, list_query, located, page, secret};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::users::User;

/// Without a session.
pub(crate) fn login() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_session))
}

/// With one.
pub(crate) fn own() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_session, delete_session))
        .routes(routes!(list_sessions, end_sessions))
        .routes(routes!(end_session))
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

impl From<auth::Login> for StartedSession {
    fn from(login: auth::Login) -> Self {
        Self { token: login.token, user: User::from(&login.user), expires_at: login.expires_at }
    }
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
    Ok(located(secret(StatusCode::CREATED, &StartedSession::from(login)), "/sessions/current"))
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

/// An open session.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenSession {
    id: i64,
    user_id: i64,
    /// Whether it is the one that asks.
    current: bool,
    /// From where it was opened.
    address: String,
    /// The program that opened it, as it calls itself.
    client: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// To the minute.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it ends, if it is not used meanwhile.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl OpenSession {
    fn of(session: SessionInfo, current: SessionId) -> Self {
        Self {
            id: session.id.0,
            user_id: session.user.0,
            current: session.id == current,
            address: session.address,
            client: session.client,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

list_query!(SessionQuery {
    /// Those of this user; the caller's own without it.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
});

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndQuery {
    /// All of this user; without it all of the caller's but the present one.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
}

/// List open sessions, at most the 200 that were used last
#[utoipa::path(get, path = "/sessions", params(SessionQuery), responses((status = 200, body = Listed<OpenSession>)))]
async fn list_sessions(call: Call<SessionQuery>) -> Reply {
    let asked = call.query.page()?;
    let of = call.query.user_id.map_or(call.ctx.caller.user, UserId);
    let current = call.ctx.caller.session;
    Ok(page(cut(session::list(&call.ctx, of).await?, &asked, |s| s.id.0), |s| OpenSession::of(s, current)))
}

/// End a session
#[utoipa::path(delete, path = "/sessions/{id}", responses((status = 204, description = "its token has ended")))]
async fn end_session(call: Call, Id(id): Id) -> Reply {
    session::end_one(&call.ctx, SessionId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::User).answer());
    }
    Ok(gone())
}

/// End all sessions of a user; of one's own all but the present one
#[utoipa::path(delete, path = "/sessions", params(EndQuery), responses((status = 204, description = "their tokens have ended")))]
async fn end_sessions(call: Call<EndQuery>) -> Reply {
    let of = call.query.user_id.map_or(call.ctx.caller.user, UserId);
    session::end(&call.ctx, of, None).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::User).answer());
    }
    Ok(gone())
}
