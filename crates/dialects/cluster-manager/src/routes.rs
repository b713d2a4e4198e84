//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use tenantry_http::{Api, frame};
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{NAME, Options, logs, openapi, tokens};

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api, options: Options) -> (Router, OpenApi) {
    let routes = Router::new().route("/token", post(tokens::create)).route("/logs", get(logs::list));
    let router = frame::complete::<Failure>(routes, api, NAME);
    let router = if options.legacy_status { router.layer(map_response(errors_are_500)) } else { router };
    (Router::new().nest("/v1", router), openapi::document())
}

async fn errors_are_500(mut response: Response) -> Response {
    if !response.status().is_success() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}
