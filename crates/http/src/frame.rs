//! What stands around the operations of a dialect: an answer in its form for every path and method below its prefix, its time limit, what a
//! panic is answered, and the record of refusals that no use case saw.

use std::any::Any;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, post};
use http::StatusCode;
use tenantry_domain::{Error, ErrorKind};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Api, limits, refusals};

/// A change that POST and PUT both make.
pub fn changes<H, T>(update: H) -> MethodRouter<Api>
where
    H: Handler<T, Api>,
    T: 'static,
{
    post(update.clone()).put(update)
}

/// The routes of a dialect, or of a prefix of it, with all that stands around them. `F` is the dialect's failure, `dialect` its name in the
/// audit.
pub fn complete<F>(routes: Router<Api>, api: Api, dialect: &'static str) -> Router
where
    F: From<Error> + IntoResponse + Send + 'static,
{
    let document = format!("/openapi/{}.json", dialect.replace('_', "-"));
    let no_path = format!("there is no such path: {document} lists those that there are");
    let no_method = format!("this path does not take that method: {document} lists those that it does");
    let unknown = move || async move { F::from(Error::new(ErrorKind::NotFound, no_path)) };
    let wrong_method = move || async move { F::from(Error::new(ErrorKind::MethodNotAllowed, no_method)) };
    let recorded = from_fn_with_state((api.clone(), dialect), refusals::record);
    let routes = if routes.has_routes() { routes.route_layer(recorded) } else { routes };
    routes
        .route("/", any(unknown.clone()))
        .route("/{*unknown}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.clone(), limits::time::<F>))
        .layer(CatchPanicLayer::custom(panicked::<F>))
        .with_state(api)
}

/// What a request whose handler panicked is answered: that it is our own fault, and no more.
pub fn panicked<F: From<Error> + IntoResponse>(_: Box<dyn Any + Send + 'static>) -> Response {
    F::from(Error::internal("a handler panicked")).into_response()
}

/// The routes with the HTTP status 200 on every answer, for clients that look into the body alone.
pub fn always_200(router: Router) -> Router {
    router.layer(map_response(async |mut response: Response| {
        *response.status_mut() = StatusCode::OK;
        response
    }))
}
