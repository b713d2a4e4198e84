//! What is limited, and how much of it.

use std::fmt;
use std::ops::{Add, Index, IndexMut, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A thing that quota limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Processor time, in millicores.
    Cpu,
    /// Memory, in MiB.
    Memory,
    /// Storage of disks and volumes, in MiB.
    Storage,
    /// Virtual servers.
    Servers,
    /// Disks and volumes.
    Volumes,
    /// Networks.
    Networks,
    /// Routers.
    Routers,
    /// Instances of brokered services.
    Instances,
    /// Floating addresses.
    FloatingIps,
}

impl Metric {
    /// Every metric, in the order of an [`Amounts`].
    pub const ALL: [Self; 9] = [
        Self::Cpu,
        Self::Memory,
        Self::Storage,
        Self::Servers,
        Self::Volumes,
        Self::Networks,
        Self::Routers,
        Self::Instances,
        Self::FloatingIps,
    ];

    /// The name in the database, in JSON and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::Servers => "servers",
            Self::Volumes => "volumes",
            Self::Networks => "networks",
            Self::Routers => "routers",
            Self::Instances => "instances",
            Self::FloatingIps => "floating_ips",
        }
    }

    /// `amount` of this with its unit, for people.
    #[must_use]
    pub fn show(self, amount: i64) -> String {
        let scaled = |unit: i64, name: &str| {
            if amount % unit == 0 {
                format!("{} {name}", amount / unit)
            } else {
                #[expect(clippy::cast_precision_loss, reason = "a text for people")]
                let value = amount as f64 / unit as f64;
                format!("{value:.2} {name}")
            }
        };
        match self {
            Self::Cpu => scaled(1000, "cores"),
            Self::Memory | Self::Storage => scaled(1024, "GiB"),
            _ => format!("{amount} {}", self.name().replace('_', " ")),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much of every metric. In JSON only what is not zero is written; what is absent reads as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts([i64; 9]);

impl Amounts {
    /// Nothing of anything.
    pub const ZERO: Self = Self([0; 9]);

    /// The same with `amount` of `metric`.
    #[must_use]
    pub fn with(mut self, metric: Metric, amount: i64) -> Self {
        self[metric] = amount;
        self
    }

    /// Every metric with its amount.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, i64)> + '_ {
        Metric::ALL.into_iter().map(|m| (m, self[m]))
    }

    /// Whether all are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|v| *v == 0)
    }
}

impl Index<Metric> for Amounts {
    type Output = i64;
    fn index(&self, metric: Metric) -> &i64 {
        &self.0[metric as usize]
    }
}

impl IndexMut<Metric> for Amounts {
    fn index_mut(&mut self, metric: Metric) -> &mut i64 {
        &mut self.0[metric as usize]
    }
}

impl Add for Amounts {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
        self
    }
}

impl Neg for Amounts {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.map(|v| -v))
    }
}

impl Sub for Amounts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().filter(|(_, v)| *v != 0).map(|(m, v)| (m.name(), v)))
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<String, i64>::deserialize(deserializer)?;
        Ok(Metric::ALL.into_iter().fold(Self::ZERO, |all, m| all.with(m, map.get(m.name()).copied().unwrap_or(0))))
    }
}

/// Limits: per metric a number, or none (no limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits([Option<i64>; 9]);

impl Limits {
    /// No limit on anything.
    pub const NONE: Self = Self([None; 9]);

    /// The limits that are nothing of cpu, memory and storage, and no limit on what is counted.
    #[must_use]
    pub fn compute(cpu_millicores: Option<i64>, memory_mib: Option<i64>, storage_mib: Option<i64>) -> Self {
        Self::NONE.with(Metric::Cpu, cpu_millicores).with(Metric::Memory, memory_mib).with(Metric::Storage, storage_mib)
    }

    /// The same with the limit of `metric` set.
    #[must_use]
    pub fn with(mut self, metric: Metric, limit: Option<i64>) -> Self {
        self.0[metric as usize] = limit;
        self
    }

    /// The limit of `metric`, if there is one.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<i64> {
        self.0[metric as usize]
    }

    /// Every metric with its limit.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, Option<i64>)> + '_ {
        Metric::ALL.into_iter().map(|m| (m, self.get(m)))
    }

    /// What these limits take from a parent: their numbers, nothing where there is no limit.
    #[must_use]
    pub fn granted(&self) -> Amounts {
        self.iter().fold(Amounts::ZERO, |all, (m, l)| all.with(m, l.unwrap_or(0)))
    }

    /// The same limits times `ratio` (the overcommit), rounded down.
    #[must_use]
    pub fn times(&self, ratio: f64) -> Self {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "capacities are far below 2^53")]
        Self(self.0.map(|l| l.map(|v| (v as f64 * ratio).floor() as i64)))
    }
}

impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().filter_map(|(m, l)| l.map(|v| (m.name(), v))))
    }
}

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<String, Option<i64>>::deserialize(deserializer)?;
        Ok(Metric::ALL.into_iter().fold(Self::NONE, |all, m| all.with(m, map.get(m.name()).copied().flatten())))
    }
}
