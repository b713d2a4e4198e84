//! What a tenant can choose from in a cloud, and what is in its project there that Tenantry does not manage.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use tenantry_domain::cloud::{
    AvailabilityZone as StoredZone, Catalog as Stored, Flavor as StoredFlavor, OfferedNetwork as StoredNetwork, ServerImage as StoredImage,
    Unmanaged as StoredUnmanaged,
};
use tenantry_domain::page::{Cursor, Page};
use tenantry_domain::policy::Action;
use tenantry_domain::{DatacenterId, TenantId};
use tenantry_http::{Api, lenient};
use tenantry_service::cloud::catalog;
use tenantry_service::cloud::import::{self, Adopt};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::mirror;
use crate::answer::{Listed, list_query, located, page};
use crate::call::{Body, Call, Id};
use crate::dry_run::{DryRun, difference};
use crate::error::Reply;
use crate::resources::{self, render};
use crate::wire::{cores, gib};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_catalog)).routes(routes!(list_unmanaged)).routes(routes!(adopt_resource))
}

/// What a cloud offers to a tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Catalog {
    flavors: Vec<Flavor>,
    images: Vec<ServerImage>,
    zones: Vec<AvailabilityZone>,
    /// The operator's networks: external ones, and those that servers of every tenant may be in.
    networks: Vec<OfferedNetwork>,
    volume_types: Vec<String>,
}

/// A size of servers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Flavor {
    id: String,
    name: String,
    /// Cores.
    #[schema(value_type = f64)]
    cpu: Number,
    /// GiB of memory.
    #[schema(value_type = f64)]
    memory_gib: Number,
    disk_gib: i64,
    /// Whether every project may use it.
    public: bool,
}

/// An image that servers can be made from.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerImage {
    id: String,
    /// Several may have the same.
    name: String,
    /// The cloud's own word for how it is: `active` can be used.
    condition: String,
    size_bytes: i64,
    /// The least disk of a server.
    min_disk_gib: i64,
    /// The least memory of a server.
    #[schema(value_type = f64)]
    min_memory_gib: Number,
}

mirror!(
    /// Where servers can run.
    AvailabilityZone of StoredZone {
        name: String,
        /// Whether servers can be made there now.
        available: bool,
    }
);

mirror!(
    /// A network of the cloud's operator.
    OfferedNetwork of StoredNetwork {
        id: String,
        name: String,
        cidrs: Vec<String>,
        /// Whether routers and floating addresses may use it.
        external: bool,
        /// Whether servers of every tenant may be in it.
        shared: bool,
    }
);

impl From<&StoredFlavor> for Flavor {
    fn from(f: &StoredFlavor) -> Self {
        let (cpu, memory_gib) = (cores(f.cpu_millicores), gib(f.memory_mib));
        Self { id: f.id.clone(), name: f.name.clone(), cpu, memory_gib, disk_gib: f.disk_gib, public: f.public }
    }
}

impl From<&StoredImage> for ServerImage {
    fn from(i: &StoredImage) -> Self {
        Self {
            id: i.id.clone(),
            name: i.name.clone(),
            condition: i.condition.clone(),
            size_bytes: i.size_bytes,
            min_disk_gib: i.min_disk_gib,
            min_memory_gib: gib(i.min_memory_mib),
        }
    }
}

impl From<&Stored> for Catalog {
    fn from(c: &Stored) -> Self {
        Self {
            flavors: c.flavors.iter().map(Flavor::from).collect(),
            images: c.images.iter().map(ServerImage::from).collect(),
            zones: c.zones.iter().map(AvailabilityZone::from).collect(),
            networks: c.networks.iter().map(OfferedNetwork::from).collect(),
            volume_types: c.volume_types.clone(),
        }
    }
}

/// Something in the tenant's project that Tenantry does not manage.
#[derive(Serialize, ToSchema)]
pub(crate) struct Unmanaged {
    /// What it would be here.
    kind: &'static str,
    /// Its id in the cloud.
    peer_id: String,
    name: String,
    /// One line that tells it from others.
    summary: String,
}

impl From<StoredUnmanaged> for Unmanaged {
    fn from(u: StoredUnmanaged) -> Self {
        Self { kind: u.kind.name(), peer_id: u.peer_id, name: u.name, summary: u.summary }
    }
}

/// In which datacenter.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhereQuery {
    /// The only one of the tenant's that runs servers without it.
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
}

list_query!(UnmanagedQuery {
    /// The only one of the tenant's that runs servers without it.
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
});

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdoption {
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    /// `server`, `network`, `router`, `volume`, ...
    kind: String,
    /// Its id in the cloud.
    peer_id: String,
    /// As in the cloud without it.
    name: Option<String>,
    /// Whether it is removed in the cloud when it is deleted here; without it, it is only let go.
    may_remove: Option<bool>,
}

/// Get what a cloud offers to a tenant
#[utoipa::path(get, path = "/tenants/{id}/catalog", params(WhereQuery), responses((status = 200, body = Catalog)))]
async fn get_catalog(call: Call<WhereQuery>, Id(id): Id) -> Reply {
    let found = catalog::get(&call.ctx, TenantId(id), call.query.datacenter_id.map(DatacenterId)).await?;
    Ok(Json(Catalog::from(&found)).into_response())
}

/// List what is in a tenant's project and not managed
#[utoipa::path(get, path = "/tenants/{id}/unmanaged", params(UnmanagedQuery), responses((status = 200, body = Listed<Unmanaged>)))]
async fn list_unmanaged(call: Call<UnmanagedQuery>, Id(id): Id) -> Reply {
    let asked = call.query.page()?;
    let mut found = import::list(&call.ctx, TenantId(id), call.query.datacenter_id.map(DatacenterId)).await?;
    found.sort_by(|a, b| a.peer_id.cmp(&b.peer_id));
    if let Some(after) = &asked.after {
        found.retain(|u| u.peer_id > after.key);
    }
    let part = Page::cut(found, asked.limit, |u| Cursor { key: u.peer_id.clone(), id: 0 });
    Ok(page(part, Unmanaged::from))
}

/// Take over something that is in a tenant's project and not managed
#[utoipa::path(post, path = "/tenants/{id}/adopt", request_body = NewAdoption,
    responses((status = 201, body = Object, description = "the resource, of the kind that was named")))]
async fn adopt_resource(call: Call, Id(id): Id, Body(new): Body<NewAdoption>) -> Reply {
    let wanted = Adopt {
        tenant: TenantId(id),
        datacenter: new.datacenter_id.map(DatacenterId),
        kind: new.kind.parse()?,
        peer_id: new.peer_id,
        name: new.name,
        may_remove: new.may_remove.unwrap_or(false),
    };
    let made = import::adopt(&call.ctx, &wanted).await?;
    if call.ctx.dry_run {
        let dry = DryRun::new(Action::Adopt, made.kind().object()).result(&render(&made));
        return Ok(dry.takes(made.datacenter, made.tenant, difference(None, &made.spec)).answer());
    }
    let place = format!("/{}/{}", resources::collection(made.kind()), made.id);
    Ok(located(resources::settled(&call.ctx, StatusCode::CREATED, made, call.wait).await?, &place))
}
