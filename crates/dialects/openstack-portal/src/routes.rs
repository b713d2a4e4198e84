//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any, get, post};
use http::StatusCode;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{Api, limits, refusals};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{NAME, Options, groups, openapi, sessions, tenants, users};

fn changes<H, T>(update: H) -> MethodRouter<Api>
where
    H: axum::handler::Handler<T, Api> + Clone,
    T: 'static,
{
    post(update.clone()).put(update)
}

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api, options: Options) -> (Router, OpenApi) {
    let auth = Router::new().route("/login", post(sessions::login)).route("/logout", get(sessions::logout).post(sessions::logout));
    let keystone = Router::new()
        .route("/tenants", get(tenants::list).post(tenants::create_or_update))
        .route("/tenants/{tenant_id}", changes(tenants::update).get(tenants::get))
        .route("/groups", post(groups::create))
        .route("/groups/{group_id}", changes(groups::update).get(groups::get).delete(groups::delete))
        .route("/users", get(users::list).post(users::create).delete(users::delete))
        .route("/users/{user_id}", changes(users::update));
    // the document's other parts: in its envelope it is told what is not there
    let rest = ["/nova", "/network", "/storage", "/ticket"].map(|prefix| (prefix, Router::new()));
    let parts = [("/auth", auth), ("/keystone", keystone)].into_iter().chain(rest);
    let router = parts.fold(Router::new(), |all, (prefix, routes)| all.nest(prefix, complete(&api, options, routes)));
    (router, openapi::document())
}

/// The routes below one prefix, with an answer to every path and method there.
fn complete(api: &Api, options: Options, routes: Router<Api>) -> Router {
    let recorded = from_fn_with_state((api.clone(), NAME), refusals::record);
    let routes = if routes.has_routes() { routes.route_layer(recorded) } else { routes };
    let router = routes
        .route("/", any(unknown))
        .route("/{*unknown}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.clone(), limits::time::<Failure>))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api.clone());
    if options.legacy_status { router.layer(axum::middleware::map_response(always_200)) } else { router }
}

async fn unknown() -> Failure {
    Failure(Error::new(ErrorKind::NotFound, "there is no such path: /openapi/openstack-portal.json lists those that there are"))
}

async fn wrong_method() -> Failure {
    Failure(Error::new(
        ErrorKind::MethodNotAllowed,
        "this path does not take that method: /openapi/openstack-portal.json lists those that it does",
    ))
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Failure(Error::internal("a handler panicked")).into_response()
}

async fn always_200(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::OK;
    response
}
