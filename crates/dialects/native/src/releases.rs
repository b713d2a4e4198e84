//! Releases: append-only, each change of an app is one.

use axum::Json;
use axum::response::IntoResponse as _;
use serde::Serialize;
use tenantry_domain::release::{Release as Stored, ReleaseStatus};
use tenantry_domain::{ReleaseId, ResourceId, TenantId, Timestamp, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::release::{self, ReleaseFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, page};
use crate::apps::AppSpec;
use crate::call::{Call, Id};
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_releases)).routes(routes!(get_release))
}

/// A release.
#[derive(Serialize, ToSchema)]
pub(crate) struct Release {
    id: i64,
    tenant_id: i64,
    user_id: i64,
    name: String,
    operation: String,
    comment: String,
    datacenter_id: Option<i64>,
    /// As long as the app exists.
    app_id: Option<i64>,
    spec: Option<AppSpec>,
    /// `recorded`, `running`, `succeeded`, `failed` or `superseded`
    #[schema(value_type = String)]
    status: ReleaseStatus,
    message: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Stored> for Release {
    fn from(r: Stored) -> Self {
        Self {
            id: r.id.0,
            tenant_id: r.tenant.0,
            user_id: r.user.0,
            name: r.name,
            operation: r.operation,
            comment: r.comment,
            datacenter_id: r.datacenter.map(|d| d.0),
            app_id: r.app.map(|a| a.0),
            spec: r.spec.as_ref().map(AppSpec::from),
            status: r.status,
            message: r.message,
            created_at: r.created_at,
            ended_at: r.ended_at,
        }
    }
}

list_query!(ReleaseQuery {
    /// Those of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Those by this user.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    /// Those of this app.
    #[serde(deserialize_with = "lenient::integer")]
    app_id: Option<i64>,
    /// The app's name.
    name: Option<String>,
});

/// List releases, newest first
#[utoipa::path(get, path = "/releases", params(ReleaseQuery), responses((status = 200, body = Listed<Release>)))]
async fn list_releases(call: Call<ReleaseQuery>) -> Reply {
    let asked = call.query.page()?;
    let filter = ReleaseFilter {
        tenant: call.query.tenant_id.map(TenantId),
        user: call.query.user_id.map(UserId),
        name: call.query.name,
        app: call.query.app_id.map(ResourceId),
    };
    Ok(page(release::list(&call.ctx, &filter, &asked).await?, Release::from))
}

/// Get a release
#[utoipa::path(get, path = "/releases/{id}", responses((status = 200, body = Release)))]
async fn get_release(call: Call, Id(id): Id) -> Reply {
    let found = release::get(&call.ctx, None, None, ReleaseId(id)).await?;
    Ok(Json(Release::from(found)).into_response())
}
