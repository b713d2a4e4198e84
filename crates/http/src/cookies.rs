//! Cookies: none is for scripts, and where there is TLS each is for TLS alone.

use http::{HeaderMap, HeaderValue, header};

use crate::Api;

/// Which requests that another site's page makes have a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// None.
    Strict,
    /// Those that lead the whole window here.
    Lax,
}

/// The value of a cookie of a request.
#[must_use]
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    cookies.filter_map(|c| c.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The value of `Set-Cookie` that keeps a cookie for that long; a browser forgets one with no life.
#[must_use]
pub fn set(api: &Api, name: &str, value: &str, life_s: i64, same_site: SameSite) -> Option<HeaderValue> {
    let secure = if api.secure_cookies { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite={same_site:?}{secure}")).ok()
}
