//! Volumes, what they are attached to, and their snapshots.

use tenantry_domain::cloud::{AttachmentSpec, SnapshotSpec, VolumeSource, VolumeSpec};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Audience, Kind, Resource, Spec, State};
use tenantry_domain::{Error, ErrorKind, ResourceId, Result, name};
use tenantry_store::resources::SHOWN;

use super::{NewIn, change, datacenter_of, enter, finish, made_up, may_make, offers, referred, wrong_kind};
use crate::{Ctx, resource};

/// The largest volume, in GiB.
const LARGEST_GIB: i64 = 1 << 20;
/// What a volume has when nobody says how much (document 3, C49), in GiB.
pub const DEFAULT_GIB: i64 = 10;

/// What is asked of a volume.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// In GiB; what it is made from has, or [`DEFAULT_GIB`], without it.
    pub size_gib: Option<i64>,
    /// Free text.
    pub description: String,
    /// The peer's type of volume.
    pub volume_type: Option<String>,
    /// The snapshot that it is made from.
    pub snapshot: Option<ResourceId>,
    /// The image that it is made from, by the peer's id or by name.
    pub image: Option<String>,
}

fn check_size(size_gib: i64) -> Result<()> {
    if (1..=LARGEST_GIB).contains(&size_gib) {
        return Ok(());
    }
    Err(Error::invalid("size", format!("'size' must be between 1 and {LARGEST_GIB} GiB, not {size_gib}")))
}

/// Makes a volume. Without a name it gets one.
///
/// # Errors
/// `QuotaExceeded`, `AlreadyExists`, `InvalidArgument`, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, new: &NewIn, wanted: &Wanted) -> Result<Resource> {
    let called = if new.name.is_empty() { made_up(ctx, "volume") } else { new.name.clone() };
    ctx.audited(Action::Create, Kind::Volume.object(), &called, async {
        let allowed = may_make(ctx, Kind::Volume, new.tenant, &called).await?;
        name::check_text("description", &wanted.description, 255)?;
        let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
        let (source, least) = source(ctx, wanted, (new.tenant, datacenter)).await?;
        let size_gib = wanted.size_gib.unwrap_or_else(|| least.max(if least > 0 { least } else { DEFAULT_GIB }));
        check_size(size_gib)?;
        if size_gib < least {
            let message = format!("what the volume is made from has {least} GiB: the volume cannot have {size_gib}");
            return Err(Error::invalid("size", message));
        }
        if let Some(asked) = &wanted.volume_type {
            let types = offers(ctx, new.tenant, datacenter).await?.volume_types;
            if !types.contains(asked) {
                let message = format!("'{}' is no type of volume: there are {}", name::clip(asked), types.join(", "));
                return Err(Error::invalid("volume_type", message));
            }
        }
        let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
        let (description, volume_type) = (wanted.description.clone(), wanted.volume_type.clone());
        let spec = Spec::Volume(VolumeSpec { size_gib, description, volume_type, source });
        let id = place.make(&tx, &allowed, &called, &spec, Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, Kind::Volume, id, new.tenant, &format!("'{called}', {size_gib} GiB")).await
    })
    .await
}

type Where = (tenantry_domain::TenantId, tenantry_domain::DatacenterId);

/// What a volume is made from, and how much it needs at least.
async fn source(ctx: &Ctx, wanted: &Wanted, place: Where) -> Result<(Option<VolumeSource>, i64)> {
    match (wanted.snapshot, wanted.image.as_deref()) {
        (None, None) => Ok((None, 0)),
        (Some(_), Some(_)) => Err(Error::invalid("snapshot", "a volume is made from a snapshot or from an image, not from both")),
        (Some(id), None) => {
            let snapshot = referred(ctx, Kind::Snapshot, "snapshot", id, place).await?;
            let Spec::Snapshot(spec) = &snapshot.spec else { return Err(wrong_kind(Kind::Snapshot.object())) };
            Ok((Some(VolumeSource::Snapshot(id)), spec.size_gib))
        }
        (None, Some(text)) => {
            let catalog = offers(ctx, place.0, place.1).await?;
            let image = super::server::image(&catalog, "image", text)?;
            Ok((Some(VolumeSource::Image(image.id.clone())), image.least_disk_gib()))
        }
    }
}

/// Grows a volume.
///
/// # Errors
/// `InvalidArgument` when it would shrink, `QuotaExceeded`, `StaleVersion`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn grow(ctx: &Ctx, id: ResourceId, size_gib: i64, version: Option<i64>) -> Result<Resource> {
    change(ctx, Kind::Volume, id, version, &format!("{size_gib} GiB"), async |_, before| {
        check_size(size_gib)?;
        let Spec::Volume(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::Volume.object())) };
        if size_gib < spec.size_gib {
            let message = format!("the volume has {} GiB and cannot shrink: what is on it would be lost", spec.size_gib);
            return Err(Error::invalid("size", message));
        }
        Ok(Spec::Volume(VolumeSpec { size_gib, ..spec }))
    })
    .await
}

/// Makes a snapshot of a volume. Without a name it gets one.
///
/// # Errors
/// `QuotaExceeded`, `AlreadyExists`, `InvalidArgument`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn snapshot(ctx: &Ctx, volume: ResourceId, called: &str, description: &str) -> Result<Resource> {
    let called = if called.is_empty() { made_up(ctx, "snapshot") } else { called.to_owned() };
    ctx.audited(Action::Create, Kind::Snapshot.object(), &called, async {
        let volume = resource::get(ctx, Kind::Volume, volume).await?;
        let allowed = may_make(ctx, Kind::Snapshot, volume.tenant, &called).await?;
        name::check_text("description", description, 255)?;
        let Spec::Volume(of) = &volume.spec else { return Err(wrong_kind(Kind::Volume.object())) };
        let (tx, place) = enter(ctx, volume.tenant, volume.datacenter).await?;
        let spec = SnapshotSpec { volume: volume.id, size_gib: of.size_gib, description: description.to_owned() };
        let id = place.make(&tx, &allowed, &called, &Spec::Snapshot(spec), Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, Kind::Snapshot, id, volume.tenant, &format!("'{called}' of volume '{}'", volume.name)).await
    })
    .await
}

/// Attaches a volume to a server (C51).
///
/// # Errors
/// `Conflict` when it is attached already (naming the server), `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn attach(ctx: &Ctx, server: ResourceId, volume: ResourceId) -> Result<Resource> {
    ctx.audited(Action::Create, Kind::Attachment.object(), volume, async {
        let server = resource::get(ctx, Kind::Server, server).await?;
        // one volume, one attachment: the name says so, whoever asks at the same moment
        let called = format!("volume-{volume}");
        let _: tenantry_domain::policy::Allowed<tenantry_domain::policy::act::Update, _> = ctx.allow_resource(&server).await?;
        let allowed = may_make(ctx, Kind::Attachment, server.tenant, &called).await?;
        let volume = referred(ctx, Kind::Volume, "volume_id", volume, (server.tenant, server.datacenter)).await?;
        let (tx, place) = enter(ctx, server.tenant, server.datacenter).await?;
        let spec = Spec::Attachment(AttachmentSpec { server: server.id, volume: volume.id });
        let made = place.make(&tx, &allowed, &called, &spec, server.audience).await;
        let id = match made {
            Err(error) if error.kind == ErrorKind::AlreadyExists => {
                drop(tx);
                return Err(attached(ctx, &volume).await?);
            }
            other => other?,
        };
        let detail = format!("volume '{}' to server '{}'", volume.name, server.name);
        finish(ctx, tx, Action::Create, Kind::Attachment, id, server.tenant, &detail).await
    })
    .await
}

/// What to say of a volume that is attached.
async fn attached(ctx: &Ctx, volume: &Resource) -> Result<Error> {
    let referrers = ctx.store().resources().referrers(volume.id, SHOWN).await?;
    let attachment = referrers.iter().find(|r| r.kind() == Kind::Attachment);
    let message = match attachment {
        Some(a) if a.state == State::Deleting => format!("the volume '{}' is being detached: try again when it is", volume.name),
        Some(a) => match &a.spec {
            Spec::Attachment(spec) => {
                format!("the volume '{}' is attached to server {} already (attachment {}): detach it first", volume.name, spec.server, a.id)
            }
            _ => format!("the volume '{}' is attached already", volume.name),
        },
        None => format!("the volume '{}' was attached at the same moment", volume.name),
    };
    Ok(Error::conflict(Kind::Volume.object(), message))
}
