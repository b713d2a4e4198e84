//! Sessions.

use serde::{Deserialize, Serialize};
use tenantry_domain::{SessionId, Timestamp, UserId};

use super::User;
use crate::secret::Secret;

/// What a login sends.
#[derive(Debug, Clone, Serialize)]
pub struct NewSession {
    /// The login name, or the email address.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The one-time code or a recovery code of a user with a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// What a login answers.
#[derive(Debug, Clone, Deserialize)]
pub struct StartedSession {
    /// The token for all that follows.
    pub token: Secret,
    /// Who logged in.
    pub user: User,
    /// Until when the token holds.
    pub expires_at: Timestamp,
}

/// The session of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Whose it is.
    pub user: User,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// An open session, as its user sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// The integer id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// From where it was opened.
    pub address: String,
    /// The program that opened it, as it calls itself.
    pub client: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends, if it is not used meanwhile.
    pub expires_at: Timestamp,
}

/// Whose sessions or tokens are listed.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct OwnerFilter {
    /// Somebody whom the caller administers; the caller without it.
    pub user_id: Option<UserId>,
}
