//! Single sign-on.

use serde::{Deserialize, Serialize};
use tenantry_domain::Timestamp;

use crate::secret::Secret;

/// The ways of logging in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginMethods {
    /// Whether a name and a password are taken.
    pub password: bool,
    /// The providers of single sign-on.
    pub sign_on: Vec<SignOnMethod>,
}

/// A provider of single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOnMethod {
    /// What it is called.
    pub name: String,
    /// What people know it by.
    pub label: String,
    /// Where a browser goes: a path of the server.
    pub url: String,
}

/// What begins a login at a provider.
#[derive(Debug, Clone, Serialize)]
pub struct NewSignOn {
    /// Where the caller listens: `http://127.0.0.1:<port>/callback`.
    pub redirect_uri: String,
}

/// A login that was begun.
#[derive(Debug, Clone, Deserialize)]
pub struct SignOn {
    /// Where the person's browser goes now.
    pub url: String,
    /// What arrives where the caller listens; anything else there is not of this login.
    pub state: String,
    /// For finishing it.
    pub secret: Secret,
    /// Until when it can be finished.
    pub expires_at: Timestamp,
}

/// What finishes a login.
#[derive(Debug, Clone, Serialize)]
pub struct FinishedSignOn {
    /// What arrived.
    pub state: String,
    /// What the beginning answered.
    pub secret: Secret,
    /// What arrived when the provider knows the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// What arrived when not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
