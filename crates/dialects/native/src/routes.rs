//! Which path leads where.

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, delete, get, post, put};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::Api;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;

use crate::problem::Problem;
use crate::{accounts, apps, datacenters, events, idempotent, operations, registries, resources, sessions, system, tenants, users};

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api) -> (Router, OpenApi) {
    let router = Router::new()
        .route("/sessions", post(sessions::create))
        .route("/sessions/current", get(sessions::current).delete(sessions::delete))
        .route("/tenants", get(tenants::index).post(tenants::create))
        .route("/tenants/{id}", get(tenants::get).patch(tenants::update).delete(tenants::delete))
        .route("/tenants/{id}/retry", post(tenants::retry))
        .route("/tenants/{id}/forget", post(tenants::forget))
        .route("/tenants/{id}/namespaces", get(tenants::namespaces))
        .route("/tenants/{id}/kubeconfig", get(tenants::kubeconfig))
        .route("/tenants/{id}/account", get(accounts::get).put(accounts::update))
        .route("/tenants/{id}/account/lines", get(accounts::lines))
        .route("/tenants/{id}/purchases", post(accounts::purchase))
        .route("/tenants/{id}/quotas", get(tenants::quotas).post(tenants::create_quota))
        .route("/tenants/{id}/quotas/{quota}", get(tenants::get_quota).patch(tenants::update_quota).delete(tenants::delete_quota))
        .route("/users", get(users::index).post(users::create))
        .route("/users/{id}", get(users::get).patch(users::update).delete(users::delete))
        .route("/users/{id}/password", put(users::set_password))
        .route("/datacenters", get(datacenters::index).post(datacenters::create))
        .route("/datacenters/{id}", get(datacenters::get).patch(datacenters::update).delete(datacenters::delete))
        .route("/datacenters/{id}/check", post(datacenters::check))
        .route("/quota-plans", get(system::plans).post(system::create_plan))
        .route("/quota-plans/{id}", get(system::get_plan).patch(system::update_plan).delete(system::delete_plan))
        .route("/namespaces", get(resources::namespaces))
        .route("/namespaces/{id}", get(resources::get_namespace))
        .route("/namespaces/{id}/adopt", post(resources::adopt))
        .route("/disks", get(resources::disks).post(resources::create_disk))
        .route("/disks/{id}", get(resources::get_disk).patch(resources::update_disk).delete(resources::delete_disk))
        .route("/apps", get(resources::apps).post(apps::create))
        .route("/apps/{id}", get(resources::get_app).patch(apps::update).delete(apps::delete))
        .route("/apps/{id}/restart", post(apps::restart))
        .route("/apps/{id}/stop", post(apps::stop))
        .route("/apps/{id}/start", post(apps::start))
        .route("/apps/{id}/rollback", post(apps::rollback))
        .route("/releases", get(apps::releases))
        .route("/releases/{id}", get(apps::get_release))
        .route("/registries", get(registries::index).post(registries::create))
        .route("/registries/{id}", get(registries::get).patch(registries::update).delete(registries::delete))
        .route("/images", get(registries::images))
        .route("/audit", get(system::audit))
        .route("/orphans", get(system::orphans))
        .route("/orphans/{id}", delete(system::delete_orphan))
        .route("/events", get(events::watch))
        .route("/namespaces/{id}/retry", post(resources::retry_namespace))
        .route("/namespaces/{id}/forget", post(resources::forget_namespace))
        .route("/disks/{id}/retry", post(resources::retry_disk))
        .route("/disks/{id}/forget", post(resources::forget_disk))
        .route("/apps/{id}/retry", post(resources::retry_app))
        .route("/apps/{id}/forget", post(resources::forget_app))
        .route("/{*unknown}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(api.clone(), idempotent::layer))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api);
    (Router::new().nest("/api/v2", router), operations::openapi())
}

async fn unknown() -> Problem {
    Error::new(ErrorKind::NotFound, "there is no such path: /openapi.json lists those that there are").into()
}

async fn wrong_method() -> Problem {
    Error::new(ErrorKind::MethodNotAllowed, "this path does not take that method: /openapi.json lists those that it does").into()
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::from(Error::internal("a handler panicked")).into_response()
}
