//! What the tests of this crate share.

use async_trait::async_trait;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, ErrorKind, Result, Uid};
use tenantry_driver_api::Kubeconfig;
use tenantry_service::Peers;

/// Peers that nobody asks here.
pub struct NoPeers;

fn none<T>() -> Result<T> {
    Err(Error::new(ErrorKind::PeerUnavailable, "there are no peers here"))
}

#[async_trait]
impl Peers for NoPeers {
    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        none()
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        none()
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        none()
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        none()
    }
}
