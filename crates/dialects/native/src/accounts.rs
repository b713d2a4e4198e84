//! Accounts, their lines, and packages bought from them.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::account::LedgerLine as StoredLine;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::tenant::Tenant as Stored;
use tenantry_domain::{Error, Money, QuotaPlanId, Result, TenantId, Timestamp};
use tenantry_http::Api;
use tenantry_service::tenant::Update;
use tenantry_service::{Ctx, account, quota_plan, settle, tenant, usage};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, list_query, object, page};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::tenants::preview;
use crate::wire::Limits;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_account, update_account)).routes(routes!(list_account_lines)).routes(routes!(create_purchase))
}

/// A tenant's account. Its version is the tenant's.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    tenant_id: i64,
    #[schema(value_type = f64)]
    budget: Money,
    #[schema(value_type = f64)]
    balance: Money,
    /// The tenant whose account pays for what this one uses: itself, or the nearest above it that has an account. None when that one is not
    /// to be seen.
    payer_id: Option<i64>,
    version: i64,
}

impl Account {
    async fn of(ctx: &Ctx, t: &Stored) -> Result<Self> {
        let payer_id = usage::payer(ctx, t.id).await?.map(|payer| payer.0);
        Ok(Self { tenant_id: t.id.0, budget: t.budget, balance: t.balance, payer_id, version: t.version })
    }
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountChange {
    #[schema(value_type = Option<f64>)]
    budget: Option<Money>,
    /// What it should hold; the difference is booked.
    #[schema(value_type = Option<f64>)]
    balance: Option<Money>,
}

/// A line of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerLine {
    entry_id: i64,
    /// `gift`, `adjustment`, `purchase`, `usage` or `closing`
    kind: String,
    #[schema(value_type = f64)]
    amount: Money,
    memo: String,
    actor_id: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<StoredLine> for LedgerLine {
    fn from(line: StoredLine) -> Self {
        Self {
            entry_id: line.entry.0,
            kind: line.kind,
            amount: line.amount,
            memo: line.memo,
            actor_id: line.actor.map(|a| a.0),
            created_at: line.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPurchase {
    quota_plan_id: i64,
    /// How many; one without it.
    count: Option<i64>,
}

/// What was bought.
#[derive(Serialize, ToSchema)]
pub(crate) struct Purchase {
    tenant_id: i64,
    quota_plan_id: i64,
    count: i64,
    #[schema(value_type = f64)]
    cost: Money,
    #[schema(value_type = f64)]
    balance: Money,
    quota: Limits,
}

/// Get a tenant's account
#[utoipa::path(get, path = "/tenants/{id}/account", responses((status = 200, body = Account)))]
async fn get_account(call: Call, Id(id): Id) -> Reply {
    let found = tenant::get(&call.ctx, TenantId(id)).await?;
    Ok(object(StatusCode::OK, &Account::of(&call.ctx, &found).await?, found.version))
}

/// Set a tenant's budget or balance
#[utoipa::path(put, path = "/tenants/{id}/account", request_body = AccountChange, responses((status = 200, body = Account)))]
async fn update_account(call: Call, Id(id): Id, Body(change): Body<AccountChange>) -> Reply {
    let ctx = &call.ctx;
    if change.budget.is_none() && change.balance.is_none() {
        return Err(Error::missing("balance").into());
    }
    let before = if ctx.dry_run { Some(tenant::get(ctx, TenantId(id)).await?) } else { None };
    let update = Update { budget: change.budget, balance: change.balance, version: call.version, ..Update::default() };
    let after = tenant::update(ctx, TenantId(id), &update).await?;
    if let Some(before) = before {
        let dry = DryRun::new(Action::Update, ObjectKind::Account).result(&Account::of(ctx, &after).await?);
        return Ok(dry.books(after.balance - before.balance, after.balance).answer());
    }
    Ok(object(StatusCode::OK, &Account::of(ctx, &after).await?, after.version))
}

list_query!(LineQuery {});

/// List the lines of a tenant's account, newest first
#[utoipa::path(get, path = "/tenants/{id}/account/lines", params(LineQuery), responses((status = 200, body = Listed<LedgerLine>)))]
async fn list_account_lines(call: Call<LineQuery>, Id(id): Id) -> Reply {
    Ok(page(account::lines(&call.ctx, TenantId(id), &call.query.page()?).await?, LedgerLine::from))
}

/// Buy packages for a tenant
#[utoipa::path(post, path = "/tenants/{id}/purchases", request_body = NewPurchase, responses((status = 201, body = Purchase)))]
async fn create_purchase(call: Call, Id(id): Id, Body(new): Body<NewPurchase>) -> Reply {
    let (ctx, id) = (&call.ctx, TenantId(id));
    let before = tenant::get(ctx, id).await?;
    let plan = QuotaPlanId(new.quota_plan_id);
    let count = new.count.unwrap_or(1);
    let update = Update { purchase: Some((plan, count)), version: call.version, ..Update::default() };
    // the price comes from the plan as it is read here; what was booked is in the account's lines
    let price = quota_plan::get(ctx, plan).await.map_err(|e| Error::invalid("quota_plan_id", e.message))?;
    let after = tenant::update(ctx, id, &update).await?;
    let cost = Money(price.cost.0.saturating_mul(count));
    let bought =
        Purchase { tenant_id: id.0, quota_plan_id: plan.0, count, cost, balance: after.balance, quota: Limits::from(&after.totals) };
    if ctx.dry_run {
        let dry = preview(ctx, Action::Purchase, &before, &after, &update).await?.result(&bought);
        return Ok(dry.books(cost, after.balance).answer());
    }
    settle::namespaces(ctx, id, call.wait).await?;
    Ok(created(&bought, after.version, &format!("/tenants/{id}/account")))
}
