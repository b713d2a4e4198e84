//! Apps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, ReleaseId, TenantId};

use super::Resource;

/// An app.
pub type App = Resource<AppSpec, AppStatus>;

/// What an app should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppSpec {
    /// The image reference.
    pub image: String,
    /// How many copies run.
    pub replicas: i64,
    /// The ports that its service offers.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Disks, and where each is mounted.
    #[serde(default)]
    pub disks: Vec<Mount>,
    /// Cores of one copy.
    pub cpu: f64,
    /// GiB of memory of one copy.
    pub memory_gib: f64,
    /// Whether it is stopped.
    #[serde(default)]
    pub stopped: bool,
}

/// A disk in an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The disk's name.
    pub disk: String,
    /// The absolute path.
    pub path: String,
}

/// What was seen of an app.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppStatus {
    /// Copies that are there.
    pub replicas: i64,
    /// Copies of the newest spec.
    pub updated: i64,
    /// Copies that serve.
    pub available: i64,
    /// Where its service is reached inside the datacenter.
    pub address: String,
}

/// An app to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewApp {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub datacenter_id: DatacenterId,
    /// The name.
    pub name: String,
    /// The rest; the image must be there.
    #[serde(flatten)]
    pub spec: AppChange,
}

/// What is said of an app, when it is made or changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AppChange {
    /// The image reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// How many copies run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i64>,
    /// The ports that its service offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<u16>>,
    /// Environment variables; none takes one away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<BTreeMap<String, Option<String>>>,
    /// Disks, and where each is mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disks: Option<Vec<Mount>>,
    /// Cores of one copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// GiB of memory of one copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<f64>,
    /// Free text for the release record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a restart, stop or start may say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AppCommand {
    /// Free text for the release record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Back to what an earlier release asked for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rollback {
    /// Which; the one before without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_id: Option<ReleaseId>,
    /// Free text for the release record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
