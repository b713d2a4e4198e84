//! The sandbox as a cloud of virtual servers.
//!
//! Its objects are in tables beside those of containers, each with an id of the sandbox's own; ours is only a mark on them. Names need
//! not be unique. Addresses are really given out, what is in use stays, and quota counts. Every look-up is by an index, so that ten
//! thousand servers are as fast as ten.

mod addresses;
mod calls;
mod catalog;
mod drift;
mod floating_ip;
mod group;
mod hooks;
mod import;
mod network;
mod router;
mod server;
mod table;
mod volume;

use sea_orm::DatabaseTransaction;
pub(crate) use table::{SCHEMA, drop_namespace, export, has_foreign, holds, used};
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

use crate::faults::Armed;
use crate::{Sandbox, broken};

pub(crate) type Tx = DatabaseTransaction;

/// A call under way: what it writes, and how it fails.
pub(crate) struct Call {
    pub(crate) tx: Tx,
    fault: Armed,
}

impl Sandbox {
    /// Begins a call. One that is dropped changes nothing.
    pub(crate) async fn call(&self) -> Result<Call> {
        let fault = self.faults.before().await?;
        Ok(Call { tx: self.begin().await?, fault })
    }
}

impl Call {
    /// Ends a call with its answer, if that is not lost.
    pub(crate) async fn end<T>(self, answer: T) -> Result<T> {
        self.tx.commit().await.map_err(broken)?;
        self.fault.after()?;
        Ok(answer)
    }
}

/// Something that may come about, or that the next look sees otherwise.
fn conflict(message: impl Into<String>) -> DriverError {
    DriverError::new(DriverErrorKind::Conflict, message)
}
