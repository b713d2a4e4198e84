//! A driver with its calls counted and timed.

mod cloud;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tenantry_domain::Uid;
use tenantry_domain::datacenter::Health;
use tenantry_domain::resource::{AppStatus, DiskStatus, Kind, NamespaceStatus};
use tenantry_domain::user::Role;
use tenantry_driver_api::{
    AppWant, Apps, Credentials, Deletion, DiskWant, Disks, Inspect, Kubeconfig, NamespaceWant, Namespaces, Place, Result, Rollout,
};

/// The decorator. `driver` names the kind of driver in the metrics.
pub struct Measured<T: ?Sized> {
    inner: Arc<T>,
    driver: &'static str,
}

impl<T: ?Sized> Measured<T> {
    /// Counts and times the calls of `inner`.
    #[must_use]
    pub fn new(driver: &'static str, inner: Arc<T>) -> Self {
        Self { inner, driver }
    }

    async fn call<R>(&self, call: &'static str, future: impl Future<Output = Result<R>> + Send) -> Result<R> {
        let begun = Instant::now();
        let result = future.await;
        let outcome = result.as_ref().map_or_else(|e| format!("{:?}", e.kind), |_| "ok".to_owned());
        metrics::counter!("tenantry_driver_calls_total", "driver" => self.driver, "call" => call, "outcome" => outcome).increment(1);
        metrics::histogram!("tenantry_driver_call_seconds", "driver" => self.driver, "call" => call).record(begun.elapsed().as_secs_f64());
        result
    }
}

#[async_trait]
impl<T: Inspect + ?Sized> Inspect for Measured<T> {
    async fn check(&self) -> Health {
        let begun = Instant::now();
        let health = self.inner.check().await;
        let outcome = if health.healthy { "ok" } else { "unhealthy" };
        metrics::counter!("tenantry_driver_calls_total", "driver" => self.driver, "call" => "check", "outcome" => outcome).increment(1);
        metrics::histogram!("tenantry_driver_call_seconds", "driver" => self.driver, "call" => "check")
            .record(begun.elapsed().as_secs_f64());
        health
    }

    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        self.call("holds", self.inner.holds(kind, place)).await
    }
}

#[async_trait]
impl<T: Credentials + ?Sized> Credentials for Measured<T> {
    async fn kubeconfig(&self, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig> {
        self.call("kubeconfig", self.inner.kubeconfig(namespace, tenant_uid, role)).await
    }
}

#[async_trait]
impl<T: Namespaces + ?Sized> Namespaces for Measured<T> {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        self.call("ensure_namespace", self.inner.ensure_namespace(want)).await
    }
    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        self.call("delete_namespace", self.inner.delete_namespace(name, uid)).await
    }
    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        self.call("list_namespaces", self.inner.list_namespaces()).await
    }
}

#[async_trait]
impl<T: Disks + ?Sized> Disks for Measured<T> {
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus> {
        self.call("ensure_disk", self.inner.ensure_disk(want)).await
    }
    async fn delete_disk(&self, place: &Place) -> Result<Deletion> {
        self.call("delete_disk", self.inner.delete_disk(place)).await
    }
}

#[async_trait]
impl<T: Apps + ?Sized> Apps for Measured<T> {
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)> {
        self.call("ensure_app", self.inner.ensure_app(want)).await
    }
    async fn delete_app(&self, place: &Place) -> Result<Deletion> {
        self.call("delete_app", self.inner.delete_app(place)).await
    }
}
