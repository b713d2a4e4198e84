//! `/tenants/{id}/account`, its lines, and purchases.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::tenant::Tenant;
use tenantry_domain::{Error, Money, QuotaPlanId, TenantId};
use tenantry_service::tenant::Update;
use tenantry_service::{account, quota_plan, settle, tenant};

use crate::call::{Body, Call, Ids, changed, dry_run, list, object};
use crate::problem::Reply;
use crate::render;

fn render_account(t: &Tenant) -> serde_json::Value {
    json!({"tenant_id": t.id, "budget": t.budget, "balance": t.balance, "version": t.version})
}

pub(crate) async fn get(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(object(StatusCode::OK, render_account(&tenant::get(&call.ctx, TenantId(id)).await?)))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Change {
    budget: Option<Money>,
    balance: Option<Money>,
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Change>) -> Reply {
    let change = Update { budget: body.budget, balance: body.balance, version: call.version, ..Update::default() };
    let after = tenant::update(&call.ctx, TenantId(id), &change).await?;
    Ok(changed(&call, "account", render_account(&after)))
}

pub(crate) async fn lines(call: Call, Ids([id]): Ids<1>) -> Reply {
    let page = call.listing(&[])?;
    let line = |l: &tenantry_domain::account::LedgerLine| json!({"entry_id": l.entry, "kind": l.kind, "amount": l.amount, "memo": l.memo, "actor_id": l.actor, "created_at": l.created_at});
    Ok(list(account::lines(&call.ctx, TenantId(id), &page).await?, line))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Purchase {
    quota_plan_id: Option<QuotaPlanId>,
    count: Option<i64>,
}

pub(crate) async fn purchase(call: Call, Ids([id]): Ids<1>, Body(body): Body<Purchase>) -> Reply {
    let plan = body.quota_plan_id.ok_or_else(|| Error::missing("quota_plan_id"))?;
    let count = body.count.unwrap_or(1);
    let cost = quota_plan::get(&call.ctx, plan).await?.cost;
    let change = Update { purchase: Some((plan, count)), version: call.version, ..Update::default() };
    let after = tenant::update(&call.ctx, TenantId(id), &change).await?;
    if call.ctx.dry_run {
        return Ok(dry_run("purchase", "account", json!([])));
    }
    settle::namespaces(&call.ctx, after.id, call.wait).await?;
    let body = json!({
        "tenant_id": after.id, "quota_plan_id": plan, "count": count, "cost": Money(cost.0.saturating_mul(count)), "balance": after.balance,
        "quota": render::limits(&after.totals),
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
