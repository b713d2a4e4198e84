//! Releases: the append-only record of who deployed what, when, and how it ended.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{DatacenterId, ReleaseId, ResourceId, TenantId, UserId};
use crate::name;
use crate::resource::AppSpec;

/// What a release does to its app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Make the app.
    Create,
    /// Change image, ports, environment, disks or replicas.
    Update,
    /// Change the number of replicas.
    Scale,
    /// Replace every copy.
    Restart,
    /// Stop every copy.
    Stop,
    /// Start again what was stopped.
    Start,
    /// Remove the app.
    Delete,
    /// Go back to what an earlier release asked for.
    Rollback,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::Update, Self::Scale, Self::Restart, Self::Stop, Self::Start, Self::Delete, Self::Rollback];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Scale => "scale",
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Delete => "delete",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Operation {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|o| o.name() == text).ok_or_else(|| {
            Error::invalid(
                "operation",
                format!("'{}' is not an operation: create, update, scale, restart, stop, start, delete and rollback are", name::clip(text)),
            )
        })
    }
}

/// How a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseStatus {
    /// A plain record: there is nothing to carry out.
    Recorded,
    /// Being carried out.
    Running,
    /// The app is as the release asked.
    Succeeded,
    /// It could not be carried out.
    Failed,
    /// A later release came before it was done.
    Superseded,
}

impl ReleaseStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Recorded, Self::Running, Self::Succeeded, Self::Failed, Self::Superseded];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

/// A release record.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The integer id.
    pub id: ReleaseId,
    /// Whose.
    pub tenant: TenantId,
    /// Who released.
    pub user: UserId,
    /// The app's name, or whatever a plain record is called.
    pub name: String,
    /// What was done; free text in a plain record.
    pub operation: String,
    /// Free text.
    pub comment: String,
    /// Where; none in a plain record.
    pub datacenter: Option<DatacenterId>,
    /// The app, as long as it exists.
    pub app: Option<ResourceId>,
    /// What the app should be after it; none in a plain record and after a delete.
    pub spec: Option<AppSpec>,
    /// How it stands.
    pub status: ReleaseStatus,
    /// Why it stands so.
    pub message: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
