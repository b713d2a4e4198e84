//! Document 2 (B01 to B05): namespaces for organizations, for administrators.

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tenantry_domain::resource::{Resource, Spec};
use tenantry_domain::tenant::Tenant;
use tenantry_domain::{Error, ErrorKind, Metric, Result, TenantId};
use tenantry_service::tenant::TenantFilter;
use tenantry_service::{Ctx, account, settle, tenant};

use crate::error::{Answer, Failure, Reply, taken};
use crate::extract::{Asked, Body, Caller};
use crate::organizations::{self, Organization};
use crate::wire::limit;
use crate::{datacenters, quotas};

/// B01
pub(crate) async fn init(Caller(ctx): Caller) -> Reply {
    let centers = datacenters::all(&ctx, None, None).await?;
    let plans = quotas::all(&ctx).await?;
    let account = account::init(&ctx).await?;
    let data = json!({
        "dcList": centers.iter().map(|d| datacenters::render(&ctx, d)).collect::<Value>(),
        "account": {"budget": account.budget, "balance": account.balance},
        "quotaPkg": plans.iter().map(quotas::render).collect::<Value>(),
    });
    Ok(data.into())
}

/// The operator's organization, if the body names one, must be one that the caller sees.
async fn check_operator(ctx: &Ctx, body: &Organization) -> Result<()> {
    if let Some(id) = body.org_id {
        tenant::get(ctx, TenantId(id)).await?;
    }
    Ok(())
}

/// B02
pub(crate) async fn check(Caller(ctx): Caller, Body(body): Body<Organization>) -> std::result::Result<Response, Failure> {
    check_operator(&ctx, &body).await?;
    let name = body.org_name.or(body.name).ok_or_else(|| Error::missing("orgName"))?;
    match tenant::check_name(&ctx, &name).await {
        Ok(()) => Ok(Answer::from(Value::Null).into_response()),
        Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(taken(&error)),
        Err(error) => Err(error.into()),
    }
}

fn render(tenant: &Tenant, namespaces: &[Resource]) -> Value {
    let datacenter = |n: &Resource| {
        let limits = if let Spec::Namespace(spec) = &n.spec { spec.limits } else { tenant.totals };
        json!({
            "dcId": n.datacenter,
            "namespace": n.name,
            "resourceQuota": {"cpu": limit(&limits, Metric::Cpu), "mem": limit(&limits, Metric::Memory)},
            "status": n.state.name(),
            "reason": n.progress.reason,
        })
    };
    json!({
        "orgId": tenant.id.to_string(),
        "orgName": tenant.name,
        "budget": tenant.budget,
        "balance": tenant.balance,
        "dataCenters": namespaces.iter().map(datacenter).collect::<Value>(),
    })
}

/// B03
pub(crate) async fn new(Caller(ctx): Caller, Body(body): Body<Organization>) -> Reply {
    check_operator(&ctx, &body).await?;
    let made = tenant::open(&ctx, &body.open()?).await?;
    let namespaces = settle::namespaces(&ctx, made.id, ctx.settings().wait).await?;
    Ok(render(&made, &namespaces).into())
}

async fn target(ctx: &Ctx, body: &Organization) -> Result<Tenant> {
    let name = body.org_name.as_ref().or(body.name.as_ref()).ok_or_else(|| Error::missing("orgName"))?;
    tenant::get_by_name(ctx, name).await
}

/// B04: the organization is named by `orgName`; `orgId` is the operator's.
pub(crate) async fn update(Caller(ctx): Caller, Body(body): Body<Organization>) -> Reply {
    check_operator(&ctx, &body).await?;
    let before = target(&ctx, &body).await?;
    let changed = tenant::update(&ctx, before.id, &body.update()?).await?;
    let namespaces = settle::namespaces(&ctx, changed.id, ctx.settings().wait).await?;
    Ok(render(&changed, &namespaces).into())
}

/// B05: `dcIdList` is JSON in a string; `dcList` is the same as a list.
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    let filter = TenantFilter { name: asked.name.clone(), without_root: true, ..TenantFilter::default() };
    let page = tenant::list(&ctx, &filter, &asked.page).await?;
    let total = tenant::count(&ctx, &filter).await?;
    let item = |tenant: &Tenant| {
        let mut object = organizations::render(tenant);
        object["dcIdList"] = json!(json!(tenant.datacenters).to_string());
        object["dcList"] = json!(tenant.datacenters);
        object
    };
    Ok(Answer::page(json!({"organizations": page.items.iter().map(item).collect::<Value>()}), total))
}

/// What the page of B05 does when somebody clicks "delete": `POST /api/v1/organization/delete` with `orgName`.
pub(crate) async fn delete(Caller(ctx): Caller, Body(body): Body<Organization>) -> Reply {
    check_operator(&ctx, &body).await?;
    let before = target(&ctx, &body).await?;
    Ok(organizations::close(&ctx, before.id, body.cascade.unwrap_or(false)).await?.into())
}
