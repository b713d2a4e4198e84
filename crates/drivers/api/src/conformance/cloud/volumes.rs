//! Volumes, their snapshots, and what they are attached to.

use tenantry_domain::Metric;

use super::super::{Outcome, check, refused, told};
use super::networks::waits_for;
use super::scene::Scene;
use crate::DriverErrorKind;
use crate::cloud::{AttachmentWant, CloudPlace, VolumeWant};

pub(super) async fn a_volume_is_made_once_and_grows(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (want, status) = scene.volume("data", 1).await?;
    let again = VolumeWant { at: CloudPlace { peer_id: String::new(), ..want.at.clone() }, ..want.clone() };
    let found = scene.complete("the volume", || scene.cloud.ensure_volume(&again)).await?;
    check(found.peer_id == status.peer_id, || format!("a volume was made twice: {found:?}, {status:?}"))?;
    let grown = VolumeWant { size_gib: 2, ..want.clone() };
    let found = scene.complete("the grown volume", || scene.cloud.ensure_volume(&grown)).await?;
    check((found.size_gib, &found.peer_id) == (2, &status.peer_id), || format!("a volume grown to 2 GiB is {found:?}"))?;
    scene.gone("the volume", || scene.cloud.delete_volume(&want.at)).await?;
    scene.gone("the volume that is gone", || scene.cloud.delete_volume(&want.at)).await
}

pub(super) async fn a_volume_does_not_shrink(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (want, _) = scene.volume("data", 2).await?;
    let smaller = VolumeWant { size_gib: 1, ..want.clone() };
    refused("shrinking a volume", &scene.cloud.ensure_volume(&smaller).await, DriverErrorKind::Invalid)?;
    let found = scene.complete("the volume", || scene.cloud.ensure_volume(&want)).await?;
    check(found.size_gib == 2, || format!("it should be as it was, and is {found:?}"))
}

pub(super) async fn a_volume_over_the_quota_is_refused(scene: &Scene<'_>) -> Outcome {
    if !scene.can.enforces_quota {
        return Ok(());
    }
    scene.make_namespace().await?;
    let limit = scene.limits.get(Metric::Storage).unwrap_or(0) / 1024;
    let (fits, _) = scene.volume("fits", limit).await?;
    let over = scene.volume_want("over", 1);
    refused("a volume over the quota", &scene.cloud.ensure_volume(&over).await, DriverErrorKind::QuotaExceeded)?;
    let grown = VolumeWant { size_gib: limit + 1, ..fits.clone() };
    refused("growing over the quota", &scene.cloud.ensure_volume(&grown).await, DriverErrorKind::QuotaExceeded)?;
    scene.gone("the volume", || scene.cloud.delete_volume(&fits.at)).await?;
    scene.complete("what is given back", || scene.cloud.ensure_volume(&over)).await.map(|_| ())
}

pub(super) async fn a_snapshot_keeps_its_volume_and_another_is_made_from_it(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (volume, volume_is) = scene.volume("data", 1).await?;
    let want = scene.snapshot_want("monday", &volume_is);
    let status = scene.complete("the snapshot", || scene.cloud.ensure_snapshot(&want)).await?;
    let again = scene.complete("the snapshot", || scene.cloud.ensure_snapshot(&want)).await?;
    check(again.peer_id == status.peer_id, || format!("a snapshot was made twice: {again:?}, {status:?}"))?;
    waits_for("a volume with a snapshot", &scene.cloud.delete_volume(&volume.at).await, "monday")?;
    let copy = VolumeWant { snapshot: Some(status.peer_id.clone()), ..scene.volume_want("copy", 2) };
    let found = scene.complete("the volume from a snapshot", || scene.cloud.ensure_volume(&copy)).await?;
    check(found.size_gib == 2 && found.peer_id != volume_is.peer_id, || format!("a volume from a snapshot is {found:?}"))?;
    // one that is made does not need its source any more
    scene.gone("the copy", || scene.cloud.delete_volume(&copy.at)).await?;
    scene.gone("the snapshot", || scene.cloud.delete_snapshot(&want.at)).await?;
    scene.gone("the volume", || scene.cloud.delete_volume(&volume.at)).await
}

pub(super) async fn an_attached_volume_is_in_use_until_it_is_detached(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (_, server) = scene.server("web", &[&network]).await?;
    let (_, other) = scene.server("other", &[&network]).await?;
    let (volume, volume_is) = scene.volume("data", 1).await?;
    let want = scene.attachment_want(&server, &volume_is);
    let status = scene.complete("the attachment", || scene.cloud.ensure_attachment(&want)).await?;
    check(status.device.starts_with("/dev/"), || format!("an attached volume has the device '{}'", status.device))?;
    let again = scene.complete("the attachment", || scene.cloud.ensure_attachment(&want)).await?;
    check(again == status, || format!("a volume was attached twice: {again:?}, {status:?}"))?;
    let seen = scene.complete("the volume", || scene.cloud.ensure_volume(&volume)).await?;
    check(seen.condition != volume_is.condition, || format!("an attached volume is as one that is not: {}", seen.condition))?;
    waits_for("an attached volume", &scene.cloud.delete_volume(&volume.at).await, "web")?;
    let twice = scene.attachment_want(&other, &volume_is);
    let answer = scene.cloud.ensure_attachment(&twice).await;
    check(answer.is_err(), || format!("attaching a volume to a second server was answered {answer:?}"))?;
    scene.gone("the attachment", || scene.cloud.delete_attachment(&want)).await?;
    scene.gone("the attachment that is gone", || scene.cloud.delete_attachment(&want)).await?;
    scene.complete("the attachment to the other server", || scene.cloud.ensure_attachment(&twice)).await?;
    scene.gone("that attachment", || scene.cloud.delete_attachment(&twice)).await?;
    scene.gone("the volume", || scene.cloud.delete_volume(&volume.at)).await
}

pub(super) async fn what_is_attached_goes_with_its_server(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let (_, network) = scene.network("lan").await?;
    let (server, server_is) = scene.server("web", &[&network]).await?;
    let (volume, volume_is) = scene.volume("data", 1).await?;
    let want: AttachmentWant = scene.attachment_want(&server_is, &volume_is);
    scene.complete("the attachment", || scene.cloud.ensure_attachment(&want)).await?;
    scene.gone("the server", || scene.cloud.delete_server(&server.at)).await?;
    scene.gone("the attachment of a server that is gone", || scene.cloud.delete_attachment(&want)).await?;
    let holds = scene.cloud.holds(tenantry_domain::resource::Kind::Volume, &volume.at.place).await;
    check(holds.map_err(|e| told("looking for the volume", &e))?, || "the volume went with the server".to_owned())?;
    scene.gone("the volume", || scene.cloud.delete_volume(&volume.at)).await
}
