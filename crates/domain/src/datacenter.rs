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
    /// The embedded sandbox: real semantics, nothing behind it.
    Sandbox,
}

impl DatacenterKind {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
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
        match text {
            "kubernetes" => Ok(Self::Kubernetes),
            "sandbox" => Ok(Self::Sandbox),
            other => {
                Err(Error::invalid("kind", format!("'{}' is not a kind of datacenter: kubernetes and sandbox are", name::clip(other))))
            }
        }
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
    /// The embedded sandbox; its name is the name of its database file.
    Sandbox {
        /// The name of the sandbox: sandboxes of the same name are the same datacenter.
        name: String,
    },
}

impl Connection {
    /// The kind that it connects to.
    #[must_use]
    pub const fn kind(&self) -> DatacenterKind {
        match self {
            Self::Kubernetes { .. } => DatacenterKind::Kubernetes,
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
