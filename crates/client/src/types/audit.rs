//! The audit, and orphans.

use serde::{Deserialize, Serialize};
use tenantry_domain::{AuditId, DatacenterId, OrphanId, TenantId, Timestamp, UserId};

/// A record of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The integer id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user_id: Option<UserId>,
    /// The name given.
    pub user_name: String,
    /// From where.
    pub address: String,
    /// Through which dialect.
    pub dialect: String,
    /// What was done.
    pub action: String,
    /// To what kind.
    pub object: String,
    /// To which one.
    pub object_id: String,
    /// In which tenant.
    pub tenant_id: Option<TenantId>,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// Details.
    pub detail: String,
    /// The request.
    pub request_id: String,
}

/// Which records are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditFilter {
    /// Who.
    pub user_id: Option<UserId>,
    /// What was done.
    pub action: Option<String>,
    /// To what kind.
    pub object: Option<String>,
    /// In which tenant.
    pub tenant_id: Option<TenantId>,
    /// `allowed` or `refused`.
    pub outcome: Option<String>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

/// What may have been left at a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The integer id.
    pub id: OrphanId,
    /// The kind.
    pub kind: String,
    /// The label at the peer.
    pub uid: String,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The namespace that it was in.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
}
