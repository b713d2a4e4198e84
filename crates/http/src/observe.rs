//! Request ids, one log line a request, and metrics. Nothing of a body or a header is logged.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;

use crate::Api;

/// The id of a request: what the client sent as `X-Request-Id` if it is harmless, else a new one. It is in the answer, the log and the audit.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

const HEADER: &str = "x-request-id";

/// The middleware around every request.
pub async fn observe(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let harmless =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let given = request.headers().get(HEADER).and_then(|v| v.to_str().ok()).filter(harmless).map(str::to_owned);
    let id = given.unwrap_or_else(|| api.services.new_request_id());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |m| m.as_str().to_owned());
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|i| i.0.ip());
    let begun = Instant::now();
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    metrics::counter!("tenantry_http_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("tenantry_http_request_seconds", "route" => route.clone()).record(seconds);
    let (ms, address) = ((seconds * 1e6).round() / 1e3, address.map(tracing::field::display));
    tracing::info!(request_id = %id, %method, %route, status, ms, address, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
