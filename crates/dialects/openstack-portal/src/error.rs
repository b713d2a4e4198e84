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

/// An error whose message names the parameter, as the document calls it where the service calls it otherwise.
pub(crate) fn renamed(names: &'static [(&'static str, &'static str)]) -> impl Fn(Error) -> Error {
    move |mut error| {
        let Some(theirs) = error.field.take() else { return error };
        let ours = names.iter().find(|(name, _)| *name == theirs).map_or(theirs.as_str(), |(_, ours)| ours);
        error.message = error.message.replace(&format!("'{theirs}'"), &format!("'{ours}'"));
        if !error.message.contains(&format!("'{ours}'")) {
            error.message = format!("'{ours}': {}", error.message);
        }
        error.field = Some(ours.to_owned());
        error
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_parameter_as_the_document_does() {
        let renamed = renamed(&[("size", "volume_size")]);
        let told = renamed(Error::invalid("size", "'size' must be between 1 and 9"));
        assert_eq!((told.field.as_deref(), told.message.as_str()), (Some("volume_size"), "'volume_size' must be between 1 and 9"));
        assert_eq!(renamed(Error::invalid("gateway", "10.0.0.1 is not in it")).message, "'gateway': 10.0.0.1 is not in it");
        let other = renamed(Error::missing("name"));
        assert_eq!((other.field.as_deref(), other.message.as_str()), (Some("name"), "'name' is required"));
    }
}
