//! A sandbox of a test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tenantry_domain::Uid;
use tenantry_driver_api::Result;
use tenantry_driver_api::conformance::{Hooks, Patience};
use tenantry_driver_sandbox::{Faults, Sandbox};

/// The sandbox does everything at once.
pub const PATIENCE: Patience = Patience { rounds: 3, pause: Duration::ZERO };

pub struct Bench {
    pub sandbox: Sandbox,
    pub faults: Arc<Faults>,
    uids: AtomicU64,
    _folder: TempDir,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::new(Faults::default());
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), Arc::clone(&faults)).await.unwrap();
        Self { sandbox, faults, uids: AtomicU64::new(0), _folder: folder }
    }
}

#[async_trait]
impl Hooks for Bench {
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()> {
        self.sandbox.plant_namespace(name).await
    }

    fn uid(&self) -> Uid {
        format!("00000000-0000-7000-8000-{:012}", self.uids.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
    }
}
