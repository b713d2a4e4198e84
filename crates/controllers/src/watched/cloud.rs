//! The calls of a cloud of servers.

use async_trait::async_trait;
use tenantry_domain::cloud::{
    AttachmentStatus, Catalog, Console, FloatingIpStatus, NetworkStatus, RouterInterfaceStatus, RouterStatus, SecurityGroupStatus,
    ServerStatus, SnapshotStatus, Unmanaged, VolumeStatus,
};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_driver_api::cloud::{
    AttachmentWant, CloudNetworks, CloudPlace, FloatingIpWant, Import, Known, NetworkWant, Offers, RouterInterfaceWant, RouterWant,
    SecurityGroupWant, ServerWant, Servers, SnapshotWant, VolumeWant, Volumes,
};
use tenantry_driver_api::{Deletion, Result, Rollout};

use super::{Around, Watched};

#[async_trait]
impl<T: CloudNetworks + ?Sized, A: Around> CloudNetworks for Watched<T, A> {
    async fn ensure_network(&self, want: &NetworkWant) -> Result<(NetworkStatus, Rollout)> {
        self.around.call("ensure_network", self.inner.ensure_network(want)).await
    }
    async fn delete_network(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_network", self.inner.delete_network(at)).await
    }
    async fn ensure_router(&self, want: &RouterWant) -> Result<(RouterStatus, Rollout)> {
        self.around.call("ensure_router", self.inner.ensure_router(want)).await
    }
    async fn delete_router(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_router", self.inner.delete_router(at)).await
    }
    async fn ensure_router_interface(&self, want: &RouterInterfaceWant) -> Result<(RouterInterfaceStatus, Rollout)> {
        self.around.call("ensure_router_interface", self.inner.ensure_router_interface(want)).await
    }
    async fn delete_router_interface(&self, want: &RouterInterfaceWant) -> Result<Deletion> {
        self.around.call("delete_router_interface", self.inner.delete_router_interface(want)).await
    }
    async fn ensure_floating_ip(&self, want: &FloatingIpWant) -> Result<(FloatingIpStatus, Rollout)> {
        self.around.call("ensure_floating_ip", self.inner.ensure_floating_ip(want)).await
    }
    async fn delete_floating_ip(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_floating_ip", self.inner.delete_floating_ip(at)).await
    }
    async fn ensure_security_group(&self, want: &SecurityGroupWant) -> Result<(SecurityGroupStatus, Rollout)> {
        self.around.call("ensure_security_group", self.inner.ensure_security_group(want)).await
    }
    async fn delete_security_group(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_security_group", self.inner.delete_security_group(at)).await
    }
}

#[async_trait]
impl<T: Servers + ?Sized, A: Around> Servers for Watched<T, A> {
    async fn ensure_server(&self, want: &ServerWant) -> Result<(ServerStatus, Rollout)> {
        self.around.call("ensure_server", self.inner.ensure_server(want)).await
    }
    async fn delete_server(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_server", self.inner.delete_server(at)).await
    }
    async fn console(&self, at: &CloudPlace) -> Result<Console> {
        self.around.call("console", self.inner.console(at)).await
    }
    async fn console_log(&self, at: &CloudPlace, lines: usize) -> Result<String> {
        self.around.call("console_log", self.inner.console_log(at, lines)).await
    }
}

#[async_trait]
impl<T: Volumes + ?Sized, A: Around> Volumes for Watched<T, A> {
    async fn ensure_volume(&self, want: &VolumeWant) -> Result<(VolumeStatus, Rollout)> {
        self.around.call("ensure_volume", self.inner.ensure_volume(want)).await
    }
    async fn delete_volume(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_volume", self.inner.delete_volume(at)).await
    }
    async fn ensure_snapshot(&self, want: &SnapshotWant) -> Result<(SnapshotStatus, Rollout)> {
        self.around.call("ensure_snapshot", self.inner.ensure_snapshot(want)).await
    }
    async fn delete_snapshot(&self, at: &CloudPlace) -> Result<Deletion> {
        self.around.call("delete_snapshot", self.inner.delete_snapshot(at)).await
    }
    async fn ensure_attachment(&self, want: &AttachmentWant) -> Result<(AttachmentStatus, Rollout)> {
        self.around.call("ensure_attachment", self.inner.ensure_attachment(want)).await
    }
    async fn delete_attachment(&self, want: &AttachmentWant) -> Result<Deletion> {
        self.around.call("delete_attachment", self.inner.delete_attachment(want)).await
    }
}

#[async_trait]
impl<T: Offers + ?Sized, A: Around> Offers for Watched<T, A> {
    async fn catalog(&self, project: &str) -> Result<Catalog> {
        self.around.call("catalog", self.inner.catalog(project)).await
    }
}

#[async_trait]
impl<T: Import + ?Sized, A: Around> Import for Watched<T, A> {
    async fn unmanaged(&self, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
        self.around.call("unmanaged", self.inner.unmanaged(project, limit)).await
    }
    async fn describe(&self, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
        self.around.call("describe", self.inner.describe(project, kind, peer_id, known)).await
    }
    async fn claim(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        self.around.call("claim", self.inner.claim(kind, at)).await
    }
    async fn release(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        self.around.call("release", self.inner.release(kind, at)).await
    }
}
