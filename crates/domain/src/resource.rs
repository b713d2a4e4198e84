//! Managed resources: what was asked for (`spec`), what was seen (`status`), and how far one is from the other.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{DatacenterId, ResourceId, TenantId, Uid, UserId};
use crate::name;
use crate::policy::ObjectKind;
use crate::quota::{Amounts, Limits, Metric};

/// The kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A tenant's namespace in a datacenter, with its quota, limits, network policy and accounts.
    Namespace,
    /// A disk.
    Disk,
    /// An app: a workload with its service.
    App,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Namespace, Self::Disk, Self::App];

    /// The stable name, in the database and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Disk => "disk",
            Self::App => "app",
        }
    }

    /// The kind of object for permissions.
    #[must_use]
    pub const fn object(self) -> ObjectKind {
        match self {
            Self::Namespace => ObjectKind::Namespace,
            Self::Disk => ObjectKind::Disk,
            Self::App => ObjectKind::App,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|k| k.name() == text)
            .ok_or_else(|| Error::invalid("kind", format!("'{}' is not a kind of resource: namespace, disk and app are", name::clip(text))))
    }
}

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Recorded; nothing was done yet.
    Pending,
    /// Being made at the peer.
    Provisioning,
    /// As it was asked for.
    Ready,
    /// There, and being changed.
    Updating,
    /// Being removed; a delete never turns back.
    Deleting,
    /// It did not work; the reason says why, and whether it is tried again.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Pending, Self::Provisioning, Self::Ready, Self::Updating, Self::Deleting, Self::Failed];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Updating => "updating",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| Error::invalid("state", "'state' must be pending, provisioning, ready, updating, deleting or failed"))
    }
}

/// What every row that a controller works on tells about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Why it is in its state; empty when all is well.
    pub reason: String,
    /// Since when it is in its state.
    pub since: Timestamp,
    /// How many attempts in a row did not reach the goal.
    pub attempts: i64,
    /// When it is tried (or looked at) next.
    pub next_attempt_at: Option<Timestamp>,
}

/// What a namespace should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceSpec {
    /// The tenant's limits there.
    pub limits: Limits,
    /// Whether an administrator allowed to take over a namespace of that name that is not ours.
    #[serde(default)]
    pub adopt: bool,
}

/// What was seen of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus {
    /// What runs in it now, as the peer counts it.
    pub used: Amounts,
    /// What the last look found missing or changed, and put right.
    pub repaired: Vec<String>,
    /// Whether a namespace of that name exists that is not ours.
    pub foreign: bool,
}

/// What a disk should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSpec {
    /// The size in GiB; it only grows.
    pub size_gib: i64,
}

/// What was seen of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskStatus {
    /// The size that the peer gave, in GiB.
    pub size_gib: i64,
    /// Whether it is bound to storage.
    pub bound: bool,
    /// What uses it, by name.
    pub used_by: Vec<String>,
}

/// What an app should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Disks by name, and where each is mounted.
    #[serde(default)]
    pub disks: Vec<Mount>,
    /// What one copy may use of the processor, in millicores.
    pub cpu_millicores: i64,
    /// What one copy may use of memory, in MiB.
    pub memory_mib: i64,
    /// Whether it is stopped: it keeps its replicas in mind, and none runs.
    #[serde(default)]
    pub stopped: bool,
    /// Raised by a restart; a change of it replaces every copy.
    #[serde(default)]
    pub restarts: i64,
}

impl AppSpec {
    /// How many copies should run now.
    #[must_use]
    pub const fn running(&self) -> i64 {
        if self.stopped { 0 } else { self.replicas }
    }

    /// The quota that it holds.
    #[must_use]
    pub fn holds(&self) -> Amounts {
        Amounts::ZERO
            .with(Metric::Cpu, self.cpu_millicores.saturating_mul(self.running()))
            .with(Metric::Memory, self.memory_mib.saturating_mul(self.running()))
    }
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

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// Of a namespace.
    Namespace(NamespaceSpec),
    /// Of a disk.
    Disk(DiskSpec),
    /// Of an app.
    App(AppSpec),
}

impl Spec {
    /// The kind it is of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Namespace(_) => Kind::Namespace,
            Self::Disk(_) => Kind::Disk,
            Self::App(_) => Kind::App,
        }
    }

    /// The quota that it holds.
    #[must_use]
    pub fn holds(&self) -> Amounts {
        match self {
            Self::Namespace(_) => Amounts::ZERO,
            Self::Disk(disk) => Amounts::ZERO.with(Metric::Storage, disk.size_gib.saturating_mul(1024)).with(Metric::Volumes, 1),
            Self::App(app) => app.holds(),
        }
    }

    /// As JSON, without the kind.
    ///
    /// # Errors
    /// Never in practice: specs are plain data.
    pub fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Self::Namespace(s) => serde_json::to_string(s),
            Self::Disk(s) => serde_json::to_string(s),
            Self::App(s) => serde_json::to_string(s),
        }
    }

    /// From the JSON that [`Spec::to_json`] wrote.
    ///
    /// # Errors
    /// When the JSON is not of this kind.
    pub fn from_json(kind: Kind, json: &str) -> serde_json::Result<Self> {
        Ok(match kind {
            Kind::Namespace => Self::Namespace(serde_json::from_str(json)?),
            Kind::Disk => Self::Disk(serde_json::from_str(json)?),
            Kind::App => Self::App(serde_json::from_str(json)?),
        })
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Of a namespace.
    Namespace(NamespaceStatus),
    /// Of a disk.
    Disk(DiskStatus),
    /// Of an app.
    App(AppStatus),
}

impl Status {
    /// Nothing seen yet.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Namespace => Self::Namespace(NamespaceStatus::default()),
            Kind::Disk => Self::Disk(DiskStatus::default()),
            Kind::App => Self::App(AppStatus::default()),
        }
    }

    /// As JSON, without the kind.
    ///
    /// # Errors
    /// Never in practice: statuses are plain data.
    pub fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Self::Namespace(s) => serde_json::to_string(s),
            Self::Disk(s) => serde_json::to_string(s),
            Self::App(s) => serde_json::to_string(s),
        }
    }

    /// From the JSON that [`Status::to_json`] wrote.
    ///
    /// # Errors
    /// When the JSON is not of this kind.
    pub fn from_json(kind: Kind, json: &str) -> serde_json::Result<Self> {
        Ok(match kind {
            Kind::Namespace => Self::Namespace(serde_json::from_str(json)?),
            Kind::Disk => Self::Disk(serde_json::from_str(json)?),
            Kind::App => Self::App(serde_json::from_str(json)?),
        })
    }
}

/// A resource: a row of the one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The integer id.
    pub id: ResourceId,
    /// The id for the outside, and the label at the peer.
    pub uid: Uid,
    /// Whose.
    pub tenant: TenantId,
    /// The tenant's label, which is the name of the namespace.
    pub tenant_slug: String,
    /// The tenant's uid.
    pub tenant_uid: Uid,
    /// Where.
    pub datacenter: DatacenterId,
    /// The namespace that a disk or an app lives in.
    pub parent: Option<ResourceId>,
    /// The name, unique among its kind in its tenant and datacenter.
    pub name: String,
    /// What was asked for.
    pub spec: Spec,
    /// What was seen.
    pub status: Status,
    /// How far it is.
    pub state: State,
    /// Why, since when, and what is next.
    pub progress: Progress,
    /// Raised by every change of the spec.
    pub generation: i64,
    /// The generation that the status is about.
    pub observed_generation: i64,
    /// For compare-and-swap.
    pub version: i64,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.spec.kind()
    }

    /// Whether nothing more will happen by itself: it is ready for its newest spec, or has failed.
    #[must_use]
    pub fn settled(&self) -> bool {
        matches!(self.state, State::Ready | State::Failed) && self.observed_generation >= self.generation
    }
}
