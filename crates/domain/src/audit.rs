//! The audit: every mutation and login, allowed or refused.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{AuditId, DatacenterId, TenantId, UserId};
use crate::name;

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
    /// Who, or as whom somebody tried to log in; none when nobody was known.
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
    /// The tenant in which it happened; of what was refused, the tenant of who tried.
    pub tenant: Option<TenantId>,
    /// The datacenter that the object is, or is in.
    pub datacenter: Option<DatacenterId>,
    /// How it ended: the name of an [`AuditOutcome`].
    pub outcome: String,
    /// Details without secrets.
    pub detail: String,
    /// The request.
    pub request_id: String,
    /// Its place in the chain; none until it is sealed, within a second of its commit.
    pub seal: Option<Seal>,
}

/// The longest detail, in characters.
const LONGEST_DETAIL: usize = 1000;

impl AuditRecord {
    /// That something was done to an object, by nobody yet: who, and from where, is for the caller to add.
    #[must_use]
    pub fn new(action: &str, object: &str, object_id: &str, tenant: Option<TenantId>, detail: &str) -> Self {
        Self {
            id: AuditId(0),
            at: Timestamp(0),
            user: None,
            user_name: String::new(),
            address: String::new(),
            dialect: String::new(),
            action: action.to_owned(),
            object: object.replace(' ', "_"),
            object_id: name::clip(object_id),
            tenant,
            datacenter: None,
            outcome: AuditOutcome::Allowed.name().to_owned(),
            detail: detail.chars().take(LONGEST_DETAIL).collect(),
            request_id: String::new(),
            seal: None,
        }
    }

    /// The same, done by Tenantry itself, because of what it saw.
    #[must_use]
    pub fn by_itself(action: &str, object: &str, object_id: &str, tenant: Option<TenantId>, detail: &str) -> Self {
        Self { user_name: "tenantry".to_owned(), dialect: "server".to_owned(), ..Self::new(action, object, object_id, tenant, detail) }
    }
}

/// A record's place in the chain of sealed records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Its number; the numbers have no gap.
    pub number: i64,
    /// SHA-256 over the hash before it and the whole record, as 64 hex digits.
    pub hash: String,
}

/// What is wrong with the log at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The record is not the one that was sealed: it was changed, or put in the place of another.
    Changed,
    /// Records were removed.
    Missing,
    /// The record was put where the sealer put none: before the first that is kept, or after the last that was sealed.
    Inserted,
    /// What is noted as the end of the log is not the hash of its last record, or is gone.
    End,
    /// The log has another hash there than the one noted elsewhere: it was written anew.
    Rewritten,
}

impl Fault {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Inserted => "inserted",
            Self::End => "end",
            Self::Rewritten => "rewritten",
        }
    }
}

/// A place at which the log is not what was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// The number in the chain.
    pub number: i64,
    /// The last number, when several records in a row are missing.
    pub to: i64,
    /// The record that is there, if one is.
    pub record: Option<AuditId>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.record.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let Self { number, to, .. } = self;
        match self.fault {
            Fault::Changed => write!(f, "record {number} (id {id}) was changed, or stands in another's place"),
            Fault::Missing if number == to => write!(f, "record {number} is missing"),
            Fault::Missing => write!(f, "records {number} to {to} are missing"),
            Fault::Inserted => write!(f, "record {number} (id {id}) was inserted"),
            Fault::End => write!(f, "the end of the log at {number} is not what was noted when it was sealed"),
            Fault::Rewritten => write!(f, "record {number} has another hash than the one noted elsewhere: the log was written anew"),
        }
    }
}

/// What recomputing the chain, or a part of it, found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// How many records were looked at.
    pub checked: i64,
    /// The number of the last record that retention removed; 0 when it has removed none.
    pub removed_to: i64,
    /// The number of the last record that was looked at.
    pub verified_to: i64,
    /// The number of the last sealed record.
    pub sealed_to: i64,
    /// The hash of the last sealed record. Noted elsewhere, it shows later whether the log up to here was written anew.
    pub hash: String,
    /// How many records are not sealed yet.
    pub unsealed: i64,
    /// What is wrong; at most [`Verdict::MOST_FINDINGS`].
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// After this many findings nobody needs more of them.
    pub const MOST_FINDINGS: usize = 100;

    /// Whether nothing is wrong with what was looked at.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether everything that is sealed was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.verified_to >= self.sealed_to
    }
}

/// Reads `<number>:<hash>`, as somebody noted the end of the log; none when it is something else.
#[must_use]
pub fn parse_noted(text: &str) -> Option<(i64, &str)> {
    let (number, hash) = text.split_once(':')?;
    let number = number.parse().ok().filter(|n| *n > 0)?;
    (hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())).then_some((number, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_a_number_and_a_hash() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(parse_noted(&format!("42:{hash}")), Some((42, hash.as_str())));
        let wrong = ["", "42", &hash, &format!("0:{hash}"), &format!("-1:{hash}"), &format!("x:{hash}"), &format!("4:{}", &hash[1..])];
        for wrong in wrong.into_iter().chain([format!("4:{}", hash.to_uppercase()).as_str()]) {
            assert_eq!(parse_noted(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_finding_says_which_record_and_what_is_wrong_with_it() {
        let finding = |fault, to| Finding { fault, number: 3, to, record: Some(AuditId(9)) }.to_string();
        assert_eq!(finding(Fault::Changed, 3), "record 3 (id 9) was changed, or stands in another's place");
        assert_eq!(finding(Fault::Missing, 3), "record 3 is missing");
        assert_eq!(finding(Fault::Missing, 5), "records 3 to 5 are missing");
        assert_eq!(finding(Fault::Inserted, 3), "record 3 (id 9) was inserted");
    }
}
