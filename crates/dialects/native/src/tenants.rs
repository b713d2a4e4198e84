//! `/tenants` and their datacenter quotas.

use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::tenant::TenantState;
use tenantry_domain::{DatacenterId, DatacenterQuotaId, Error, Money, TenantId};
use tenantry_service::tenant::{Open, TenantFilter, TenantSort, Update};
use tenantry_service::{datacenter_quota, namespace, settle, tenant, tenant_work};

use crate::call::{Body, Call, Ids, changed, created, dry_run, list, object, removed, whole};
use crate::problem::Reply;
use crate::render::{self, Quantities};

pub(crate) async fn index(call: Call) -> Reply {
    let page = call.listing(&["name", "name_prefix", "parent_id", "state", "datacenter_id"])?;
    let sort = call.text("sort").unwrap_or_else(|| "id".to_owned());
    let field = match sort.trim_start_matches('-') {
        "id" => TenantSort::Id,
        "name" => TenantSort::Name,
        "created_at" => TenantSort::CreatedAt,
        _ => return Err(Error::invalid("sort", "'sort' must be id, name or created_at, with '-' before it for the other way round").into()),
    };
    let state = match call.text("state").as_deref() {
        None => None,
        Some("active") => Some(TenantState::Active),
        Some("closing") => Some(TenantState::Closing),
        Some(_) => return Err(Error::invalid("state", "'state' must be active or closing").into()),
    };
    let filter = TenantFilter {
        name: call.text("name"),
        name_prefix: call.text("name_prefix"),
        parent: call.read("parent_id")?,
        state,
        datacenter: call.read("datacenter_id")?,
        without_root: false,
        sort: field,
        descending: sort.starts_with('-'),
    };
    Ok(list(tenant::list(&call.ctx, &filter, &page).await?, render::tenant))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct New {
    name: Option<String>,
    description: Option<String>,
    parent_id: Option<TenantId>,
    datacenter_ids: Vec<DatacenterId>,
    quota: Quantities,
    budget: Option<Money>,
    balance: Option<Money>,
}

pub(crate) async fn create(call: Call, Body(body): Body<New>) -> Reply {
    let (cpu, memory, storage) = body.quota.amounts()?;
    let new = Open {
        parent: body.parent_id,
        name: body.name.ok_or_else(|| Error::missing("name"))?,
        description: body.description.unwrap_or_default(),
        cpu_millicores: cpu.unwrap_or(0),
        memory_mib: memory.unwrap_or(0),
        storage_mib: storage,
        datacenters: body.datacenter_ids,
        budget: body.budget,
        balance: body.balance,
    };
    let made = tenant::open(&call.ctx, &new).await?;
    settle::namespaces(&call.ctx, made.id, call.wait).await?;
    Ok(created(&call, "tenants", render::tenant(&made)))
}

pub(crate) async fn get(call: Call, Ids([id]): Ids<1>) -> Reply {
    let id = TenantId(id);
    let found = tenant::get(&call.ctx, id).await?;
    if found.state == TenantState::Closing {
        settle::tenant_gone(&call.ctx, id, call.wait).await?;
    } else {
        settle::namespaces(&call.ctx, id, call.wait).await?;
    }
    Ok(object(StatusCode::OK, render::tenant(&tenant::get(&call.ctx, id).await?)))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Change {
    description: Option<String>,
    quota: Option<Quantities>,
    datacenter_ids: Option<Vec<DatacenterId>>,
    budget: Option<Money>,
    balance: Option<Money>,
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Change>) -> Reply {
    let (cpu_millicores, memory_mib, storage_mib) = body.quota.unwrap_or_default().amounts()?;
    let change = Update {
        description: body.description,
        cpu_millicores,
        memory_mib,
        storage_mib,
        datacenters: body.datacenter_ids,
        budget: body.budget,
        balance: body.balance,
        purchase: None,
        cascade: call.flag("cascade"),
        version: call.version,
    };
    let after = tenant::update(&call.ctx, TenantId(id), &change).await?;
    settle::namespaces(&call.ctx, after.id, call.wait).await?;
    Ok(changed(&call, "tenants", render::tenant(&after)))
}

pub(crate) async fn delete(call: Call, Ids([id]): Ids<1>) -> Reply {
    let id = TenantId(id);
    let closing = tenant::close(&call.ctx, id, call.flag("cascade"), call.version).await?;
    if call.ctx.dry_run {
        let inside = tenant::contents(&call.ctx, id).await?;
        let named =
            |r: &tenantry_domain::resource::Resource| json!({"kind": r.kind(), "id": r.id, "name": r.name, "datacenter_id": r.datacenter});
        return Ok(dry_run("delete", "tenant", inside.iter().map(named).collect()));
    }
    let gone = settle::tenant_gone(&call.ctx, id, call.wait).await?;
    Ok(removed(&call, "tenants", (!gone).then(|| render::tenant(&closing))))
}

pub(crate) async fn retry(call: Call, Ids([id]): Ids<1>) -> Reply {
    let found = tenant_work::retry(&call.ctx, TenantId(id)).await?;
    settle::namespaces(&call.ctx, found.id, call.wait).await?;
    Ok(changed(&call, "tenant", render::tenant(&found)))
}

pub(crate) async fn forget(call: Call, Ids([id]): Ids<1>) -> Reply {
    let closing = tenant_work::forget(&call.ctx, TenantId(id)).await?;
    let gone = settle::tenant_gone(&call.ctx, TenantId(id), call.wait).await?;
    Ok(removed(&call, "tenant", (!gone).then(|| render::tenant(&closing))))
}

pub(crate) async fn namespaces(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(whole(&tenant::namespaces(&call.ctx, TenantId(id)).await?, render::resource))
}

pub(crate) async fn kubeconfig(call: Call, Ids([id]): Ids<1>) -> Reply {
    let datacenter = call.read("datacenter_id")?.ok_or_else(|| Error::missing("datacenter_id"))?;
    let issued = namespace::kubeconfig(&call.ctx, TenantId(id), datacenter).await?;
    Ok(([("content-type", "application/yaml"), ("cache-control", "no-store")], issued.yaml).into_response())
}

pub(crate) async fn quotas(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(whole(&datacenter_quota::list(&call.ctx, TenantId(id)).await?, render::quota))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Quota {
    datacenter_id: Option<DatacenterId>,
    quota: Quantities,
}

impl Quota {
    fn set(&self) -> tenantry_domain::Result<datacenter_quota::Set> {
        let (cpu_millicores, memory_mib, storage_mib) = self.quota.amounts()?;
        Ok(datacenter_quota::Set { cpu_millicores, memory_mib, storage_mib })
    }
}

pub(crate) async fn create_quota(call: Call, Ids([id]): Ids<1>, Body(body): Body<Quota>) -> Reply {
    let datacenter = body.datacenter_id.ok_or_else(|| Error::missing("datacenter_id"))?;
    let made = datacenter_quota::create(&call.ctx, TenantId(id), datacenter, body.set()?).await?;
    settle::namespaces(&call.ctx, TenantId(id), call.wait).await?;
    Ok(created(&call, &format!("tenants/{id}/quotas"), render::quota(&made)))
}

pub(crate) async fn get_quota(call: Call, Ids([id, quota]): Ids<2>) -> Reply {
    let found = datacenter_quota::get(&call.ctx, TenantId(id), DatacenterQuotaId(quota)).await?;
    Ok(object(StatusCode::OK, render::quota(&found)))
}

pub(crate) async fn update_quota(call: Call, Ids([id, quota]): Ids<2>, Body(body): Body<Quota>) -> Reply {
    let after = datacenter_quota::update(&call.ctx, TenantId(id), DatacenterQuotaId(quota), body.set()?, call.version).await?;
    settle::namespaces(&call.ctx, TenantId(id), call.wait).await?;
    Ok(changed(&call, "datacenter_quota", render::quota(&after)))
}

pub(crate) async fn delete_quota(call: Call, Ids([id, quota]): Ids<2>) -> Reply {
    datacenter_quota::delete(&call.ctx, TenantId(id), DatacenterQuotaId(quota)).await?;
    Ok(removed(&call, "datacenter_quota", None))
}
