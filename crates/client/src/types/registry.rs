//! Image registries, and the images in them.

use serde::{Deserialize, Serialize};
use tenantry_domain::{RegistryId, Timestamp};

use crate::secret::Secret;

/// A registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// The integer id.
    pub id: RegistryId,
    /// The name.
    pub name: String,
    /// The base URL.
    pub url: String,
    /// The user name; empty for anonymous access.
    pub username: String,
    /// Whether a password is stored.
    pub has_password: bool,
    /// The PEM of a private certificate authority.
    pub ca_pem: Option<String>,
    /// For `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A registry to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewRegistry {
    /// The name.
    pub name: String,
    /// The base URL.
    pub url: String,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The PEM of a private certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
}

/// A change of a registry.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegistryChange {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The base URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password; `Some(None)` forgets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Option<Secret>>,
    /// The PEM of a private certificate authority; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<Option<String>>,
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

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageTag {
    /// The tag.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The sum of its layers.
    pub size_bytes: i64,
}

/// Which images are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImageFilter {
    /// The registry's name; all without it.
    pub registry: Option<String>,
}
