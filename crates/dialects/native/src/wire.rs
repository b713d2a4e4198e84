//! Quantities in the units of people: cores and GiB, read and written.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use tenantry_domain::quota::{Amounts as Stored, Limits as StoredLimits};
use tenantry_domain::{Error, Metric, Result};
use tenantry_service::datacenter_quota::Set;
use utoipa::ToSchema;

use crate::call::patch;

/// The largest quantity in its smallest unit: sums of many stay far from overflow.
const MOST: f64 = (1_i64 << 46) as f64;

fn number(amount: i64, unit: i64) -> Number {
    if amount % unit == 0 {
        return Number::from(amount / unit);
    }
    #[expect(clippy::cast_precision_loss, reason = "quantities are far below 2^53")]
    let value = amount as f64 / unit as f64;
    Number::from_f64((value * 1e6).round() / 1e6).unwrap_or_else(|| Number::from(0))
}

/// Cores.
pub(crate) fn cores(millicores: i64) -> Number {
    number(millicores, 1000)
}

/// GiB.
pub(crate) fn gib(mib: i64) -> Number {
    number(mib, 1024)
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be below 2^46")]
fn scaled(field: &str, value: f64, unit: f64) -> Result<i64> {
    let scaled = value * unit;
    if !scaled.is_finite() || !(0.0..=MOST).contains(&scaled) {
        return Err(Error::invalid(field, format!("'{field}' must be 0 or more, and not absurdly large")));
    }
    Ok(scaled.round() as i64)
}

/// Cores as millicores.
pub(crate) fn millicores(field: &str, value: f64) -> Result<i64> {
    let exact = value * 1000.0;
    if (exact - exact.round()).abs() > 1e-6 {
        return Err(Error::invalid(field, format!("'{field}' has at most 3 decimals")));
    }
    scaled(field, value, 1000.0)
}

/// GiB as MiB.
pub(crate) fn mib(field: &str, value: f64) -> Result<i64> {
    scaled(field, value, 1024.0)
}

/// The metrics that are counted: their names here and in the domain.
macro_rules! counted {
    ($($field:ident = $metric:ident $doc:literal;)*) => {
        /// Limits; null is no limit.
        #[derive(Serialize, ToSchema)]
        pub(crate) struct Limits {
            /// Cores.
            #[schema(value_type = Option<f64>)]
            cpu: Option<Number>,
            /// GiB of memory.
            #[schema(value_type = Option<f64>)]
            memory_gib: Option<Number>,
            /// GiB of storage.
            #[schema(value_type = Option<f64>)]
            storage_gib: Option<Number>,
            $(#[doc = $doc] $field: Option<i64>,)*
        }

        impl From<&StoredLimits> for Limits {
            fn from(limits: &StoredLimits) -> Self {
                Self {
                    cpu: limits.get(Metric::Cpu).map(cores),
                    memory_gib: limits.get(Metric::Memory).map(gib),
                    storage_gib: limits.get(Metric::Storage).map(gib),
                    $($field: limits.get(Metric::$metric),)*
                }
            }
        }

        /// What is used, granted or booked.
        #[derive(Serialize, ToSchema)]
        pub(crate) struct Amounts {
            /// Cores.
            #[schema(value_type = f64)]
            cpu: Number,
            /// GiB of memory.
            #[schema(value_type = f64)]
            memory_gib: Number,
            /// GiB of storage.
            #[schema(value_type = f64)]
            storage_gib: Number,
            $(#[doc = $doc] $field: i64,)*
        }

        impl From<&Stored> for Amounts {
            fn from(amounts: &Stored) -> Self {
                Self {
                    cpu: cores(amounts[Metric::Cpu]),
                    memory_gib: gib(amounts[Metric::Memory]),
                    storage_gib: gib(amounts[Metric::Storage]),
                    $($field: amounts[Metric::$metric],)*
                }
            }
        }

        /// Limits as they are set: absent stays, null takes the limit away where that is possible.
        #[derive(Deserialize, ToSchema, Default, Clone, Copy)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct SetLimits {
            /// Cores, at most 3 decimals.
            #[serde(deserialize_with = "patch")]
            #[schema(value_type = Option<f64>)]
            cpu: Option<Option<f64>>,
            /// GiB of memory.
            #[serde(deserialize_with = "patch")]
            #[schema(value_type = Option<f64>)]
            memory_gib: Option<Option<f64>>,
            /// GiB of storage.
            #[serde(deserialize_with = "patch")]
            #[schema(value_type = Option<f64>)]
            storage_gib: Option<Option<f64>>,
            $(#[doc = $doc]
            #[serde(deserialize_with = "patch")]
            #[schema(value_type = Option<i64>)]
            $field: Option<Option<i64>>,)*
        }

        impl SetLimits {
            /// What is set of what is counted.
            pub(crate) fn counts(&self, under: &str) -> Result<Set> {
                let mut set = Set::default();
                $(if let Some(limit) = self.$field {
                    set = set.with(Metric::$metric, limit.map(|n| count(&format!("{under}.{}", stringify!($field)), n)).transpose()?);
                })*
                Ok(set)
            }

            /// Put over what there was.
            pub(crate) fn over(&self, under: &str, before: &StoredLimits) -> Result<StoredLimits> {
                let mut limits = *before;
                let field = |name: &str| format!("{under}.{name}");
                if let Some(cpu) = self.cpu {
                    limits = limits.with(Metric::Cpu, cpu.map(|v| millicores(&field("cpu"), v)).transpose()?);
                }
                if let Some(memory) = self.memory_gib {
                    limits = limits.with(Metric::Memory, memory.map(|v| mib(&field("memory_gib"), v)).transpose()?);
                }
                if let Some(storage) = self.storage_gib {
                    limits = limits.with(Metric::Storage, storage.map(|v| mib(&field("storage_gib"), v)).transpose()?);
                }
                $(if let Some(limit) = self.$field {
                    limits = limits.with(Metric::$metric, limit.map(|n| count(&field(stringify!($field)), n)).transpose()?);
                })*
                Ok(limits)
            }

            /// The same with null as absent, for what is made.
            pub(crate) fn without_nulls(&self) -> Self {
                let given = |value: Option<Option<f64>>| value.flatten().map(Some);
                let (cpu, memory_gib, storage_gib) = (given(self.cpu), given(self.memory_gib), given(self.storage_gib));
                Self { cpu, memory_gib, storage_gib, $($field: self.$field.flatten().map(Some),)* }
            }
        }
    };
}
counted! {
    servers = Servers "Virtual servers.";
    volumes = Volumes "Disks and volumes.";
    networks = Networks "Networks.";
    routers = Routers "Routers.";
    floating_ips = FloatingIps "Floating addresses.";
    instances = Instances "Instances of brokered services.";
}

fn count(field: &str, number: i64) -> Result<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "a whole number")]
    let most = MOST as i64;
    if (0..=most).contains(&number) {
        return Ok(number);
    }
    Err(Error::invalid(field, format!("'{field}' must be 0 or more, and not absurdly large")))
}

impl SetLimits {
    /// Cpu, memory and storage where each that is there must be a number: of these a tenant's quota is always limited.
    pub(crate) fn numbers(&self, under: &str) -> Result<(Option<i64>, Option<i64>, Option<i64>)> {
        let given = |name: &str, value: Option<Option<f64>>| match value {
            Some(None) => {
                let field = format!("{under}.{name}");
                let message = format!("'{field}' must be a number: a tenant's quota has no unlimited cpu, memory and storage");
                Err(Error::invalid(&field, message))
            }
            Some(Some(value)) => Ok(Some(value)),
            None => Ok(None),
        };
        let field = |name: &str| format!("{under}.{name}");
        Ok((
            given("cpu", self.cpu)?.map(|v| millicores(&field("cpu"), v)).transpose()?,
            given("memory_gib", self.memory_gib)?.map(|v| mib(&field("memory_gib"), v)).transpose()?,
            given("storage_gib", self.storage_gib)?.map(|v| mib(&field("storage_gib"), v)).transpose()?,
        ))
    }

    /// What is set of all metrics, as a tenant's quota.
    pub(crate) fn set(&self, under: &str) -> Result<Set> {
        let (cpu, memory, storage) = self.numbers(under)?;
        Ok(self.counts(under)?.and(Set::compute(cpu, memory, storage)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_written_without_loss() {
        assert_eq!((millicores("cpu", 0.25).unwrap(), mib("m", 8.5).unwrap()), (250, 8704));
        assert_eq!((cores(4000).to_string(), cores(250).to_string(), gib(8704).to_string()), ("4".into(), "0.25".into(), "8.5".into()));
        for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert!(mib("m", wrong).is_err(), "{wrong}");
        }
        assert!(millicores("cpu", 0.0001).is_err());
    }
}
