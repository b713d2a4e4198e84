//! What the API server's failures mean.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

/// The most that is repeated of the API server's own words.
const MOST_WORDS: usize = 500;
/// How long is waited when it asks to be left alone and does not say for how long.
const BREATH: Duration = Duration::from_secs(1);
const NOT_FOUND: &str = "not found: ";

/// A 404 is nothing found.
pub(crate) fn found(answer: Result<Value>) -> Result<Option<Value>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.message.starts_with(NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What answers there is something else: a page of a proxy, say. What it wrote is not repeated, since it may repeat what it was sent.
pub(crate) fn not_kubernetes() -> DriverError {
    DriverError::new(DriverErrorKind::Server, "what answers there does not speak like a Kubernetes API server")
}

/// An answer that is a refusal.
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> DriverError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let words: String =
        said["message"].as_str().filter(|_| said["kind"] == "Status").unwrap_or_default().chars().take(MOST_WORDS).collect();
    let kind = match status.as_u16() {
        401 => DriverErrorKind::Unauthorized,
        403 if words.contains("exceeded quota") => DriverErrorKind::QuotaExceeded,
        // the quota is not counted yet, or the namespace is on its way out: both pass
        403 if words.contains("status unknown for quota") || words.contains("being terminated") => DriverErrorKind::Conflict,
        403 => DriverErrorKind::Forbidden,
        // only the API server itself can say that something is not there
        404 if words.is_empty() => return not_kubernetes(),
        404 | 409 | 410 => DriverErrorKind::Conflict,
        408 | 504 => DriverErrorKind::Timeout,
        429 => DriverErrorKind::Throttled,
        code if code >= 500 => DriverErrorKind::Server,
        _ => DriverErrorKind::Invalid,
    };
    let message = match (status.as_u16(), words.as_str()) {
        (401, _) => "the API server does not accept the credentials".to_owned(),
        (404, words) => format!("{NOT_FOUND}{words}"),
        (code, "") => format!("the API server answered {code}"),
        (code, words) => format!("the API server answered {code}: {words}"),
    };
    let header = headers.get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
    let asked = header.or_else(|| said["details"]["retryAfterSeconds"].as_u64()).map(Duration::from_secs);
    let retry_after = asked.or_else(|| (kind == DriverErrorKind::Throttled).then_some(BREATH));
    DriverError { retry_after, ..DriverError::new(kind, message) }
}

/// No answer, or only the beginning of one. The innermost cause says what is wrong: a name, a refused connection, a certificate.
pub(crate) fn unreachable(error: &(dyn std::error::Error + 'static)) -> DriverError {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    // the guard, which dials, says more than that there is no connection
    let kind = innermost.downcast_ref::<DriverError>().map_or(DriverErrorKind::Unreachable, |error| error.kind);
    DriverError::new(kind, format!("the API server cannot be reached: {innermost}"))
}
