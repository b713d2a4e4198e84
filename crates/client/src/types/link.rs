//! Links on the first page of the console.

use serde::{Deserialize, Serialize};
use tenantry_domain::{LinkId, Timestamp};

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The integer id.
    pub id: LinkId,
    /// The name to show, unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where it goes.
    pub href: String,
    /// A picture for it, or nothing.
    pub image_url: String,
    /// Whether it opens in a window of its own.
    pub new_window: bool,
    /// For `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A link to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewLink {
    /// The name to show, unique.
    pub name: String,
    /// Where it goes: an http or https URL, or a path on the server.
    pub href: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A picture for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether it opens in a window of its own; no without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_window: Option<bool>,
}

/// A change of a link.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LinkChange {
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A picture for it; empty takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether it opens in a window of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_window: Option<bool>,
}
