//! The audit: every mutation and login, allowed or refused.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{AuditId, TenantId, UserId};

/// How an audited attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It was done; the record was written in its transaction.
    Allowed,
    /// The policy or a rule refused it.
    Refused,
}

impl AuditOutcome {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

/// A record of the audit. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The integer id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who; none when nobody was known.
    pub user: Option<UserId>,
    /// The name given, also when it was wrong.
    pub user_name: String,
    /// The client's address.
    pub address: String,
    /// The dialect used.
    pub dialect: String,
    /// The action, `create`, `login`, ...
    pub action: String,
    /// The kind of object.
    pub object: String,
    /// Its id or name.
    pub object_id: String,
    /// The tenant in which it happened.
    pub tenant: Option<TenantId>,
    /// How it ended: the name of an [`AuditOutcome`].
    pub outcome: String,
    /// Details without secrets.
    pub detail: String,
    /// The request.
    pub request_id: String,
}
