//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes. A fixed word goes before a name in its
//! place: `PUT /user/name/password` changes the user `password`, and is not the password of a user `name`.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post, put};
use tenantry_http::{Api, frame};
use utoipa::openapi::OpenApi;

use crate::error::{Failure, tell};
use crate::{NAME, Options, access, links, openapi, roles, sessions, tenants, users};

/// The dialect's routes, and its OpenAPI document. The names in the paths are those of [`crate::operations::ALL`].
pub fn router(api: Api, options: Options) -> (Router, OpenApi) {
    let routes = Router::new()
        .route("/authc/login", post(sessions::login))
        .route("/authc/logout/{userName}", delete(sessions::logout))
        .route("/authc/type", get(sessions::kind))
        .route("/user", get(users::list).post(users::create))
        .route("/user/id/{id}", get(users::get).put(users::update))
        .route("/user/name/{userName}", get(users::get_named).put(users::update_named))
        .route("/user/{id}", delete(users::delete))
        .route("/user/{userName}/password", put(users::set_password))
        .route("/user/is/admin/{userName}", get(users::is_admin))
        .route("/user/name/{name}/all/tenants", get(access::tenants_named))
        .route("/user/id/{id}/all/tenants", get(access::tenants))
        .route("/user/name/{name}/tenant/{tenantId}/children/tenants", get(access::children_named))
        .route("/user/id/{id}/tenant/{tenantId}/children/tenants", get(access::children))
        .route("/user/with/tenants", get(access::list_with_tenants))
        .route("/user/{id}/with/tenants", get(access::get_with_tenants))
        .route("/user/ldap", get(users::list_directory))
        .route("/user/name/{userName}/tenant/{tenantId}/assignments/info", get(access::list_bindings))
        .route("/role", get(roles::list))
        .route("/tenant", get(tenants::list).post(tenants::create))
        .route("/tenant/{id}", get(tenants::get).delete(tenants::delete))
        .route("/tenant/{id}/children", get(tenants::children))
        .route("/tenant/{id}/user/role/assignment", post(roles::grant).put(roles::change))
        .route("/tenant/{id}/users", get(roles::users))
        .route("/tenant/{id}/user/{userId}/role/assignment", delete(roles::revoke))
        .route("/tenant/{tenantId}/user/{userName}/role", get(roles::get))
        .route("/sso/user", get(sessions::proxy_user))
        .route("/dashboard/link", get(links::list).post(links::create))
        .route("/dashboard/link/{link}", get(links::get).put(links::update).delete(links::delete));
    let router = frame::complete::<Failure>(routes, api, NAME);
    let router = Router::new().nest("/ocmanager/v1/api", router).layer(from_fn(tell));
    let router = if options.legacy_status { frame::always_200(router) } else { router };
    (router, openapi::document())
}
