//! Volumes attached to servers. A server and a volume are attached once or not at all, so that nothing has to be looked for; the
//! volume's metadata says whose attachment it is (a tag of the attachment would, but not every hypervisor takes one).

use serde_json::{Value, json};
use tenantry_domain::cloud::AttachmentStatus;
use tenantry_driver_api::cloud::AttachmentWant;
use tenantry_driver_api::{Deletion, Place, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::{self, Outcome};
use crate::networks::conflict;
use crate::objects::{SERVERS, VOLUMES, gone, items, text};
use crate::service::Service::{Compute, Volumes};

/// For sentences.
const NOUN: &str = "attachment";
/// The key of a volume's metadata that holds our uid of its attachment.
const ATTACHMENT: &str = "tenantry-attachment";

fn path(want: &AttachmentWant) -> [&str; 4] {
    ["servers", &want.server, "os-volume_attachments", &want.volume]
}

/// The attachment as Nova knows it.
async fn look(session: &Session<'_>, want: &AttachmentWant) -> Outcome<Option<Value>> {
    let Some(mut found) = failure::found(session.get(Compute, &path(want), &[]).await)? else { return Ok(None) };
    let found = found["volumeAttachment"].take();
    if found.is_null() { Err(failure::not_openstack(Compute.name())) } else { Ok(Some(found)) }
}

fn seen(attachment: &Value) -> AttachmentStatus {
    AttachmentStatus { peer_id: text(attachment, "id").to_owned(), device: text(attachment, "device").to_owned() }
}

impl OpenStack {
    pub(crate) async fn attachment(&self, want: &AttachmentWant) -> Outcome<(AttachmentStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let found = look(&session, want).await?;
        let Some(volume) = session.by_id(&VOLUMES, &want.volume).await? else {
            return Err(conflict(format!("the volume {} is not there", want.volume)).into());
        };
        let condition = text(&volume, "status");
        if let Some(attachment) = found {
            let rollout = match condition {
                "in-use" => Rollout::Complete,
                error if error.starts_with("error") => Rollout::Stuck(format!("the cloud says that the volume is in {error}")),
                other => Rollout::Progressing(format!("the cloud says that the volume is {other}")),
            };
            return Ok((seen(&attachment), rollout));
        }
        let status = AttachmentStatus { peer_id: at.peer_id.clone(), ..AttachmentStatus::default() };
        if let Some(told) = gone(NOUN, at) {
            return Ok((status, told));
        }
        if let Some(other) = items(&volume, "attachments").map(|a| text(a, "server_id")).find(|other| *other != want.server) {
            return Err(conflict(format!("the volume is attached to another server there: {other}")).into());
        }
        if condition != "available" {
            return Ok((status, Rollout::Progressing(format!("the cloud says that the volume is {condition}"))));
        }
        let mark = json!({"metadata": {ATTACHMENT: at.place.uid.to_string()}});
        session.post(Volumes, &["volumes", &want.volume, "metadata"], &mark).await?;
        let body = json!({"volumeAttachment": {"volumeId": want.volume}});
        let mut made = session.post(Compute, &path(want)[..3], &body).await?;
        Ok((seen(&made["volumeAttachment"].take()), Rollout::Progressing("the cloud attaches the volume".to_owned())))
    }

    pub(crate) async fn remove_attachment(&self, want: &AttachmentWant) -> Outcome<Deletion> {
        let at = &want.at;
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let volume = session.by_id(&VOLUMES, &want.volume).await?;
        let detaching = || Deletion::InProgress("the cloud detaches the volume".to_owned());
        if look(&session, want).await?.is_none() {
            let Some(volume) = volume else { return Ok(Deletion::Gone) };
            // Nova lets go first, and Cinder a moment later
            let held = text(&volume, "status") == "detaching" || items(&volume, "attachments").any(|a| text(a, "server_id") == want.server);
            if held && session.by_id(&SERVERS, &want.server).await?.is_some() {
                return Ok(detaching());
            }
            if volume["metadata"][ATTACHMENT] == at.place.uid.to_string() {
                session.delete(Volumes, &["volumes", &want.volume, "metadata", ATTACHMENT]).await?;
            }
            return Ok(Deletion::Gone);
        }
        if volume.is_none_or(|volume| text(&volume, "status") != "detaching") {
            match session.delete(Compute, &path(want)).await {
                // a state that passes: the server is made, or the volume is on its way
                Err(failed) if failed.conflicts() || failed.status == 400 => return Ok(Deletion::InProgress(failed.error.message)),
                other => other?,
            }
        }
        Ok(detaching())
    }

    /// Whether some volume of the project is attached by an attachment with this uid.
    pub(crate) async fn holds_attachment(&self, place: &Place) -> Outcome<bool> {
        let Some(session) = self.project(&place.namespace, Some(place.tenant_uid)).await? else { return Ok(false) };
        let uid = place.uid.to_string();
        let volumes = session.all(&VOLUMES, &[]).await?;
        Ok(volumes.iter().any(|volume| volume["metadata"][ATTACHMENT] == uid && items(volume, "attachments").next().is_some()))
    }
}
