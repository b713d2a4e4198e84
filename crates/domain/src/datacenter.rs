//! Datacenters: the infrastructures that Tenantry drives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{DatacenterId, Uid};
use crate::name;
use crate::quota::Limits;
use crate::resource::Progress;

/// What drives a datacenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatacenterKind {
    /// A Kubernetes cluster.
    Kubernetes,
    /// An OpenStack cloud.
    Openstack,
    /// The embedded sandbox: real semantics, nothing behind it.
    Sandbox,
}

impl DatacenterKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Kubernetes, Self::Openstack, Self::Sandbox];

    /// Whether containers run there: disks and apps.
    #[must_use]
    pub const fn runs_containers(self) -> bool {
        matches!(self, Self::Kubernetes | Self::Sandbox)
    }

    /// Whether virtual servers run there.
    #[must_use]
    pub const fn runs_servers(self) -> bool {
        matches!(self, Self::Openstack | Self::Sandbox)
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Openstack => "openstack",
            Self::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for DatacenterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DatacenterKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| {
            let message = format!("'{}' is not a kind of datacenter: kubernetes, openstack and sandbox are", name::clip(text));
            Error::invalid("kind", message)
        })
    }
}

/// How a datacenter is reached. Stored encrypted as a whole; never rendered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Connection {
    /// A Kubernetes API server.
    Kubernetes {
        /// A kubeconfig document. When it is there, the next three are not used.
        kubeconfig: Option<String>,
        /// The URL of the API server.
        endpoint: Option<String>,
        /// The PEM of the certificate authority; without it the system's are used.
        ca_pem: Option<String>,
        /// A bearer token.
        token: Option<String>,
    },
    /// An OpenStack cloud.
    Openstack(OpenstackConnection),
    /// The embedded sandbox; its name is the name of its database file.
    Sandbox {
        /// The name of the sandbox: sandboxes of the same name are the same datacenter.
        name: String,
    },
}

/// How an OpenStack cloud is reached, and as whom. The account must be allowed to make projects and to set their quotas.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenstackConnection {
    /// The URL of Keystone, for example `https://cloud.example.org:5000/v3`.
    pub auth_url: String,
    /// As whom.
    pub account: OpenstackAccount,
    /// The region; the only one there is without it.
    pub region: Option<String>,
    /// The domain in which projects are made, by name or id; the account's own without it.
    pub domain: Option<String>,
    /// Which endpoints of the catalog are used: public, internal or admin; public without it.
    pub interface: Option<String>,
    /// The PEM of the certificate authority; without it the system's are used.
    pub ca_pem: Option<String>,
}

/// As whom an OpenStack cloud is used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenstackAccount {
    /// An application credential, unrestricted (`openstack application credential create --unrestricted`). It is bound to the project that
    /// it was made in: Tenantry works in the tenants' projects by a user of its own that it makes with it.
    ApplicationCredential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: String,
    },
    /// A user with the role admin.
    User {
        /// The name.
        name: String,
        /// The password.
        password: String,
        /// The user's domain, by name; `Default` without it.
        domain: Option<String>,
        /// The project that the admin role is held in, by name.
        project: String,
        /// The project's domain, by name; the user's without it.
        project_domain: Option<String>,
    },
}

impl Connection {
    /// The kind that it connects to.
    #[must_use]
    pub const fn kind(&self) -> DatacenterKind {
        match self {
            Self::Kubernetes { .. } => DatacenterKind::Kubernetes,
            Self::Openstack(_) => DatacenterKind::Openstack,
            Self::Sandbox { .. } => DatacenterKind::Sandbox,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.kind())
    }
}

/// What can be set freely.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DatacenterOptions {
    /// The StorageClass of disks; the cluster's default without it.
    pub storage_class: Option<String>,
    /// The image registry whose name is put before image names that have none.
    pub image_registry: Option<String>,
    /// The domain below which apps get their names.
    pub domain_suffix: Option<String>,
    /// Whether what somebody changed behind our back in a cloud of servers is put right; else it is told and left alone.
    pub repair_drift: bool,
    /// Whether a size that no flavor has is made as a private flavor for the tenant.
    pub private_flavors: bool,
    /// The peer's id or name of the external network that default routers lead to; the only one there is without it.
    pub external_network: Option<String>,
}

/// What the last check of a datacenter found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Whether it can be worked with.
    pub healthy: bool,
    /// What is wrong; empty when nothing is.
    pub message: String,
    /// What the peer says it is, for example `v1.33.2`.
    pub peer_version: String,
    /// What Tenantry must do there and may not, as `verb group/resource`.
    pub missing_permissions: Vec<String>,
}

/// A datacenter, without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Datacenter {
    /// The integer id.
    pub id: DatacenterId,
    /// The id for the outside.
    pub uid: Uid,
    /// The unique name, an RFC 1123 label.
    pub name: String,
    /// Free text.
    pub comment: String,
    /// What drives it.
    pub kind: DatacenterKind,
    /// Where it is, for people; no credentials.
    pub endpoint: String,
    /// What can be set freely.
    pub options: DatacenterOptions,
    /// What there is; a metric without a number has no limit.
    pub capacity: Limits,
    /// How often the capacity may be promised; 1.0 is once.
    pub overcommit: f64,
    /// What the last check found.
    pub health: Health,
    /// When it was checked, and when it will be again.
    pub progress: Progress,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
