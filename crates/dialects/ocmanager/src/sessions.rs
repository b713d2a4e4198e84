//! Login and logout (D01, D02), where passwords are checked (D03), and who a proxy says was logged in (D43).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequest as _, Request, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::{auth, role};

use crate::NAME;
use crate::error::Reply;
use crate::extract::{Body, Caller, given};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Login {
    #[serde(deserialize_with = "lenient::text")]
    username: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
}

/// D01: the token has the user's name before it, as the document shows it.
pub(crate) async fn login(State(api): State<Api>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&api, &parts, NAME);
    let Body(login) = Body::<Login>::from_request(Request::from_parts(parts, body), &api).await?;
    let (username, password) = (given("username", login.username)?, given("password", login.password)?);
    let opened = auth::login(&api.services, &info, &username, &password, None).await?;
    let answer = json!({
        "message": "Please add token in request header",
        "resCode": 200,
        "status": "Login successful",
        "token": format!("{}_{}", opened.user.username, opened.token),
    });
    Ok(answer.into())
}

/// D02: ends the session of the token, whatever the path names.
pub(crate) async fn logout(Caller(ctx): Caller) -> Reply {
    auth::logout(&ctx).await?;
    Ok(json!({"resCode": 200, "status": "Logout successful!"}).into())
}

/// D03: 0 where a directory is configured, 1 where users are kept here alone.
pub(crate) async fn kind(Caller(ctx): Caller) -> Reply {
    Ok(json!({"type": i32::from(!ctx.settings().directory)}).into())
}

/// The headers of D43, and their fields.
const HEADERS: [&str; 5] = [
    "http_x_proxy_cas_email",
    "http_x_proxy_cas_loginname",
    "http_x_proxy_cas_mobile",
    "http_x_proxy_cas_userid",
    "http_x_proxy_cas_username",
];

/// D43: what a proxy of ours says of who was logged in there, and whether that is a platform administrator here. Nobody else is believed.
pub(crate) async fn proxy_user(State(api): State<Api>, request: Request) -> Reply {
    let (parts, _) = request.into_parts();
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if !connected.is_some_and(|address| api.proxies.trusts(address)) {
        let message = "only a proxy says who was logged in there, from an address that the operator named (server.trusted_proxies)";
        return Err(Error::new(ErrorKind::Forbidden, message).into());
    }
    let header = |name: &str| {
        let value = parts.headers.get(name).map(http::HeaderValue::as_bytes);
        value.map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned()).unwrap_or_default()
    };
    let mut answer: Value = HEADERS.into_iter().map(|name| (name.to_owned(), json!(header(name)))).collect();
    let login = header("http_x_proxy_cas_loginname");
    if login.is_empty() {
        let message = "the proxy named nobody: it sends the login name in the header http_x_proxy_cas_loginname";
        return Err(Error::new(ErrorKind::Unauthenticated, message).into());
    }
    answer["admin"] = json!(role::login_runs_platform(&api.services, &login).await?);
    Ok(answer.into())
}
