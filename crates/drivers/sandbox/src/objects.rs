//! What the sandbox stores.

use sea_orm::FromQueryResult;
use serde_json::Value;
use tenantry_domain::resource::AppSpec;
use tenantry_domain::{Amounts, Metric};

/// A row.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Object {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) body: String,
}

impl Object {
    /// The body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The quota that it holds.
    pub(crate) fn holds(&self) -> Amounts {
        match self.kind.as_str() {
            "disk" => Amounts::ZERO.with(Metric::Storage, self.json()["size_gib"].as_i64().unwrap_or(0) * 1024).with(Metric::Volumes, 1),
            "app" => self.app().map_or(Amounts::ZERO, |app| app.holds()),
            _ => Amounts::ZERO,
        }
    }

    /// Whether it is an app that mounts the disk.
    pub(crate) fn mounts(&self, disk: &str) -> bool {
        self.app().is_some_and(|app| app.disks.iter().any(|m| m.disk == disk))
    }

    fn app(&self) -> Option<AppSpec> {
        if self.kind == "app" { serde_json::from_str(&self.body).ok() } else { None }
    }
}
