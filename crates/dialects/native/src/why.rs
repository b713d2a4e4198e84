//! "Why may I (not)?": which grant allows an action, or what is missing.

use axum::Json;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{TenantId, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::why::{self, Question};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::call::Call;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_why))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyQuery {
    /// `create`, `read`, `update`, `resize`, `delete`, `grant`, `retry`, `forget`, `adopt`, `purchase`, `reset_password` or `issue_credential`.
    #[param(value_type = String)]
    action: Action,
    /// What it is done to: `tenant`, `user`, `group`, `api_token`, `link`, `datacenter`, `quota_plan`, `datacenter_quota`, `namespace`, `disk`,
    /// `app`, `release`, `account`, `registry`, `audit` or `orphan`.
    #[param(value_type = String)]
    kind: ObjectKind,
    /// The tenant that it is, or that it belongs to; the caller's own without it.
    #[serde(default, deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Who would do it; the caller without it.
    #[serde(default, deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    /// The user that it is, or who made it.
    #[serde(default, deserialize_with = "lenient::integer")]
    owner_id: Option<i64>,
}

/// A decision, and what it rests on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Why {
    allowed: bool,
    /// The grant that allows it, or what is missing, in a sentence.
    because: String,
}

/// Which grant allows an action, or what is missing
#[utoipa::path(get, path = "/why", params(WhyQuery), responses((status = 200, body = Why)))]
async fn get_why(call: Call<WhyQuery>) -> Reply {
    let asked = call.query;
    let question = Question {
        user: asked.user_id.map(UserId),
        action: asked.action,
        kind: asked.kind,
        tenant: asked.tenant_id.map_or(call.ctx.caller.home, TenantId),
        owner: asked.owner_id.map(UserId),
    };
    let answer = why::explain(&call.ctx, &question).await?;
    Ok(Json(Why { allowed: answer.allowed, because: answer.because }).into_response())
}
