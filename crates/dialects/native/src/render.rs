//! How objects look. CPU is in cores, memory and storage in GiB.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Progress, Resource, Spec, Status};
use tenantry_domain::tenant::{DatacenterQuota, Tenant};
use tenantry_domain::user::User;
use tenantry_domain::{Amounts, Error, Metric, Result};

#[expect(clippy::cast_precision_loss, reason = "quotas are far below 2^53")]
pub(crate) fn scaled(amount: i64, unit: f64) -> Value {
    json!(amount as f64 / unit)
}

pub(crate) fn cores(millicores: i64) -> Value {
    scaled(millicores, 1000.0)
}

pub(crate) fn gib(mib: i64) -> Value {
    scaled(mib, 1024.0)
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
pub(crate) fn millicores(field: &str, value: Option<f64>) -> Result<Option<i64>> {
    unscaled(field, value, 1000.0)
}

/// GiB as MiB.
pub(crate) fn mib(field: &str, value: Option<f64>) -> Result<Option<i64>> {
    unscaled(field, value, 1024.0)
}

/// Quantities of a body.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Quantities {
    cpu: Option<f64>,
    memory_gib: Option<f64>,
    storage_gib: Option<f64>,
}

impl Quantities {
    /// Millicores, MiB of memory, MiB of storage.
    pub(crate) fn amounts(&self) -> Result<(Option<i64>, Option<i64>, Option<i64>)> {
        Ok((millicores("quota.cpu", self.cpu)?, mib("quota.memory_gib", self.memory_gib)?, mib("quota.storage_gib", self.storage_gib)?))
    }

    pub(crate) fn limits(&self) -> Result<Limits> {
        let (cpu, memory, storage) = self.amounts()?;
        Ok(Limits::compute(cpu, memory, storage))
    }
}

/// A field that tells "absent" from `null`.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(crate) fn limits(limits: &Limits) -> Value {
    let of = |metric: Metric| limits.get(metric).map_or(Value::Null, |v| if metric == Metric::Cpu { cores(v) } else { gib(v) });
    json!({"cpu": of(Metric::Cpu), "memory_gib": of(Metric::Memory), "storage_gib": of(Metric::Storage)})
}

pub(crate) fn amounts(amounts: &Amounts) -> Value {
    json!({"cpu": cores(amounts[Metric::Cpu]), "memory_gib": gib(amounts[Metric::Memory]), "storage_gib": gib(amounts[Metric::Storage])})
}

/// Adds what every row that a controller works on tells.
pub(crate) fn with_progress(mut object: Value, progress: &Progress) -> Value {
    object["reason"] = json!(progress.reason);
    object["since"] = json!(progress.since);
    object["attempts"] = json!(progress.attempts);
    object["next_attempt_at"] = json!(progress.next_attempt_at);
    object
}

pub(crate) fn tenant(t: &Tenant) -> Value {
    let object = json!({
        "id": t.id, "uid": t.uid, "parent_id": t.parent, "level": t.level, "name": t.name, "description": t.description, "state": t.state,
        "quota": limits(&t.totals), "budget": t.budget, "balance": t.balance, "datacenter_ids": t.datacenters, "version": t.version,
        "created_by": t.created_by, "created_at": t.created_at, "updated_at": t.updated_at,
    });
    with_progress(object, &t.progress)
}

pub(crate) fn user(u: &User) -> Value {
    json!({
        "id": u.id, "uid": u.uid, "tenant_id": u.tenant, "username": u.username, "name": u.name, "email": u.email, "phone": u.phone,
        "comment": u.comment, "role": u.role, "enabled": u.enabled, "version": u.version, "created_at": u.created_at, "updated_at": u.updated_at,
    })
}

pub(crate) fn quota(q: &DatacenterQuota) -> Value {
    json!({
        "id": q.id, "tenant_id": q.tenant, "datacenter_id": q.datacenter, "datacenter_name": q.datacenter_name, "quota": limits(&q.limits),
        "used": amounts(&q.used), "granted": amounts(&q.granted), "overridden": q.overridden, "version": q.version, "updated_at": q.updated_at,
    })
}

/// An app's spec.
pub(crate) fn app_spec(a: &tenantry_domain::resource::AppSpec) -> Value {
    json!({
        "image": a.image, "replicas": a.replicas, "ports": a.ports, "environment": a.environment, "disks": a.disks,
        "cpu": cores(a.cpu_millicores), "memory_gib": gib(a.memory_mib), "stopped": a.stopped,
    })
}

pub(crate) fn resource(r: &Resource) -> Value {
    let spec = match &r.spec {
        Spec::Namespace(n) => json!({"quota": limits(&n.limits), "adopt": n.adopt}),
        Spec::Disk(d) => json!({"size_gib": d.size_gib}),
        Spec::App(a) => app_spec(a),
    };
    let status = match &r.status {
        Status::Namespace(n) => json!({"used": amounts(&n.used), "repaired": n.repaired, "foreign": n.foreign}),
        Status::Disk(d) => json!(d),
        Status::App(a) => json!(a),
    };
    let object = json!({
        "id": r.id, "uid": r.uid, "kind": r.kind(), "tenant_id": r.tenant, "datacenter_id": r.datacenter, "name": r.name, "spec": spec,
        "status": status, "state": r.state, "generation": r.generation, "observed_generation": r.observed_generation, "version": r.version,
        "created_by": r.created_by, "created_at": r.created_at, "updated_at": r.updated_at,
    });
    with_progress(object, &r.progress)
}
