//! Tokens for programs, second factors, and why something is allowed.

use serde::{Deserialize, Serialize};
use tenantry_domain::{ApiTokenId, TenantId, Timestamp, UserId};

use crate::secret::Secret;

/// A token for a program, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The integer id.
    pub id: ApiTokenId,
    /// Whose.
    pub user_id: UserId,
    /// The name, unique among the user's.
    pub name: String,
    /// The roles that it acts with; empty: all of its user.
    pub roles: Vec<String>,
    /// The tenants that it reaches; empty: all that its user reaches.
    pub tenant_ids: Vec<TenantId>,
    /// The dialects that it is accepted in; empty: all.
    pub dialects: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token with its secret, which is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// What is sent with each request.
    pub secret: Secret,
}

/// A token to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewToken {
    /// The name, unique among one's own.
    pub name: String,
    /// The roles that it acts with; empty: all of its user.
    pub roles: Vec<String>,
    /// The tenants that it reaches; empty: all that its user reaches.
    pub tenant_ids: Vec<TenantId>,
    /// The dialects that it is accepted in; empty: all.
    pub dialects: Vec<String>,
    /// For how many days it is good; the server's default without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Another secret for a token.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Rotation {
    /// For how many days it is good from now on; the server's default without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// The caller's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Whether logging in takes a one-time code.
    pub enabled: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

/// A secret for one-time codes that waits for its first code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OfferedFactor {
    /// In base 32, for typing in.
    pub secret: Secret,
    /// The same for a QR code: `otpauth://totp/...`
    pub url: Secret,
}

/// Recovery codes, each good once instead of a one-time code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// They are shown this once.
    pub recovery_codes: Vec<Secret>,
}

/// The caller's own password, for what takes it once more.
#[derive(Debug, Clone, Serialize)]
pub struct OwnPassword {
    /// The password.
    pub password: Secret,
}

/// The first code of a new second factor.
#[derive(Debug, Clone, Serialize)]
pub struct FirstCode {
    /// What the device shows.
    pub code: Secret,
}

/// What is asked: may somebody do something?
#[derive(Debug, Clone, Default, Serialize)]
pub struct Question {
    /// To do what: `create`, `read`, `update`, ...
    pub action: String,
    /// To what: `tenant`, `user`, `app`, ...
    pub kind: String,
    /// The tenant that it is, or that it belongs to; the caller's own without it.
    pub tenant_id: Option<TenantId>,
    /// Who; the caller without it.
    pub user_id: Option<UserId>,
    /// The user that it is, or who made it.
    pub owner_id: Option<UserId>,
}

/// A decision, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The grant that allows it, or what is missing, in a sentence.
    pub because: String,
}
