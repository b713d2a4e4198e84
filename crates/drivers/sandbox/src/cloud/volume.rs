//! Volumes, their snapshots, and what they are attached to.

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{AttachmentStatus, SnapshotStatus, VolumeStatus};
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::{AttachmentWant, CloudPlace, SnapshotWant, VolumeWant};
use tenantry_driver_api::{Deletion, Result, Rollout};

use super::catalog::{VOLUME_TYPE, image, volume_types};
use super::drift::drift;
use super::server::{Life, Server};
use super::table::{self, Body, Row, Stored};
use super::{Tx, conflict};
use crate::invalid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) size_gib: i64,
    pub(crate) description: String,
    pub(crate) volume_type: String,
    /// What it was made from.
    pub(crate) snapshot: Option<String>,
    pub(crate) image: Option<String>,
}

impl Body for Volume {
    const KIND: Kind = Kind::Volume;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::Storage, self.size_gib.saturating_mul(1024)).with(Metric::Volumes, 1)
    }
    fn links(&self) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) volume: String,
    pub(crate) size_gib: i64,
    pub(crate) description: String,
}

impl Body for Snapshot {
    const KIND: Kind = Kind::Snapshot;
    fn holds(&self) -> Amounts {
        Amounts::ZERO.with(Metric::Storage, self.size_gib.saturating_mul(1024))
    }
    fn links(&self) -> Vec<String> {
        vec![self.volume.clone()]
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) server: String,
    pub(crate) volume: String,
    pub(crate) device: String,
}

impl Body for Attachment {
    const KIND: Kind = Kind::Attachment;
    fn holds(&self) -> Amounts {
        Amounts::ZERO
    }
    fn links(&self) -> Vec<String> {
        vec![self.server.clone(), self.volume.clone()]
    }
}

async fn attachments(tx: &Tx, of: &str) -> Result<Vec<Stored<Attachment>>> {
    table::users(tx, of, Some(Kind::Attachment)).await?.into_iter().map(Row::read).collect()
}

async fn status(tx: &Tx, found: &Stored<Volume>) -> Result<VolumeStatus> {
    let condition = if attachments(tx, &found.peer_id).await?.is_empty() { "available" } else { "in-use" };
    Ok(VolumeStatus { peer_id: found.peer_id.clone(), size_gib: found.body.size_gib, condition: condition.to_owned() })
}

pub(crate) async fn ensure(tx: &Tx, want: &VolumeWant) -> Result<(VolumeStatus, Rollout)> {
    let found = table::find::<Volume>(tx, &want.at).await?;
    let differs: Vec<&str> = found.as_ref().map_or_else(Vec::new, |found| {
        let all = [
            ("name", found.name != want.at.place.name),
            ("description", found.body.description != want.description),
            ("size", found.body.size_gib != want.size_gib),
        ];
        all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    });
    match (drift(&want.at, Kind::Volume, found.is_some(), &differs), &found) {
        (Ok(_), _) => {}
        (Err(told), Some(found)) => return Ok((status(tx, found).await?, told)),
        (Err(told), None) => return Ok((VolumeStatus { peer_id: want.at.peer_id.clone(), ..VolumeStatus::default() }, told)),
    }
    let volume = match found {
        None => make(tx, want).await?,
        Some(found) if want.size_gib < found.body.size_gib && want.at.existed => {
            let message = format!("the volume was grown in the datacenter to {} GiB, and cannot shrink", found.body.size_gib);
            return Ok((status(tx, &found).await?, Rollout::Drifted(message)));
        }
        Some(found) if want.size_gib < found.body.size_gib => {
            return Err(invalid(format!("the volume has {} GiB and cannot shrink to {}", found.body.size_gib, want.size_gib)));
        }
        Some(found) => {
            let body = Volume { size_gib: want.size_gib, description: want.description.clone(), ..found.body.clone() };
            table::change(tx, found, &want.at.place.name, body).await?
        }
    };
    Ok((status(tx, &volume).await?, Rollout::Complete))
}

async fn make(tx: &Tx, want: &VolumeWant) -> Result<Stored<Volume>> {
    if want.size_gib <= 0 {
        return Err(invalid("a volume has at least 1 GiB"));
    }
    let volume_type = want.volume_type.clone().unwrap_or_else(|| VOLUME_TYPE.to_owned());
    if !volume_types().contains(&volume_type) {
        return Err(invalid(format!("there is no type of volume '{volume_type}'; there are {}", volume_types().join(", "))));
    }
    let least = match (&want.snapshot, &want.image) {
        (Some(snapshot), _) => table::get::<Snapshot>(tx, &want.at.place.namespace, snapshot).await?.body.size_gib,
        (None, Some(id)) => image(id)?.min_disk_gib,
        (None, None) => 1,
    };
    if want.size_gib < least {
        return Err(invalid(format!("what is to be on the volume needs {least} GiB, and it has {}", want.size_gib)));
    }
    let (snapshot, image) = (want.snapshot.clone(), want.image.clone());
    let body = Volume { size_gib: want.size_gib, description: want.description.clone(), volume_type, snapshot, image };
    table::make(tx, &want.at, body).await
}

pub(crate) async fn ensure_snapshot(tx: &Tx, want: &SnapshotWant) -> Result<(SnapshotStatus, Rollout)> {
    let status = |found: &Stored<Snapshot>| SnapshotStatus { peer_id: found.peer_id.clone(), condition: "available".to_owned() };
    let Some(found) = table::find::<Snapshot>(tx, &want.at).await? else {
        if want.at.existed {
            let status = SnapshotStatus { peer_id: want.at.peer_id.clone(), ..SnapshotStatus::default() };
            let message =
                format!("the snapshot '{}' was removed in the datacenter; what was on it cannot be brought back", want.at.place.name);
            return Ok((status, Rollout::Drifted(message)));
        }
        let volume = table::get::<Volume>(tx, &want.at.place.namespace, &want.volume).await?;
        let body = Snapshot { volume: volume.peer_id, size_gib: volume.body.size_gib, description: want.description.clone() };
        return Ok((status(&table::make(tx, &want.at, body).await?), Rollout::Complete));
    };
    let all = [("name", found.name != want.at.place.name), ("description", found.body.description != want.description)];
    let differs: Vec<&str> = all.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    if let Err(told) = drift(&want.at, Kind::Snapshot, true, &differs) {
        return Ok((status(&found), told));
    }
    let body = Snapshot { description: want.description.clone(), ..found.body.clone() };
    Ok((status(&table::change(tx, found, &want.at.place.name, body).await?), Rollout::Complete))
}

pub(crate) async fn delete_snapshot(tx: &Tx, at: &CloudPlace) -> Result<Deletion> {
    if let Some(found) = table::find_to_remove::<Snapshot>(tx, at).await? {
        table::remove(tx, &found).await?;
    }
    Ok(Deletion::Gone)
}

pub(crate) async fn ensure_attachment(tx: &Tx, want: &AttachmentWant) -> Result<(AttachmentStatus, Rollout)> {
    let status = |found: &Stored<Attachment>| AttachmentStatus { peer_id: found.peer_id.clone(), device: found.body.device.clone() };
    let found = table::find::<Attachment>(tx, &want.at).await?;
    if let Err(told) = drift(&want.at, Kind::Attachment, found.is_some(), &[]) {
        return Ok((AttachmentStatus { peer_id: want.at.peer_id.clone(), ..AttachmentStatus::default() }, told));
    }
    if let Some(found) = found {
        return Ok((status(&found), Rollout::Complete));
    }
    let namespace = &want.at.place.namespace;
    let server = table::get::<Server>(tx, namespace, &want.server).await?;
    let volume = table::get::<Volume>(tx, namespace, &want.volume).await?;
    if !matches!(server.body.life, Life::Is(_)) {
        return Err(conflict(format!(
            "the server '{}' is {}: a volume cannot be attached to it now",
            server.name,
            server.body.condition()
        )));
    }
    if let Some(other) = attachments(tx, &volume.peer_id).await?.first() {
        let names: Vec<String> = table::with_ids(tx, std::slice::from_ref(&other.body.server)).await?.iter().map(Row::called).collect();
        return Err(conflict(format!("the volume '{}' is attached to the {}", volume.name, names.join(""))));
    }
    let taken: Vec<String> = attachments(tx, &server.peer_id).await?.into_iter().map(|a| a.body.device).collect();
    let device = ('b'..='z').map(|letter| format!("/dev/vd{letter}")).find(|device| !taken.contains(device));
    let device = device.ok_or_else(|| invalid(format!("the server '{}' has as many volumes as it can have", server.name)))?;
    let made = table::make(tx, &want.at, Attachment { server: server.peer_id, volume: volume.peer_id, device }).await?;
    Ok((status(&made), Rollout::Complete))
}

pub(crate) async fn delete_attachment(tx: &Tx, want: &AttachmentWant) -> Result<Deletion> {
    if let Some(found) = table::find_to_remove::<Attachment>(tx, &want.at).await? {
        table::remove(tx, &found).await?;
    }
    Ok(Deletion::Gone)
}
