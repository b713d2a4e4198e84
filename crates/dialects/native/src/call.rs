//! How a request is read: who calls, parameters, versions, bodies.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::{Api, caller};
use tenantry_service::{Ctx, IdempotencyKey};

use crate::NAME;
use crate::problem::Problem;

/// The longest that a request waits for its object to settle.
const LONGEST_WAIT_S: u64 = 60;

/// A request of a caller, with its parameters.
pub(crate) struct Call {
    pub(crate) ctx: Ctx,
    /// How long to wait for the object to settle.
    pub(crate) wait: Duration,
    /// The version that `If-Match` asks for.
    pub(crate) version: Option<i64>,
    parameters: BTreeMap<String, String>,
}

impl Call {
    /// A parameter, if it is there and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.parameters.get(name).filter(|v| !v.is_empty()).cloned()
    }

    /// A parameter that is read as something.
    pub(crate) fn read<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let wrong = || Error::invalid(name, format!("the parameter '{name}' has a wrong value"));
        self.text(name).map(|v| v.parse().map_err(|_| wrong())).transpose()
    }

    /// A parameter that is true or false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.parameters.get(name).is_some_and(|v| v == "true" || v == "1" || v.is_empty())
    }

    /// The page asked for.
    pub(crate) fn page(&self) -> Result<PageRequest> {
        let limit = self.read("limit")?.unwrap_or(PageRequest::DEFAULT);
        if !(1..=PageRequest::MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("'limit' must be between 1 and {}", PageRequest::MAX)));
        }
        Ok(PageRequest { limit, after: self.text("after").map(|a| Cursor::decode(&a)).transpose()?, skip: 0 })
    }

    /// Refuses parameters that the operation does not know.
    fn check(&self, known: &[&str]) -> Result<()> {
        const ALWAYS: [&str; 5] = ["limit", "after", "wait", "dry_run", "sort"];
        match self.parameters.keys().find(|k| !known.contains(&k.as_str()) && !ALWAYS.contains(&k.as_str())) {
            Some(unknown) => Err(Error::invalid(unknown, format!("'{}' is not a parameter here", tenantry_domain::name::clip(unknown)))),
            None => Ok(()),
        }
    }

    /// A list with the parameters that it knows.
    pub(crate) fn listing(&self, known: &[&str]) -> Result<PageRequest> {
        self.check(known)?;
        self.page()
    }
}

impl FromRequestParts<Api> for Call {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Problem> {
        let request_id = caller::request_info(parts, NAME).request_id;
        let made = async {
            let mut ctx = caller::authenticate(api, parts, NAME).await?;
            let wrong = |e| Error::new(ErrorKind::InvalidArgument, format!("the query string cannot be read: {e}"));
            let Query(parameters) = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).map_err(wrong)?;
            ctx.idempotency = parts.extensions.get::<IdempotencyKey>().cloned();
            let mut call = Self { ctx, wait: Duration::ZERO, version: if_match(&parts.headers)?, parameters };
            call.ctx.dry_run = call.flag("dry_run");
            call.wait = Duration::from_secs(call.read::<u64>("wait")?.unwrap_or(0).min(LONGEST_WAIT_S));
            Ok(call)
        };
        made.await.map_err(|error| Problem { error, request_id })
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').parse();
    version.map(Some).map_err(|_| Error::invalid("If-Match", "'If-Match' must be the ETag of an earlier answer, unchanged"))
}

/// A JSON body whose unknown fields are refused; none at all is an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> std::result::Result<Self, Problem> {
        let bytes = Bytes::from_request(request, api).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner) if inner.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Error::new(ErrorKind::BodyTooLarge, "the body is larger than this server takes")
            }
            _ => Error::new(ErrorKind::Malformed, "the body could not be read to its end"),
        })?;
        let bytes: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        let value: Value =
            serde_json::from_slice(bytes).map_err(|e| Error::new(ErrorKind::Malformed, format!("the body is not JSON: {e}")))?;
        let read = serde_json::from_value(value);
        Ok(Self(read.map_err(|e| Error::new(ErrorKind::InvalidArgument, format!("the body has a wrong value: {e}")))?))
    }
}

/// Ids of the path. What is no number is the id of nothing.
pub(crate) struct Ids<const N: usize>(pub(crate) [i64; N]);

impl<const N: usize> FromRequestParts<Api> for Ids<N> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Problem> {
        let Path(found) = Path::<Vec<String>>::from_request_parts(parts, api).await.map_err(Error::internal)?;
        let mut ids = [0; N];
        for (slot, text) in ids.iter_mut().zip(&found) {
            let unknown =
                || Error::new(ErrorKind::NotFound, format!("there is nothing with the id '{}'", tenantry_domain::name::clip(text)));
            *slot = text.parse().map_err(|_| unknown())?;
        }
        Ok(Self(ids))
    }
}

/// An object with its ETag.
pub(crate) fn object(status: StatusCode, body: Value) -> Response {
    let version = body["version"].as_i64();
    let mut response = (status, Json(body)).into_response();
    if let Some(value) = version.and_then(|v| HeaderValue::from_str(&format!("\"{v}\"")).ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// What was made, with where it is.
pub(crate) fn created(call: &Call, collection: &str, body: Value) -> Response {
    if call.ctx.dry_run {
        return dry_run("create", collection, json!([]));
    }
    let location = format!("/api/v2/{collection}/{}", body["id"]);
    let mut response = object(StatusCode::CREATED, body);
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// What was changed.
pub(crate) fn changed(call: &Call, collection: &str, body: Value) -> Response {
    if call.ctx.dry_run { dry_run("update", collection, json!([])) } else { object(StatusCode::OK, body) }
}

/// What is gone, or still going.
pub(crate) fn removed(call: &Call, collection: &str, left: Option<Value>) -> Response {
    match left {
        _ if call.ctx.dry_run => dry_run("delete", collection, json!([])),
        Some(body) => object(StatusCode::ACCEPTED, body),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// What would happen.
pub(crate) fn dry_run(action: &str, object: &str, removes: Value) -> Response {
    let body = json!({"dry_run": true, "action": action, "object": object, "quota": [], "cost": null, "balance": null, "creates": [], "removes": removes});
    Json(body).into_response()
}

/// A page.
pub(crate) fn list<T>(page: Page<T>, render: impl Fn(&T) -> Value) -> Response {
    let next = page.next.as_ref().map(Cursor::encode);
    Json(json!({"items": page.items.iter().map(render).collect::<Value>(), "next": next})).into_response()
}

/// A list that is there as a whole.
pub(crate) fn whole<T>(items: &[T], render: impl Fn(&T) -> Value) -> Response {
    Json(json!({"items": items.iter().map(render).collect::<Value>(), "next": null})).into_response()
}
