//! Faults on demand: every call passes here before and after it is carried out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The datacenter cannot be reached.
    Down,
    /// It answers 500.
    Error,
    /// It answers 429 and asks to be left alone for a second.
    Busy,
    /// It carries the call out, and the answer is lost.
    LoseAnswer,
}

/// The switch, shared with whoever breaks things.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Switch>);

#[derive(Debug, Default, Clone, Copy)]
struct Switch {
    fault: Fault,
    latency: Duration,
    /// One call of so many fails; 0 is as 1.
    every: u32,
    calls: u32,
}

/// The fault of one call.
#[derive(Debug)]
pub(crate) struct Armed(Fault);

impl Faults {
    /// Every call from now on has this fault.
    pub fn set(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    /// Every call from now on takes this long.
    pub fn slow(&self, latency: Duration) {
        self.lock().latency = latency;
    }

    /// Of so many calls one has the fault.
    pub fn every(&self, calls: u32) {
        self.lock().every = calls;
    }

    fn lock(&self) -> MutexGuard<'_, Switch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; how it fails, and how long it takes.
    fn next(&self) -> (Fault, Duration) {
        let mut switch = self.lock();
        switch.calls = switch.calls.wrapping_add(1);
        let due = switch.calls.is_multiple_of(switch.every.max(1));
        (if due { switch.fault } else { Fault::None }, switch.latency)
    }

    pub(crate) async fn before(&self) -> Result<Armed> {
        let (fault, latency) = self.next();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match fault {
            Fault::Down => Err(DriverError::new(DriverErrorKind::Unreachable, "the sandbox cannot be reached: it is switched off")),
            Fault::Error => Err(DriverError::new(DriverErrorKind::Server, "the sandbox answered with an internal error")),
            Fault::Busy => Err(DriverError {
                retry_after: Some(Duration::from_secs(1)),
                ..DriverError::new(DriverErrorKind::Throttled, "the sandbox asks to be called less often")
            }),
            Fault::None | Fault::LoseAnswer => Ok(Armed(fault)),
        }
    }
}

impl Armed {
    pub(crate) fn after(self) -> Result<()> {
        match self.0 {
            Fault::LoseAnswer => Err(DriverError::new(DriverErrorKind::Timeout, "the sandbox did not answer in time")),
            _ => Ok(()),
        }
    }
}
