//! What a registry asks for before it answers: Basic, or a token from the service that it names.

use reqwest::Client;
use serde_json::Value;
use tenantry_domain::registry::RegistryConnection;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

use crate::unreachable;

fn unauthorized(message: impl Into<String>) -> DriverError {
    DriverError::new(DriverErrorKind::Unauthorized, message)
}

/// The value of a parameter of a challenge: `name="value"`.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let begin = challenge.find(&format!("{name}=\""))? + name.len() + 2;
    challenge[begin..].split('"').next()
}

/// The Authorization header that answers the challenge.
pub(crate) async fn answer(http: &Client, base: &Url, connection: &RegistryConnection, challenge: &str) -> Result<String> {
    let scheme = challenge.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    match scheme.as_str() {
        "basic" if connection.username.is_empty() => Err(unauthorized("it asks for a user name and a password")),
        "basic" => {
            let request =
                http.get(base.clone()).basic_auth(&connection.username, Some(&connection.password)).build().map_err(unreachable)?;
            let header = request.headers().get(reqwest::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
            header.map(str::to_owned).ok_or_else(|| unauthorized("the user name cannot be sent"))
        }
        "bearer" => token(http, base, connection, challenge).await,
        _ => Err(unauthorized("it asks for a kind of authentication that is not known")),
    }
}

async fn token(http: &Client, base: &Url, connection: &RegistryConnection, challenge: &str) -> Result<String> {
    let realm = parameter(challenge, "realm").and_then(|r| Url::parse(r).ok()).ok_or_else(|| unauthorized("it names no token service"))?;
    let trusted = realm.scheme() == "https" || realm.origin() == base.origin() || realm.host_str() == base.host_str();
    let mut url = realm;
    for name in ["service", "scope"] {
        if let Some(value) = parameter(challenge, name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let mut request = http.get(url);
    if !connection.username.is_empty() {
        if !trusted {
            return Err(unauthorized("it names a token service on another host without TLS, which gets no password"));
        }
        request = request.basic_auth(&connection.username, Some(&connection.password));
    }
    let response = request.send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(unauthorized("its token service does not accept the user name and password"));
    }
    let body: Value = response.json().await.map_err(unreachable)?;
    let token = body["token"].as_str().or_else(|| body["access_token"].as_str());
    token.map(|t| format!("Bearer {t}")).ok_or_else(|| unauthorized("its token service answered without a token"))
}
