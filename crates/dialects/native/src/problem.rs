//! Errors as problem documents (RFC 9457) with our stable codes.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tenantry_domain::{Error, ErrorKind};

/// An error on its way out, with the request's id.
pub(crate) struct Problem {
    pub(crate) error: Error,
    pub(crate) request_id: String,
}

/// What a handler answers.
pub(crate) type Reply = Result<Response, Problem>;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self { error, request_id: String::new() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { error, request_id } = self;
        if error.kind == ErrorKind::Internal {
            tracing::error!(?error, "a request failed");
        }
        let code = error.kind.code();
        let status = StatusCode::from_u16(error.kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = error.retry_after.map(|wait| wait.as_secs() + 1);
        let body = json!({
            "type": format!("urn:tenantry:problem:{code}"),
            "title": code.replace('_', " "),
            "status": status.as_u16(),
            "code": code,
            "detail": error.message,
            "field": error.field,
            "blockers": error.blockers,
            "request_id": request_id,
            "retry_after_s": retry,
        });
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_is_a_problem_with_its_code_and_status() {
        for kind in ErrorKind::ALL {
            let response = Problem::from(Error::new(kind, "why")).into_response();
            assert_eq!(response.status().as_u16(), kind.http_status());
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        }
    }
}
