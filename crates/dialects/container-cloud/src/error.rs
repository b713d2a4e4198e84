//! The envelope, and the codes that the original's clients know.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use serde_json::{Value, json};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::failure;

/// An answer: the data of the envelope, and the total of a list that was paged.
pub(crate) struct Answer {
    data: Value,
    total: Option<i64>,
}

impl Answer {
    /// A list of which this is a page.
    pub(crate) fn page(data: Value, total: i64) -> Self {
        Self { data, total: Some(total) }
    }
}

impl From<Value> for Answer {
    fn from(data: Value) -> Self {
        Self { data, total: None }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Json(envelope(0, "success", &self.data)).into_response();
        if let Some(total) = self.total {
            response.headers_mut().insert("x-total-count", HeaderValue::from(total));
        }
        response
    }
}

fn envelope(code: u16, message: &str, data: &Value) -> Value {
    json!({"code": code, "message": message, "msg": message, "data": data})
}

/// An error on its way out.
pub(crate) struct Failure(pub(crate) Error);

/// What a handler answers.
pub(crate) type Reply = Result<Answer, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// The code of an error. 1204, 1205, 1229 and 1231 were the original's for a cluster's refusal while the caller waited; here the
/// row keeps such a reason and the controller goes on, so they are not sent.
pub(crate) fn code(kind: ErrorKind, object: Option<ObjectKind>) -> u16 {
    match (kind, object) {
        (ErrorKind::AlreadyExists, Some(ObjectKind::Tenant)) => 1404,
        (ErrorKind::AlreadyExists, _) => 1415,
        (ErrorKind::PeerUnavailable, Some(ObjectKind::Registry)) => 1501,
        (ErrorKind::PeerUnavailable | ErrorKind::Timeout, _) => 1706,
        (ErrorKind::Malformed, _) => 1600,
        (ErrorKind::MissingArgument, _) => 1601,
        (ErrorKind::InvalidArgument | ErrorKind::BodyTooLarge, _) => 1605,
        (ErrorKind::Unauthenticated, _) => 1402,
        (ErrorKind::WrongCredentials | ErrorKind::SecondFactorRequired, _) => 1401,
        (ErrorKind::WrongOldPassword, _) => 1417,
        (ErrorKind::Forbidden, _) => 1700,
        (ErrorKind::NotFound, _) => 1414,
        (ErrorKind::Conflict | ErrorKind::StaleVersion, _) => 1703,
        (ErrorKind::QuotaExceeded, _) => 1701,
        (ErrorKind::BalanceTooLow, _) => 1702,
        (ErrorKind::TooManyRequests, _) => 1704,
        (ErrorKind::MethodNotAllowed, _) => 1705,
        (ErrorKind::Internal, _) => 1400,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        let message = failure::with_blockers(&error.message, &error);
        let told = envelope(code(error.kind, error.object), &message, &Value::Null);
        failure::answer(error, &told)
    }
}

/// `check` answers 200 whether the name is free or taken.
pub(crate) fn taken(error: &Error) -> Response {
    Json(envelope(1415, &error.message, &Value::Null)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_code_and_status() {
        let table: String = ErrorKind::ALL.iter().map(|k| format!("{} {} {}\n", k.code(), k.http_status(), code(*k, None))).collect();
        assert_eq!(
            table,
            "malformed 400 1600\nmissing_argument 400 1601\ninvalid_argument 422 1605\nunauthenticated 401 1402\nwrong_credentials 401 1401\n\
             second_factor_required 401 1401\n\
             wrong_old_password 422 1417\nforbidden 403 1700\nnot_found 404 1414\nalready_exists 409 1415\nconflict 409 1703\nstale_version 412 1703\n\
             quota_exceeded 409 1701\nbalance_too_low 409 1702\ntoo_many_requests 429 1704\nmethod_not_allowed 405 1705\nbody_too_large 413 1605\n\
             peer_unavailable 502 1706\ntimeout 504 1706\ninternal 500 1400\n"
        );
        assert_eq!(code(ErrorKind::AlreadyExists, Some(ObjectKind::Tenant)), 1404);
        assert_eq!(code(ErrorKind::PeerUnavailable, Some(ObjectKind::Registry)), 1501);
    }
}
