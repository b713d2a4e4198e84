//! The envelope of errors, and what handlers answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tenantry_domain::Error;
use tenantry_http::failure;

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
        let message = failure::with_blockers(&error.message, &error);
        let envelope = json!({"error": {"code": error.kind.http_status(), "message": message}});
        failure::answer(error, &envelope)
    }
}
