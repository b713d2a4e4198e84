//! Orphans: what was given up and may still be at a peer.

use serde::Serialize;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{OrphanId, Timestamp};
use tenantry_http::Api;
use tenantry_service::orphan;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, gone, list_query, page};
use crate::call::{Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_orphans)).routes(routes!(delete_orphan))
}

/// What may have been left at a peer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Orphan {
    id: i64,
    kind: String,
    uid: String,
    datacenter_id: i64,
    namespace: String,
    name: String,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<orphan::Orphan> for Orphan {
    fn from(o: orphan::Orphan) -> Self {
        Self {
            id: o.id.0,
            kind: o.kind,
            uid: o.uid,
            datacenter_id: o.datacenter.0,
            namespace: o.namespace,
            name: o.name,
            reason: o.reason,
            created_at: o.created_at,
        }
    }
}

list_query!(OrphanQuery {});

/// List what may have been left at peers
#[utoipa::path(get, path = "/orphans", params(OrphanQuery), responses((status = 200, body = Listed<Orphan>)))]
async fn list_orphans(call: Call<OrphanQuery>) -> Reply {
    Ok(page(orphan::list(&call.ctx, &call.query.page()?).await?, Orphan::from))
}

/// Take an orphan off the list
#[utoipa::path(delete, path = "/orphans/{id}", responses((status = 204, description = "somebody saw to it")))]
async fn delete_orphan(call: Call, Id(id): Id) -> Reply {
    orphan::delete(&call.ctx, OrphanId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Orphan).answer());
    }
    Ok(gone())
}
