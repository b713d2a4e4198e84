//! Who calls: the token in any header that a dialect's clients use, and where the request came from.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::HeaderMap;
use http::request::Parts;
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_service::{Ctx, Recorded, RequestInfo, auth};

use crate::Api;
use crate::observe::RequestId;

/// The session cookie.
pub const COOKIE: &str = "tenantry_session";
/// The headers that may hold a token, in the order in which they are looked at.
pub const HEADERS: [&str; 4] = ["authorization", "x-auth-token", "x_auth_token", "token"];

/// The token that the headers hold, normalized. A header with something that is no token is an unknown token, not a missing one.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    let header =
        HEADERS.iter().filter_map(|name| headers.get(*name)).filter_map(|value| value.to_str().ok()).find_map(auth::normalize_token);
    header.or_else(|| {
        let cookies = headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
        cookies
            .filter_map(|c| c.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .and_then(|(_, value)| auth::normalize_token(value))
    })
}

/// Where a request came from, for the audit.
#[must_use]
pub fn request_info(parts: &Parts, dialect: &'static str) -> RequestInfo {
    RequestInfo {
        request_id: parts.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or_else(String::new, |info| info.0.ip().to_string()),
        dialect,
        recorded: parts.extensions.get::<Recorded>().cloned().unwrap_or_default(),
    }
}

/// The caller of a request, with the use cases.
///
/// # Errors
/// [`ErrorKind::Unauthenticated`] without a token, or with one that is unknown or expired.
pub async fn authenticate(api: &Api, parts: &Parts, dialect: &'static str) -> Result<Ctx> {
    let token = token(&parts.headers).ok_or_else(|| {
        Error::new(ErrorKind::Unauthenticated, "log in first, and send the token in the header Authorization (or X-Auth-Token, or token)")
    })?;
    let session = auth::authenticate(&api.services, &token).await?;
    Ok(Ctx::new(api.services.clone(), session.caller, request_info(parts, dialect)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

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
}
