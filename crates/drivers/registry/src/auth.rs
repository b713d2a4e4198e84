//! What a registry asks for before it answers: Basic, or a token from the service that it names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, StatusCode};
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

use crate::{Registry, read};

/// A scheme with its parameters.
type Challenge<'a> = (String, &'a str);

/// The challenge to answer: a token where one is offered, else Basic.
fn choose(headers: &HeaderMap) -> Option<Challenge<'_>> {
    let offered: Vec<Challenge<'_>> = headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .map(|text| text.trim().split_once(' ').unwrap_or((text, "")))
        .map(|(scheme, parameters)| (scheme.to_ascii_lowercase(), parameters))
        .collect();
    ["bearer", "basic"].iter().find_map(|known| offered.iter().find(|(scheme, _)| scheme == known)).cloned()
}

/// The value of a parameter of a challenge: `name="value"` or `name=value`.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = parameters;
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.trim_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.trim());
        }
        rest = next;
    }
    None
}

/// Whether the token service may have the password. Without TLS only where the registry itself is spoken to without it.
fn trusted(base: &Url, realm: &Url) -> bool {
    realm.scheme() == "https" || (base.scheme() == "http" && realm.host_str() == base.host_str())
}

/// The Authorization header that answers the registry's challenge.
pub(crate) async fn answer(registry: &Registry, headers: &HeaderMap) -> Result<String> {
    let unauthorized = |message: &str| registry.failure(DriverErrorKind::Unauthorized, message);
    match choose(headers) {
        Some((scheme, _)) if scheme == "basic" && registry.connection.username.is_empty() => {
            Err(unauthorized("asks for a user name and a password"))
        }
        Some((scheme, _)) if scheme == "basic" => basic(registry),
        Some((_, parameters)) => token(registry, parameters).await,
        None => Err(unauthorized("asks for a kind of authentication that is not known")),
    }
}

/// Basic authentication (RFC 7617).
fn basic(registry: &Registry) -> Result<String> {
    let connection = &registry.connection;
    if connection.username.contains(':') {
        return Err(registry.failure(DriverErrorKind::Unauthorized, "cannot be sent a user name with a colon"));
    }
    Ok(format!("Basic {}", BASE64.encode(format!("{}:{}", connection.username, connection.password))))
}

async fn token(registry: &Registry, parameters: &str) -> Result<String> {
    let failure = |kind, message: &str| -> DriverError { registry.failure(kind, message) };
    let realm = parameter(parameters, "realm").and_then(|r| Url::parse(r).ok());
    let mut url = realm.ok_or_else(|| failure(DriverErrorKind::Server, "asks for a token and names no token service"))?;
    let allowed = trusted(&registry.base, &url);
    for name in ["service", "scope"] {
        if let Some(value) = parameter(parameters, name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let credentials = !registry.connection.username.is_empty();
    if credentials && !allowed {
        let message = "names a token service that is reached without TLS, which gets no password";
        return Err(failure(DriverErrorKind::Unauthorized, message));
    }
    let authorization = if credentials { Some(basic(registry)?) } else { None };
    let with = |request: RequestBuilder| authorization.iter().fold(request, |request, header| request.header(AUTHORIZATION, header));
    let sent = registry.http.send(Method::GET, url, registry.limit, with).await;
    let response = sent.map_err(|e| registry.failed(&e, "has a token service that"))?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
            let message = if registry.connection.username.is_empty() {
                "has a token service that gives nothing without a user name and a password"
            } else {
                "has a token service that does not accept the user name and password"
            };
            return Err(failure(DriverErrorKind::Unauthorized, message));
        }
        _ => return Err(registry.refused(&response, "has a token service that")),
    }
    let (_, body) = read(registry, response).await?;
    let token = body["token"].as_str().or_else(|| body["access_token"].as_str()).filter(|t| !t.is_empty());
    let token = token.ok_or_else(|| failure(DriverErrorKind::Server, "has a token service that answered without a token"))?;
    Ok(format!("Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_nowhere_without_tls_but_to_a_registry_that_has_none() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (base, realm, expected) in [
            ("https://registry.example", "https://registry.example/token", true),
            ("https://registry.example", "https://auth.example/token", true),
            ("https://registry.example", "http://auth.example/token", false),
            // the registry speaks TLS: its own host without it is a step down
            ("https://registry.example", "http://registry.example/token", false),
            ("http://registry.example:5000", "http://registry.example:5001/token", true),
            ("http://registry.example:5000", "http://auth.example/token", false),
            ("http://registry.example:5000", "https://auth.example/token", true),
            ("http://registry.example:5000", "ftp://auth.example/token", false),
        ] {
            assert_eq!(trusted(&url(base), &url(realm)), expected, "{base} {realm}");
        }
    }

    #[test]
    fn the_parameters_of_a_challenge_are_read_quoted_or_not() {
        let parameters = r#"realm="https://auth.example/token?a=b",service=registry, scope="repository:a/b:pull,push""#;
        assert_eq!(parameter(parameters, "realm"), Some("https://auth.example/token?a=b"));
        assert_eq!(parameter(parameters, "service"), Some("registry"));
        assert_eq!(parameter(parameters, "Scope"), Some("repository:a/b:pull,push"));
        assert_eq!(parameter(parameters, "error"), None);
        assert_eq!(parameter("realm=\"open", "realm"), None);
    }
}
