//! How a dialect says what went wrong: the words and the envelope are its own, all else is the same in each.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use tenantry_domain::{Error, ErrorKind};

/// The HTTP status that says the same.
#[must_use]
pub fn status(kind: ErrorKind) -> StatusCode {
    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A message with what stands in the way behind it.
#[must_use]
pub fn with_blockers(message: &str, error: &Error) -> String {
    if error.blockers.is_empty() { message.to_owned() } else { format!("{message} ({})", error.blockers.join(", ")) }
}

/// Says in a header when to come back, if the error knows.
pub fn come_back(response: &mut Response, error: &Error) {
    if let Some(wait) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    }
}

/// The answer for an error in a dialect's envelope. What is our own fault is in the log; the error itself is left among the extensions, for
/// [`crate::refusals`].
#[must_use]
pub fn answer(error: Error, envelope: &Value) -> Response {
    if error.kind == ErrorKind::Internal {
        tracing::error!(?error, "a request failed");
    }
    let mut response = (status(error.kind), Json(envelope)).into_response();
    come_back(&mut response, &error);
    response.extensions_mut().insert(error);
    response
}
