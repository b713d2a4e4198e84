//! Faults on demand: every call passes here before and after it is carried out.

use std::sync::{Mutex, PoisonError};
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
pub struct Faults(Mutex<(Fault, Duration)>);

/// The fault of one call.
#[derive(Debug)]
pub(crate) struct Armed(Fault);

impl Faults {
    /// Every call from now on has this fault.
    pub fn set(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = fault;
    }

    /// Every call from now on takes this long.
    pub fn slow(&self, latency: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = latency;
    }

    pub(crate) async fn before(&self) -> Result<Armed> {
        let (fault, latency) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
