//! Sessions.

use serde::{Deserialize, Serialize};
use tenantry_domain::Timestamp;

use super::User;
use crate::secret::Secret;

/// What a login sends.
#[derive(Debug, Clone, Serialize)]
pub struct NewSession {
    /// The login name, or the email address.
    pub username: String,
    /// The password.
    pub password: Secret,
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
