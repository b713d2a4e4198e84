//! What was in a datacenter before Tenantry came, and is nobody's yet: namespaces of a cluster, projects of a cloud.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::place::FoundPlace;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::resource::Spec;
use tenantry_domain::{DatacenterId, TenantId, Timestamp};
use tenantry_http::Api;
use tenantry_service::place::{self, Adopt};
use tenantry_service::tenant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, located, page};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::namespaces::Namespace;
use crate::resources::{self, render};
use crate::wire::SetLimits;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_unmanaged_places)).routes(routes!(adopt_place))
}

/// A namespace or project that is not this Tenantry's.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnmanagedPlace {
    name: String,
    /// Its id in the datacenter.
    peer_id: String,
    /// When it was made, where the datacenter tells.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Whether a tenant can be put over it as it is.
    adoptable: bool,
    /// Why not, and what would be right; empty when it can.
    why_not: String,
}

impl From<FoundPlace> for UnmanagedPlace {
    fn from(found: FoundPlace) -> Self {
        let why_not = found.check_adoptable().err().map_or_else(String::new, |error| error.message);
        Self { adoptable: why_not.is_empty(), name: found.name, peer_id: found.peer_id, since: found.since, why_not }
    }
}

list_query!(PlaceQuery {
    /// Names that begin so.
    prefix: Option<String>,
});

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlaceAdoption {
    /// Its name there, which is the label of the tenant. A tenant of that label that has no namespace there gets it; else one is opened.
    name: String,
    /// The tenant above one that is opened; the caller's own without it.
    parent_id: Option<i64>,
    /// The name to show of a tenant that is opened; the label without it.
    display_name: Option<String>,
    /// The tenant's quota there. What is not said is as usual, and enough for what lives there, for a tenant that is opened, and as its
    /// totals for one that is there.
    quota: Option<SetLimits>,
    /// Whether it is removed there with the tenant; without it, it is only let go.
    may_remove: Option<bool>,
}

/// List what is in a datacenter and managed by nobody
#[utoipa::path(get, path = "/datacenters/{id}/unmanaged", params(PlaceQuery), responses((status = 200, body = Listed<UnmanagedPlace>)))]
async fn list_unmanaged_places(call: Call<PlaceQuery>, Id(id): Id) -> Reply {
    let prefix = call.query.prefix.as_deref().unwrap_or_default();
    let found = place::list(&call.ctx, DatacenterId(id), prefix, &call.query.page()?).await?;
    Ok(page(found, UnmanagedPlace::from))
}

/// Take over a namespace or project, as that of the tenant whose label is its name
#[utoipa::path(post, path = "/datacenters/{id}/adopt", request_body = NewPlaceAdoption, responses((status = 201, body = Namespace)))]
async fn adopt_place(call: Call, Id(id): Id, Body(new): Body<NewPlaceAdoption>) -> Reply {
    let ctx = &call.ctx;
    let parent = new.parent_id.map(TenantId);
    let wanted = Adopt {
        datacenter: DatacenterId(id),
        name: new.name,
        parent,
        shown: new.display_name,
        quota: new.quota.unwrap_or_default().set("quota")?,
        may_remove: new.may_remove.unwrap_or(false),
    };
    let made = place::adopt(ctx, &wanted).await?;
    if ctx.dry_run {
        let mut dry = DryRun::new(Action::Adopt, ObjectKind::Namespace).result(&render(&made));
        if let Spec::Namespace(spec) = &made.spec {
            // a tenant that would be opened is not there
            let above = tenant::get(ctx, made.tenant).await.ok().and_then(|owner| owner.parent);
            let above = above.or(parent).unwrap_or(ctx.caller.home);
            dry = dry.takes(made.datacenter, above, spec.limits.granted());
        }
        return Ok(dry.answer());
    }
    let at = format!("/namespaces/{}", made.id);
    Ok(located(resources::settled(ctx, StatusCode::CREATED, made, call.wait).await?, &at))
}
