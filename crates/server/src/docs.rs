//! The OpenAPI documents, and `/docs`, a page that lists their operations without anything from elsewhere.

use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("docs.html");

/// Serves the documents: the native one at `/openapi.json`, those of dialects at `/openapi/<name>.json`.
pub(crate) fn router(native: OpenApi, dialects: Vec<(&'static str, OpenApi)>) -> Router {
    let page = || async {
        ([(header::CONTENT_SECURITY_POLICY, "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'")], Html(PAGE))
    };
    let mut router = Router::new().route("/openapi.json", get(move || document(native.clone()))).route("/docs", get(page));
    for (name, openapi) in dialects {
        router = router.route(&format!("/openapi/{name}.json"), get(move || document(openapi.clone())));
    }
    router
}

async fn document(openapi: OpenApi) -> Response {
    Json(openapi).into_response()
}
