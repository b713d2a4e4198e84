//! Datacenter quotas: what a tenant has in one datacenter, instead of its totals.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::tenant::DatacenterQuota as Stored;
use tenantry_domain::{DatacenterId, DatacenterQuotaId, TenantId, Timestamp};
use tenantry_http::Api;
use tenantry_service::{datacenter_quota, settle, tenant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, cut, gone, list_query, object, page};
use crate::call::{Body, Call, Id, Ids};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::wire::{Amounts, Limits, SetLimits};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_quotas, create_quota)).routes(routes!(get_quota, update_quota, delete_quota))
}

/// A datacenter quota.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quota {
    id: i64,
    tenant_id: i64,
    datacenter_id: i64,
    datacenter_name: String,
    quota: Limits,
    /// What the tenant's own resources hold.
    used: Amounts,
    /// What child tenants were given.
    granted: Amounts,
    /// Whether it was set for this datacenter alone.
    overridden: bool,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Stored> for Quota {
    fn from(q: &Stored) -> Self {
        Self {
            id: q.id.0,
            tenant_id: q.tenant.0,
            datacenter_id: q.datacenter.0,
            datacenter_name: q.datacenter_name.clone(),
            quota: Limits::from(&q.limits),
            used: Amounts::from(&q.used),
            granted: Amounts::from(&q.granted),
            overridden: q.overridden,
            version: q.version,
            updated_at: q.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewQuota {
    datacenter_id: i64,
    /// What is not said is as the tenant's totals.
    #[serde(default)]
    quota: SetLimits,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotaChange {
    #[serde(default)]
    quota: SetLimits,
}

list_query!(QuotaQuery {});

/// List a tenant's quotas, one for each datacenter
#[utoipa::path(get, path = "/tenants/{id}/quotas", params(QuotaQuery), responses((status = 200, body = Listed<Quota>)))]
async fn list_quotas(call: Call<QuotaQuery>, Id(id): Id) -> Reply {
    let asked = call.query.page()?;
    let all = datacenter_quota::list(&call.ctx, TenantId(id)).await?;
    Ok(page(cut(all, &asked, |q| q.id.0), |q| Quota::from(&q)))
}

/// Override a tenant's totals in one datacenter
#[utoipa::path(post, path = "/tenants/{id}/quotas", request_body = NewQuota, responses((status = 201, body = Quota)))]
async fn create_quota(call: Call, Id(id): Id, Body(new): Body<NewQuota>) -> Reply {
    let (ctx, id, datacenter) = (&call.ctx, TenantId(id), DatacenterId(new.datacenter_id));
    let set = new.quota.without_nulls().set("quota")?;
    let owner = tenant::get(ctx, id).await?;
    let before = datacenter_quota::list(ctx, id).await?.into_iter().find(|q| q.datacenter == datacenter);
    let made = datacenter_quota::create(ctx, id, datacenter, &set).await?;
    if ctx.dry_run {
        let had = before.as_ref().map(|b| b.limits.granted()).unwrap_or_default();
        let mut dry = DryRun::new(Action::Create, ObjectKind::DatacenterQuota).result(&Quota::from(&made));
        if before.is_none() {
            dry = dry.creates(tenantry_domain::resource::Kind::Namespace, &owner.name, datacenter);
        }
        return Ok(dry.takes(datacenter, owner.parent.unwrap_or(TenantId::ROOT), made.limits.granted() - had).answer());
    }
    settle::namespaces(ctx, id, call.wait).await?;
    Ok(created(&Quota::from(&made), made.version, &format!("/tenants/{id}/quotas/{}", made.id)))
}

/// Get a tenant's quota in a datacenter
#[utoipa::path(get, path = "/tenants/{id}/quotas/{quota_id}", responses((status = 200, body = Quota)))]
async fn get_quota(call: Call, Ids(ids): Ids) -> Reply {
    let (id, quota) = ids;
    let found = datacenter_quota::get(&call.ctx, TenantId(id), DatacenterQuotaId(quota)).await?;
    Ok(object(StatusCode::OK, &Quota::from(&found), found.version))
}

/// Change a tenant's quota in a datacenter
#[utoipa::path(patch, path = "/tenants/{id}/quotas/{quota_id}", request_body = QuotaChange, responses((status = 200, body = Quota)))]
async fn update_quota(call: Call, Ids(ids): Ids, Body(change): Body<QuotaChange>) -> Reply {
    let (id, quota) = ids;
    let (ctx, id) = (&call.ctx, TenantId(id));
    let before = datacenter_quota::get(ctx, id, DatacenterQuotaId(quota)).await?;
    let after = datacenter_quota::update(ctx, id, before.id, &change.quota.set("quota")?, call.version).await?;
    if ctx.dry_run {
        let from = tenant::get(ctx, id).await?.parent.unwrap_or(TenantId::ROOT);
        let dry = DryRun::new(Action::Update, ObjectKind::DatacenterQuota).result(&Quota::from(&after));
        return Ok(dry.takes(after.datacenter, from, after.limits.granted() - before.limits.granted()).answer());
    }
    settle::namespaces(ctx, id, call.wait).await?;
    Ok(object(StatusCode::OK, &Quota::from(&after), after.version))
}

/// Back to the tenant's totals
#[utoipa::path(delete, path = "/tenants/{id}/quotas/{quota_id}", responses((status = 204, description = "the totals hold again")))]
async fn delete_quota(call: Call, Ids(ids): Ids) -> Reply {
    let (id, quota) = ids;
    let (ctx, id) = (&call.ctx, TenantId(id));
    let before = datacenter_quota::get(ctx, id, DatacenterQuotaId(quota)).await?;
    datacenter_quota::delete(ctx, id, before.id, call.version).await?;
    if ctx.dry_run {
        let owner = tenant::get(ctx, id).await?;
        let difference = owner.totals.granted() - before.limits.granted();
        let dry = DryRun::new(Action::Delete, ObjectKind::DatacenterQuota);
        return Ok(dry.takes(before.datacenter, owner.parent.unwrap_or(TenantId::ROOT), difference).answer());
    }
    settle::namespaces(ctx, id, call.wait).await?;
    Ok(gone())
}
