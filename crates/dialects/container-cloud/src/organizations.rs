//! Organizations (A01 to A06) and their datacenter quotas (A25 to A29).

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::tenant::{DatacenterQuota, Tenant, TenantState};
use tenantry_domain::{DatacenterId, DatacenterQuotaId, Error, Metric, Money, QuotaPlanId, Result, TenantId};
use tenantry_http::lenient;
use tenantry_service::tenant::{Open, TenantFilter, Update};
use tenantry_service::{Ctx, datacenter_quota, settle, tenant};

use crate::datacenters;
use crate::error::{Answer, Reply};
use crate::extract::{Asked, Body, Caller, Ids};
use crate::wire::{cores, gib, limit, mib, millicores};

/// What A01, A04, B03 and B04 take; each uses its part.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Organization {
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) org_name: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    pub(crate) org_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    pub(crate) parent_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    pub(crate) description: Option<String>,
    #[serde(deserialize_with = "lenient::integers")]
    pub(crate) dc_id_list: Option<Vec<i64>>,
    #[serde(deserialize_with = "lenient::number")]
    pub(crate) cpu_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub(crate) mem_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub(crate) storage_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::money")]
    pub(crate) budget: Option<Money>,
    #[serde(deserialize_with = "lenient::money")]
    pub(crate) balance: Option<Money>,
    #[serde(deserialize_with = "lenient::integer")]
    pub(crate) quota_pkg_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    pub(crate) count: Option<i64>,
    #[serde(deserialize_with = "lenient::boolean")]
    pub(crate) cascade: Option<bool>,
}

impl Organization {
    /// What is opened. A budget and a balance of nothing are nothing said: the documents' own example sends zeros.
    pub(crate) fn open(&self) -> Result<Open> {
        let money = [self.budget, self.balance].into_iter().flatten().any(|m| m != Money::ZERO);
        let some = |m: Option<Money>| m.filter(|_| money);
        Ok(Open {
            parent: self.parent_id.map(TenantId),
            name: self.name.clone().or_else(|| self.org_name.clone()).ok_or_else(|| Error::missing("name"))?,
            description: self.description.clone().unwrap_or_default(),
            cpu_millicores: millicores("cpuQuota", self.cpu_quota)?.unwrap_or(0),
            memory_mib: mib("memQuota", self.mem_quota)?.unwrap_or(0),
            storage_mib: mib("storageQuota", self.storage_quota)?,
            datacenters: Some(self.dc_id_list.iter().flatten().copied().map(DatacenterId).collect()),
            budget: some(self.budget),
            balance: some(self.balance),
            ..Open::default()
        })
    }

    /// What is changed.
    pub(crate) fn update(&self) -> Result<Update> {
        Ok(Update {
            description: self.description.clone(),
            cpu_millicores: millicores("cpuQuota", self.cpu_quota)?,
            memory_mib: mib("memQuota", self.mem_quota)?,
            storage_mib: mib("storageQuota", self.storage_quota)?,
            datacenters: self.dc_id_list.as_ref().map(|l| l.iter().copied().map(DatacenterId).collect()),
            budget: self.budget,
            balance: self.balance,
            purchase: self.quota_pkg_id.map(|id| (QuotaPlanId(id), self.count.unwrap_or(1))),
            cascade: self.cascade.unwrap_or(false),
            ..Update::default()
        })
    }
}

pub(crate) fn render(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "name": tenant.name,
        "description": tenant.description,
        "cpuQuota": limit(&tenant.totals, Metric::Cpu),
        "memQuota": limit(&tenant.totals, Metric::Memory),
        "storageQuota": limit(&tenant.totals, Metric::Storage),
        "budget": tenant.budget,
        "balance": tenant.balance,
        "dcIdList": tenant.datacenters,
        "parentId": tenant.parent,
        "status": if tenant.state == TenantState::Closing { "closing" } else { "active" },
        "reason": tenant.reason(),
        "createdAt": tenant.created_at,
        "updatedAt": tenant.updated_at,
    })
}

/// A01
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Organization>) -> Reply {
    let made = tenant::open(&ctx, &body.open()?).await?;
    settle::namespaces(&ctx, made.id, ctx.settings().wait).await?;
    Ok(render(&made).into())
}

/// A02
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    let filter = TenantFilter { name: asked.name.clone(), without_root: true, ..TenantFilter::default() };
    let page = tenant::list(&ctx, &filter, &asked.page).await?;
    let total = tenant::count(&ctx, &filter).await?;
    Ok(Answer::page(page.items.iter().map(render).collect(), total))
}

/// A03
pub(crate) async fn get(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    Ok(render(&tenant::get(&ctx, TenantId(id)).await?).into())
}

/// A04
pub(crate) async fn update(Caller(ctx): Caller, Ids([id]): Ids<1>, Body(body): Body<Organization>) -> Reply {
    if body.name.is_some() {
        let present = tenant::get(&ctx, TenantId(id)).await?;
        if body.name.as_ref() != Some(&present.name) {
            return Err(Error::invalid("name", "an organization keeps its name: its namespaces are called so").into());
        }
    }
    let changed = tenant::update(&ctx, TenantId(id), &body.update()?).await?;
    settle::namespaces(&ctx, changed.id, ctx.settings().wait).await?;
    Ok(render(&changed).into())
}

/// A05
pub(crate) async fn datacenters(Caller(ctx): Caller, Ids([id]): Ids<1>, asked: Asked) -> Reply {
    let namespaces = tenant::namespaces(&ctx, TenantId(id)).await?;
    let all = datacenters::all(&ctx, Some(TenantId(id)), asked.name.as_deref()).await?;
    let render = |dc: &tenantry_domain::datacenter::Datacenter| {
        let mut object = datacenters::render(&ctx, dc);
        if let Some(namespace) = namespaces.iter().find(|n| n.datacenter == dc.id) {
            object["namespace"] = json!({"name": namespace.name, "status": namespace.state.name(), "reason": namespace.progress.reason});
        }
        object
    };
    Ok(asked.part(&all, render))
}

/// Closes an organization and waits for it to be gone; when that takes longer, says how it stands.
pub(crate) async fn close(ctx: &Ctx, id: TenantId, cascade: bool) -> Result<Value> {
    let closing = tenant::close(ctx, id, cascade, None).await?;
    if settle::tenant_gone(ctx, id, ctx.settings().wait).await? {
        return Ok(json!({"id": id, "name": closing.name, "status": "deleted"}));
    }
    let present = tenant::get(ctx, id).await.unwrap_or(closing);
    Ok(render(&present))
}

/// A06
pub(crate) async fn delete(Caller(ctx): Caller, Ids([id]): Ids<1>, asked: Asked) -> Reply {
    Ok(close(&ctx, TenantId(id), asked.cascade).await?.into())
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DcQuota {
    #[serde(deserialize_with = "lenient::integer")]
    dc_id: Option<i64>,
    #[serde(deserialize_with = "lenient::number")]
    cpu_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    cpu: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    mem_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    mem: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    storage_quota: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    storage: Option<f64>,
}

impl DcQuota {
    fn set(&self) -> Result<datacenter_quota::Set> {
        Ok(datacenter_quota::Set::compute(
            millicores("cpuQuota", self.cpu_quota.or(self.cpu))?,
            mib("memQuota", self.mem_quota.or(self.mem))?,
            mib("storageQuota", self.storage_quota.or(self.storage))?,
        ))
    }
}

fn render_quota(quota: &DatacenterQuota) -> Value {
    let held = quota.used + quota.granted;
    json!({
        "id": quota.id,
        "orgId": quota.tenant,
        "dcId": quota.datacenter,
        "dcName": quota.datacenter_name,
        "cpuQuota": limit(&quota.limits, Metric::Cpu),
        "memQuota": limit(&quota.limits, Metric::Memory),
        "storageQuota": limit(&quota.limits, Metric::Storage),
        "cpuUsed": cores(held[Metric::Cpu]),
        "memUsed": gib(held[Metric::Memory]),
        "storageUsed": gib(held[Metric::Storage]),
        "overridden": quota.overridden,
        "updatedAt": quota.updated_at,
    })
}

/// A25
pub(crate) async fn create_quota(Caller(ctx): Caller, Ids([id]): Ids<1>, Body(body): Body<DcQuota>) -> Reply {
    let datacenter = body.dc_id.ok_or_else(|| Error::missing("dcId"))?;
    Ok(render_quota(&datacenter_quota::create(&ctx, TenantId(id), DatacenterId(datacenter), &body.set()?).await?).into())
}

/// A26
pub(crate) async fn list_quotas(Caller(ctx): Caller, Ids([id]): Ids<1>, asked: Asked) -> Reply {
    Ok(asked.part(&datacenter_quota::list(&ctx, TenantId(id)).await?, render_quota))
}

/// A27
pub(crate) async fn get_quota(Caller(ctx): Caller, Ids([id, quota]): Ids<2>) -> Reply {
    Ok(render_quota(&datacenter_quota::get(&ctx, TenantId(id), DatacenterQuotaId(quota)).await?).into())
}

/// A28
pub(crate) async fn update_quota(Caller(ctx): Caller, Ids([id, quota]): Ids<2>, Body(body): Body<DcQuota>) -> Reply {
    let (org, quota) = (TenantId(id), DatacenterQuotaId(quota));
    if let Some(named) = body.dc_id
        && datacenter_quota::get(&ctx, org, quota).await?.datacenter != DatacenterId(named)
    {
        return Err(Error::invalid("dcId", "a datacenter quota keeps its datacenter: make one in the other").into());
    }
    Ok(render_quota(&datacenter_quota::update(&ctx, org, quota, &body.set()?, None).await?).into())
}

/// A29
pub(crate) async fn delete_quota(Caller(ctx): Caller, Ids([id, quota]): Ids<2>) -> Reply {
    Ok(render_quota(&datacenter_quota::delete(&ctx, TenantId(id), DatacenterQuotaId(quota), None).await?).into())
}
