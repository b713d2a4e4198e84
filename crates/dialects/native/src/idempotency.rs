//! Around every operation: who calls, and `Idempotency-Key`.
//!
//! A key is claimed in the transaction of the mutation that it names. The same request with it again gets the first answer
//! again and changes nothing; another request with it is refused. What was refused is not kept. Of two at the same moment the
//! second waits for the first's transaction, loses, and is answered as a repeat.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::refusals::mutates;
use tenantry_http::{Api, body, caller};
use tenantry_service::idempotency::{self, Remembered};
use tenantry_service::{Ctx, IdempotencyKey};

use crate::answer::RELEASE_ID;
use crate::call::Common;
use crate::error::Failure;
use crate::{NAME, ROOT};

const KEY: &str = "idempotency-key";
/// Says that the answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What an answer's headers are kept of.
const KEPT: [HeaderName; 4] = [header::LOCATION, header::ETAG, header::CONTENT_TYPE, RELEASE_ID];
/// Arguments whose values never leave memory, not even as a hash that could be guessed at.
const SECRETS: [&str; 9] = ["password", "new_password", "old_password", "code", "kubeconfig", "token", "ca_pem", "openstack", "user_data"];

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    headers: Vec<(String, String)>,
    body: String,
}

/// The middleware: nobody gets past it without a session.
pub(crate) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    guarded(&api, request, next).await.unwrap_or_else(|error| Failure(error).into_response())
}

async fn guarded(api: &Api, request: Request, next: Next) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let mut ctx = caller::authenticate(api, &parts, NAME).await?;
    if !mutates(&parts.method) {
        parts.extensions.insert(ctx);
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    ctx.dry_run = Common::of(&mut parts).await?.dry_run();
    if ctx.dry_run {
        // nothing is done or refused
        ctx.request.recorded.set();
    }
    let key = key(&parts)?.filter(|_| !ctx.dry_run);
    let Some(key) = key else {
        parts.extensions.insert(ctx);
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let body = body::bytes(Request::from_parts(parts.clone(), body)).await?;
    let key = IdempotencyKey { key, fingerprint: fingerprint(&parts, &body) };
    if let Some(found) = idempotency::find(&ctx.services, &ctx.caller, &key).await? {
        return again(&ctx, &key, found).await;
    }
    ctx.idempotency = Some(key.clone());
    parts.extensions.insert(ctx.clone());
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.status().is_success() {
        return keep(&ctx, &key, response).await;
    }
    // refused: perhaps because another request with this key was first
    match idempotency::find(&ctx.services, &ctx.caller, &key).await? {
        Some(found) => again(&ctx, &key, found).await,
        None => Ok(response),
    }
}

fn key(parts: &Parts) -> Result<Option<String>> {
    let Some(value) = parts.headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().ok().filter(|t| (1..=128).contains(&t.len()) && t.bytes().all(|b| (b' '..=b'~').contains(&b)));
    let wrong = || Error::invalid("Idempotency-Key", "'Idempotency-Key' must be 1 to 128 printable ASCII characters");
    text.map(|t| Some(t.to_owned())).ok_or_else(wrong)
}

fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut fields)) => {
            fields.iter_mut().filter(|(name, _)| SECRETS.contains(&name.as_str())).for_each(|(_, value)| *value = Value::Bool(true));
            hash.update(Value::Object(fields).to_string());
        }
        _ => hash.update(body),
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Keeps the answer. When that fails the mutation is done all the same: a repeat is then sent to the object. An answer with a secret
/// is not kept.
async fn keep(ctx: &Ctx, key: &IdempotencyKey, response: Response) -> Result<Response> {
    if response.headers().get(header::CACHE_CONTROL).is_some_and(|v| v == "no-store") {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(Error::internal)?;
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let headers = KEPT.iter().filter_map(|name| Some((name.to_string(), text(head.headers.get(name)?)?))).collect();
    let kept = Kept { headers, body: String::from_utf8_lossy(&body).into_owned() };
    let written = serde_json::to_string(&kept).map_err(Error::internal)?;
    if let Err(error) = idempotency::remember(&ctx.services, &ctx.caller, key, head.status.as_u16(), &written).await {
        tracing::warn!(?error, "the answer to a request with an idempotency key is not kept");
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

/// The first answer once more.
async fn again(ctx: &Ctx, key: &IdempotencyKey, mut found: Remembered) -> Result<Response> {
    // the first request is perhaps about to keep its answer
    for _ in 0..20 {
        if found.answer.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        found = idempotency::find(&ctx.services, &ctx.caller, key).await?.unwrap_or(found);
    }
    let mut response = match found.answer {
        None => {
            // a session's or a list's place is the API's: nothing is told twice but where to look
            let place = if found.location.starts_with(ROOT) { found.location } else { ROOT.to_owned() };
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Error::internal)?);
            response
        }
        Some((status, text)) => {
            let kept: Kept = serde_json::from_str(&text).map_err(Error::internal)?;
            let mut response = Response::new(Body::from(kept.body));
            *response.status_mut() = StatusCode::from_u16(status).map_err(Error::internal)?;
            for (name, value) in kept.headers {
                let name = HeaderName::try_from(name).map_err(Error::internal)?;
                response.headers_mut().insert(name, HeaderValue::try_from(value).map_err(Error::internal)?);
            }
            response
        }
    };
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Nothing is at this path.
pub(crate) async fn unknown() -> Failure {
    Failure(Error::new(ErrorKind::NotFound, "there is no such path: /openapi.json lists those that there are"))
}

/// Something is, but not for this method.
pub(crate) async fn wrong_method() -> Failure {
    Failure(Error::new(ErrorKind::MethodNotAllowed, "this path does not take that method: /openapi.json lists those that it does"))
}
