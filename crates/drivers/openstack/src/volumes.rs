//! Volumes and their snapshots. What is gone took its data along: neither is ever made again by itself.

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_domain::cloud::{AttachmentStatus, SnapshotStatus, VolumeStatus};
use tenantry_driver_api::cloud::{AttachmentWant, CloudPlace, SnapshotWant, VolumeWant, Volumes};
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, Result, Rollout};

use crate::OpenStack;
use crate::failure::Outcome;
use crate::objects::{Collection, KEY, SERVERS, SNAPSHOTS, VOLUMES, changed, items, name_of, text};
use crate::service::Service;

fn seen(volume: &Value) -> VolumeStatus {
    VolumeStatus {
        peer_id: text(volume, "id").to_owned(),
        size_gib: volume["size"].as_i64().unwrap_or(0),
        condition: text(volume, "status").to_owned(),
    }
}

/// What is told of something with data in it that was seen and is not there any more.
fn lost(of: &Collection, at: &CloudPlace) -> Option<Rollout> {
    let (noun, name) = (of.noun, &at.place.name);
    let message = format!("the {noun} '{name}' is not there any more: somebody removed it at the cloud, and its data with it");
    (at.existed || !at.peer_id.is_empty()).then_some(Rollout::Drifted(message))
}

/// What a state of Cinder's means for what was asked for; nothing when it is at rest.
fn under_way(of: &Collection, object: &Value) -> Option<Rollout> {
    let noun = of.noun;
    match text(object, "status") {
        "available" | "in-use" | "attaching" | "detaching" | "reserved" | "uploading" | "backing-up" | "maintenance" => None,
        error if error.starts_with("error") => Some(Rollout::Stuck(format!("the cloud says that the {noun} is in {error}"))),
        other => Some(Rollout::Progressing(format!("the cloud says that the {noun} is {other}"))),
    }
}

/// How the name and the description differ, and what sets them.
fn named_differs(found: &Value, at: &CloudPlace, words: &str) -> (Vec<String>, Value) {
    let mut differs = Vec::new();
    if text(found, "name") != at.place.name {
        differs.push(format!("its name is '{}'", text(found, "name")));
    }
    if text(found, "description") != words {
        differs.push(format!("its description is '{}'", text(found, "description")));
    }
    (differs, json!({"name": at.place.name, "description": words}))
}

impl OpenStack {
    async fn volume(&self, want: &VolumeWant) -> Outcome<(VolumeStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let Some(volume) = session.find(&VOLUMES, at).await? else {
            if let Some(told) = lost(&VOLUMES, at) {
                return Ok((VolumeStatus { peer_id: at.peer_id.clone(), ..VolumeStatus::default() }, told));
            }
            let mut body = json!({
                "name": at.place.name, "description": want.description, "size": want.size_gib,
                "metadata": {KEY: at.place.uid.to_string()},
            });
            for (key, value) in [("volume_type", &want.volume_type), ("snapshot_id", &want.snapshot), ("imageRef", &want.image)] {
                if let Some(value) = value {
                    body[key] = json!(value);
                }
            }
            let made = session.create(&VOLUMES, &body).await?;
            let rollout = under_way(&VOLUMES, &made).unwrap_or(Rollout::Complete);
            return Ok((seen(&made), rollout));
        };
        let status = seen(&volume);
        if let Some(told) = under_way(&VOLUMES, &volume) {
            return Ok((status, told));
        }
        let (mut differs, change) = named_differs(&volume, at, &want.description);
        let renamed = !differs.is_empty();
        if status.size_gib != want.size_gib {
            differs.push(format!("it has {} GiB, and should have {}", status.size_gib, want.size_gib));
        }
        if let Some(told) = changed(VOLUMES.noun, at, &differs) {
            return Ok((status, told));
        }
        if renamed {
            session.change(&VOLUMES, &status.peer_id, &change).await?;
        }
        if status.size_gib < want.size_gib && !matches!(status.condition.as_str(), "available" | "in-use") {
            let waits = format!("the volume grows when it is not {} any more", status.condition);
            return Ok((status, Rollout::Progressing(waits)));
        }
        if status.size_gib < want.size_gib {
            let body = json!({"os-extend": {"new_size": want.size_gib}});
            session.post(Service::Volumes, &["volumes", &status.peer_id, "action"], &body).await?;
            return Ok((status, Rollout::Progressing(format!("the volume grows to {} GiB", want.size_gib))));
        }
        if status.size_gib > want.size_gib && !at.existed {
            let message = format!("the volume '{}' has {} GiB there, and a volume does not shrink", at.place.name, status.size_gib);
            return Err(DriverError::new(DriverErrorKind::Invalid, message).into());
        }
        if status.size_gib > want.size_gib {
            let message =
                format!("somebody made the volume '{}' larger at the cloud, and it cannot shrink: {}", at.place.name, differs.join(", "));
            return Ok((status, Rollout::Drifted(message)));
        }
        Ok((status, Rollout::Complete))
    }

    async fn remove_volume(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let Some(volume) = session.ours(&VOLUMES, at).await?.into_iter().next() else { return Ok(Deletion::Gone) };
        let (id, name) = (text(&volume, "id"), &at.place.name);
        let servers: Vec<&str> = items(&volume, "attachments").map(|a| text(a, "server_id")).collect();
        if !servers.is_empty() {
            let servers = session.called(&SERVERS, &servers).await?.join(", ");
            return Ok(Deletion::InProgress(format!("the volume '{name}' is attached to {servers}")));
        }
        if text(&volume, "status") != "deleting" {
            match session.remove(&VOLUMES, id).await {
                // it is on its way from one state to another, or holds its snapshots
                Err(failed) if failed.status == 400 => {
                    let snapshots = session.all(&SNAPSHOTS, &[("volume_id", id)]).await?;
                    let snapshots: Vec<String> = snapshots.iter().map(|snapshot| format!("'{}'", name_of(snapshot))).collect();
                    return Ok(Deletion::InProgress(if snapshots.is_empty() {
                        failed.error.message
                    } else {
                        format!("the volume '{name}' has the snapshots {}", snapshots.join(", "))
                    }));
                }
                other => other?,
            }
        }
        Ok(Deletion::InProgress(format!("the cloud removes the volume '{name}'")))
    }

    async fn snapshot(&self, want: &SnapshotWant) -> Outcome<(SnapshotStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let seen =
            |snapshot: &Value| SnapshotStatus { peer_id: text(snapshot, "id").to_owned(), condition: text(snapshot, "status").to_owned() };
        let Some(snapshot) = session.find(&SNAPSHOTS, at).await? else {
            if let Some(told) = lost(&SNAPSHOTS, at) {
                return Ok((SnapshotStatus { peer_id: at.peer_id.clone(), ..SnapshotStatus::default() }, told));
            }
            // also of a volume that is in use
            let body = json!({
                "name": at.place.name, "description": want.description, "volume_id": want.volume, "force": true,
                "metadata": {KEY: at.place.uid.to_string()},
            });
            let made = session.create(&SNAPSHOTS, &body).await?;
            return Ok((seen(&made), under_way(&SNAPSHOTS, &made).unwrap_or(Rollout::Complete)));
        };
        let (differs, change) = named_differs(&snapshot, at, &want.description);
        let told = under_way(&SNAPSHOTS, &snapshot).or_else(|| changed(SNAPSHOTS.noun, at, &differs));
        if told.is_none() && !differs.is_empty() {
            session.change(&SNAPSHOTS, text(&snapshot, "id"), &change).await?;
        }
        Ok((seen(&snapshot), told.unwrap_or(Rollout::Complete)))
    }

    async fn remove_snapshot(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let Some(snapshot) = session.ours(&SNAPSHOTS, at).await?.into_iter().next() else { return Ok(Deletion::Gone) };
        if text(&snapshot, "status") != "deleting" {
            match session.remove(&SNAPSHOTS, text(&snapshot, "id")).await {
                Err(failed) if failed.status == 400 => return Ok(Deletion::InProgress(failed.error.message)),
                other => other?,
            }
        }
        Ok(Deletion::InProgress(format!("the cloud removes the snapshot '{}'", at.place.name)))
    }
}

#[async_trait]
impl Volumes for OpenStack {
    async fn ensure_volume(&self, want: &VolumeWant) -> Result<(VolumeStatus, Rollout)> {
        Ok(self.volume(want).await?)
    }

    async fn delete_volume(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_volume(at).await?)
    }

    async fn ensure_snapshot(&self, want: &SnapshotWant) -> Result<(SnapshotStatus, Rollout)> {
        Ok(self.snapshot(want).await?)
    }

    async fn delete_snapshot(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_snapshot(at).await?)
    }

    async fn ensure_attachment(&self, want: &AttachmentWant) -> Result<(AttachmentStatus, Rollout)> {
        Ok(self.attachment(want).await?)
    }

    async fn delete_attachment(&self, want: &AttachmentWant) -> Result<Deletion> {
        Ok(self.remove_attachment(want).await?)
    }
}
