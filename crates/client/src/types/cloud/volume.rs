//! Volumes, what they are attached to, and their snapshots.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, ResourceId, TenantId};

use super::super::Resource;

/// A volume.
pub type Volume = Resource<VolumeSpec, VolumeStatus>;
/// A volume attached to a server.
pub type Attachment = Resource<AttachmentSpec, AttachmentStatus>;
/// A snapshot of a volume.
pub type Snapshot = Resource<SnapshotSpec, SnapshotStatus>;

/// What a volume should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// GiB.
    pub size_gib: i64,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// The type; the cloud's default without it.
    #[serde(default)]
    pub volume_type: Option<String>,
    /// The snapshot that it is made from.
    #[serde(default)]
    pub snapshot_id: Option<ResourceId>,
    /// The cloud's id of the image that it is made from.
    #[serde(default)]
    pub image_id: Option<String>,
}

/// What was seen of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// GiB.
    pub size_gib: i64,
    /// The cloud's own word.
    pub condition: String,
}

/// What is attached to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentSpec {
    /// The server.
    pub server_id: ResourceId,
    /// The volume.
    pub volume_id: ResourceId,
}

/// What was seen of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AttachmentStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// The device in the server.
    pub device: String,
}

/// What a snapshot should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSpec {
    /// The volume.
    pub volume_id: ResourceId,
    /// The volume's size when it was taken.
    pub size_gib: i64,
    /// Free text.
    #[serde(default)]
    pub description: String,
}

/// What was seen of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotStatus {
    /// The cloud's id.
    pub peer_id: String,
    /// The cloud's own word.
    pub condition: String,
}

/// A volume to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewVolume {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The name; one is made up without it.
    pub name: Option<String>,
    /// GiB; what it is made from has, or 10, without it.
    pub size_gib: Option<i64>,
    /// Free text.
    pub description: Option<String>,
    /// The type.
    pub volume_type: Option<String>,
    /// The snapshot that it is made from.
    pub snapshot_id: Option<ResourceId>,
    /// The image that it is made from, by the cloud's id or by name.
    pub image_id: Option<String>,
}

/// A change of a volume.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct VolumeChange {
    /// GiB; it only grows.
    pub size_gib: i64,
}

/// A volume to be attached.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NewAttachment {
    /// To this server.
    pub server_id: ResourceId,
    /// The volume.
    pub volume_id: ResourceId,
}

/// A snapshot to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewSnapshot {
    /// The volume.
    pub volume_id: ResourceId,
    /// The name; one is made up without it.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
}
