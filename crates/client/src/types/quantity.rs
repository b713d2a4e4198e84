//! Quantities in the units of people: cores and GiB.

use serde::{Deserialize, Serialize};

/// Limits; what is none has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Cores.
    pub cpu: Option<f64>,
    /// GiB of memory.
    pub memory_gib: Option<f64>,
    /// GiB of storage.
    pub storage_gib: Option<f64>,
}

/// A change of limits: none stays, `Some(None)` takes the limit away.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LimitsChange {
    /// Cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Option<f64>>,
    /// GiB of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<Option<f64>>,
    /// GiB of storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_gib: Option<Option<f64>>,
}

impl From<Limits> for LimitsChange {
    /// Sets all three.
    fn from(limits: Limits) -> Self {
        Self { cpu: Some(limits.cpu), memory_gib: Some(limits.memory_gib), storage_gib: Some(limits.storage_gib) }
    }
}

/// What is used, granted or booked.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Amounts {
    /// Cores.
    pub cpu: f64,
    /// GiB of memory.
    pub memory_gib: f64,
    /// GiB of storage.
    pub storage_gib: f64,
}
