//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{Api, limits, refusals};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{NAME, Options, logs, openapi, tokens};

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api, options: Options) -> (Router, OpenApi) {
    let router = Router::new()
        .route("/token", post(tokens::create))
        .route("/logs", get(logs::list))
        .route_layer(from_fn_with_state((api.clone(), NAME), refusals::record))
        .route("/", any(unknown))
        .route("/{*unknown}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.clone(), limits::time::<Failure>))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api);
    let router = if options.legacy_status { router.layer(axum::middleware::map_response(errors_are_500)) } else { router };
    (Router::new().nest("/v1", router), openapi::document())
}

async fn unknown() -> Failure {
    Failure(Error::new(ErrorKind::NotFound, "there is no such path: /openapi/cluster-manager.json lists those that there are"))
}

async fn wrong_method() -> Failure {
    Failure(Error::new(
        ErrorKind::MethodNotAllowed,
        "this path does not take that method: /openapi/cluster-manager.json lists those that it does",
    ))
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Failure(Error::internal("a handler panicked")).into_response()
}

async fn errors_are_500(mut response: Response) -> Response {
    if !response.status().is_success() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}
