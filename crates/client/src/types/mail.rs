//! Mail, and new passwords by a link in one.

use serde::{Deserialize, Serialize};
use tenantry_domain::{MailId, Timestamp, UserId};

use crate::secret::Secret;

/// What asks for a link.
#[derive(Debug, Clone, Serialize)]
pub struct NewPasswordReset {
    /// The login name, or the email address.
    pub username: String,
}

/// What a link is good for.
#[derive(Debug, Clone, Serialize)]
pub struct PasswordResetConfirmation {
    /// What is behind `#token=` in the link.
    pub token: Secret,
    /// The new password.
    pub new_password: Secret,
}

/// A mail: what became of it, and not what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The integer id.
    pub id: MailId,
    /// What it is for.
    pub kind: String,
    /// Whom it is for.
    pub user_id: Option<UserId>,
    /// Where it goes.
    pub recipient: String,
    /// `pending`, `sent` or `given_up`.
    pub state: String,
    /// Why it is not sent; empty when nothing is wrong.
    pub reason: String,
    /// How often it could not be sent.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was sent or given up.
    pub ended_at: Option<Timestamp>,
}
