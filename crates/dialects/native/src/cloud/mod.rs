//! What tenants have in clouds of virtual servers: a file for each kind, and here what is the same for all of them.

mod catalog;
mod commands;
mod floating_ips;
mod networks;
mod routers;
mod security_groups;
mod servers;
mod snapshots;
mod volumes;

use http::StatusCode;
use serde::Deserialize;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Kind, Resource as Stored};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId};
use tenantry_http::Api;
use tenantry_service::cloud::{self, NewIn};
use tenantry_service::resource::{self, ResourceFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::answer::{located, page};
use crate::call::{Call, Cascade};
use crate::dry_run::{DryRun, difference};
use crate::error::Reply;
use crate::resources::{self, render};

pub(crate) use floating_ips::{FloatingIpSpec, FloatingIpStatus};
pub(crate) use networks::{NetworkSpec, NetworkStatus};
pub(crate) use routers::{RouterInterfaceSpec, RouterInterfaceStatus, RouterSpec, RouterStatus};
pub(crate) use security_groups::{SecurityGroupSpec, SecurityGroupStatus};
pub(crate) use servers::{ServerSpec, ServerStatus};
pub(crate) use snapshots::{SnapshotSpec, SnapshotStatus};
pub(crate) use volumes::{AttachmentSpec, AttachmentStatus, VolumeSpec, VolumeStatus};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(servers::router())
        .merge(commands::router())
        .merge(networks::router())
        .merge(routers::router())
        .merge(security_groups::router())
        .merge(volumes::router())
        .merge(snapshots::router())
        .merge(floating_ips::router())
        .merge(catalog::router())
}

/// Whose something new is, where, and how it is called.
fn new_in(tenant_id: i64, datacenter_id: Option<i64>, name: Option<String>) -> NewIn {
    NewIn { tenant: TenantId(tenant_id), datacenter: datacenter_id.map(DatacenterId), name: name.unwrap_or_default() }
}

/// What arguments are called here that have other names in the use cases.
const NAMES: [(&str, &str); 8] = [
    ("external_network_id", "external_network"),
    ("instance_type", "flavor"),
    ("memory", "memory_gib"),
    ("size", "size_gib"),
    ("snapshot", "snapshot_id"),
    ("image", "image_id"),
    ("dhcp_start_ip", "pool.first"),
    ("dhcp_end_ip", "pool.last"),
];

/// The error with the argument's name of this API.
fn renamed(mut error: Error) -> Error {
    if let Some((theirs, ours)) = NAMES.iter().find(|(theirs, _)| error.field.as_deref() == Some(theirs)) {
        error.message = error.message.replace(&format!("'{theirs}'"), &format!("'{ours}'"));
        error.field = Some((*ours).to_owned());
    }
    error
}

/// What a list of one kind is asked for.
trait Listing {
    fn asked(self) -> Result<(ResourceFilter, PageRequest)>;
}

async fn list<Q: Listing>(call: Call<Q>, kind: Kind) -> Reply {
    let (filter, asked) = call.query.asked()?;
    Ok(page(resource::list(&call.ctx, kind, filter, &asked).await?, |r| render(&r)))
}

/// What is answered for something new.
async fn made(call: &Call, path: &str, made: Stored) -> Reply {
    if call.ctx.dry_run {
        let dry = DryRun::new(Action::Create, made.kind().object()).result(&render(&made));
        return Ok(dry.takes(made.datacenter, made.tenant, difference(None, &made.spec)).answer());
    }
    let place = format!("{path}/{}", made.id);
    Ok(located(resources::settled(&call.ctx, StatusCode::CREATED, made, call.wait).await?, &place))
}

/// What is answered for a change of what was `before`.
async fn changed(call: &Call, action: Action, before: &Stored, after: Stored) -> Reply {
    if call.ctx.dry_run {
        let dry = DryRun::new(action, after.kind().object()).result(&render(&after));
        return Ok(dry.takes(after.datacenter, after.tenant, difference(Some(&before.spec), &after.spec)).answer());
    }
    resources::settled(&call.ctx, StatusCode::OK, after, call.wait).await
}

/// Removes something that nothing else needs.
async fn delete(call: Call, kind: Kind, id: i64) -> Reply {
    let rest = cloud::delete(&call.ctx, kind, ResourceId(id), call.version, false).await?;
    removed(&call, &rest).await
}

/// The same; with `cascade` what only connects it to something goes along.
async fn delete_with_connections(call: Call<Cascade>, kind: Kind, id: i64) -> Reply {
    let rest = cloud::delete(&call.ctx, kind, ResourceId(id), call.version, call.query.yes()).await?;
    removed(&call, &rest).await
}

/// What is answered for a delete.
async fn removed<Q>(call: &Call<Q>, rest: &Stored) -> Reply {
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, rest.kind().object()).removes(rest).answer());
    }
    resources::removed(&call.ctx, rest.kind(), rest.id, call.wait).await
}

/// The query of a list: what all lists of resources take, and the resources that the listed ones may refer to.
macro_rules! cloud_query {
    ($name:ident { $($(#[doc = $doc:literal])* $reference:ident,)* }) => {
        crate::answer::list_query!($name {
            /// Those of this tenant.
            #[serde(deserialize_with = "tenantry_http::lenient::integer")]
            tenant_id: Option<i64>,
            /// Those in this datacenter.
            #[serde(deserialize_with = "tenantry_http::lenient::integer")]
            datacenter_id: Option<i64>,
            /// In this state.
            #[param(value_type = Option<String>)]
            state: Option<tenantry_domain::resource::State>,
            /// Of this name.
            name: Option<String>,
            /// With this id in the cloud.
            peer_id: Option<String>,
            $($(#[doc = $doc])*
            #[serde(deserialize_with = "tenantry_http::lenient::integer")]
            $reference: Option<i64>,)*
            /// `id`, or `-id` for the newest first.
            sort: Option<String>,
        });

        impl crate::cloud::Listing for $name {
            fn asked(self) -> tenantry_domain::Result<(tenantry_service::resource::ResourceFilter, tenantry_domain::page::PageRequest)> {
                let asked = self.page()?;
                let (_, descending) = crate::answer::sort(self.sort.as_deref(), &["id"])?;
                let references: &[(&str, Option<i64>)] = &[$((stringify!($reference), self.$reference)),*];
                let filter = tenantry_service::resource::ResourceFilter {
                    tenant: self.tenant_id.map(tenantry_domain::TenantId),
                    datacenter: self.datacenter_id.map(tenantry_domain::DatacenterId),
                    state: self.state,
                    name: self.name,
                    peer_id: self.peer_id,
                    referring_to: crate::cloud::only_one(references)?,
                    descending,
                    ..Default::default()
                };
                Ok((filter, asked))
            }
        }
    };
}
use cloud_query;

/// The one resource that was named.
fn only_one(references: &[(&str, Option<i64>)]) -> Result<Option<ResourceId>> {
    let mut named = references.iter().filter_map(|(name, id)| Some((*name, (*id)?)));
    match (named.next(), named.next()) {
        (Some((first, _)), Some((second, _))) => Err(Error::invalid(second, format!("either '{first}' or '{second}', not both"))),
        (first, _) => Ok(first.map(|(_, id)| ResourceId(id))),
    }
}

/// The operations that are the same for every kind: list, get, retry, forget.
macro_rules! collection {
    ($kind:ident as $model:ident, $query:ident, $path:literal, $one:literal, $many:literal:
        $list:ident, $get:ident, $retry:ident, $forget:ident) => {
        #[utoipa::path(get, path = $path, summary = concat!("List ", $many), params($query),
                                                                    responses((status = 200, body = crate::answer::Listed<$model>)))]
        async fn $list(call: crate::call::Call<$query>) -> crate::error::Reply {
            crate::cloud::list(call, tenantry_domain::resource::Kind::$kind).await
        }

        #[utoipa::path(get, path = concat!($path, "/{id}"), summary = concat!("Get a ", $one), params(crate::call::Waiting),
                                                                    responses((status = 200, body = $model)))]
        async fn $get(call: crate::call::Call<crate::call::Waiting>, crate::call::Id(id): crate::call::Id) -> crate::error::Reply {
            crate::resources::get(call, tenantry_domain::resource::Kind::$kind, id).await
        }

        #[utoipa::path(post, path = concat!($path, "/{id}/retry"), summary = "Try now what would be tried later",
                                                                    responses((status = 200, body = $model)))]
        async fn $retry(call: crate::call::Call, crate::call::Id(id): crate::call::Id) -> crate::error::Reply {
            crate::resources::retry(call, tenantry_domain::resource::Kind::$kind, id).await
        }

        #[utoipa::path(post, path = concat!($path, "/{id}/forget"), summary = concat!("Give up on a ", $one, " that can't be removed"),
                                                                    responses((status = 204, description = "it is listed as an orphan")))]
        async fn $forget(call: crate::call::Call, crate::call::Id(id): crate::call::Id) -> crate::error::Reply {
            crate::resources::forget(call, tenantry_domain::resource::Kind::$kind, id).await
        }
    };
}
use collection;

/// A type of the API whose fields are those of the domain's.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident of $stored:ty { $($(#[doc = $doc:literal])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        pub(crate) struct $name {
            $($(#[doc = $doc])* $field: $type,)*
        }

        impl From<&$stored> for $name {
            fn from(s: &$stored) -> Self {
                Self { $($field: s.$field.clone(),)* }
            }
        }
    };
}
use mirror;

/// The first and the last of a range.
#[derive(serde::Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range<T> {
    pub(crate) first: T,
    pub(crate) last: T,
}
