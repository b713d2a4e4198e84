//! What tenants have in clouds of servers. What is the same for every kind is here: made in the tenant's place in one of its datacenters,
//! changed, and removed when nothing else needs it. What is special to a kind is in a file of its own.

pub mod catalog;
mod defaults;
pub mod floating_ip;
pub mod import;
pub mod network;
pub mod router;
pub mod security_group;
pub mod server;
pub mod volume;

pub(crate) use defaults::make_for_new;
use tenantry_domain::cloud::Catalog;
use tenantry_domain::policy::{Action, Allowed, AnyResource, ObjectKind, Scope, act};
use tenantry_domain::resource::{Audience, Kind, Resource, Spec, State};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId, name};
use tenantry_store::Tx;
use tenantry_store::resources::{NewResource, SHOWN};

use crate::{Ctx, resource};

/// The longest name, which is what clouds take.
const LONGEST_NAME: usize = 255;

/// What the default network, its router and their connection are called.
pub const DEFAULT_NETWORK: &str = "default";

/// Where something is to be made, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIn {
    /// The tenant.
    pub tenant: TenantId,
    /// The datacenter; without it the one where the tenant has servers, if there is only one.
    pub datacenter: Option<DatacenterId>,
    /// The name, unique among its kind in the tenant's place there.
    pub name: String,
}

/// The tenant's place in a cloud, with what is in it, while something is made there: its row is locked, so that two at once see each other.
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    pub(crate) datacenter: DatacenterId,
    pub(crate) namespace: ResourceId,
}

impl Place {
    /// Records a resource and takes its quota.
    pub(crate) async fn make(
        &self,
        tx: &Tx,
        allowed: &Allowed<act::Create, AnyResource>,
        called: &str,
        spec: &Spec,
        audience: Audience,
    ) -> Result<ResourceId> {
        tx.quotas().take(self.tenant, self.datacenter, spec.holds()).await?;
        let new = NewResource { audience, ..NewResource::new(self.datacenter, Some(self.namespace), called, spec) };
        tx.resources().insert_as(allowed, &new).await
    }

    /// What is of one kind there.
    pub(crate) async fn all(&self, tx: &Tx, kind: Kind) -> Result<Vec<Resource>> {
        tx.resources().siblings(self.namespace, kind).await
    }
}

/// Which of a tenant's datacenters is meant: the one that was named, or the only one that runs servers.
///
/// # Errors
/// `InvalidArgument` when there is none, when it is not clear which, or when the one that was named runs no servers.
pub async fn datacenter_of(ctx: &Ctx, tenant: TenantId, asked: Option<DatacenterId>) -> Result<DatacenterId> {
    let filter = crate::datacenter::DatacenterFilter { tenant: Some(tenant), ..Default::default() };
    let page = tenantry_domain::page::PageRequest::first(tenantry_domain::page::PageRequest::MAX);
    let found = crate::datacenter::list(ctx, &filter, &page).await?.items;
    if let Some(asked) = asked {
        return match found.iter().find(|d| d.id == asked) {
            Some(datacenter) if datacenter.kind.runs_servers() => Ok(asked),
            Some(datacenter) => {
                let message = format!("no virtual servers run in datacenter '{}': it is of kind {}", datacenter.name, datacenter.kind);
                Err(Error::invalid("datacenter_id", message))
            }
            None => Err(Error::invalid("datacenter_id", format!("the tenant has no share of datacenter {asked}"))),
        };
    }
    let clouds: Vec<_> = found.iter().filter(|d| d.kind.runs_servers()).collect();
    match clouds.as_slice() {
        [one] => Ok(one.id),
        [] => Err(Error::invalid("datacenter_id", "the tenant has no share of a datacenter that runs virtual servers")),
        several => {
            let names: Vec<String> = several.iter().map(|d| format!("{} ({})", d.id, d.name)).collect();
            Err(Error::invalid("datacenter_id", format!("say which of the tenant's datacenters: {}", names.join(", "))))
        }
    }
}

/// Opens a transaction in the tenant's place in a cloud for making something there, with its row locked.
pub(crate) async fn enter(ctx: &Ctx, tenant: TenantId, datacenter: DatacenterId) -> Result<(Tx, Place)> {
    let tx = ctx.begin().await?;
    tx.usage().may_use_more(tenant).await?;
    let namespace = resource::namespace_of(&tx, tenant, datacenter).await?.id;
    tx.resources().lock(namespace).await?;
    Ok((tx, Place { tenant, datacenter, namespace }))
}

/// What the cloud offers to a tenant, as it is now or was seconds ago.
pub(crate) async fn offers(ctx: &Ctx, tenant: TenantId, datacenter: DatacenterId) -> Result<Catalog> {
    let owner = ctx.store().tenants().get(&Scope::system(), tenant).await?;
    ctx.services.clouds()?.catalog(datacenter, &owner.slug).await
}

/// Permission to make something of a kind.
pub(crate) async fn may_make(ctx: &Ctx, kind: Kind, tenant: TenantId, called: &str) -> Result<Allowed<act::Create, AnyResource>> {
    let allowed = ctx.allow_kind(kind, tenant, Audience::Everyone, &tenant).await?;
    name::check_display("name", called, LONGEST_NAME)?;
    Ok(allowed)
}

/// Makes something that needs no more checks than these: permission, name, quota.
pub(crate) async fn create_plain(ctx: &Ctx, new: &NewIn, spec: &Spec) -> Result<Resource> {
    let kind = spec.kind();
    ctx.audited(Action::Create, kind.object(), &new.name, async {
        let allowed = may_make(ctx, kind, new.tenant, &new.name).await?;
        let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
        let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
        let id = place.make(&tx, &allowed, &new.name, spec, Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, kind, id, new.tenant, &format!("'{}'", new.name)).await
    })
    .await
}

/// Commits, and answers with the resource as it is now.
pub(crate) async fn finish(
    ctx: &Ctx,
    tx: Tx,
    action: Action,
    kind: Kind,
    id: ResourceId,
    tenant: TenantId,
    detail: &str,
) -> Result<Resource> {
    let after = tx.resources().get(&Scope::system(), kind, id).await?;
    ctx.commit(tx, action, kind.object(), id, tenant, detail).await?;
    Ok(after)
}

/// Changes what a resource should be. `next` is given what it is now, and a transaction to look around in.
pub(crate) async fn change<F>(ctx: &Ctx, kind: Kind, id: ResourceId, version: Option<i64>, detail: &str, next: F) -> Result<Resource>
where
    F: AsyncFnOnce(&Tx, &Resource) -> Result<Spec>,
{
    ctx.audited(Action::Update, kind.object(), id, async {
        let seen = resource::get(ctx, kind, id).await?;
        let allowed: Allowed<act::Update, AnyResource> = ctx.allow_resource(&seen).await?;
        let tx = ctx.begin().await?;
        let before = resource::locked(&tx, kind, id, version).await?;
        let spec = next(&tx, &before).await?;
        crate::disk::change_holds(&tx, &before, &spec).await?;
        tx.resources().update_spec(&allowed, &before, &spec).await?;
        finish(ctx, tx, Action::Update, kind, id, before.tenant, detail).await
    })
    .await
}

/// Removes a resource that nothing else needs. What only connects it to something goes with it when `with_connections` says so.
///
/// # Errors
/// `Conflict` that names what needs it, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, kind: Kind, id: ResourceId, version: Option<i64>, with_connections: bool) -> Result<Resource> {
    ctx.audited(Action::Delete, kind.object(), id, async {
        let seen = resource::get(ctx, kind, id).await?;
        let allowed: Allowed<act::Delete, AnyResource> = ctx.allow_resource(&seen).await?;
        let tx = ctx.begin().await?;
        let before = tx.resources().get(&Scope::system(), kind, id).await?;
        let mut detail = format!("'{}'", before.name);
        let referrers = tx.resources().referrers(id, SHOWN).await?;
        let (mut connections, needs): (Vec<Resource>, Vec<Resource>) =
            referrers.into_iter().partition(|r| r.state == State::Deleting || (with_connections && r.kind().only_connects()));
        if !needs.is_empty() {
            let names: Vec<String> = needs.iter().map(Resource::called).collect();
            let message = format!("the {kind} '{}' is in use: remove first what uses it", before.name);
            return Err(Error::conflict(kind.object(), message).blocked_by(names));
        }
        connections.retain(|c| c.state != State::Deleting);
        for connection in &connections {
            tx.resources().delete(&allowed, connection, None).await?;
            detail += &format!(", {}", connection.called());
        }
        tx.resources().delete(&allowed, &before, version).await?;
        finish(ctx, tx, Action::Delete, kind, id, before.tenant, &detail).await
    })
    .await
}

/// A resource that a new one refers to: of the same tenant and datacenter, seen by the caller, and not on its way out.
pub(crate) async fn referred(ctx: &Ctx, kind: Kind, field: &str, id: ResourceId, place: (TenantId, DatacenterId)) -> Result<Resource> {
    let found = resource::get(ctx, kind, id).await.map_err(|e| match e.kind {
        tenantry_domain::ErrorKind::NotFound => Error::invalid(field, format!("there is no {kind} {id}")),
        _ => e,
    })?;
    if (found.tenant, found.datacenter) != place {
        return Err(Error::invalid(field, format!("the {kind} {id} is of another tenant or in another datacenter")));
    }
    if found.state == State::Deleting {
        return Err(Error::conflict(kind.object(), format!("the {kind} '{}' is being removed", found.name)));
    }
    Ok(found)
}

/// A name for something that nobody named.
pub(crate) fn made_up(ctx: &Ctx, prefix: &str) -> String {
    let uid = ctx.store().clock().uid().to_string();
    let tail: String = uid.chars().filter(char::is_ascii_hexdigit).collect();
    format!("{prefix}-{}", &tail[tail.len().saturating_sub(8)..])
}

/// The error for a spec that is not of its kind: our fault.
pub(crate) fn wrong_kind(kind: ObjectKind) -> Error {
    Error::internal(format!("not a {kind}"))
}
