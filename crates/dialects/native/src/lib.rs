//! The native API.
use axum::Router;
use tenantry_http::Api;
/// x
pub fn router(_api: Api) -> (Router, utoipa::openapi::OpenApi) {
    (Router::new(), utoipa::openapi::OpenApiBuilder::new().build())
}
