//! Datacenter quotas: what a tenant has in one datacenter, instead of its totals.

use std::collections::BTreeMap;

use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Kind, Origin};
use tenantry_domain::tenant::DatacenterQuota;
use tenantry_domain::{DatacenterId, DatacenterQuotaId, Error, Metric, Result, TenantId};

use crate::tenant::Share;
use crate::{Ctx, tenant};

/// What is set of which metrics, a number or no limit; what is not named stays (or, for a new one, is the tenant's total).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Set(BTreeMap<Metric, Option<i64>>);

impl Set {
    /// The same with the limit of `metric` set.
    #[must_use]
    pub fn with(mut self, metric: Metric, limit: Option<i64>) -> Self {
        self.0.insert(metric, limit);
        self
    }

    /// Those numbers of processors (millicores), memory and storage (MiB) that are given.
    #[must_use]
    pub fn compute(cpu: Option<i64>, memory: Option<i64>, storage: Option<i64>) -> Self {
        let given = [(Metric::Cpu, cpu), (Metric::Memory, memory), (Metric::Storage, storage)];
        Self(given.into_iter().filter(|(_, limit)| limit.is_some()).collect())
    }

    /// Both; what both set is as `other` sets it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn over(&self, limits: Limits) -> Result<Limits> {
        let wrong = |metric: &Metric| Error::invalid(metric.name(), format!("'{metric}' must be 0 or more, and not absurdly large"));
        match self.0.iter().find(|(_, limit)| limit.is_some_and(|l| !(0..=1 << 50).contains(&l))) {
            Some((metric, _)) => Err(wrong(metric)),
            None => Ok(self.0.iter().fold(limits, |all, (metric, limit)| all.with(*metric, *limit))),
        }
    }
}

/// A tenant's quotas, one for each datacenter, with what is taken of each.
///
/// # Errors
/// `NotFound`.
pub async fn list(ctx: &Ctx, id: TenantId) -> Result<Vec<DatacenterQuota>> {
    tenant::get(ctx, id).await?;
    ctx.store().quotas().of_tenants(&ctx.scope(ObjectKind::DatacenterQuota)?, &[id]).await
}

/// One of them.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: TenantId, quota: DatacenterQuotaId) -> Result<DatacenterQuota> {
    tenant::get(ctx, id).await?;
    ctx.store().quotas().get(&ctx.scope(ObjectKind::DatacenterQuota)?, id, quota).await
}

/// Sets a tenant's quota in a datacenter. Where the tenant has no share yet, it gets one, and its namespace.
///
/// # Errors
/// `AlreadyExists` when it was set before (change that one), `QuotaExceeded`, `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, id: TenantId, datacenter: DatacenterId, set: &Set) -> Result<DatacenterQuota> {
    ctx.audited(Action::Create, ObjectKind::DatacenterQuota, id, create_inner(ctx, id, datacenter, set)).await
}

async fn create_inner(ctx: &Ctx, id: TenantId, datacenter: DatacenterId, set: &Set) -> Result<DatacenterQuota> {
    let allowed: Allowed<act::Create, obj::DatacenterQuota> = ctx.allow(id, &id).await?;
    let tx = ctx.begin().await?;
    let owner = tx.tenants().get(&Scope::system(), id).await?;
    let Some(parent) = owner.parent else { return Err(root_has_none()) };
    let limits = set.over(owner.totals)?;
    match tx.quotas().find(&Scope::system(), id, datacenter).await? {
        Some(share) if share.overridden => {
            let message =
                format!("the tenant has a quota of its own in datacenter {datacenter} already (id {}): change that one", share.id);
            return Err(Error::already_exists(ObjectKind::DatacenterQuota, message));
        }
        Some(_) => {
            tx.quotas().resize(&allowed, Some(parent), datacenter, &limits, true).await?;
            let namespaces = tx.resources().of_tenant(&Scope::system(), id, Some(datacenter), Some(Kind::Namespace)).await?;
            tenant::set_namespace_limits(&tx, &allowed, &namespaces, datacenter, &limits).await?;
        }
        None => {
            let share = Share { parent, datacenter, limits: &limits, overridden: true, origin: Origin::Made };
            tenant::add_share(&tx, &allowed, &owner.slug, &share).await?;
        }
    }
    let made = tx.quotas().find(&Scope::system(), id, datacenter).await?.ok_or_else(|| Error::internal("the quota is gone"))?;
    ctx.commit(tx, Action::Create, ObjectKind::DatacenterQuota, id, id, &format!("datacenter {datacenter}")).await?;
    Ok(made)
}

fn root_has_none() -> Error {
    Error::invalid("id", "the root tenant's share follows the capacity of the datacenters; it is not set")
}

/// Changes a tenant's quota in a datacenter; from then on its totals leave it as it is.
///
/// # Errors
/// `QuotaExceeded`, `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: TenantId, quota: DatacenterQuotaId, set: &Set, version: Option<i64>) -> Result<DatacenterQuota> {
    ctx.audited(Action::Update, ObjectKind::DatacenterQuota, quota, update_inner(ctx, id, quota, set, version)).await
}

async fn update_inner(ctx: &Ctx, id: TenantId, quota: DatacenterQuotaId, set: &Set, version: Option<i64>) -> Result<DatacenterQuota> {
    let share = get(ctx, id, quota).await?;
    let allowed: Allowed<act::Update, obj::DatacenterQuota> = ctx.allow(id, &quota).await?;
    let limits = set.over(share.limits)?;
    apply(ctx, &allowed, &share, &limits, true, version).await?;
    if ctx.dry_run {
        return Ok(DatacenterQuota { limits, overridden: true, ..share });
    }
    get(ctx, id, quota).await
}

async fn apply<A>(
    ctx: &Ctx,
    allowed: &Allowed<A, obj::DatacenterQuota>,
    share: &DatacenterQuota,
    limits: &Limits,
    overridden: bool,
    version: Option<i64>,
) -> Result<()> {
    let (id, datacenter) = (share.tenant, share.datacenter);
    let tx = ctx.begin().await?;
    let owner = tx.tenants().get(&Scope::system(), id).await?;
    let Some(parent) = owner.parent else { return Err(root_has_none()) };
    tx.quotas().resize(allowed, Some(parent), datacenter, limits, overridden).await?;
    // looked at after the row is locked: who changed it before, changed it before us
    let before = tx.quotas().get(&Scope::system(), id, share.id).await?.version - 1;
    if let Some(asked) = version.filter(|v| *v != before) {
        return Err(tenantry_store::resources::stale(ObjectKind::DatacenterQuota, before, Some(asked)));
    }
    let namespaces = tx.resources().of_tenant(&Scope::system(), id, Some(datacenter), Some(Kind::Namespace)).await?;
    tenant::set_namespace_limits(&tx, allowed, &namespaces, datacenter, limits).await?;
    let action = if overridden { Action::Update } else { Action::Delete };
    ctx.commit(tx, action, ObjectKind::DatacenterQuota, id, id, &format!("datacenter {datacenter}")).await
}

/// Takes a tenant's own quota in a datacenter back: its totals hold there again. The namespace stays.
///
/// # Errors
/// `QuotaExceeded` when it holds more than its totals, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: TenantId, quota: DatacenterQuotaId, version: Option<i64>) -> Result<DatacenterQuota> {
    ctx.audited(Action::Delete, ObjectKind::DatacenterQuota, quota, delete_inner(ctx, id, quota, version)).await
}

async fn delete_inner(ctx: &Ctx, id: TenantId, quota: DatacenterQuotaId, version: Option<i64>) -> Result<DatacenterQuota> {
    let share = get(ctx, id, quota).await?;
    let allowed: Allowed<act::Delete, obj::DatacenterQuota> = ctx.allow(id, &quota).await?;
    let owner = tenant::get(ctx, id).await?;
    apply(ctx, &allowed, &share, &owner.totals, false, version).await?;
    Ok(share)
}
