//! Releases: the append-only record of what was deployed.

use serde::{Deserialize, Serialize};
use tenantry_domain::{DatacenterId, ReleaseId, ResourceId, TenantId, Timestamp, UserId};

use super::AppSpec;

/// A release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The integer id.
    pub id: ReleaseId,
    /// Whose.
    pub tenant_id: TenantId,
    /// Who released.
    pub user_id: UserId,
    /// The app's name.
    pub name: String,
    /// What was done.
    pub operation: String,
    /// Free text.
    pub comment: String,
    /// Where.
    pub datacenter_id: Option<DatacenterId>,
    /// The app, as long as it exists.
    pub app_id: Option<ResourceId>,
    /// What the app should be after it.
    pub spec: Option<AppSpec>,
    /// `recorded`, `running`, `succeeded`, `failed` or `superseded`.
    pub status: String,
    /// Why it stands so.
    pub message: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Which releases are listed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReleaseFilter {
    /// Whose.
    pub tenant_id: Option<TenantId>,
    /// Who released.
    pub user_id: Option<UserId>,
    /// The app.
    pub app_id: Option<ResourceId>,
    /// The app's name.
    pub name: Option<String>,
}
