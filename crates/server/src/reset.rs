//! `/reset-password`: the page that a mailed link leads to. It takes nothing from elsewhere, and nobody may show it inside another page.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::header;

const PAGE: &str = include_str!("reset.html");
const POLICY: &str = "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page.
pub(crate) fn router() -> Router {
    let headers =
        [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer"), (header::CACHE_CONTROL, "no-store")];
    Router::new().route("/reset-password", get(move || async move { (headers, Html(PAGE)) }))
}
