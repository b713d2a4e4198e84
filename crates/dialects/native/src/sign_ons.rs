//! Single sign-on: which ways of logging in there are, and a login at a provider, in a browser or from the command line.
//!
//! A browser goes to `/sign-ons/{name}`, from there to the provider, and comes back to the callback with what the provider says. What proves
//! that it is the same browser is in a cookie, `Lax` because the way back begins at another site. The command line begins with the address
//! that it listens at and finishes with what arrived there, and keeps the secret itself.

use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tenantry_domain::{Error, ErrorKind, Result, Timestamp};
use tenantry_http::cookies::{self, SameSite};
use tenantry_http::{Api, caller};
use tenantry_service::sign_on::{self, Back, Begun, Finished, LIFE, Said};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{located, secret};
use crate::call::{Body, Name, query};
use crate::error::{Failure, Reply};
use crate::sessions::StartedSession;
use crate::sign_on_pages as pages;
use crate::{NAME, ROOT};

/// Without a session.
pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_login_methods))
        .routes(routes!(open_sign_on, begin_sign_on))
        .routes(routes!(return_from_sign_on))
        .routes(routes!(finish_sign_on))
}

/// The ways of logging in.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginMethods {
    /// Whether a name and a password are taken.
    password: bool,
    /// The providers of single sign-on.
    sign_on: Vec<SignOnMethod>,
}

/// A provider of single sign-on.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignOnMethod {
    name: String,
    /// What people know it by.
    label: String,
    /// Where a browser goes, with `return_to` for where it comes out.
    url: String,
}

/// Which ways of logging in there are
#[utoipa::path(get, path = "/login-methods", security(()), responses((status = 200, body = LoginMethods)))]
async fn list_login_methods(State(api): State<Api>) -> Reply {
    let method = |m: sign_on::Method| SignOnMethod { url: format!("{ROOT}/sign-ons/{}", m.name), name: m.name, label: m.label };
    let sign_on = sign_on::methods(&api.services).into_iter().map(method).collect();
    Ok(axum::Json(LoginMethods { password: true, sign_on }).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenQuery {
    /// The path of this server where the browser comes out, logged in; `/` without it.
    return_to: Option<String>,
}

/// Log in at a provider, with a browser
#[utoipa::path(get, path = "/sign-ons/{name}", security(()), params(("name" = String, Path), OpenQuery),
    responses((status = 303, description = "to the provider, with a cookie; what goes wrong is a page for a browser, a problem for others")))]
async fn open_sign_on(State(api): State<Api>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let opened = opened(&api, &mut parts).await;
    opened.unwrap_or_else(|error| pages::failed(&parts.headers, error))
}

/// Nobody logs in by what a page loads beside itself: another site's could have it loaded again and again.
fn by_a_person(headers: &HeaderMap) -> Result<()> {
    if headers.get("sec-fetch-dest").is_none_or(|kind| kind == "document") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "a login is a page of its own: a browser has to be led here, not to load this from elsewhere"))
}

async fn opened(api: &Api, parts: &mut Parts) -> Result<Response> {
    by_a_person(&parts.headers)?;
    let name = name(api, parts).await?;
    let asked: OpenQuery = query(parts).await?;
    let info = caller::request_info(api, parts, NAME);
    let begun = sign_on::begin(&api.services, &info, &name, Back::Here(asked.return_to.as_deref().unwrap_or("/"))).await?;
    let life_s = i64::try_from(LIFE.as_secs()).unwrap_or(0);
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&begun.url).map_err(Error::internal)?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let cookie = cookies::set(api, cookie(api), &begun.secret, life_s, SameSite::Lax);
    response.headers_mut().extend(cookie.map(|value| (header::SET_COOKIE, value)));
    Ok(response)
}

/// The cookie that only the browser has in which the login was begun. With TLS no other host can plant it.
const fn cookie(api: &Api) -> &'static str {
    if api.secure_cookies { "__Host-tenantry_sign_on" } else { "tenantry_sign_on" }
}

async fn name(api: &Api, parts: &mut Parts) -> Result<String> {
    Name::from_request_parts(parts, api).await.map(|name| name.0).map_err(|failure| failure.0)
}

/// What the provider leads back with; it may say more.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReturnQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Where a provider leads a browser back to
#[utoipa::path(get, path = "/sign-ons/{name}/callback", security(()), params(("name" = String, Path), ReturnQuery),
    responses((status = 200, content_type = "text/html", body = String, description = "a page that goes on to `return_to`, with the session's cookie")))]
async fn return_from_sign_on(State(api): State<Api>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let returned = returned(&api, &mut parts).await;
    returned.unwrap_or_else(|error| pages::failed(&parts.headers, error))
}

async fn returned(api: &Api, parts: &mut Parts) -> Result<Response> {
    by_a_person(&parts.headers)?;
    let name = name(api, parts).await?;
    let said: ReturnQuery = query(parts).await?;
    let info = caller::request_info(api, parts, NAME);
    let secret = kept(api, &parts.headers);
    let state = said.state.as_deref().ok_or_else(|| Error::missing("state"))?;
    let said = answered(said.code.as_deref(), said.error.as_deref())?;
    let Finished { login, return_to } = sign_on::finish(&api.services, &info, &name, state, secret, said).await?;
    let life_s = i64::try_from(api.services.settings().session_life.absolute.as_secs()).unwrap_or(0);
    let mut response = pages::logged_in(&return_to);
    for line in [caller::set_cookie(api, &login.token, life_s), cookies::set(api, cookie(api), "", 0, SameSite::Lax)] {
        response.headers_mut().extend(line.map(|value| (header::SET_COOKIE, value)));
    }
    Ok(response)
}

/// The secret that the browser kept; of one that kept none, a secret that is nobody's.
fn kept<'h>(api: &Api, headers: &'h HeaderMap) -> &'h str {
    cookies::get(headers, cookie(api)).unwrap_or_default()
}

fn answered<'a>(code: Option<&'a str>, error: Option<&'a str>) -> Result<Said<'a>> {
    match (code, error) {
        (_, Some(error)) => Ok(Said::Error(error)),
        (Some(code), None) => Ok(Said::Code(code)),
        (None, None) => Err(Error::missing("code")),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSignOn {
    /// Where the caller listens on the person's own machine: `http://127.0.0.1:<port>/callback`, or the same with `[::1]`.
    redirect_uri: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SignOn {
    /// Where the person's browser goes now.
    url: String,
    /// What arrives at `redirect_uri` beside a code or an error; anything else there is not of this login.
    state: String,
    /// For finishing it; it is shown this once, and goes nowhere but back here.
    secret: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Begin a login at a provider, for a program on the person's own machine
#[utoipa::path(post, path = "/sign-ons/{name}", security(()), params(("name" = String, Path)), request_body = NewSignOn,
    responses((status = 201, body = SignOn)))]
async fn begin_sign_on(State(api): State<Api>, request: Request) -> Reply {
    let (name, parts, new) = read::<NewSignOn>(&api, request).await?;
    let info = caller::request_info(&api, &parts, NAME);
    let begun = sign_on::begin(&api.services, &info, &name, Back::Loopback(&new.redirect_uri)).await?;
    let Begun { url, state, secret: kept, expires_at } = begun;
    Ok(secret(StatusCode::CREATED, &SignOn { url, state, secret: kept, expires_at }))
}

async fn read<T: serde::de::DeserializeOwned>(api: &Api, request: Request) -> std::result::Result<(String, Parts, T), Failure> {
    let (mut parts, body) = request.into_parts();
    let name = name(api, &mut parts).await?;
    let Body(sent) = Body::<T>::from_request(Request::from_parts(parts.clone(), body), api).await?;
    Ok((name, parts, sent))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishedSignOn {
    /// What arrived at `redirect_uri`.
    state: String,
    /// What arrived there when the provider knows the person.
    code: Option<String>,
    /// What arrived there when not.
    error: Option<String>,
    /// What the beginning answered.
    secret: String,
}

/// Finish a login at a provider, for a program on the person's own machine
#[utoipa::path(post, path = "/sign-ons/{name}/finish", security(()), params(("name" = String, Path)), request_body = FinishedSignOn,
    responses((status = 201, body = StartedSession)))]
async fn finish_sign_on(State(api): State<Api>, request: Request) -> Reply {
    let (name, parts, sent) = read::<FinishedSignOn>(&api, request).await?;
    let info = caller::request_info(&api, &parts, NAME);
    let said = answered(sent.code.as_deref(), sent.error.as_deref())?;
    let finished = sign_on::finish(&api.services, &info, &name, &sent.state, &sent.secret, said).await?;
    Ok(located(secret(StatusCode::CREATED, &StartedSession::from(finished.login)), "/sessions/current"))
}
