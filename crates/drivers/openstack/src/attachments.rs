//! Volumes attached to servers. A server and a volume are attached once or not at all, so that nothing has to be looked for; the tag
//! with our uid says later whose attachment it was.

use serde_json::{Value, json};
use tenantry_domain::cloud::AttachmentStatus;
use tenantry_driver_api::cloud::AttachmentWant;
use tenantry_driver_api::{Deletion, Place, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::{self, Outcome};
use crate::networks::conflict;
use crate::objects::{SERVERS, VOLUMES, gone, items, tag, text};
use crate::service::Service::Compute;

/// For sentences.
const NOUN: &str = "attachment";

fn path(want: &AttachmentWant) -> [&str; 4] {
    ["servers", &want.server, "os-volume_attachments", &want.volume]
}

/// The attachment as Nova knows it.
async fn look(session: &Session<'_>, want: &AttachmentWant) -> Outcome<Option<Value>> {
    let found = failure::found(session.get(Compute, &path(want), &[]).await)?;
    Ok(found.map(|mut found| found["volumeAttachment"].take()).filter(|found| !found.is_null()))
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
        let body = json!({"volumeAttachment": {"volumeId": want.volume, "tag": tag(at.place.uid)}});
        let mut made = session.post(Compute, &path(want)[..3], &body).await?;
        Ok((seen(&made["volumeAttachment"].take()), Rollout::Progressing("the cloud attaches the volume".to_owned())))
    }

    pub(crate) async fn remove_attachment(&self, want: &AttachmentWant) -> Outcome<Deletion> {
        let at = &want.at;
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let volume = session.by_id(&VOLUMES, &want.volume).await?;
        let detaching = || Deletion::InProgress("the cloud detaches the volume".to_owned());
        if look(&session, want).await?.is_none() {
            // Nova lets go first, and Cinder a moment later
            let held = volume.is_some_and(|volume| {
                text(&volume, "status") == "detaching" || items(&volume, "attachments").any(|a| text(a, "server_id") == want.server)
            });
            let server = session.by_id(&SERVERS, &want.server).await?;
            return Ok(if held && server.is_some() { detaching() } else { Deletion::Gone });
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

    /// Whether some server of the project has an attachment with this uid.
    pub(crate) async fn holds_attachment(&self, place: &Place) -> Outcome<bool> {
        let Some(session) = self.project(&place.namespace, Some(place.tenant_uid)).await? else { return Ok(false) };
        for server in session.all(&SERVERS, &[]).await? {
            if items(&server, "os-extended-volumes:volumes_attached").next().is_none() {
                continue;
            }
            let path = ["servers", text(&server, "id"), "os-volume_attachments"];
            let found = failure::found(session.get(Compute, &path, &[]).await)?.unwrap_or_default();
            if items(&found, "volumeAttachments").any(|attachment| attachment["tag"] == tag(place.uid)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
