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
use crate::objects::{VOLUMES, gone, items, text};
use crate::servers::is_there;
use crate::service::Service::{Compute, Volumes};

/// For sentences.
const NOUN: &str = "attachment";
/// The key of a volume's metadata that holds our uid of its attachment.
const ATTACHMENT: &str = "tenantry-attachment";

fn path(want: &AttachmentWant) -> [&str; 4] {
    ["servers", &want.server, "os-volume_attachments", &want.volume]
}

/// Whether Nova knows of the attachment.
async fn known(session: &Session<'_>, want: &AttachmentWant) -> Outcome<bool> {
    let Some(found) = failure::found(session.get(Compute, &path(want), &[]).await)? else { return Ok(false) };
    if found["volumeAttachment"].is_null() { Err(failure::not_openstack(Compute.name())) } else { Ok(true) }
}

/// The attachment as the volume tells it.
fn of_volume<'a>(volume: &'a Value, want: &AttachmentWant) -> Option<&'a Value> {
    items(volume, "attachments").find(|attachment| text(attachment, "server_id") == want.server)
}

impl OpenStack {
    pub(crate) async fn attachment(&self, want: &AttachmentWant) -> Outcome<(AttachmentStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let Some(volume) = session.by_id(&VOLUMES, &want.volume).await? else {
            return Err(conflict(format!("the volume {} is not there", want.volume)).into());
        };
        let condition = text(&volume, "status");
        // Nova's id of an attachment is the volume's
        let seen = |device: &str| AttachmentStatus { peer_id: want.volume.clone(), device: device.to_owned() };
        if let Some(attachment) = of_volume(&volume, want) {
            let rollout = match condition {
                "in-use" => Rollout::Complete,
                error if error.starts_with("error") => Rollout::Stuck(format!("the cloud says that the volume is in {error}")),
                other => Rollout::Progressing(format!("the cloud says that the volume is {other}")),
            };
            return Ok((seen(text(attachment, "device")), rollout));
        }
        let status = AttachmentStatus { peer_id: at.peer_id.clone(), ..AttachmentStatus::default() };
        if let Some(other) = items(&volume, "attachments").map(|a| text(a, "server_id")).next() {
            return Err(conflict(format!("the volume is attached to another server there: {other}")).into());
        }
        if condition != "available" {
            return Ok((status, Rollout::Progressing(format!("the cloud says that the volume is {condition}"))));
        }
        if !at.untried && known(&session, want).await? {
            return Ok((seen(""), Rollout::Progressing("the cloud attaches the volume".to_owned())));
        }
        if let Some(told) = gone(NOUN, at) {
            return Ok((status, told));
        }
        let mark = json!({"metadata": {ATTACHMENT: at.place.uid.to_string()}});
        session.post(Volumes, &["volumes", &want.volume, "metadata"], &mark).await?;
        let body = json!({"volumeAttachment": {"volumeId": want.volume}});
        let made = session.post(Compute, &path(want)[..3], &body).await?;
        Ok((seen(text(&made["volumeAttachment"], "device")), Rollout::Progressing("the cloud attaches the volume".to_owned())))
    }

    pub(crate) async fn remove_attachment(&self, want: &AttachmentWant) -> Outcome<Deletion> {
        let at = &want.at;
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let volume = session.by_id(&VOLUMES, &want.volume).await?;
        let condition = volume.as_ref().map_or("", |volume| text(volume, "status"));
        let held = volume.as_ref().is_some_and(|volume| of_volume(volume, want).is_some());
        let under_way = condition == "detaching";
        let detaching = || Ok(Deletion::InProgress("the cloud detaches the volume".to_owned()));
        let going = path(want).join("/");
        let asked = self.going.contains_key(&going);
        let mut of_nova = (held && !under_way) || (!asked && known(&session, want).await?);
        if of_nova && !under_way && !asked {
            match session.delete(Compute, &path(want)).await {
                Ok(true) => {
                    self.going.insert(going, ()).await;
                    return detaching();
                }
                // Nova has let go, and Cinder will a moment later
                Ok(false) => of_nova = false,
                // a state that passes: the server is made, or the volume is on its way
                Err(failed) if failed.conflicts() || failed.status == 400 => return Ok(Deletion::InProgress(failed.error.message)),
                Err(failed) => return Err(failed),
            }
        }
        // a server that is gone lets go of nothing any more
        if (held || under_way) && (asked || of_nova || is_there(&session, &want.server).await?) {
            return detaching();
        }
        // they may be attached anew
        self.going.invalidate(&going).await;
        let Some(volume) = &volume else { return Ok(Deletion::Gone) };
        if volume["metadata"][ATTACHMENT] == at.place.uid.to_string() {
            session.delete(Volumes, &["volumes", &want.volume, "metadata", ATTACHMENT]).await?;
        }
        Ok(Deletion::Gone)
    }

    /// Whether some volume of the project is attached by an attachment with this uid.
    pub(crate) async fn holds_attachment(&self, place: &Place) -> Outcome<bool> {
        let Some(session) = self.project(&place.namespace, Some(place.tenant_uid)).await? else { return Ok(false) };
        let uid = place.uid.to_string();
        let volumes = session.all(&VOLUMES, &[]).await?;
        Ok(volumes.iter().any(|volume| volume["metadata"][ATTACHMENT] == uid && items(volume, "attachments").next().is_some()))
    }
}
