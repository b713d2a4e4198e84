//! Directories of people.

use serde::{Deserialize, Serialize};

/// A directory, as it was when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// What it is called.
    pub name: String,
    /// Whether people can log in.
    pub healthy: bool,
    /// What is wrong, and which setting would put it right; empty when nothing is.
    pub message: String,
}

/// Somebody in a directory, who may have logged in here or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What the person logs in with.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
}

/// Which people are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PersonFilter {
    /// How the login, the name or the mail address begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}
