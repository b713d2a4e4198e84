//! Which path leads where. Both `/x` and `/x/` work: the server trims the slash before it routes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tenantry_http::frame::{self, changes};
use tenantry_http::{Api, refusals};
use utoipa::openapi::OpenApi;

use crate::error::Failure;
use crate::{
    NAME, Options, addresses, attachments, commands, groups, networks, offers, openapi, routers, security_groups, servers, sessions,
    tenants, users, volumes,
};

fn nova(api: &Api) -> Router<Api> {
    let recorded = from_fn_with_state((api.clone(), NAME), refusals::record_commands);
    let servers = get(servers::list).post(servers::create).put(servers::update).delete(servers::delete);
    let groups = get(security_groups::list).post(security_groups::create).delete(security_groups::delete);
    Router::new()
        .route("/servers", servers)
        .route("/command/{command}/{server_id}", get(commands::run).post(commands::run).layer(recorded))
        .route("/virtual_server_assign", post(servers::assign).delete(servers::unassign))
        .route("/console", get(commands::console).post(commands::console))
        .route("/console_log", get(commands::console_log))
        .route("/images", get(offers::images))
        .route("/flavors", get(offers::flavors))
        .route("/availability_zones", get(offers::zones))
        .route("/security_groups", groups)
        .route("/security_group_rules", post(security_groups::add_rule).delete(security_groups::remove_rule))
}

fn network() -> Router<Api> {
    let addresses = get(addresses::list).post(addresses::create).put(addresses::update).delete(addresses::delete);
    Router::new()
        .route("/network", get(networks::list).post(networks::create).delete(networks::delete))
        .route("/external_network", get(networks::external))
        .route("/router", get(routers::list).post(routers::create).delete(routers::delete))
        .route("/router_network", get(routers::networks).post(routers::connect).delete(routers::disconnect))
        .route("/floating_ip", addresses)
}

fn storage() -> Router<Api> {
    let snapshots = get(volumes::snapshots).post(volumes::create_snapshot).delete(volumes::delete_snapshot);
    Router::new()
        .route("/volumes", get(volumes::list).post(volumes::create).put(volumes::grow).delete(volumes::delete))
        .route("/server_attach", get(attachments::list).post(attachments::create).delete(attachments::delete))
        .route("/snapshots", snapshots)
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
    // the document's tickets: in its envelope it is told that they are not there
    let ticket = Router::new();
    let parts = [
        ("/auth", auth),
        ("/keystone", keystone),
        ("/nova", nova(&api)),
        ("/network", network()),
        ("/storage", storage()),
        ("/ticket", ticket),
    ];
    let complete = |routes| {
        let router = frame::complete::<Failure>(routes, api.clone(), NAME);
        if options.legacy_status { frame::always_200(router) } else { router }
    };
    let router = parts.into_iter().fold(Router::new(), |all, (prefix, routes)| all.nest(prefix, complete(routes)));
    (router, openapi::document())
}
