//! `/quota-plans`, `/audit` and `/orphans`.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::account::QuotaPlan;
use tenantry_domain::audit::AuditRecord;
use tenantry_domain::{Error, Money, OrphanId, QuotaPlanId, Result, Timestamp};
use tenantry_service::audit::AuditFilter;
use tenantry_service::orphan::Orphan;
use tenantry_service::{audit, orphan, quota_plan};

use crate::call::{Body, Call, Ids, changed, created, list, object, removed};
use crate::problem::Reply;
use crate::render::{cores, gib, mib, millicores};

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plan {
    name: Option<String>,
    cpu: Option<f64>,
    memory_gib: Option<f64>,
    storage_gib: Option<f64>,
    cost: Option<Money>,
}

impl Plan {
    fn set(&self, version: Option<i64>) -> Result<quota_plan::Set> {
        Ok(quota_plan::Set {
            name: self.name.clone(),
            cpu_millicores: millicores("cpu", self.cpu)?,
            memory_mib: mib("memory_gib", self.memory_gib)?,
            storage_mib: mib("storage_gib", self.storage_gib)?,
            cost: self.cost,
            version,
        })
    }
}

fn plan(p: &QuotaPlan) -> Value {
    json!({
        "id": p.id, "name": p.name, "cpu": cores(p.cpu_millicores), "memory_gib": gib(p.memory_mib), "storage_gib": gib(p.storage_mib),
        "cost": p.cost, "version": p.version, "created_at": p.created_at,
    })
}

pub(crate) async fn plans(call: Call) -> Reply {
    let page = call.listing(&["name"])?;
    let mut found = quota_plan::list(&call.ctx, &page).await?;
    if let Some(name) = call.text("name") {
        found.items.retain(|p| p.name == name);
    }
    Ok(list(found, plan))
}

pub(crate) async fn create_plan(call: Call, Body(body): Body<Plan>) -> Reply {
    Ok(created(&call, "quota-plans", plan(&quota_plan::create(&call.ctx, &body.set(None)?).await?)))
}

pub(crate) async fn get_plan(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(object(StatusCode::OK, plan(&quota_plan::get(&call.ctx, QuotaPlanId(id)).await?)))
}

pub(crate) async fn update_plan(call: Call, Ids([id]): Ids<1>, Body(body): Body<Plan>) -> Reply {
    Ok(changed(&call, "quota_plan", plan(&quota_plan::update(&call.ctx, QuotaPlanId(id), &body.set(call.version)?).await?)))
}

pub(crate) async fn delete_plan(call: Call, Ids([id]): Ids<1>) -> Reply {
    quota_plan::delete(&call.ctx, QuotaPlanId(id)).await?;
    Ok(removed(&call, "quota_plan", None))
}

fn record(r: &AuditRecord) -> Value {
    json!({
        "id": r.id, "at": r.at, "user_id": r.user, "user_name": r.user_name, "address": r.address, "dialect": r.dialect, "action": r.action,
        "object": r.object, "object_id": r.object_id, "tenant_id": r.tenant, "outcome": r.outcome, "detail": r.detail, "request_id": r.request_id,
    })
}

pub(crate) async fn audit(call: Call) -> Reply {
    let page = call.listing(&["user_id", "action", "object", "tenant_id", "outcome", "from", "to"])?;
    let time = |name: &str| -> Result<Option<Timestamp>> {
        let wrong = || Error::invalid(name, format!("'{name}' must be an RFC 3339 time such as 2026-01-31T08:00:00Z"));
        call.text(name).map(|t| Timestamp::parse(&t).map_err(|_| wrong())).transpose()
    };
    let filter = AuditFilter {
        user: call.read("user_id")?,
        action: call.text("action"),
        object: call.text("object"),
        tenant: call.read("tenant_id")?,
        outcome: call.text("outcome"),
        from: time("from")?,
        to: time("to")?,
    };
    Ok(list(audit::list(&call.ctx, &filter, &page).await?, record))
}

pub(crate) async fn orphans(call: Call) -> Reply {
    let page = call.listing(&[])?;
    let render = |o: &Orphan| {
        json!({
            "id": o.id, "kind": o.kind, "uid": o.uid, "datacenter_id": o.datacenter, "namespace": o.namespace, "name": o.name,
            "reason": o.reason, "created_at": o.created_at,
        })
    };
    Ok(list(orphan::list(&call.ctx, &page).await?, render))
}

pub(crate) async fn delete_orphan(call: Call, Ids([id]): Ids<1>) -> Reply {
    orphan::delete(&call.ctx, OrphanId(id)).await?;
    Ok(removed(&call, "orphan", None))
}
