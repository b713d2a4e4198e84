//! Breaking one call or commit: the n-th point that is passed while the injector is armed.

mod cloud;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_domain::datacenter::Health;
use tenantry_domain::resource::{AppStatus, DiskStatus, Kind, NamespaceStatus};
use tenantry_domain::user::Role;
use tenantry_domain::{Error, Uid};
use tenantry_driver_api::{
    AppWant, Apps, Credentials, Deletion, DiskWant, Disks, DriverError, DriverErrorKind, Inspect, Kubeconfig, NamespaceWant, Namespaces,
    Place, Result, Rollout,
};
use tenantry_driver_sandbox::Sandbox;
use tenantry_store::CommitHook;
use tokio::sync::Notify;

/// What happens at the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The process dies: nothing after the point happens.
    Crash,
    /// The call or commit answers with an error.
    Error,
}

/// Counts the points, and breaks one of them.
pub(crate) struct Injector {
    mode: Mode,
    at: usize,
    passed: AtomicUsize,
    armed: AtomicBool,
    crash: Notify,
    fired: Mutex<Option<String>>,
}

impl Injector {
    /// Breaks the point `at`, counted from 0.
    pub(crate) fn new(mode: Mode, at: usize) -> Self {
        Self { mode, at, passed: AtomicUsize::new(0), armed: AtomicBool::new(false), crash: Notify::new(), fired: Mutex::default() }
    }

    /// Breaks nothing.
    pub(crate) fn never() -> Self {
        Self::new(Mode::Crash, usize::MAX)
    }

    pub(crate) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::SeqCst);
    }

    /// Returns when the process died.
    pub(crate) async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// Where it broke.
    pub(crate) fn fired(&self) -> Option<String> {
        self.fired.lock().unwrap().clone()
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// Passes a point; whether it answers with an error.
    async fn point(&self, name: &str) -> bool {
        if !self.armed.load(Ordering::SeqCst) || self.passed.fetch_add(1, Ordering::SeqCst) != self.at {
            return false;
        }
        *self.fired.lock().unwrap() = Some(name.to_owned());
        match self.mode {
            Mode::Error => true,
            Mode::Crash => {
                self.crash.notify_one();
                std::future::pending().await
            }
        }
    }
}

#[async_trait]
impl CommitHook for Injector {
    async fn before(&self) -> tenantry_domain::Result<()> {
        if self.point("before a commit").await { Err(Error::internal("the commit was refused")) } else { Ok(()) }
    }
    async fn after(&self) -> tenantry_domain::Result<()> {
        if self.point("after a commit").await { Err(Error::internal("the commit's answer was lost")) } else { Ok(()) }
    }
}

/// The sandbox with its calls broken by the injector.
pub(crate) struct Faulty {
    inner: Sandbox,
    injector: Arc<Injector>,
}

impl Faulty {
    pub(crate) fn new(inner: Sandbox, injector: Arc<Injector>) -> Self {
        Self { inner, injector }
    }

    async fn call<T>(&self, name: &str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let lost = || DriverError::new(DriverErrorKind::Timeout, "no answer");
        if self.injector.point(&format!("before {name}")).await {
            return Err(lost());
        }
        let answer = call.await?;
        if self.injector.point(&format!("after {name}")).await { Err(lost()) } else { Ok(answer) }
    }
}

#[async_trait]
impl Inspect for Faulty {
    async fn check(&self) -> Health {
        let broken = |e: DriverError| Health { message: e.message, ..Health::default() };
        self.call("check", async { Ok(self.inner.check().await) }).await.unwrap_or_else(broken)
    }
    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        self.call("holds", self.inner.holds(kind, place)).await
    }
}

#[async_trait]
impl Credentials for Faulty {
    async fn kubeconfig(&self, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig> {
        self.inner.kubeconfig(namespace, tenant_uid, role).await
    }
}

#[async_trait]
impl Namespaces for Faulty {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        self.call("ensure_namespace", self.inner.ensure_namespace(want)).await
    }
    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        self.call("delete_namespace", self.inner.delete_namespace(name, uid)).await
    }
    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        self.inner.list_namespaces().await
    }
}

#[async_trait]
impl Disks for Faulty {
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus> {
        self.call("ensure_disk", self.inner.ensure_disk(want)).await
    }
    async fn delete_disk(&self, place: &Place) -> Result<Deletion> {
        self.call("delete_disk", self.inner.delete_disk(place)).await
    }
}

#[async_trait]
impl Apps for Faulty {
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)> {
        self.call("ensure_app", self.inner.ensure_app(want)).await
    }
    async fn delete_app(&self, place: &Place) -> Result<Deletion> {
        self.call("delete_app", self.inner.delete_app(place)).await
    }
}
