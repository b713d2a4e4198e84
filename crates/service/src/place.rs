//! Putting Tenantry over places that were there before: namespaces of a cluster and projects of a cloud that nobody manages.

use std::collections::BTreeSet;

use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::place::{FoundPlace, check_holds};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Kind, Origin, Resource};
use tenantry_domain::tenant::{Tenant, TenantState};
use tenantry_domain::{Amounts, DatacenterId, Error, ErrorKind, Metric, Result, TenantId, name};
use tenantry_driver_api::PlaceQuery;

use crate::datacenter_quota::Set;
use crate::tenant::{Label, Open, Share};
use crate::{Ctx, datacenter, resource, tenant};

/// How many pages are read of a peer, until one holds something that is not ours.
const LOOKS: usize = 10;
/// The longest beginning of a name.
const LONGEST_PREFIX: usize = 255;

/// A place to be taken over.
#[derive(Debug, Clone)]
pub struct Adopt {
    /// Where.
    pub datacenter: DatacenterId,
    /// Its name, which is the label of the tenant.
    pub name: String,
    /// The tenant above one that is opened; the caller's own without it.
    pub parent: Option<TenantId>,
    /// The name to show of a tenant that is opened; the label without it.
    pub shown: Option<String>,
    /// The tenant's quota there. What is not set is as usual for a new tenant and enough for what lives there, or as the tenant's totals.
    pub quota: Set,
    /// Whether Tenantry may remove it when it is not the tenant's any more; else it is only let go.
    pub may_remove: bool,
}

async fn may_adopt(ctx: &Ctx, datacenter: DatacenterId) -> Result<Allowed<act::Adopt, obj::Namespace>> {
    datacenter::get(ctx, datacenter).await?;
    ctx.allow(TenantId::ROOT, &datacenter).await
}

/// A part of the places in a datacenter that are not this Tenantry's. A page may be shorter than was asked for with more behind it.
///
/// # Errors
/// `PeerUnavailable`, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn list(ctx: &Ctx, id: DatacenterId, prefix: &str, asked: &PageRequest) -> Result<Page<FoundPlace>> {
    let _ = may_adopt(ctx, id).await?;
    name::check_text("prefix", prefix, LONGEST_PREFIX)?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let mut query = PlaceQuery { prefix: prefix.to_owned(), after: asked.after.as_ref().map(|c| c.key.clone()), limit };
    for _ in 0..LOOKS {
        let found = ctx.services.peers().places(id, &query).await?;
        let marks: Vec<_> = found.items.iter().filter_map(|place| place.mark).collect();
        let ours = if marks.is_empty() { BTreeSet::new() } else { ctx.store().resources().namespaces_of(id, &marks).await? };
        let items: Vec<FoundPlace> = found.items.into_iter().filter(|place| place.mark.is_none_or(|mark| !ours.contains(&mark))).collect();
        query.after = found.next;
        if !items.is_empty() || query.after.is_none() {
            return Ok(page(items, query.after));
        }
    }
    Ok(page(Vec::new(), query.after))
}

fn page(items: Vec<FoundPlace>, next: Option<String>) -> Page<FoundPlace> {
    Page { items, next: next.map(|key| Cursor { key, id: 0 }) }
}

/// Takes a place over as that of the tenant whose label is its name. A tenant that is not there is opened; one that is there and has no
/// namespace in the datacenter gets this one.
///
/// # Errors
/// `Conflict` when another Tenantry has it or the tenant has a namespace there, `QuotaExceeded` when the quota is less than what lives there
/// or the tenant above has not that much, `InvalidArgument` for a name that no tenant can have, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn adopt(ctx: &Ctx, wanted: &Adopt) -> Result<Resource> {
    ctx.audited(Action::Adopt, ObjectKind::Namespace, &wanted.name, adopt_inner(ctx, wanted)).await
}

async fn adopt_inner(ctx: &Ctx, wanted: &Adopt) -> Result<Resource> {
    let allowed = may_adopt(ctx, wanted.datacenter).await?;
    // said before the peer is asked: a name that is no label is none that could be asked for
    FoundPlace { name: wanted.name.clone(), peer_id: String::new(), since: None, mark: None }.check_adoptable()?;
    let (found, held) = ctx.services.peers().place(wanted.datacenter, &wanted.name).await?.ok_or_else(|| nothing_there(wanted))?;
    match ctx.store().tenants().get_by_slug(&Scope::system(), &wanted.name).await {
        Ok(owner) => adopt_for(ctx, wanted, &found, &held, &owner).await,
        Err(error) if error.kind == ErrorKind::NotFound => open_over(ctx, &allowed, wanted, &found, &held).await,
        Err(error) => Err(error),
    }
}

fn nothing_there(wanted: &Adopt) -> Error {
    let message = format!(
        "there is nothing called '{}' in datacenter {} that could be taken over: see what nobody manages there",
        name::clip(&wanted.name),
        wanted.datacenter
    );
    Error::new(ErrorKind::NotFound, message).about(ObjectKind::Namespace)
}

const fn origin(may_remove: bool) -> Origin {
    if may_remove { Origin::AdoptedToRemove } else { Origin::Adopted }
}

/// Opens a tenant whose place this is.
async fn open_over(
    ctx: &Ctx,
    allowed: &Allowed<act::Adopt, obj::Namespace>,
    wanted: &Adopt,
    found: &FoundPlace,
    held: &Amounts,
) -> Result<Resource> {
    found.check_adoptable()?;
    let parent = wanted.parent.unwrap_or(ctx.caller.home);
    let usual = tenant::usual_quota_in(ctx, parent, &BTreeSet::from([wanted.datacenter])).await?;
    let enough = usual.iter().fold(Limits::NONE, |all, (metric, limit)| all.with(metric, limit.map(|l| l.max(held[metric]))));
    let quota = wanted.quota.over(enough)?;
    check_holds(&quota, &found.name, held)?;
    let number = |metric| quota.get(metric).unwrap_or_default();
    let open = Open {
        parent: Some(parent),
        name: wanted.shown.clone().filter(|shown| !shown.is_empty()).unwrap_or_else(|| found.name.clone()),
        label: Label::Given(found.name.clone()),
        cpu_millicores: number(Metric::Cpu),
        memory_mib: number(Metric::Memory),
        storage_mib: Some(number(Metric::Storage)),
        counted: quota,
        datacenters: Some(vec![wanted.datacenter]),
        origin: origin(wanted.may_remove),
        ..Open::default()
    };
    tenant::open_over(ctx, allowed, &open).await
}

/// Gives a tenant that is there this place as its own in the datacenter.
async fn adopt_for(ctx: &Ctx, wanted: &Adopt, found: &FoundPlace, held: &Amounts, owner: &Tenant) -> Result<Resource> {
    let conflict = |message: String| Err(Error::conflict(ObjectKind::Tenant, message));
    let (id, datacenter) = (owner.id, wanted.datacenter);
    let allowed: Allowed<act::Create, obj::DatacenterQuota> = ctx.allow(id, &owner.name).await?;
    if wanted.parent.is_some_and(|parent| Some(parent) != owner.parent) {
        return conflict(format!("a tenant with the label '{}' is there already, below another tenant", owner.slug));
    }
    if wanted.shown.as_ref().is_some_and(|shown| *shown != owner.name) {
        return conflict(format!("a tenant with the label '{}' is there already: it is called '{}'", owner.slug, owner.name));
    }
    let Some(parent) = owner.parent else { return conflict("the root tenant has no namespaces".to_owned()) };
    let tx = ctx.begin().await?;
    let there = tx.resources().find(&Scope::system(), Kind::Namespace, id, datacenter, &owner.slug).await?;
    if let Some(namespace) = there {
        let message =
            format!("the tenant '{}' has a namespace there already (id {}): if that is not Tenantry's, adopt it", owner.name, namespace.id);
        return conflict(message);
    }
    if tx.tenants().get(&Scope::system(), id).await?.state != TenantState::Active {
        return conflict(format!("the tenant '{}' is being closed", owner.name));
    }
    found.check_adoptable()?;
    let limits = wanted.quota.over(owner.totals)?;
    check_holds(&limits, &found.name, held)?;
    let share = Share { parent, datacenter, limits: &limits, overridden: !wanted.quota.is_empty(), origin: origin(wanted.may_remove) };
    let namespace = tenant::add_share(&tx, &allowed, &owner.slug, &share).await?;
    let made = resource::locked(&tx, Kind::Namespace, namespace, None).await?;
    let detail = format!("'{}' ({})", made.name, made.origin.name());
    ctx.commit(tx, Action::Adopt, ObjectKind::Namespace, namespace, id, &detail).await?;
    Ok(made)
}
