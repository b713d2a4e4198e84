//! `Idempotency-Key`: the same request again gets the first answer again, and changes nothing.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::{Api, caller};
use tenantry_service::idempotency::Remembered;
use tenantry_service::{Ctx, IdempotencyKey, idempotency};

use crate::NAME;
use crate::problem::Problem;

const HEADER: &str = "idempotency-key";
/// The largest answer that is kept.
const LARGEST: usize = 1 << 20;

/// The middleware around every request of the dialect.
pub(crate) async fn layer(State(api): State<Api>, request: Request, next: Next) -> Response {
    let mutation = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let session = request.uri().path().ends_with("/sessions") || request.uri().path().contains("/sessions/");
    if !mutation || session || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match once(&api, request, next).await {
        Ok(response) => response,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn once(api: &Api, request: Request, next: Next) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let text = parts.headers.get(HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if !(1..=128).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::invalid("Idempotency-Key", "'Idempotency-Key' must be 1 to 128 printable ASCII characters"));
    }
    let ctx = caller::authenticate(api, &parts, NAME).await?;
    let bytes =
        to_bytes(body, LARGEST).await.map_err(|_| Error::new(ErrorKind::BodyTooLarge, "the body is larger than this server takes"))?;
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &bytes] {
        hash.update(part);
        hash.update([0]);
    }
    let fingerprint = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let key = IdempotencyKey { key: text, fingerprint };
    if let Some(found) = idempotency::find(&api.services, &ctx.caller, &key).await? {
        return Ok(replay(found));
    }
    parts.extensions.insert(key.clone());
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    remembered(&ctx, &key, response).await
}

async fn remembered(ctx: &Ctx, key: &IdempotencyKey, response: Response) -> Result<Response> {
    if response.status() == StatusCode::CONFLICT {
        // somebody sent the same at the same moment, and was first
        if let Some(found) = idempotency::find(&ctx.services, &ctx.caller, key).await? {
            return Ok(replay(found));
        }
    }
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LARGEST).await.map_err(Error::internal)?;
    let kept = String::from_utf8_lossy(&bytes);
    idempotency::remember(&ctx.services, &ctx.caller, key, parts.status.as_u16(), &kept).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// The first answer again; when it was lost between the commit and the answer, where to look.
fn replay(found: Remembered) -> Response {
    let mut response = match found.answer {
        Some((status, body)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        None => (StatusCode::SEE_OTHER, [(header::LOCATION, found.location)]).into_response(),
    };
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
