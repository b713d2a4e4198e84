//! The calls of a cloud, each with its faults and its transaction.

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

use super::group::SecurityGroup;
use super::network::Network;
use super::router::Router;
use super::volume::Volume;
use super::{catalog, floating_ip, group, import, network, router, server, table, volume};
use crate::Sandbox;

#[async_trait]
impl CloudNetworks for Sandbox {
    async fn ensure_network(&self, want: &NetworkWant) -> Result<(NetworkStatus, Rollout)> {
        let call = self.call().await?;
        let answer = network::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_network(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = table::remove_unused::<Network>(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn ensure_router(&self, want: &RouterWant) -> Result<(RouterStatus, Rollout)> {
        let call = self.call().await?;
        let answer = router::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_router(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = table::remove_unused::<Router>(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn ensure_router_interface(&self, want: &RouterInterfaceWant) -> Result<(RouterInterfaceStatus, Rollout)> {
        let call = self.call().await?;
        let answer = router::ensure_interface(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_router_interface(&self, want: &RouterInterfaceWant) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = router::delete_interface(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn ensure_floating_ip(&self, want: &FloatingIpWant) -> Result<(FloatingIpStatus, Rollout)> {
        let call = self.call().await?;
        let answer = floating_ip::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_floating_ip(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = floating_ip::delete(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn ensure_security_group(&self, want: &SecurityGroupWant) -> Result<(SecurityGroupStatus, Rollout)> {
        let call = self.call().await?;
        let answer = group::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_security_group(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = table::remove_unused::<SecurityGroup>(&call.tx, at).await?;
        call.end(answer).await
    }
}

#[async_trait]
impl Servers for Sandbox {
    async fn ensure_server(&self, want: &ServerWant) -> Result<(ServerStatus, Rollout)> {
        let call = self.call().await?;
        let answer = server::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_server(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = server::delete(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn console(&self, at: &CloudPlace) -> Result<Console> {
        let call = self.call().await?;
        let answer = server::console(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn console_log(&self, at: &CloudPlace, lines: usize) -> Result<String> {
        let call = self.call().await?;
        let answer = server::console_log(&call.tx, at, lines).await?;
        call.end(answer).await
    }
}

#[async_trait]
impl Volumes for Sandbox {
    async fn ensure_volume(&self, want: &VolumeWant) -> Result<(VolumeStatus, Rollout)> {
        let call = self.call().await?;
        let answer = volume::ensure(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_volume(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = table::remove_unused::<Volume>(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn ensure_snapshot(&self, want: &SnapshotWant) -> Result<(SnapshotStatus, Rollout)> {
        let call = self.call().await?;
        let answer = volume::ensure_snapshot(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_snapshot(&self, at: &CloudPlace) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = volume::delete_snapshot(&call.tx, at).await?;
        call.end(answer).await
    }
    async fn ensure_attachment(&self, want: &AttachmentWant) -> Result<(AttachmentStatus, Rollout)> {
        let call = self.call().await?;
        let answer = volume::ensure_attachment(&call.tx, want).await?;
        call.end(answer).await
    }
    async fn delete_attachment(&self, want: &AttachmentWant) -> Result<Deletion> {
        let call = self.call().await?;
        let answer = volume::delete_attachment(&call.tx, want).await?;
        call.end(answer).await
    }
}

#[async_trait]
impl Offers for Sandbox {
    async fn catalog(&self, project: &str) -> Result<Catalog> {
        let call = self.call().await?;
        let answer = catalog::all(&call.tx, project).await?;
        call.end(answer).await
    }
}

#[async_trait]
impl Import for Sandbox {
    async fn unmanaged(&self, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
        let call = self.call().await?;
        let answer = import::unmanaged(&call.tx, project, limit).await?;
        call.end(answer).await
    }
    async fn describe(&self, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
        let call = self.call().await?;
        let answer = import::describe(&call.tx, project, kind, peer_id, known).await?;
        call.end(answer).await
    }
    async fn claim(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        let call = self.call().await?;
        import::claim(&call.tx, kind, at).await?;
        call.end(()).await
    }
    async fn release(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        let call = self.call().await?;
        import::release(&call.tx, kind, at).await?;
        call.end(()).await
    }
}
