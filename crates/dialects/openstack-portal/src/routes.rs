//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::routing::{get, post};
use tenantry_http::Api;
use tenantry_http::frame::{self, changes};
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{NAME, Options, groups, openapi, sessions, tenants, users};

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
    let complete = |routes| {
        let router = frame::complete::<Failure>(routes, api.clone(), NAME);
        if options.legacy_status { frame::always_200(router) } else { router }
    };
    let router = parts.fold(Router::new(), |all, (prefix, routes)| all.nest(prefix, complete(routes)));
    (router, openapi::document())
}
