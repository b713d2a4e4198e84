//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::routing::{get, post};
use tenantry_http::Api;
use tenantry_http::frame::{self, changes};
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{NAME, Options, datacenters, deployments, disks, images, namespace_admin, openapi, organizations, quotas, sessions, users};

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api, options: Options) -> (Router, OpenApi) {
    let routes = Router::new()
        .route("/organizations", get(organizations::list).post(organizations::create))
        .route("/organizations/{org}", changes(organizations::update).get(organizations::get).delete(organizations::delete))
        .route("/organizations/{org}/datacenters", get(organizations::datacenters))
        .route("/organizations/{org}/users", get(users::list).post(users::create))
        .route("/organizations/{org}/users/{user}", changes(users::update).get(users::get).delete(users::delete))
        .route("/organizations/{org}/users/{user}/deployments", get(deployments::list).post(deployments::create))
        .route("/organizations/{org}/users/{user}/deployments/{id}", get(deployments::get))
        .route("/organizations/{org}/dcquotas", get(organizations::list_quotas).post(organizations::create_quota))
        .route(
            "/organizations/{org}/dcquotas/{id}",
            changes(organizations::update_quota).get(organizations::get_quota).delete(organizations::delete_quota),
        )
        .route("/organizations/{org}/rbds", get(disks::list).post(disks::create))
        .route("/organizations/{org}/rbds/{id}", changes(disks::grow).get(disks::get).delete(disks::delete))
        .route("/users/login", post(sessions::login))
        .route("/users/{user}/logout", post(sessions::logout))
        .route("/users/{user}/password", changes(sessions::set_password))
        .route("/user/{user}/password", changes(sessions::set_password))
        .route("/datacenters", get(datacenters::list).post(datacenters::create))
        .route("/datacenters/{id}", changes(datacenters::update).get(datacenters::get).delete(datacenters::delete))
        .route("/quotas", get(quotas::list).post(quotas::create))
        .route("/quotas/{id}", changes(quotas::update).get(quotas::get).delete(quotas::delete))
        .route("/registry/images", get(images::list))
        .route("/organization", get(namespace_admin::list))
        .route("/organization/init", get(namespace_admin::init))
        .route("/organization/check", post(namespace_admin::check))
        .route("/organization/new", post(namespace_admin::new))
        .route("/organization/update", changes(namespace_admin::update))
        .route("/organization/delete", post(namespace_admin::delete));
    let router = frame::complete::<Failure>(routes, api, NAME);
    let router = if options.legacy_status { frame::always_200(router) } else { router };
    (Router::new().nest("/api/v1", router), openapi::document())
}
