//! A driver with something around each of its calls: they are counted and timed, or broken by a test.

mod cloud;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::datacenter::Health;
use tenantry_domain::resource::{AppStatus, DiskStatus, Kind, NamespaceStatus};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, Uid};
use tenantry_driver_api::{
    AppWant, Apps, Credentials, Deletion, DiskWant, Disks, FoundPlace, Inspect, Kubeconfig, NamespaceWant, Namespaces, Place, PlacePage,
    PlaceQuery, Places, Result, Rollout,
};

/// What is done around the calls of a driver.
pub trait Around: Send + Sync {
    /// Makes a call, which has this name, and answers what it answered, or something else instead.
    fn call<R: Send>(&self, name: &'static str, call: impl Future<Output = Result<R>> + Send) -> impl Future<Output = Result<R>> + Send;
    /// The same for the check, which has no error.
    fn check(&self, check: impl Future<Output = Health> + Send) -> impl Future<Output = Health> + Send;
}

/// A driver of whatever capabilities, and what is done around its calls.
pub struct Watched<T: ?Sized, A> {
    inner: Arc<T>,
    around: A,
}

impl<T: ?Sized, A> Watched<T, A> {
    /// Puts `around` around the calls of `inner`.
    #[must_use]
    pub fn new(around: A, inner: Arc<T>) -> Self {
        Self { inner, around }
    }
}

#[async_trait]
impl<T: Inspect + ?Sized, A: Around> Inspect for Watched<T, A> {
    async fn check(&self) -> Health {
        self.around.check(self.inner.check()).await
    }

    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        self.around.call("holds", self.inner.holds(kind, place)).await
    }
}

#[async_trait]
impl<T: Credentials + ?Sized, A: Around> Credentials for Watched<T, A> {
    async fn kubeconfig(&self, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig> {
        self.around.call("kubeconfig", self.inner.kubeconfig(namespace, tenant_uid, role)).await
    }
}

#[async_trait]
impl<T: Namespaces + ?Sized, A: Around> Namespaces for Watched<T, A> {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        self.around.call("ensure_namespace", self.inner.ensure_namespace(want)).await
    }
    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        self.around.call("delete_namespace", self.inner.delete_namespace(name, uid)).await
    }
    async fn release_namespace(&self, name: &str, uid: Uid) -> Result<()> {
        self.around.call("release_namespace", self.inner.release_namespace(name, uid)).await
    }
    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        self.around.call("list_namespaces", self.inner.list_namespaces()).await
    }
}

#[async_trait]
impl<T: Places + ?Sized, A: Around> Places for Watched<T, A> {
    async fn list_places(&self, query: &PlaceQuery) -> Result<PlacePage> {
        self.around.call("list_places", self.inner.list_places(query)).await
    }
    async fn get_place(&self, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        self.around.call("get_place", self.inner.get_place(name)).await
    }
}

#[async_trait]
impl<T: Disks + ?Sized, A: Around> Disks for Watched<T, A> {
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus> {
        self.around.call("ensure_disk", self.inner.ensure_disk(want)).await
    }
    async fn delete_disk(&self, place: &Place) -> Result<Deletion> {
        self.around.call("delete_disk", self.inner.delete_disk(place)).await
    }
}

#[async_trait]
impl<T: Apps + ?Sized, A: Around> Apps for Watched<T, A> {
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)> {
        self.around.call("ensure_app", self.inner.ensure_app(want)).await
    }
    async fn delete_app(&self, place: &Place) -> Result<Deletion> {
        self.around.call("delete_app", self.inner.delete_app(place)).await
    }
}
