//! Taking over what was in a cloud, or in a cluster, before Tenantry came.

use tenantry_domain::cloud::Unmanaged;
use tenantry_domain::policy::{Action, Allowed, AnyResource, act};
use tenantry_domain::resource::{Audience, Kind, Origin, Resource};
use tenantry_domain::{DatacenterId, Error, Result, TenantId, name};
use tenantry_store::resources::NewResource;

use super::{datacenter_of, enter, finish};
use crate::{Ctx, tenant};

/// The most that is listed.
pub const MOST: usize = 1000;

/// What is to be taken over.
#[derive(Debug, Clone)]
pub struct Adopt {
    /// Into which tenant; it is in that tenant's project.
    pub tenant: TenantId,
    /// Where.
    pub datacenter: Option<DatacenterId>,
    /// What it is.
    pub kind: Kind,
    /// The peer's id.
    pub peer_id: String,
    /// How it is called here; as at the peer without it.
    pub name: Option<String>,
    /// Whether Tenantry may remove it at the peer when it is deleted here; else it is only let go.
    pub may_remove: bool,
}

/// What is in a tenant's project in a cloud and not managed.
///
/// # Errors
/// `PeerUnavailable`, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn list(ctx: &Ctx, of: TenantId, datacenter: Option<DatacenterId>) -> Result<Vec<Unmanaged>> {
    let owner = tenant::get(ctx, of).await?;
    let _: Allowed<act::Adopt, AnyResource> = ctx.allow_kind(Kind::Server, of, Audience::Everyone, &of).await?;
    let datacenter = datacenter_of(ctx, of, datacenter).await?;
    ctx.services.clouds()?.unmanaged(datacenter, &owner.slug, MOST).await
}

/// Takes something over: it gets a row, our mark, and quota, and is looked after from then on.
///
/// # Errors
/// `Conflict` when it is managed or refers to what is not, `AlreadyExists` when the name is taken, `QuotaExceeded`, `PeerUnavailable`,
/// `Forbidden`, `NotFound`.
pub async fn adopt(ctx: &Ctx, wanted: &Adopt) -> Result<Resource> {
    let kind = wanted.kind;
    ctx.audited(Action::Adopt, kind.object(), &wanted.peer_id, async {
        if !Kind::CLOUD.contains(&kind) {
            let message = format!("a {kind} is not taken over this way: a namespace is adopted where it is listed");
            return Err(Error::invalid("kind", message));
        }
        let owner = tenant::get(ctx, wanted.tenant).await?;
        let allowed: Allowed<act::Adopt, AnyResource> = ctx.allow_kind(kind, wanted.tenant, Audience::Everyone, &wanted.tenant).await?;
        let datacenter = datacenter_of(ctx, wanted.tenant, wanted.datacenter).await?;
        let known = ctx.store().resources().peer_ids(wanted.tenant, datacenter).await?;
        if let Some(id) = known.get(&wanted.peer_id) {
            return Err(Error::conflict(kind.object(), format!("it is managed already, as {kind} {id}")));
        }
        let (found, spec) = ctx.services.clouds()?.describe(datacenter, &owner.slug, kind, &wanted.peer_id, &known).await?;
        let called = wanted.name.clone().filter(|n| !n.is_empty()).unwrap_or(found);
        name::check_display("name", &called, super::LONGEST_NAME)?;
        let (tx, place) = enter(ctx, wanted.tenant, datacenter).await?;
        tx.quotas().take(wanted.tenant, datacenter, spec.holds()).await?;
        let origin = if wanted.may_remove { Origin::AdoptedToRemove } else { Origin::Adopted };
        let plain = NewResource::new(datacenter, Some(place.namespace), &called, &spec);
        let new = NewResource { origin, peer_id: &wanted.peer_id, ..plain };
        let id = tx.resources().insert_as(&allowed, &new).await?;
        let detail = format!("'{called}' ({})", origin.name());
        finish(ctx, tx, Action::Adopt, kind, id, wanted.tenant, &detail).await
    })
    .await
}
