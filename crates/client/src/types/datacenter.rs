//! Datacenters.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, Timestamp, Uid};

use super::{Limits, LimitsChange};
use crate::secret::Secret;

/// What can be set freely of a datacenter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DatacenterOptions {
    /// The StorageClass of disks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// The registry put before image names that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_registry: Option<String>,
    /// The domain below which apps get names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_suffix: Option<String>,
}

/// What the last check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Whether it can be worked with.
    pub healthy: bool,
    /// What is wrong.
    pub message: String,
    /// What the peer says it is.
    pub peer_version: String,
    /// What must be done there and may not.
    pub missing_permissions: Vec<String>,
}

/// A datacenter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Datacenter {
    /// The integer id.
    pub id: DatacenterId,
    /// The id for the outside.
    pub uid: Uid,
    /// The name.
    pub name: String,
    /// Free text.
    pub comment: String,
    /// `kubernetes` or `sandbox`.
    pub kind: String,
    /// Where it is.
    pub endpoint: String,
    /// What can be set freely.
    pub options: DatacenterOptions,
    /// What there is.
    pub capacity: Limits,
    /// How often the capacity may be promised.
    pub overcommit: f64,
    /// What the last check found.
    pub health: Health,
    /// Why it is so.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Checks that failed in a row.
    pub attempts: i64,
    /// When it is checked next.
    pub next_attempt_at: Option<Timestamp>,
    /// For `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A datacenter to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewDatacenter {
    /// The name: an RFC 1123 label.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `kubernetes` or `sandbox`.
    pub kind: String,
    /// A kubeconfig document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<Secret>,
    /// The URL of the API server, instead of a kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The PEM of its certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Its bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// The name of a sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// What can be set freely.
    pub options: DatacenterOptions,
    /// What there is.
    pub capacity: Limits,
    /// How often the capacity may be promised; once without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overcommit: Option<f64>,
}

/// A change of a datacenter.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatacenterChange {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// A kubeconfig document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<Secret>,
    /// The URL of the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The PEM of its certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Its bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// What can be set freely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<DatacenterOptions>,
    /// What there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<LimitsChange>,
    /// How often the capacity may be promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overcommit: Option<f64>,
}

/// Which datacenters are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatacenterFilter {
    /// The name.
    pub name: Option<String>,
    /// The kind.
    pub kind: Option<String>,
}
