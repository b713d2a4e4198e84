//! Managed resources: what was asked for (`spec`), what was seen (`status`), and how far one is from the other.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::cloud::Power;
use crate::error::{Error, Result};
use crate::id::{DatacenterId, ResourceId, TenantId, Uid, UserId};
pub use crate::kinds::{Kind, Spec, Status};
use crate::quota::{Amounts, Limits, Metric};

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
    /// What containers use in it now, as the peer counts it. What servers and volumes hold is told of each of them.
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

/// Who of a tenant's people sees a resource and may do something with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// All who have a role on the tenant.
    #[default]
    Everyone,
    /// Administrators of the tenant, and the user that it is assigned to, if there is one (document 3: 私有主机).
    Assigned(Option<UserId>),
}

/// Where a resource comes from, and what that means when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Tenantry made it, and removes it.
    #[default]
    Made,
    /// It was there before: when it goes, it stays at the peer and only our mark is taken off.
    Adopted,
    /// It was there before, and was taken over with the right to remove it.
    AdoptedToRemove,
}

impl Origin {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Adopted => "adopted",
            Self::AdoptedToRemove => "adopted_to_remove",
        }
    }
}

impl FromStr for Origin {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        [Self::Made, Self::Adopted, Self::AdoptedToRemove]
            .into_iter()
            .find(|o| o.name() == text)
            .ok_or_else(|| Error::invalid("origin", "'origin' must be made, adopted or adopted_to_remove"))
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
    /// Whether the tenant is suspended: what runs is stopped, and runs again when it is not suspended any more.
    pub suspended: bool,
    /// Where.
    pub datacenter: DatacenterId,
    /// The namespace that everything but a namespace lives in.
    pub parent: Option<ResourceId>,
    /// Who sees it.
    pub audience: Audience,
    /// Where it comes from.
    pub origin: Origin,
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
    /// The last generation that was as it was asked for; what differs from it since then was changed at the peer.
    pub complete_generation: i64,
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

    /// What people call it in a sentence: kind and name.
    #[must_use]
    pub fn called(&self) -> String {
        format!("{} '{}'", self.kind(), self.name)
    }

    /// Whether it would run, and does not because the tenant is suspended.
    #[must_use]
    pub const fn held(&self) -> bool {
        let would_run = match &self.spec {
            Spec::App(spec) => spec.running() > 0,
            Spec::Server(spec) => !matches!(spec.power, Power::Stopped),
            _ => false,
        };
        self.suspended && would_run
    }

    /// Whether nothing more will happen by itself: it is ready for its newest spec, or has failed.
    #[must_use]
    pub fn settled(&self) -> bool {
        matches!(self.state, State::Ready | State::Failed) && self.observed_generation >= self.generation
    }
}
