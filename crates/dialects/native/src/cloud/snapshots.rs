//! Snapshots of volumes.

use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{SnapshotSpec as StoredSpec, SnapshotStatus as StoredStatus};
use tenantry_domain::resource::Kind;
use tenantry_http::Api;
use tenantry_service::cloud::volume;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cloud_query, collection, mirror};
use crate::call::{Body, Call, Id};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_snapshots, create_snapshot))
        .routes(routes!(get_snapshot, delete_snapshot))
        .routes(routes!(retry_snapshot))
        .routes(routes!(forget_snapshot))
}

/// A snapshot of a volume.
pub(crate) type Snapshot = Resource<SnapshotSpec, SnapshotStatus>;

/// What a snapshot should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct SnapshotSpec {
    volume_id: i64,
    /// The volume's size when it was taken, which counts for the tenant's storage.
    size_gib: i64,
    description: String,
}

impl From<&StoredSpec> for SnapshotSpec {
    fn from(s: &StoredSpec) -> Self {
        Self { volume_id: s.volume.0, size_gib: s.size_gib, description: s.description.clone() }
    }
}

mirror!(
    /// What was seen of a snapshot.
    SnapshotStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// The cloud's own word for how it is.
        condition: String,
    }
);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSnapshot {
    volume_id: i64,
    /// One is made up without it.
    name: Option<String>,
    description: Option<String>,
}

cloud_query!(SnapshotQuery {
    /// Of this volume.
    volume_id,
});
collection!(Snapshot as Snapshot, SnapshotQuery, "/snapshots", "snapshot", "snapshots":
    list_snapshots, get_snapshot, retry_snapshot, forget_snapshot);

/// Make a snapshot of a volume
#[utoipa::path(post, path = "/snapshots", request_body = NewSnapshot, responses((status = 201, body = Snapshot)))]
async fn create_snapshot(call: Call, Body(new): Body<NewSnapshot>) -> Reply {
    let (name, description) = (new.name.unwrap_or_default(), new.description.unwrap_or_default());
    let made = volume::snapshot(&call.ctx, ResourceId(new.volume_id), &name, &description).await?;
    super::made(&call, "/snapshots", made).await
}

/// Remove a snapshot
#[utoipa::path(delete, path = "/snapshots/{id}", responses(
    (status = 202, body = Snapshot, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_snapshot(call: Call, Id(id): Id) -> Reply {
    super::delete(call, Kind::Snapshot, id).await
}
