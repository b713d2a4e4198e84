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
    /// In which datacenter.
    #[serde(default)]
    pub datacenter_id: Option<DatacenterId>,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// Details.
    pub detail: String,
    /// The request.
    pub request_id: String,
    /// Its number in the chain; none until it is sealed.
    #[serde(default)]
    pub seq: Option<i64>,
    /// Its hash; none until it is sealed.
    #[serde(default)]
    pub hash: Option<String>,
}

/// Which records are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditFilter {
    /// Who.
    pub user_id: Option<UserId>,
    /// The name of who, as it was given.
    pub user_name: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what kind.
    pub object: Option<String>,
    /// To which one: its id, or the name that it was called by.
    pub object_id: Option<String>,
    /// In which tenant.
    pub tenant_id: Option<TenantId>,
    /// In which datacenter.
    pub datacenter_id: Option<DatacenterId>,
    /// `allowed` or `refused`.
    pub outcome: Option<String>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

/// What recomputing the chain, or a part of it, found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether nothing is wrong with what was looked at.
    pub intact: bool,
    /// Whether everything that is sealed was looked at.
    pub complete: bool,
    /// How many records were looked at.
    pub checked: i64,
    /// The number of the last record that retention removed.
    pub removed_to: i64,
    /// The number of the last record that was looked at.
    pub verified_to: i64,
    /// The number of the last sealed record.
    pub sealed_to: i64,
    /// Its hash.
    pub hash: String,
    /// How many records are not sealed yet.
    pub unsealed: i64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A place at which the log is not what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `changed`, `missing`, `inserted`, `end` or `rewritten`.
    pub fault: String,
    /// The number in the chain.
    pub seq: i64,
    /// The last number, when several records in a row are missing.
    pub to: i64,
    /// The record that is there, if one is.
    pub record_id: Option<AuditId>,
    /// The same in words.
    pub detail: String,
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
