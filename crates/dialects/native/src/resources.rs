//! What resources of every kind have in common: how they are shown, listed, waited for, tried again and given up.

use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Audience, Kind, Origin, Resource as Stored, Spec as StoredSpec, State, Status as StoredStatus};
use tenantry_domain::{DatacenterId, Error, ResourceId, TenantId, Timestamp, Uid};
use tenantry_http::lenient;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{Ctx, resource, settle};
use utoipa::ToSchema;

use crate::answer::{gone, list_query, object, page, sort};
use crate::apps::{AppSpec, AppStatus};
use crate::call::{Call, Waiting};
use crate::cloud;
use crate::disks::{DiskSpec, DiskStatus};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::namespaces::{NamespaceSpec, NamespaceStatus};

/// A managed resource with its spec `S` and its status `T`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resource<S, T> {
    id: i64,
    #[schema(value_type = String)]
    uid: Uid,
    /// `namespace`, `disk`, `app`, `server`, ...
    #[schema(value_type = String)]
    kind: Kind,
    tenant_id: i64,
    datacenter_id: i64,
    name: String,
    /// Whether only administrators see it, and who it is assigned to.
    private: bool,
    /// The user that a private one is assigned to.
    assigned_to: Option<i64>,
    /// `made`, `adopted` (it was there before, and stays there when it is deleted here) or `adopted_to_remove`
    #[schema(value_type = String)]
    origin: Origin,
    /// What was asked for.
    spec: S,
    /// What was seen.
    status: T,
    /// `pending`, `provisioning`, `ready`, `updating`, `deleting` or `failed`
    #[schema(value_type = String)]
    state: State,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// Raised by every change of the spec.
    generation: i64,
    /// The generation that the status is about.
    observed_generation: i64,
    version: i64,
    created_by: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Specs and statuses of any kind, and where the resources of each are.
macro_rules! kinds {
    ($($kind:ident in $collection:literal: $spec:ty, $status:ty;)*) => {
        /// What was asked for, of any kind.
        #[derive(Serialize)]
        #[serde(untagged)]
        pub(crate) enum Spec {
            $($kind($spec),)*
        }

        /// What was seen, of any kind.
        #[derive(Serialize)]
        #[serde(untagged)]
        pub(crate) enum Status {
            $($kind($status),)*
        }

        impl From<&StoredSpec> for Spec {
            fn from(spec: &StoredSpec) -> Self {
                match spec {
                    $(StoredSpec::$kind(s) => Self::$kind(s.into()),)*
                }
            }
        }

        impl From<&StoredStatus> for Status {
            fn from(status: &StoredStatus) -> Self {
                match status {
                    $(StoredStatus::$kind(s) => Self::$kind(s.into()),)*
                }
            }
        }

        /// The collection that resources of a kind are in.
        pub(crate) const fn collection(kind: Kind) -> &'static str {
            match kind {
                $(Kind::$kind => $collection,)*
            }
        }
    };
}
kinds! {
    Namespace in "namespaces": NamespaceSpec, NamespaceStatus;
    Disk in "disks": DiskSpec, DiskStatus;
    App in "apps": AppSpec, AppStatus;
    Network in "networks": cloud::NetworkSpec, cloud::NetworkStatus;
    Router in "routers": cloud::RouterSpec, cloud::RouterStatus;
    RouterInterface in "router-interfaces": cloud::RouterInterfaceSpec, cloud::RouterInterfaceStatus;
    SecurityGroup in "security-groups": cloud::SecurityGroupSpec, cloud::SecurityGroupStatus;
    Volume in "volumes": cloud::VolumeSpec, cloud::VolumeStatus;
    Snapshot in "snapshots": cloud::SnapshotSpec, cloud::SnapshotStatus;
    Server in "servers": cloud::ServerSpec, cloud::ServerStatus;
    Attachment in "attachments": cloud::AttachmentSpec, cloud::AttachmentStatus;
    FloatingIp in "floating-ips": cloud::FloatingIpSpec, cloud::FloatingIpStatus;
}

/// A resource of any kind as it is shown.
pub(crate) fn render(r: &Stored) -> Resource<Spec, Status> {
    Resource {
        id: r.id.0,
        uid: r.uid,
        kind: r.kind(),
        tenant_id: r.tenant.0,
        datacenter_id: r.datacenter.0,
        name: r.name.clone(),
        private: r.audience != Audience::Everyone,
        assigned_to: match r.audience {
            Audience::Assigned(user) => user.map(|u| u.0),
            Audience::Everyone => None,
        },
        origin: r.origin,
        spec: Spec::from(&r.spec),
        status: Status::from(&r.status),
        state: r.state,
        reason: r.progress.reason.clone(),
        since: r.progress.since,
        attempts: r.progress.attempts,
        next_attempt_at: r.progress.next_attempt_at,
        generation: r.generation,
        observed_generation: r.observed_generation,
        version: r.version,
        created_by: r.created_by.map(|u| u.0),
        created_at: r.created_at,
        updated_at: r.updated_at,
    }
}

/// A resource with its `ETag`.
pub(crate) fn shown(status: StatusCode, found: &Stored) -> Response {
    object(status, &render(found), found.version)
}

list_query!(ResourceQuery {
    /// Those of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Those in this datacenter.
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    /// In this state.
    #[param(value_type = Option<String>)]
    state: Option<State>,
    /// Of this name.
    name: Option<String>,
    /// `id`, or `-id` for the newest first.
    sort: Option<String>,
});

/// A page of one kind.
pub(crate) async fn list(call: Call<ResourceQuery>, kind: Kind) -> Reply {
    let asked = call.query.page()?;
    let (_, descending) = sort(call.query.sort.as_deref(), &["id"])?;
    let filter = ResourceFilter {
        kind: Some(kind),
        tenant: call.query.tenant_id.map(TenantId),
        datacenter: call.query.datacenter_id.map(DatacenterId),
        state: call.query.state,
        name: call.query.name,
        descending,
        ..ResourceFilter::default()
    };
    Ok(page(resource::list(&call.ctx, kind, filter, &asked).await?, |r| render(&r)))
}

/// One of them, perhaps after it settled.
pub(crate) async fn get(call: Call<Waiting>, kind: Kind, id: i64) -> Reply {
    let found = resource::get(&call.ctx, kind, ResourceId(id)).await?;
    let wait = call.query.time()?;
    if wait.is_zero() {
        return Ok(shown(StatusCode::OK, &found));
    }
    let settled = settle::resource(&call.ctx, kind, found.id, wait).await?;
    Ok(shown(StatusCode::OK, &settled.ok_or_else(|| Error::not_found(kind.object(), id))?))
}

/// What a mutation answers when the object stays: as it is when it settled, or when time is up.
pub(crate) async fn settled(ctx: &Ctx, status: StatusCode, found: Stored, wait: Duration) -> Reply {
    let (kind, id) = (found.kind(), found.id);
    let after = settle::resource(ctx, kind, id, wait).await?;
    Ok(shown(status, &after.unwrap_or(found)))
}

/// What a delete answers: 202 while it runs, 204 when it is over.
pub(crate) async fn removed(ctx: &Ctx, kind: Kind, id: ResourceId, wait: Duration) -> Reply {
    Ok(settle::resource(ctx, kind, id, wait).await?.map_or_else(gone, |rest| shown(StatusCode::ACCEPTED, &rest)))
}

/// Try now what would be tried later.
pub(crate) async fn retry(call: Call, kind: Kind, id: i64) -> Reply {
    let found = resource::retry(&call.ctx, kind, ResourceId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Retry, kind.object()).result(&render(&found)).answer());
    }
    settled(&call.ctx, StatusCode::OK, found, call.wait).await
}

/// The row goes; what may be left at the peer is listed as an orphan.
pub(crate) async fn forget(call: Call, kind: Kind, id: i64) -> Reply {
    let found = resource::forget(&call.ctx, kind, ResourceId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Forget, kind.object()).removes(&found).answer());
    }
    Ok(gone())
}
