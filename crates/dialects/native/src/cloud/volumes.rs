//! Volumes, and the servers that they are attached to.

use serde::{Deserialize, Serialize};
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{
    AttachmentSpec as StoredAttachmentSpec, AttachmentStatus as StoredAttachmentStatus, VolumeSource, VolumeSpec as StoredSpec,
    VolumeStatus as StoredStatus,
};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_http::Api;
use tenantry_service::cloud::volume::{self, Wanted};
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{cloud_query, collection, mirror, new_in, renamed};
use crate::call::{Body, Call, Cascade, Id};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_volumes, create_volume))
        .routes(routes!(get_volume, update_volume, delete_volume))
        .routes(routes!(retry_volume))
        .routes(routes!(forget_volume))
        .routes(routes!(list_attachments, create_attachment))
        .routes(routes!(get_attachment, delete_attachment))
        .routes(routes!(retry_attachment))
        .routes(routes!(forget_attachment))
}

/// A volume.
pub(crate) type Volume = Resource<VolumeSpec, VolumeStatus>;
/// A volume attached to a server.
pub(crate) type Attachment = Resource<AttachmentSpec, AttachmentStatus>;

/// What a volume should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct VolumeSpec {
    size_gib: i64,
    description: String,
    /// Null for the cloud's default.
    volume_type: Option<String>,
    /// The snapshot that it is made from.
    snapshot_id: Option<i64>,
    /// The cloud's id of the image that it is made from.
    image_id: Option<String>,
}

impl From<&StoredSpec> for VolumeSpec {
    fn from(s: &StoredSpec) -> Self {
        let (snapshot_id, image_id) = match &s.source {
            Some(VolumeSource::Snapshot(id)) => (Some(id.0), None),
            Some(VolumeSource::Image(id)) => (None, Some(id.clone())),
            None => (None, None),
        };
        Self { size_gib: s.size_gib, description: s.description.clone(), volume_type: s.volume_type.clone(), snapshot_id, image_id }
    }
}

mirror!(
    /// What was seen of a volume.
    VolumeStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        size_gib: i64,
        /// The cloud's own word for how it is: available, in-use, ...
        condition: String,
    }
);

/// What is attached to what.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttachmentSpec {
    server_id: i64,
    volume_id: i64,
}

impl From<&StoredAttachmentSpec> for AttachmentSpec {
    fn from(s: &StoredAttachmentSpec) -> Self {
        Self { server_id: s.server.0, volume_id: s.volume.0 }
    }
}

mirror!(
    /// What was seen of an attachment.
    AttachmentStatus of StoredAttachmentStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// The device in the server, for example `/dev/vdb`.
        device: String,
    }
);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVolume {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    /// One is made up without it.
    name: Option<String>,
    /// What it is made from has, or 10, without it.
    size_gib: Option<i64>,
    description: Option<String>,
    volume_type: Option<String>,
    /// The snapshot that it is made from.
    snapshot_id: Option<i64>,
    /// The image that it is made from, by the cloud's id or by name.
    image_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VolumeChange {
    /// It only grows.
    size_gib: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAttachment {
    server_id: i64,
    volume_id: i64,
}

cloud_query!(VolumeQuery {
    /// Made from this snapshot.
    snapshot_id,
});
collection!(Volume as Volume, VolumeQuery, "/volumes", "volume", "volumes": list_volumes, get_volume, retry_volume, forget_volume);

cloud_query!(AttachmentQuery {
    /// To this server.
    server_id,
    /// Of this volume.
    volume_id,
});
collection!(Attachment as Attachment, AttachmentQuery, "/attachments", "volume attachment", "what volumes are attached to":
    list_attachments, get_attachment, retry_attachment, forget_attachment);

/// Make a volume
#[utoipa::path(post, path = "/volumes", request_body = NewVolume, responses((status = 201, body = Volume)))]
async fn create_volume(call: Call, Body(new): Body<NewVolume>) -> Reply {
    let wanted = Wanted {
        size_gib: new.size_gib,
        description: new.description.unwrap_or_default(),
        volume_type: new.volume_type,
        snapshot: new.snapshot_id.map(ResourceId),
        image: new.image_id,
    };
    let place = new_in(new.tenant_id, new.datacenter_id, new.name);
    super::made(&call, "/volumes", volume::create(&call.ctx, &place, &wanted).await.map_err(renamed)?).await
}

/// Grow a volume
#[utoipa::path(patch, path = "/volumes/{id}", request_body = VolumeChange, responses((status = 200, body = Volume)))]
async fn update_volume(call: Call, Id(id): Id, Body(change): Body<VolumeChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::Volume, ResourceId(id)).await?;
    let after = volume::grow(&call.ctx, before.id, change.size_gib, call.version).await.map_err(renamed)?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Remove a volume with all that is on it
///
/// With `cascade` it is detached first; without it the attachment blocks. Its snapshots block always.
#[utoipa::path(delete, path = "/volumes/{id}", params(Cascade), responses(
    (status = 202, body = Volume, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_volume(call: Call<Cascade>, Id(id): Id) -> Reply {
    super::delete_with_connections(call, Kind::Volume, id).await
}

/// Attach a volume to a server
#[utoipa::path(post, path = "/attachments", request_body = NewAttachment, responses((status = 201, body = Attachment)))]
async fn create_attachment(call: Call, Body(new): Body<NewAttachment>) -> Reply {
    let made = volume::attach(&call.ctx, ResourceId(new.server_id), ResourceId(new.volume_id)).await?;
    super::made(&call, "/attachments", made).await
}

/// Detach a volume from its server
#[utoipa::path(delete, path = "/attachments/{id}", responses(
    (status = 202, body = Attachment, description = "it is being detached"), (status = 204, description = "it is gone")))]
async fn delete_attachment(call: Call, Id(id): Id) -> Reply {
    super::delete(call, Kind::Attachment, id).await
}
