//! Namespaces: a tenant's place in a datacenter. They come and go with tenants.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::resource::{Kind, NamespaceSpec as StoredSpec, NamespaceStatus as StoredStatus};
use tenantry_http::Api;
use tenantry_service::namespace;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::call::{Body, Call, Id, Waiting};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::resources::{self, Resource, ResourceQuery, render};
use crate::wire::{Amounts, Limits};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_namespaces))
        .routes(routes!(get_namespace))
        .routes(routes!(retry_namespace))
        .routes(routes!(forget_namespace))
        .routes(routes!(adopt_namespace))
}

/// A namespace.
pub(crate) type Namespace = Resource<NamespaceSpec, NamespaceStatus>;

/// What a namespace should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamespaceSpec {
    quota: Limits,
    /// Whether one that is not ours may be taken over.
    adopt: bool,
}

/// What was seen of a namespace.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamespaceStatus {
    used: Amounts,
    /// What the last look found missing or changed, and put right.
    repaired: Vec<String>,
    /// Whether there is one of that name that is not ours.
    foreign: bool,
}

impl From<&StoredSpec> for NamespaceSpec {
    fn from(s: &StoredSpec) -> Self {
        Self { quota: Limits::from(&s.limits), adopt: s.adopt }
    }
}

impl From<&StoredStatus> for NamespaceStatus {
    fn from(s: &StoredStatus) -> Self {
        Self { used: Amounts::from(&s.used), repaired: s.repaired.clone(), foreign: s.foreign }
    }
}

/// List namespaces
#[utoipa::path(get, path = "/namespaces", params(ResourceQuery), responses((status = 200, body = Listed<Namespace>)))]
async fn list_namespaces(call: Call<ResourceQuery>) -> Reply {
    resources::list(call, Kind::Namespace).await
}

/// Get a namespace
#[utoipa::path(get, path = "/namespaces/{id}", params(Waiting), responses((status = 200, body = Namespace)))]
async fn get_namespace(call: Call<Waiting>, Id(id): Id) -> Reply {
    resources::get(call, Kind::Namespace, id).await
}

/// Try now what would be tried later
#[utoipa::path(post, path = "/namespaces/{id}/retry", responses((status = 200, body = Namespace)))]
async fn retry_namespace(call: Call, Id(id): Id) -> Reply {
    resources::retry(call, Kind::Namespace, id).await
}

/// Give up on a namespace that can't be removed
#[utoipa::path(post, path = "/namespaces/{id}/forget", responses((status = 204, description = "it is listed as an orphan")))]
async fn forget_namespace(call: Call, Id(id): Id) -> Reply {
    resources::forget(call, Kind::Namespace, id).await
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NamespaceAdoption {
    /// Whether it is removed there when it goes here; without it, it is only let go. Of one that was taken over this can be changed.
    may_remove: Option<bool>,
}

/// Take over a namespace that exists and is not ours
#[utoipa::path(post, path = "/namespaces/{id}/adopt", request_body = NamespaceAdoption, responses((status = 200, body = Namespace)))]
async fn adopt_namespace(call: Call, Id(id): Id, Body(adoption): Body<NamespaceAdoption>) -> Reply {
    let after = namespace::adopt(&call.ctx, ResourceId(id), adoption.may_remove.unwrap_or(false)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Adopt, ObjectKind::Namespace).result(&render(&after)).answer());
    }
    resources::settled(&call.ctx, StatusCode::OK, after, call.wait).await
}
