//! Quota plans: the packages on sale.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use tenantry_domain::account::QuotaPlan as Stored;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{Money, QuotaPlanId, Timestamp};
use tenantry_http::Api;
use tenantry_service::quota_plan::{self, Set};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, gone, list_query, object, page};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::wire::{cores, gib, mib, millicores};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_quota_plans, create_quota_plan)).routes(routes!(
        get_quota_plan,
        update_quota_plan,
        delete_quota_plan
    ))
}

/// A quota plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuotaPlan {
    id: i64,
    name: String,
    #[schema(value_type = f64)]
    cpu: Number,
    #[schema(value_type = f64)]
    memory_gib: Number,
    #[schema(value_type = f64)]
    storage_gib: Number,
    #[schema(value_type = f64)]
    cost: Money,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Stored> for QuotaPlan {
    fn from(p: &Stored) -> Self {
        Self {
            id: p.id.0,
            name: p.name.clone(),
            cpu: cores(p.cpu_millicores),
            memory_gib: gib(p.memory_mib),
            storage_gib: gib(p.storage_mib),
            cost: p.cost,
            version: p.version,
            created_at: p.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewQuotaPlan {
    name: String,
    cpu: f64,
    memory_gib: f64,
    storage_gib: f64,
    #[schema(value_type = f64)]
    cost: Money,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QuotaPlanChange {
    name: Option<String>,
    cpu: Option<f64>,
    memory_gib: Option<f64>,
    storage_gib: Option<f64>,
    #[schema(value_type = Option<f64>)]
    cost: Option<Money>,
}

list_query!(PlanQuery {
    /// Only this name.
    name: Option<String>,
});

/// List quota plans
#[utoipa::path(get, path = "/quota-plans", params(PlanQuery), responses((status = 200, body = Listed<QuotaPlan>)))]
async fn list_quota_plans(call: Call<PlanQuery>) -> Reply {
    let mut asked = call.query.page()?;
    let mut found = quota_plan::list(&call.ctx, &asked).await?;
    if let Some(name) = &call.query.name {
        found.items.retain(|p| p.name == *name);
        // a name is one plan's: the pages until it are looked through
        while let (true, Some(next)) = (found.items.is_empty(), found.next.take()) {
            asked.after = Some(next);
            found = quota_plan::list(&call.ctx, &asked).await?;
            found.items.retain(|p| p.name == *name);
        }
        found.next = None;
    }
    Ok(page(found, |p| QuotaPlan::from(&p)))
}

/// Make a quota plan
#[utoipa::path(post, path = "/quota-plans", request_body = NewQuotaPlan, responses((status = 201, body = QuotaPlan)))]
async fn create_quota_plan(call: Call, Body(new): Body<NewQuotaPlan>) -> Reply {
    let set = Set {
        name: Some(new.name),
        cpu_millicores: Some(millicores("cpu", new.cpu)?),
        memory_mib: Some(mib("memory_gib", new.memory_gib)?),
        storage_mib: Some(mib("storage_gib", new.storage_gib)?),
        cost: Some(new.cost),
        version: None,
    };
    let made = quota_plan::create(&call.ctx, &set).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::QuotaPlan).result(&QuotaPlan::from(&made)).answer());
    }
    Ok(created(&QuotaPlan::from(&made), made.version, &format!("/quota-plans/{}", made.id)))
}

/// Get a quota plan
#[utoipa::path(get, path = "/quota-plans/{id}", responses((status = 200, body = QuotaPlan)))]
async fn get_quota_plan(call: Call, Id(id): Id) -> Reply {
    let found = quota_plan::get(&call.ctx, QuotaPlanId(id)).await?;
    Ok(object(StatusCode::OK, &QuotaPlan::from(&found), found.version))
}

/// Change a quota plan; what was bought stays
#[utoipa::path(patch, path = "/quota-plans/{id}", request_body = QuotaPlanChange, responses((status = 200, body = QuotaPlan)))]
async fn update_quota_plan(call: Call, Id(id): Id, Body(change): Body<QuotaPlanChange>) -> Reply {
    let set = Set {
        name: change.name,
        cpu_millicores: change.cpu.map(|v| millicores("cpu", v)).transpose()?,
        memory_mib: change.memory_gib.map(|v| mib("memory_gib", v)).transpose()?,
        storage_mib: change.storage_gib.map(|v| mib("storage_gib", v)).transpose()?,
        cost: change.cost,
        version: call.version,
    };
    let after = quota_plan::update(&call.ctx, QuotaPlanId(id), &set).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::QuotaPlan).result(&QuotaPlan::from(&after)).answer());
    }
    Ok(object(StatusCode::OK, &QuotaPlan::from(&after), after.version))
}

/// Take a quota plan off sale
#[utoipa::path(delete, path = "/quota-plans/{id}", responses((status = 204, description = "it is gone")))]
async fn delete_quota_plan(call: Call, Id(id): Id) -> Reply {
    quota_plan::delete(&call.ctx, QuotaPlanId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::QuotaPlan).answer());
    }
    Ok(gone())
}
