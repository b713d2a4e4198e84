//! The envelope, and the codes that the original's clients know.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use serde_json::{Value, json};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::failure;

/// The header with the length of the whole list.
pub(crate) const COUNT: &str = "x-object-count";

/// An answer: the data of the envelope, and how long the whole list is.
pub(crate) struct Answer {
    data: Value,
    count: Option<i64>,
    told: bool,
}

impl Answer {
    /// A part of a list of `count` items, if that is known. The header says it, and the envelope when it was asked for (`told`).
    pub(crate) fn part(data: Value, count: Option<i64>, told: bool) -> Self {
        Self { data, count, told }
    }
}

impl From<Value> for Answer {
    fn from(data: Value) -> Self {
        Self { data, count: None, told: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut envelope = json!({"success": true, "data": self.data});
        if let Some(count) = self.count.filter(|_| self.told) {
            envelope["count"] = json!(count);
        }
        let mut response = Json(envelope).into_response();
        if let Some(count) = self.count {
            response.headers_mut().insert(COUNT, HeaderValue::from(count));
        }
        response
    }
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

/// The code of an error: the original's four that are no object's own.
pub(crate) const fn code(kind: ErrorKind) -> &'static str {
    match kind {
        // unknown: nothing that the caller did, and nothing of our own
        ErrorKind::PeerUnavailable | ErrorKind::Timeout => "E12001",
        // not valid, also in the present state of things
        ErrorKind::Malformed
        | ErrorKind::MissingArgument
        | ErrorKind::InvalidArgument
        | ErrorKind::WrongOldPassword
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Conflict
        | ErrorKind::StaleVersion
        | ErrorKind::QuotaExceeded
        | ErrorKind::BalanceTooLow
        | ErrorKind::MethodNotAllowed
        | ErrorKind::BodyTooLarge => "E12002",
        ErrorKind::Internal => "E12003",
        // not authorized
        ErrorKind::Unauthenticated
        | ErrorKind::WrongCredentials
        | ErrorKind::SecondFactorRequired
        | ErrorKind::Forbidden
        | ErrorKind::TooManyRequests => "E12004",
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        let message = failure::with_blockers(&error.message, &error);
        let envelope = json!({"success": false, "error": {"code": code(error.kind), "errormsg": message}});
        failure::answer(error, &envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_code_and_status() {
        let table: String = ErrorKind::ALL.iter().map(|k| format!("{} {} {}\n", k.code(), k.http_status(), code(*k))).collect();
        assert_eq!(
            table,
            "malformed 400 E12002\nmissing_argument 400 E12002\ninvalid_argument 422 E12002\nunauthenticated 401 E12004\n\
             wrong_credentials 401 E12004\nsecond_factor_required 401 E12004\nwrong_old_password 422 E12002\nforbidden 403 E12004\n\
             not_found 404 E12002\nalready_exists 409 E12002\nconflict 409 E12002\nstale_version 412 E12002\nquota_exceeded 409 E12002\n\
             balance_too_low 409 E12002\ntoo_many_requests 429 E12004\nmethod_not_allowed 405 E12002\nbody_too_large 413 E12002\n\
             peer_unavailable 502 E12001\ntimeout 504 E12001\ninternal 500 E12003\n"
        );
    }
}
