//! Answers, and failures in the document's shape: `{"message","resCodel","status"}`, `resCode` below `authc`.

use axum::Json;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::user::User;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::failure::{come_back, status, with_blockers};

use crate::operations;

/// "This user was not created by you": what the original's page looks for.
const NOT_YOURS: u16 = 4004;
/// "Not enough capacity": what the original's page looks for.
const NO_CAPACITY: u16 = 4061;

/// A success: the bare object or list, as JSON text.
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self(value.to_string().into_bytes())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.0).into_response()
    }
}

/// An error on its way out.
#[derive(Clone)]
pub(crate) struct Failure {
    error: Error,
    code: u16,
}

/// What a handler answers.
pub(crate) type Reply = Result<Answer, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = code(error.kind);
        Self { error, code }
    }
}

/// The code of an error: the HTTP status, but for what the original's page looks for.
pub(crate) const fn code(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::QuotaExceeded => NO_CAPACITY,
        _ => kind.http_status(),
    }
}

/// A change of a user whom the caller sees and may not change: 4004.
pub(crate) fn not_yours(user: &User, error: Error) -> Failure {
    let hidden = error.kind == ErrorKind::NotFound;
    if error.object != Some(ObjectKind::User) || !(hidden || error.kind == ErrorKind::Forbidden) {
        return error.into();
    }
    let why = if hidden { "it takes the role tenant.admin on the tenant that the user belongs to" } else { error.message.as_str() };
    let message = format!("the user '{}' was not created by you: {why}", user.username);
    Failure { error: Error::new(ErrorKind::Forbidden, message), code: NOT_YOURS }
}

impl IntoResponse for Failure {
    /// Only the status; [`tell`], which knows the operation, writes the body.
    fn into_response(self) -> Response {
        let mut response = status(self.error.kind).into_response();
        // for the audit, which records refusals that no use case saw
        response.extensions_mut().insert(self.error.clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// What this dialect calls the arguments of the use cases.
fn field(name: &str) -> Option<&'static str> {
    Some(match name {
        "newPassword" => "password",
        "comment" => "description",
        "parent_id" => "parentId",
        "role" => "roleId",
        _ => return None,
    })
}

fn message(error: &Error) -> String {
    let mut message = error.message.clone();
    if let Some((theirs, ours)) = error.field.as_deref().and_then(|theirs| Some((theirs, field(theirs)?))) {
        message = message.replace(&format!("'{theirs}'"), &format!("'{ours}'"));
    }
    with_blockers(&message, error)
}

/// The middleware that writes the body of a failure: what was wrong, and which operation failed.
pub(crate) async fn tell(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let status = operations::find(request.method().as_str(), matched).map_or_else(|| "request failed".to_owned(), operations::failed);
    let code_name = if request.uri().path().starts_with("/ocmanager/v1/api/authc/") { "resCode" } else { "resCodel" };
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    if failure.error.kind == ErrorKind::Internal {
        tracing::error!(error = ?failure.error, "a request failed");
    }
    let body = json!({"message": message(&failure.error), code_name: failure.code, "status": status});
    let mut told = (response.status(), Json(body)).into_response();
    come_back(&mut told, &failure.error);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_code_and_status() {
        let table: String = ErrorKind::ALL.iter().map(|k| format!("{} {} {}\n", k.code(), k.http_status(), code(*k))).collect();
        assert_eq!(
            table,
            "malformed 400 400\nmissing_argument 400 400\ninvalid_argument 422 422\nunauthenticated 401 401\nwrong_credentials 401 401\n\
             second_factor_required 401 401\nwrong_old_password 422 422\nforbidden 403 403\nnot_found 404 404\nalready_exists 409 409\n\
             conflict 409 409\nstale_version 412 412\nquota_exceeded 409 4061\nbalance_too_low 409 409\ntoo_many_requests 429 429\n\
             method_not_allowed 405 405\nbody_too_large 413 413\npeer_unavailable 502 502\ntimeout 504 504\ninternal 500 500\n"
        );
    }
}
