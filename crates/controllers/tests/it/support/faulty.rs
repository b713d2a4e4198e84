//! Breaking one call or commit: the n-th point that is passed while the injector is armed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_controllers::Around;
use tenantry_domain::Error;
use tenantry_domain::datacenter::Health;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
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

/// The calls of a driver, broken by the injector.
pub(crate) struct Breaks(pub(crate) Arc<Injector>);

impl Around for Breaks {
    async fn call<R: Send>(&self, name: &'static str, call: impl Future<Output = Result<R>> + Send) -> Result<R> {
        let lost = || DriverError::new(DriverErrorKind::Timeout, "no answer");
        if self.0.point(&format!("before {name}")).await {
            return Err(lost());
        }
        let answer = call.await?;
        if self.0.point(&format!("after {name}")).await { Err(lost()) } else { Ok(answer) }
    }

    async fn check(&self, check: impl Future<Output = Health> + Send) -> Health {
        let broken = |e: DriverError| Health { message: e.message, ..Health::default() };
        self.call("check", async { Ok(check.await) }).await.unwrap_or_else(broken)
    }
}
