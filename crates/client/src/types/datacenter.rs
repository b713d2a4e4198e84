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
    /// Whether what somebody changed in a cloud of servers is put right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair_drift: Option<bool>,
    /// Whether a size that no flavor has is made as a private flavor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_flavors: Option<bool>,
    /// The external network that default routers lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_network: Option<String>,
}

/// How an OpenStack cloud is reached, and as whom: an application credential, or a user with the role admin.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OpenstackConnection {
    /// The URL of Keystone, with `/v3`.
    pub auth_url: String,
    /// The id of an application credential.
    pub application_credential_id: Option<String>,
    /// Its secret.
    pub application_credential_secret: Option<Secret>,
    /// A user, instead of an application credential.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// The user's domain.
    pub user_domain: Option<String>,
    /// The project in which the user is an administrator.
    pub project: Option<String>,
    /// The project's domain.
    pub project_domain: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The domain in which projects are made.
    pub domain: Option<String>,
    /// `public`, `internal` or `admin`.
    pub interface: Option<String>,
    /// The PEM of its certificate authority.
    pub ca_pem: Option<String>,
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
    /// `kubernetes`, `openstack` or `sandbox`.
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
    /// `kubernetes`, `openstack` or `sandbox`.
    pub kind: String,
    /// How an OpenStack cloud is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openstack: Option<OpenstackConnection>,
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
    /// How an OpenStack cloud is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openstack: Option<OpenstackConnection>,
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
