//! Image registries.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::RegistryId;

/// An image registry, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The integer id.
    pub id: RegistryId,
    /// The unique name.
    pub name: String,
    /// The base URL, `https://registry.example:5000`.
    pub url: String,
    /// The user name; empty for anonymous access.
    pub username: String,
    /// The PEM of a private certificate authority.
    pub ca_pem: Option<String>,
    /// Whether a password is stored.
    pub has_password: bool,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How a registry is reached, with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryConnection {
    /// The name, for errors.
    pub name: String,
    /// The base URL.
    pub url: String,
    /// The user name; empty for anonymous access.
    pub username: String,
    /// The password.
    pub password: String,
    /// The PEM of a private certificate authority.
    pub ca_pem: Option<String>,
}

impl fmt::Debug for RegistryConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryConnection({}, {})", self.name, self.url)
    }
}

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The registry's name.
    pub registry: String,
    /// The repository's name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<ImageTag>,
}

/// A tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageTag {
    /// The tag.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The sum of its layers in bytes; of all platforms for an index.
    pub size: i64,
}
