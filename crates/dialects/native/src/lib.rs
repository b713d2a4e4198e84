//! The native API `/api/v2`: everything that Tenantry does, in one consistent form. Its contract is `docs/native-api.md`.
//!
//! A file for each collection, wire types beside their handlers. Around all of them: a session ([`idempotency::guard`]), safe
//! repeats, and problem documents for whatever goes wrong ([`error::document`]).

mod accounts;
mod answer;
mod apps;
mod audit;
mod call;
mod cloud;
mod datacenters;
mod directories;
mod disks;
mod dry_run;
mod error;
mod events;
mod groups;
mod idempotency;
mod links;
mod mails;
mod namespaces;
mod openapi;
mod orphans;
mod password_resets;
mod places;
mod quota_plans;
mod quotas;
mod registries;
mod releases;
mod resources;
mod roles;
mod second_factor;
mod sessions;
mod sign_on_pages;
mod sign_ons;
mod tenants;
mod tokens;
mod usage;
mod users;
mod why;
mod wire;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;
use tenantry_http::{Api, frame, limits, refusals};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

/// The dialect's name in the audit.
pub(crate) const NAME: &str = "native";
/// Where the API is.
pub(crate) const ROOT: &str = "/api/v2";

/// The dialect's routes, and its OpenAPI document.
pub fn router(api: Api) -> (Router, utoipa::openapi::OpenApi) {
    let guarded = OpenApiRouter::new()
        .merge(sessions::own())
        .merge(tenants::router())
        .merge(accounts::router())
        .merge(usage::router())
        .merge(quotas::router())
        .merge(users::router())
        .merge(groups::router())
        .merge(roles::router())
        .merge(tokens::router())
        .merge(second_factor::router())
        .merge(links::router())
        .merge(mails::router())
        .merge(why::router())
        .merge(datacenters::router())
        .merge(places::router())
        .merge(directories::router())
        .merge(quota_plans::router())
        .merge(namespaces::router())
        .merge(disks::router())
        .merge(apps::router())
        .merge(cloud::router())
        .merge(releases::router())
        .merge(registries::router())
        .merge(audit::router())
        .merge(orphans::router())
        .merge(events::router())
        .route_layer(from_fn_with_state(api.clone(), idempotency::guard));
    let recorded = guarded
        .merge(sessions::login())
        .merge(sign_ons::router())
        .merge(password_resets::router())
        .route_layer(from_fn_with_state((api.clone(), NAME), refusals::record));
    let all = OpenApiRouter::with_openapi(openapi::empty()).nest(ROOT, recorded);
    let (router, mut document) = all.split_for_parts();
    openapi::complete(&mut document);
    let router = router
        .route(ROOT, any(idempotency::unknown))
        .route(&format!("{ROOT}/{{*unknown}}"), any(idempotency::unknown))
        .method_not_allowed_fallback(idempotency::wrong_method)
        .layer(from_fn_with_state(api.clone(), limits::time::<error::Failure>))
        .layer(CatchPanicLayer::custom(frame::panicked::<error::Failure>))
        .layer(from_fn(error::document))
        .with_state(api);
    (router, document)
}
