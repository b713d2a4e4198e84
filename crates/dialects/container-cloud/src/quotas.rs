//! Quota standards (A20 to A24): the packages of `init`.

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::account::QuotaPlan;
use tenantry_domain::{Money, QuotaPlanId, Result};
use tenantry_http::lenient;
use tenantry_http::paging::Whole;
use tenantry_service::{Ctx, quota_plan};

use crate::error::Reply;
use crate::extract::{Asked, Body, Caller, Ids};
use crate::wire::{cores, gib, mib, millicores};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::number")]
    cpu: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    mem: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    storage: Option<f64>,
    #[serde(deserialize_with = "lenient::money")]
    cost: Option<Money>,
}

impl Wire {
    fn set(&self) -> Result<quota_plan::Set> {
        Ok(quota_plan::Set {
            name: self.name.clone().filter(|n| !n.is_empty()),
            cpu_millicores: millicores("cpu", self.cpu)?,
            memory_mib: mib("mem", self.mem)?,
            storage_mib: mib("storage", self.storage)?,
            cost: self.cost,
            version: None,
        })
    }
}

pub(crate) fn render(plan: &QuotaPlan) -> Value {
    json!({
        "id": plan.id, "name": plan.name, "cpu": cores(plan.cpu_millicores), "mem": gib(plan.memory_mib), "storage": gib(plan.storage_mib),
        "cost": plan.cost, "createdAt": plan.created_at,
    })
}

/// A20
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Wire>) -> Reply {
    Ok(render(&quota_plan::create(&ctx, &body.set()?).await?).into())
}

/// Every quota standard.
pub(crate) async fn all(ctx: &Ctx) -> Result<Vec<QuotaPlan>> {
    let mut whole = Whole::new();
    while let Some(page) = whole.ask() {
        whole.add(quota_plan::list(ctx, &page).await?);
    }
    Ok(whole.items)
}

/// A21
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    let mut found = all(&ctx).await?;
    found.retain(|p| asked.name.as_ref().is_none_or(|n| *n == p.name));
    Ok(asked.part(&found, render))
}

/// A22
pub(crate) async fn get(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    Ok(render(&quota_plan::get(&ctx, QuotaPlanId(id)).await?).into())
}

/// A23
pub(crate) async fn update(Caller(ctx): Caller, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    Ok(render(&quota_plan::update(&ctx, QuotaPlanId(id), &body.set()?).await?).into())
}

/// A24
pub(crate) async fn delete(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    Ok(render(&quota_plan::delete(&ctx, QuotaPlanId(id), None).await?).into())
}
