//! The audit: every mutation and login, allowed or refused; as a list, as a stream of JSON lines, and whether it is still what was sealed.

use std::collections::VecDeque;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse as _;
use futures::stream;
use http::{StatusCode, header};
use serde::Serialize;
use tenantry_domain::audit::{AuditOutcome, AuditRecord as Stored, Fault, Finding as Found, Verdict};
use tenantry_domain::{DatacenterId, Error, Result, TenantId, Timestamp, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::Ctx;
use tenantry_service::audit::{self, AuditFilter, AuditOrder};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, page, sort};
use crate::call::Call;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_audit)).routes(routes!(export_audit)).routes(routes!(verify_audit))
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
    /// Where it happened; of what was refused, the tenant of who tried.
    tenant_id: Option<i64>,
    /// The datacenter that the object is, or is in.
    datacenter_id: Option<i64>,
    /// `allowed` or `refused`
    outcome: String,
    detail: String,
    request_id: String,
    /// Its number in the chain, without gaps; null until it is sealed, within a second.
    seq: Option<i64>,
    /// SHA-256 over the hash before it and the record; null until it is sealed.
    hash: Option<String>,
}

impl From<Stored> for AuditRecord {
    fn from(r: Stored) -> Self {
        let (seq, hash) = r.seal.map(|s| (s.number, s.hash)).unzip();
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
            datacenter_id: r.datacenter.map(|d| d.0),
            outcome: r.outcome,
            detail: r.detail,
            request_id: r.request_id,
            seq,
            hash,
        }
    }
}

/// Declares a query with the audit's filters.
macro_rules! audit_query {
    ($declare:ident, $name:ident { $($more:tt)* }) => {
        $declare!($name {
            /// By this user.
            #[serde(deserialize_with = "lenient::integer")]
            user_id: Option<i64>,
            /// By who gave this name.
            user_name: Option<String>,
            /// What was done.
            action: Option<String>,
            /// To what kind.
            object: Option<String>,
            /// To which one: its id, or the name that it was called by.
            object_id: Option<String>,
            /// In this tenant.
            #[serde(deserialize_with = "lenient::integer")]
            tenant_id: Option<i64>,
            /// In this datacenter.
            #[serde(deserialize_with = "lenient::integer")]
            datacenter_id: Option<i64>,
            /// `allowed` or `refused`
            #[param(value_type = Option<String>)]
            outcome: Option<AuditOutcome>,
            /// From then on.
            #[param(value_type = Option<String>)]
            from: Option<Timestamp>,
            /// Before then.
            #[param(value_type = Option<String>)]
            to: Option<Timestamp>,
            $($more)*
        });

        impl $name {
            fn filter(&self) -> AuditFilter {
                AuditFilter {
                    user: self.user_id.map(UserId),
                    user_name: self.user_name.clone(),
                    action: self.action.clone(),
                    objects: self.object.iter().cloned().collect(),
                    object_id: self.object_id.clone(),
                    tenant: self.tenant_id.map(TenantId),
                    datacenter: self.datacenter_id.map(DatacenterId),
                    outcome: self.outcome,
                    from: self.from,
                    to: self.to,
                }
            }
        }
    };
}

/// Declares the query of an operation that is no list.
macro_rules! plain_query {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(serde::Deserialize, Default, IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name { $($(#[$attribute])* $field: $type,)* }
    };
}

audit_query!(list_query, AuditQuery {
    /// `-at` (newest first, without it) or `at`.
    sort: Option<String>,
});

audit_query!(plain_query, ExportQuery {
    /// Only after the record of this number (`seq`).
    #[serde(deserialize_with = "lenient::integer")]
    after: Option<i64>,
});

plain_query!(VerifyQuery {
    /// Goes on after the record of this number (`seq`): what an earlier answer called `verified_to`.
    #[serde(deserialize_with = "lenient::integer")]
    after: Option<i64>,
    /// `<number>:<hash>` of a record as somebody noted it elsewhere: whether the log still has it.
    noted: Option<String>,
});

/// List the audit, newest first
#[utoipa::path(get, path = "/audit", params(AuditQuery), responses((status = 200, body = Listed<AuditRecord>)))]
async fn list_audit(call: Call<AuditQuery>) -> Reply {
    let asked = call.query.page()?;
    let order = match sort(call.query.sort.as_deref().or(Some("-at")), &["at"])? {
        (_, true) => AuditOrder::Newest,
        (_, false) => AuditOrder::Oldest,
    };
    Ok(page(audit::list(&call.ctx, &call.query.filter(), order, &asked).await?, AuditRecord::from))
}

/// An export under way.
struct Export {
    ctx: Ctx,
    filter: AuditFilter,
    after: i64,
    ready: VecDeque<Stored>,
}

impl Export {
    /// The next piece as lines; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.ready.is_empty() {
            self.ready = audit::export(&self.ctx, &self.filter, self.after).await?.into();
        }
        let mut lines = Vec::new();
        for record in self.ready.drain(..) {
            self.after = record.seal.as_ref().map_or(self.after, |s| s.number);
            serde_json::to_writer(&mut lines, &AuditRecord::from(record)).map_err(Error::internal)?;
            lines.push(b'\n');
        }
        Ok((!lines.is_empty()).then(|| lines.into()))
    }
}

/// Export sealed records as JSON lines, in the order of the chain
#[utoipa::path(get, path = "/audit/export", params(ExportQuery), responses((status = 200, body = AuditRecord, content_type = "application/x-ndjson")))]
async fn export_audit(call: Call<ExportQuery>) -> Reply {
    let (filter, after) = (call.query.filter(), call.query.after.unwrap_or(0));
    // the first piece is read here: what is refused is still an answer of its own
    let ready = audit::export(&call.ctx, &filter, after).await?.into();
    let export = Export { ctx: call.ctx, filter, after, ready };
    let pieces = stream::try_unfold(export, |mut export| async move {
        let piece = export.next().await.inspect_err(|error| tracing::error!(?error, "an export of the audit ends early"))?;
        Ok::<_, Error>(piece.map(|piece| (piece, export)))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")], Body::from_stream(pieces)).into_response())
}

/// What recomputing the chain found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether nothing is wrong with what was looked at.
    intact: bool,
    /// Whether everything that is sealed was looked at; otherwise ask again with `after` = `verified_to`.
    complete: bool,
    /// How many records were looked at.
    checked: i64,
    /// The number of the last record that retention removed; 0 when it has removed none.
    removed_to: i64,
    /// The number of the last record that was looked at.
    verified_to: i64,
    /// The number of the last sealed record.
    sealed_to: i64,
    /// Its hash: noted elsewhere, it shows later whether the log was written anew.
    hash: String,
    /// How many records are not sealed yet.
    unsealed: i64,
    /// What is wrong, the first hundred.
    findings: Vec<Finding>,
}

/// A place at which the log is not what was sealed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finding {
    /// `changed`, `missing`, `inserted`, `end` or `rewritten`
    #[schema(value_type = String)]
    fault: Fault,
    /// The number in the chain.
    seq: i64,
    /// The last number, when several records in a row are missing.
    to: i64,
    /// The record that is there, if one is.
    record_id: Option<i64>,
    /// The same in words.
    detail: String,
}

impl From<Found> for Finding {
    fn from(found: Found) -> Self {
        let detail = found.to_string();
        Self { fault: found.fault, seq: found.number, to: found.to, record_id: found.record.map(|r| r.0), detail }
    }
}

impl From<Verdict> for Verification {
    fn from(verdict: Verdict) -> Self {
        Self {
            intact: verdict.is_intact(),
            complete: verdict.is_complete(),
            checked: verdict.checked,
            removed_to: verdict.removed_to,
            verified_to: verdict.verified_to,
            sealed_to: verdict.sealed_to,
            hash: verdict.hash,
            unsealed: verdict.unsealed,
            findings: verdict.findings.into_iter().map(Into::into).collect(),
        }
    }
}

/// Recompute the chain of the audit
#[utoipa::path(get, path = "/audit/verification", params(VerifyQuery), responses((status = 200, body = Verification)))]
async fn verify_audit(call: Call<VerifyQuery>) -> Reply {
    let wrong = || Error::invalid("noted", "'noted' must be a number and a hash of 64 hex digits, as 42:1f0c...");
    let noted = match &call.query.noted {
        Some(text) => Some(tenantry_domain::audit::parse_noted(text).ok_or_else(wrong)?),
        None => None,
    };
    let verdict = audit::verify(&call.ctx, call.query.after.unwrap_or(0), noted).await?;
    Ok((StatusCode::OK, Json(Verification::from(verdict))).into_response())
}
