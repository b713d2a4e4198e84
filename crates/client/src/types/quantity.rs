//! Quantities in the units of people: cores, GiB, and numbers of things.

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
    /// What is counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Limits of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Virtual servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<i64>,
    /// Disks and volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<i64>,
    /// Networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<i64>,
    /// Routers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routers: Option<i64>,
    /// Floating addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floating_ips: Option<i64>,
    /// Instances of brokered services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<i64>,
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
    /// What is counted.
    #[serde(flatten)]
    pub counts: CountsChange,
}

/// A change of limits of what is counted: none stays, `Some(None)` takes the limit away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CountsChange {
    /// Virtual servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<Option<i64>>,
    /// Disks and volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Option<i64>>,
    /// Networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<Option<i64>>,
    /// Routers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routers: Option<Option<i64>>,
    /// Floating addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floating_ips: Option<Option<i64>>,
    /// Instances of brokered services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<Option<i64>>,
}

impl From<Limits> for LimitsChange {
    /// Sets all of them.
    fn from(limits: Limits) -> Self {
        let Limits { cpu, memory_gib, storage_gib, counts } = limits;
        let counts = CountsChange {
            servers: Some(counts.servers),
            volumes: Some(counts.volumes),
            networks: Some(counts.networks),
            routers: Some(counts.routers),
            floating_ips: Some(counts.floating_ips),
            instances: Some(counts.instances),
        };
        Self { cpu: Some(cpu), memory_gib: Some(memory_gib), storage_gib: Some(storage_gib), counts }
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
    /// Virtual servers.
    pub servers: i64,
    /// Disks and volumes.
    pub volumes: i64,
    /// Networks.
    pub networks: i64,
    /// Routers.
    pub routers: i64,
    /// Floating addresses.
    pub floating_ips: i64,
    /// Instances of brokered services.
    pub instances: i64,
}
