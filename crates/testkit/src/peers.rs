//! Peers for tests that need none in particular.

use async_trait::async_trait;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Result, Uid};
use tenantry_driver_api::Kubeconfig;
use tenantry_service::Peers;

use crate::cloud::OneOfEverything;

/// Datacenters that are well, clouds that offer one of everything, and registries with nothing in them.
pub struct Well;

#[async_trait]
impl Peers for Well {
    fn clouds(&self) -> Option<&dyn tenantry_service::Clouds> {
        Some(&OneOfEverything)
    }

    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        Ok(Health { healthy: true, peer_version: "v1".to_owned(), ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Ok(Kubeconfig { yaml: "kind: Config".to_owned(), expires_in_s: 60 })
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        Ok(Vec::new())
    }
}
