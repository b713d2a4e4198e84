//! How each kind converges. A controller loads its row, makes a plan (a pure function, tested by itself), and carries it out
//! through a driver. It never writes the row: it answers what it saw, and the engine writes that with the next time to look.

mod app;
mod cloud;
mod datacenter;
mod disk;
mod failure;
mod mail;
mod measured;
mod namespace;
mod needs;
mod rollout;
mod tenant;
#[cfg(test)]
mod testing;
mod watched;

use std::sync::Arc;

use async_trait::async_trait;
pub use measured::Measure;
use tenantry_domain::DatacenterId;
use tenantry_domain::resource::Kind;
use tenantry_driver_api::cloud::CloudPlatform;
use tenantry_driver_api::{ContainerPlatform, Mailer, Platform, Result};
use tenantry_engine::Controller;
use tenantry_store::Store;
pub use watched::{Around, Watched};

/// Where controllers get the driver of a datacenter.
#[async_trait]
pub trait Platforms: Send + Sync + 'static {
    /// The driver, connected with what is stored now.
    async fn platform(&self, datacenter: DatacenterId) -> Result<Arc<dyn Platform>>;
    /// The same, for containers. A datacenter that runs none is [`tenantry_driver_api::DriverErrorKind::Invalid`].
    async fn containers(&self, datacenter: DatacenterId) -> Result<Arc<dyn ContainerPlatform>>;
    /// The same, for virtual servers.
    async fn cloud(&self, datacenter: DatacenterId) -> Result<Arc<dyn CloudPlatform>>;
}

/// The controller that sends mail, where a mail server is configured.
#[must_use]
pub fn mails(store: Store, mailer: Arc<dyn Mailer>) -> Arc<dyn Controller> {
    Arc::new(mail::Mails { store, mailer })
}

/// Every controller of what is in datacenters.
#[must_use]
pub fn all(store: &Store, platforms: &Arc<dyn Platforms>) -> Vec<Arc<dyn Controller>> {
    let (store, platforms) = (|| store.clone(), || Arc::clone(platforms));
    let mut all: Vec<Arc<dyn Controller>> = vec![
        Arc::new(tenant::Tenants { store: store() }),
        Arc::new(datacenter::Datacenters { store: store(), platforms: platforms() }),
        Arc::new(namespace::Namespaces { store: store(), platforms: platforms() }),
        Arc::new(disk::Disks { store: store(), platforms: platforms() }),
        Arc::new(app::Apps { store: store(), platforms: platforms() }),
    ];
    all.extend(Kind::CLOUD.map(|kind| Arc::new(cloud::Cloud { kind, store: store(), platforms: platforms() }) as Arc<dyn Controller>));
    all
}
