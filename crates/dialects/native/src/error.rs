//! Errors as problem documents (RFC 9457). A handler answers a [`Failure`]; the document is written around all handlers by
//! [`document`], which knows the id of the request.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::failure::{come_back, status};
use tenantry_http::observe::RequestId;
use utoipa::ToSchema;

/// An error on its way out.
pub(crate) struct Failure(pub(crate) Error);

/// What a handler answers.
pub(crate) type Reply = Result<Response, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.0.kind).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `urn:tenantry:problem:<code>`
    r#type: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What was wrong, and what would be right.
    detail: String,
    /// The stable code.
    code: &'static str,
    /// The argument that was wrong, where there is one.
    field: Option<String>,
    /// What stands in the way.
    blockers: Vec<String>,
    /// Finds it in the server's log.
    request_id: Option<String>,
    /// When to come back.
    retry_after_s: Option<u64>,
}

/// What other dialects call arguments, and what they are called here.
const NAMES: [(&str, &str); 11] = [
    ("oldPassword", "old_password"),
    ("newPassword", "new_password"),
    ("orgName", "name"),
    ("parent_group_id", "parent_id"),
    ("tenants", "tenant_ids"),
    ("imageUrl", "image_url"),
    ("size", "size_gib"),
    ("mem", "memory_gib"),
    ("memory", "memory_gib"),
    ("storage", "storage_gib"),
    ("operation", "release_id"),
];

fn problem(error: &Error, request_id: Option<String>) -> Problem {
    let code = error.kind.code();
    let renamed = error.field.as_deref().and_then(|f| NAMES.into_iter().find(|(theirs, _)| *theirs == f));
    let detail =
        renamed.map_or_else(|| error.message.clone(), |(old, new)| error.message.replace(&format!("'{old}'"), &format!("'{new}'")));
    Problem {
        r#type: format!("urn:tenantry:problem:{code}"),
        title: code.replace('_', " "),
        status: error.kind.http_status(),
        detail,
        code,
        field: renamed.map(|(_, new)| new.to_owned()).or_else(|| error.field.clone()),
        blockers: error.blockers.clone(),
        request_id,
        retry_after_s: error.retry_after.map(|wait| wait.as_secs() + 1),
    }
}

/// Writes the problem document of a failure, whoever below made it.
pub(crate) async fn document(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Error>() else { return response };
    if error.kind == ErrorKind::Internal {
        tracing::error!(?error, request_id = id, "a request failed");
    }
    let problem = problem(&error, id);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status(error.kind), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    come_back(&mut response, &error);
    if error.kind == ErrorKind::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_kind_of_error_has_its_document() {
        let table: String = ErrorKind::ALL
            .iter()
            .map(|kind| {
                let document = problem(&Error::new(*kind, "why"), Some("r".to_owned()));
                format!("{} {} | {} | {}\n", document.status, document.code, document.r#type, document.title)
            })
            .collect();
        assert_eq!(table, include_str!("../tests/problems.txt"));
    }

    #[test]
    fn arguments_are_called_as_in_this_api_and_nothing_is_left_out() {
        let error = Error::missing("newPassword").blocked_by(vec!["x".to_owned()]).retry_after(Duration::from_millis(1500));
        let json = serde_json::to_value(problem(&error, Some("r".to_owned()))).unwrap();
        let wanted = serde_json::json!({
            "type": "urn:tenantry:problem:missing_argument", "title": "missing argument", "status": 400, "code": "missing_argument",
            "detail": "'new_password' is required", "field": "new_password", "blockers": ["x"], "request_id": "r", "retry_after_s": 2,
        });
        assert_eq!(json, wanted);
    }
}
