//! Units and values that several objects share. CPU is in cores, memory and storage in GiB, money in yuan.

use serde_json::{Value, json};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Progress, Resource};
use tenantry_domain::{Error, Metric, Result};

/// Whole numbers stay whole, others keep their decimals.
fn scaled(amount: i64, unit: i64) -> Value {
    if amount % unit == 0 {
        json!(amount / unit)
    } else {
        #[expect(clippy::cast_precision_loss, reason = "quotas are far below 2^53")]
        let value = amount as f64 / unit as f64;
        json!(value)
    }
}

/// Millicores as cores.
pub(crate) fn cores(millicores: i64) -> Value {
    scaled(millicores, 1000)
}

/// MiB as GiB.
pub(crate) fn gib(mib: i64) -> Value {
    scaled(mib, 1024)
}

/// The number of a metric; null for no limit.
pub(crate) fn limit(limits: &Limits, metric: Metric) -> Value {
    limits.get(metric).map_or(Value::Null, |v| if metric == Metric::Cpu { cores(v) } else { gib(v) })
}

fn unscaled(field: &str, value: Option<f64>, unit: f64) -> Result<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    let amount = (value * unit).round();
    if !(0.0..=1e15).contains(&amount) {
        return Err(Error::invalid(field, format!("'{field}' must be 0 or more, and not absurdly large")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be below 2^53")]
    Ok(Some(amount as i64))
}

/// Cores as millicores.
pub(crate) fn millicores(field: &str, cores: Option<f64>) -> Result<Option<i64>> {
    unscaled(field, cores, 1000.0)
}

/// GiB as MiB.
pub(crate) fn mib(field: &str, gib: Option<f64>) -> Result<Option<i64>> {
    unscaled(field, gib, 1024.0)
}

/// Adds what a controller tells about a row.
pub(crate) fn with_progress(mut object: Value, state: &str, progress: &Progress) -> Value {
    object["status"] = json!(state);
    object["reason"] = json!(progress.reason);
    object["since"] = json!(progress.since);
    object["attempts"] = json!(progress.attempts);
    object["nextAttemptAt"] = json!(progress.next_attempt_at);
    object
}

/// Adds what a resource has beside its own fields.
pub(crate) fn resource(object: Value, resource: &Resource) -> Value {
    let mut object = with_progress(object, resource.state.name(), &resource.progress);
    object["id"] = json!(resource.id);
    object["name"] = json!(resource.name);
    object["dcId"] = json!(resource.datacenter);
    object["orgId"] = json!(resource.tenant);
    object["createdAt"] = json!(resource.created_at);
    object["updatedAt"] = json!(resource.updated_at);
    object
}
