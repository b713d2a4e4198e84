//! Login and logout (C01, C02).

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::Error;
use tenantry_http::{Api, caller, lenient};
use tenantry_service::{Ctx, auth, session};

use crate::NAME;
use crate::error::Failure;
use crate::extract::{Caller, Given};
use crate::users;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Login {
    #[serde(deserialize_with = "lenient::text")]
    identification: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    code: Option<String>,
}

/// C01: `identification` is `user#tenant`; without `#` somebody of the platform's staff.
pub(crate) async fn login(State(api): State<Api>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&api, &parts, NAME);
    let Given(login) = Given::<Login>::from_request(Request::from_parts(parts, body), &api).await?;
    let given = |field: &str, value: Option<String>| value.filter(|v| !v.is_empty()).ok_or_else(|| Error::missing(field));
    let (identification, password) = (given("identification", login.identification)?, given("password", login.password)?);
    let code = login.code.filter(|c| !c.is_empty());
    let opened = auth::login(&api.services, &info, &identification, &password, code.as_deref()).await?;
    let opener = auth::authenticate(&api.services, &opened.token, NAME).await?;
    let ctx = Ctx::new(api.services.clone(), opener.caller, info);
    let user = users::render(&ctx, &opened.user, None).await?;
    let answer = json!({"token": opened.token, "expires_at": opened.expires_at, "user": user});
    let life_s = i64::try_from(ctx.settings().session_life.absolute.as_secs()).unwrap_or(i64::MAX);
    Ok(with_cookie(Json(answer).into_response(), caller::set_cookie(&api, &opened.token, life_s)))
}

/// C02
pub(crate) async fn logout(State(api): State<Api>, Caller(ctx): Caller) -> Result<Response, Failure> {
    let user = users::render(&ctx, &session::me(&ctx).await?, None).await?;
    auth::logout(&ctx).await?;
    Ok(with_cookie(Json(json!({"user": user})).into_response(), caller::forget_cookie(&api)))
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    response.headers_mut().extend(cookie.map(|value| (header::SET_COOKIE, value)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
