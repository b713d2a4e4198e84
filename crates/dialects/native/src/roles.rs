//! Roles: who is what on which tenant. A role holds for the tenant and all below it.

use axum::Json;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use tenantry_domain::page::Page;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::user::Role;
use tenantry_domain::{TenantId, UserId};
use tenantry_http::Api;
use tenantry_service::{role, tenant, user};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, cut, gone, list_query, page};
use crate::call::{Body, Call, Id, Ids};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tenant_roles))
        .routes(routes!(update_tenant_role, delete_tenant_role))
        .routes(routes!(list_user_roles))
}

/// A user's role on a tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldRole {
    tenant_id: i64,
    tenant_name: String,
    user_id: i64,
    username: String,
    /// `tenant.admin`, `team.member`, and on the root tenant `system.admin`, `telecom`, `maintainer`.
    #[schema(value_type = String)]
    role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedRole {
    /// `tenant.admin`, `team.member`, and on the root tenant `system.admin`, `telecom`, `maintainer`.
    role: String,
}

list_query!(RoleQuery {});

/// List who has a role on a tenant itself
#[utoipa::path(get, path = "/tenants/{id}/roles", params(RoleQuery), responses((status = 200, body = Listed<HeldRole>)))]
async fn list_tenant_roles(call: Call<RoleQuery>, Id(id): Id) -> Reply {
    let on = tenant::get(&call.ctx, TenantId(id)).await?;
    let held = role::of_tenant(&call.ctx, on.id, &call.query.page()?).await?;
    Ok(page(held, |(user, role)| HeldRole {
        tenant_id: on.id.0,
        tenant_name: on.name.clone(),
        user_id: user.id.0,
        username: user.username,
        role,
    }))
}

/// Give a user a role on a tenant, instead of the one held there
#[utoipa::path(put, path = "/tenants/{id}/roles/{user_id}", request_body = WantedRole, responses((status = 200, body = HeldRole)))]
async fn update_tenant_role(call: Call, Ids((id, user_id)): Ids, Body(wanted): Body<WantedRole>) -> Reply {
    let wanted: Role = wanted.role.parse()?;
    let on = tenant::get(&call.ctx, TenantId(id)).await?;
    let user = role::grant(&call.ctx, on.id, UserId(user_id), wanted).await?;
    let held = HeldRole { tenant_id: on.id.0, tenant_name: on.name, user_id: user.id.0, username: user.username, role: wanted };
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Grant, ObjectKind::Tenant).result(&held).answer());
    }
    Ok(Json(held).into_response())
}

/// Take a user's role on a tenant away
#[utoipa::path(delete, path = "/tenants/{id}/roles/{user_id}", responses((status = 204, description = "the user has none there any more")))]
async fn delete_tenant_role(call: Call, Ids((id, user_id)): Ids) -> Reply {
    role::revoke(&call.ctx, TenantId(id), UserId(user_id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Grant, ObjectKind::Tenant).answer());
    }
    Ok(gone())
}

/// List the roles of a user, on the tenants that the caller may see
#[utoipa::path(get, path = "/users/{id}/roles", params(RoleQuery), responses((status = 200, body = Listed<HeldRole>)))]
async fn list_user_roles(call: Call<RoleQuery>, Id(id): Id) -> Reply {
    let asked = call.query.page()?;
    let user = user::get(&call.ctx, None, UserId(id)).await?;
    let held: Page<role::Assignment> = cut(role::of_users(&call.ctx, &[user.id]).await?, &asked, |a| a.tenant.0);
    Ok(page(held, |a| HeldRole {
        tenant_id: a.tenant.0,
        tenant_name: a.tenant_name,
        user_id: user.id.0,
        username: user.username.clone(),
        role: a.role,
    }))
}
