//! Who calls: the token in any header that a dialect's clients use, and where the request came from.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_service::{Ctx, Recorded, RequestInfo, auth};

use crate::Api;
use crate::cookies::{self, SameSite};
use crate::observe::RequestId;

/// The session cookie.
pub const COOKIE: &str = "tenantry_session";
/// The headers that may hold a token, in the order in which they are looked at.
pub const HEADERS: [&str; 4] = ["authorization", "x-auth-token", "x_auth_token", "token"];

/// The token that the headers hold, normalized. A header with something that is no token is an unknown token, not a missing one.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    header_token(headers).or_else(|| cookie_token(headers))
}

fn header_token(headers: &HeaderMap) -> Option<String> {
    HEADERS.iter().filter_map(|name| headers.get(*name)).filter_map(|value| value.to_str().ok()).find_map(auth::normalize_token)
}

fn cookie_token(headers: &HeaderMap) -> Option<String> {
    cookies::get(headers, COOKIE).and_then(auth::normalize_token)
}

/// Whether a browser sent this on behalf of another site's page. A cookie is sent with it all the same, so that it proves nothing.
fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    // an older browser says where a GET comes from in `referer` alone
    let origin = text("origin").or_else(|| text("referer"));
    match (origin, text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").and_then(|(_, rest)| rest.split('/').next()).is_none_or(|from| from != host),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// The value of `Set-Cookie` that keeps a token in a browser: not for scripts, not for other sites, and for TLS alone where there is TLS.
#[must_use]
pub fn set_cookie(api: &Api, token: &str, life_s: i64) -> Option<HeaderValue> {
    cookies::set(api, COOKIE, token, life_s, SameSite::Strict)
}

/// The value of `Set-Cookie` that makes a browser forget the token.
#[must_use]
pub fn forget_cookie(api: &Api) -> Option<HeaderValue> {
    set_cookie(api, "", 0)
}

/// Where a request came from, for the audit.
#[must_use]
pub fn request_info(api: &Api, parts: &Parts, dialect: &'static str) -> RequestInfo {
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    RequestInfo {
        request_id: parts.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        address: connected.map_or_else(String::new, |ip| api.proxies.client(ip, &parts.headers).to_string()),
        dialect,
        recorded: parts.extensions.get::<Recorded>().cloned().unwrap_or_default(),
        client: parts.headers.get(http::header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
    }
}

/// The caller of a request, with the use cases.
///
/// # Errors
/// [`ErrorKind::Unauthenticated`] without a token, or with one that is unknown or expired; [`ErrorKind::Forbidden`] with a cookie on a
/// request that another site's page makes.
pub async fn authenticate(api: &Api, parts: &Parts, dialect: &'static str) -> Result<Ctx> {
    let token = token(&parts.headers).ok_or_else(|| {
        Error::new(ErrorKind::Unauthenticated, "log in first, and send the token in the header Authorization (or X-Auth-Token, or token)")
    })?;
    if header_token(&parts.headers).is_none() && from_another_site(&parts.headers) {
        let message = "the page of another site sent this: a cookie alone is not accepted from there";
        return Err(Error::new(ErrorKind::Forbidden, message));
    }
    let session = auth::authenticate(&api.services, &token, dialect).await?;
    Ok(Ctx::new(api.services.clone(), session.caller, request_info(api, parts, dialect)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_every_header_and_in_the_cookie() {
        let token_text = "AB".repeat(32);
        for name in HEADERS {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(&token_text).unwrap());
            assert_eq!(token(&headers).as_ref(), Some(&token_text), "{name}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_str(&format!("a=b; {COOKIE}={token_text}")).unwrap());
        assert_eq!(token(&headers), Some(token_text));
        assert_eq!(token(&HeaderMap::new()), None);
    }

    #[test]
    fn a_cookie_proves_nothing_when_another_sites_page_sends_it() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect::<HeaderMap>()
        };
        for (headers, foreign) in [
            (with(&[]), false),
            (with(&[("host", "cloud.example")]), false),
            (with(&[("origin", "https://cloud.example"), ("host", "cloud.example")]), false),
            (with(&[("origin", "https://evil.example"), ("host", "cloud.example")]), true),
            (with(&[("origin", "null"), ("host", "cloud.example")]), true),
            (with(&[("referer", "https://cloud.example/a/b?c"), ("host", "cloud.example")]), false),
            (with(&[("referer", "https://evil.example/cloud.example"), ("host", "cloud.example")]), true),
            (with(&[("referer", "https://cloud.example.evil.example/"), ("host", "cloud.example")]), true),
            (with(&[("sec-fetch-site", "same-origin"), ("origin", "https://cloud.example")]), false),
            (with(&[("sec-fetch-site", "none")]), false),
            (with(&[("sec-fetch-site", "cross-site")]), true),
            (with(&[("sec-fetch-site", "same-site")]), true),
        ] {
            assert_eq!(from_another_site(&headers), foreign, "{headers:?}");
        }
    }
}
