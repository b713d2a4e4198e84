//! The audit: every mutation and login, allowed or refused.

use serde::Serialize;
use tenantry_domain::audit::{AuditOutcome, AuditRecord as Stored};
use tenantry_domain::{TenantId, Timestamp, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::audit::{self, AuditFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, page};
use crate::call::Call;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// A record of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditRecord {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    user_id: Option<i64>,
    user_name: String,
    address: String,
    dialect: String,
    action: String,
    object: String,
    object_id: String,
    tenant_id: Option<i64>,
    /// `allowed` or `refused`
    outcome: String,
    detail: String,
    request_id: String,
}

impl From<Stored> for AuditRecord {
    fn from(r: Stored) -> Self {
        Self {
            id: r.id.0,
            at: r.at,
            user_id: r.user.map(|u| u.0),
            user_name: r.user_name,
            address: r.address,
            dialect: r.dialect,
            action: r.action,
            object: r.object,
            object_id: r.object_id,
            tenant_id: r.tenant.map(|t| t.0),
            outcome: r.outcome,
            detail: r.detail,
            request_id: r.request_id,
        }
    }
}

list_query!(AuditQuery {
    /// By this user.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    /// What was done.
    action: Option<String>,
    /// To what kind.
    object: Option<String>,
    /// In this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// `allowed` or `refused`
    #[param(value_type = Option<String>)]
    outcome: Option<AuditOutcome>,
    /// From then on.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before then.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
});

/// List the audit, newest first
#[utoipa::path(get, path = "/audit", params(AuditQuery), responses((status = 200, body = Listed<AuditRecord>)))]
async fn list_audit(call: Call<AuditQuery>) -> Reply {
    let asked = call.query.page()?;
    let query = call.query;
    let filter = AuditFilter {
        user: query.user_id.map(UserId),
        action: query.action,
        object: query.object,
        tenant: query.tenant_id.map(TenantId),
        outcome: query.outcome.map(|o| o.name().to_owned()),
        from: query.from,
        to: query.to,
    };
    Ok(page(audit::list(&call.ctx, &filter, &asked).await?, AuditRecord::from))
}
