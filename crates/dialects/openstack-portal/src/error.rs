//! The envelope of errors, and what handlers answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tenantry_domain::{Error, ErrorKind};

/// An error on its way out.
pub(crate) struct Failure(pub(crate) Error);

/// What a handler answers: the object under its name, or the list under its plural.
pub(crate) type Reply = Result<Json<Value>, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        if error.kind == ErrorKind::Internal {
            tracing::error!(?error, "a request failed");
        }
        let mut message = error.message.clone();
        if !error.blockers.is_empty() {
            message += &format!(" ({})", error.blockers.join(", "));
        }
        let status = StatusCode::from_u16(error.kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let envelope = json!({"error": {"code": status.as_u16(), "message": message}});
        let mut response = (status, Json(envelope)).into_response();
        if let Some(wait) = error.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        response.extensions_mut().insert(error);
        response
    }
}
