//! The peers: which driver a connection leads to (a match, checked by the compiler), kept while the connection is the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::future::Cache;
use tenantry_controllers::{Measure, Platforms, Watched};
use tenantry_domain::cloud::{Catalog, Console, Unmanaged};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, DatacenterId, Error, ErrorKind, Result, Uid};
use tenantry_driver_api::cloud::{CloudPlace, CloudPlatform, Known};
use tenantry_driver_api::{
    ContainerPlatform, DriverError, DriverErrorKind, FoundPlace, Guard, Images as _, Kubeconfig, PlacePage, PlaceQuery, Platform,
};
use tenantry_driver_kubernetes::Kubernetes;
use tenantry_driver_openstack::OpenStack;
use tenantry_driver_registry::Registry;
use tenantry_driver_sandbox::{Faults, Sandbox};
use tenantry_service::{Clouds, Peers};
use tenantry_store::Store;

/// The longest that looking at a registry may take.
const REGISTRY_LIMIT: Duration = Duration::from_secs(30);
/// The longest that a request waits for what a cluster or a cloud tells.
const CLOUD_LIMIT: Duration = Duration::from_secs(20);
/// For how long what a cloud offers is remembered.
const CATALOG_AGE: Duration = Duration::from_secs(15);

/// Every peer that the server talks to.
pub struct PeerHub {
    store: Store,
    sandboxes: PathBuf,
    faults: Arc<Faults>,
    guard: Guard,
    connected: Cache<(DatacenterId, i64), Connected>,
    catalogs: Cache<(DatacenterId, String), Catalog>,
}

impl PeerHub {
    /// The peers; sandboxes have their files in `sandboxes`, and every connection goes through the guard.
    #[must_use]
    pub fn new(store: Store, sandboxes: PathBuf, faults: Arc<Faults>, guard: Guard) -> Self {
        let catalogs = Cache::builder().max_capacity(1000).time_to_live(CATALOG_AGE).build();
        let connected = Cache::builder().max_capacity(1000).time_to_idle(Duration::from_secs(3600)).build();
        Self { store, sandboxes, faults, guard, connected, catalogs }
    }

    fn registry(&self, registry: &RegistryConnection) -> Result<Registry> {
        Registry::new(registry, &self.guard).map_err(|e| unreadable(registry, &e.message))
    }

    async fn connect(&self, connection: &Connection, options: &DatacenterOptions) -> Result<Connected, DriverError> {
        match connection {
            Connection::Kubernetes { .. } => {
                let driver = Kubernetes::connect(connection, options, &self.guard).await?;
                Ok(Connected::containers(Arc::new(Watched::new(Measure("kubernetes"), Arc::new(driver)))))
            }
            Connection::Openstack(openstack) => {
                let driver = Arc::new(Watched::new(Measure("openstack"), Arc::new(OpenStack::connect(openstack, options, &self.guard)?)));
                Ok(Connected { platform: Arc::clone(&driver) as Arc<dyn Platform>, containers: None, cloud: Some(driver) })
            }
            Connection::Sandbox { name } => {
                tokio::fs::create_dir_all(&self.sandboxes)
                    .await
                    .map_err(|e| DriverError::new(DriverErrorKind::Unreachable, format!("the sandbox's folder cannot be made: {e}")))?;
                let sandbox = Sandbox::open(&self.sandboxes.join(format!("{name}.db")), Arc::clone(&self.faults)).await?;
                let driver = Arc::new(Watched::new(Measure("sandbox"), Arc::new(sandbox)));
                Ok(Connected { cloud: Some(Arc::clone(&driver) as Arc<dyn CloudPlatform>), ..Connected::containers(driver) })
            }
        }
    }

    async fn connected(&self, id: DatacenterId) -> Result<Connected, DriverError> {
        let broken = |e: Error| DriverError::new(DriverErrorKind::Unreachable, e.message);
        let version = self.store.datacenters().version(id).await.map_err(broken)?;
        if let Some(found) = self.connected.get(&(id, version)).await {
            return Ok(found);
        }
        let (datacenter, connection) = self.store.datacenters().connection(id).await.map_err(broken)?;
        let made = self.connect(&connection, &datacenter.options).await?;
        self.connected.insert((id, datacenter.version), made.clone()).await;
        Ok(made)
    }
}

/// A driver, by what its peer runs.
#[derive(Clone)]
struct Connected {
    platform: Arc<dyn Platform>,
    containers: Option<Arc<dyn ContainerPlatform>>,
    cloud: Option<Arc<dyn CloudPlatform>>,
}

impl Connected {
    fn containers(driver: Arc<dyn ContainerPlatform>) -> Self {
        Self { platform: Arc::clone(&driver) as Arc<dyn Platform>, containers: Some(driver), cloud: None }
    }
}

#[async_trait]
impl Platforms for PeerHub {
    async fn platform(&self, id: DatacenterId) -> Result<Arc<dyn Platform>, DriverError> {
        Ok(self.connected(id).await?.platform)
    }

    async fn containers(&self, id: DatacenterId) -> Result<Arc<dyn ContainerPlatform>, DriverError> {
        let message = "containers do not run in this datacenter: it is a cloud of virtual servers";
        self.connected(id).await?.containers.ok_or_else(|| DriverError::new(DriverErrorKind::Invalid, message))
    }

    async fn cloud(&self, id: DatacenterId) -> Result<Arc<dyn CloudPlatform>, DriverError> {
        let message = "virtual servers do not run in this datacenter: it runs containers";
        self.connected(id).await?.cloud.ok_or_else(|| DriverError::new(DriverErrorKind::Invalid, message))
    }
}

#[async_trait]
impl Peers for PeerHub {
    async fn check(&self, connection: &Connection, options: &DatacenterOptions) -> Result<Health> {
        match self.connect(connection, options).await {
            Ok(connected) => Ok(connected.platform.check().await),
            Err(error) => Ok(Health { message: error.message, ..Health::default() }),
        }
    }

    async fn kubeconfig(&self, datacenter: DatacenterId, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig> {
        let platform = self.containers(datacenter).await.map_err(unavailable)?;
        platform.kubeconfig(namespace, tenant_uid, role).await.map_err(unavailable)
    }

    async fn repositories(&self, registry: &RegistryConnection, limit: usize) -> Result<Vec<String>> {
        let driver = self.registry(registry)?;
        in_time(registry, driver.repositories(limit)).await
    }

    async fn images(&self, registry: &RegistryConnection, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        let driver = self.registry(registry)?;
        in_time(registry, driver.images(after, limit)).await
    }

    async fn places(&self, datacenter: DatacenterId, query: &PlaceQuery) -> Result<PlacePage> {
        read_in_time(async { self.platform(datacenter).await?.list_places(query).await }).await.map_err(unavailable)
    }

    async fn place(&self, datacenter: DatacenterId, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        read_in_time(async { self.platform(datacenter).await?.get_place(name).await }).await.map_err(unavailable)
    }

    fn clouds(&self) -> Option<&dyn Clouds> {
        Some(self)
    }
}

#[async_trait]
impl Clouds for PeerHub {
    async fn catalog(&self, datacenter: DatacenterId, project: &str) -> Result<Catalog> {
        let read = async { self.cloud(datacenter).await?.catalog(project).await };
        let key = (datacenter, project.to_owned());
        let found = self.catalogs.try_get_with(key, read_in_time(read)).await;
        found.map_err(|e: Arc<DriverError>| unavailable((*e).clone()))
    }

    async fn console(&self, datacenter: DatacenterId, server: &CloudPlace) -> Result<Console> {
        read_in_time(async { self.cloud(datacenter).await?.console(server).await }).await.map_err(unavailable)
    }

    async fn console_log(&self, datacenter: DatacenterId, server: &CloudPlace, lines: usize) -> Result<String> {
        read_in_time(async { self.cloud(datacenter).await?.console_log(server, lines).await }).await.map_err(unavailable)
    }

    async fn unmanaged(&self, datacenter: DatacenterId, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
        read_in_time(async { self.cloud(datacenter).await?.unmanaged(project, limit).await }).await.map_err(unavailable)
    }

    async fn describe(&self, datacenter: DatacenterId, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
        let read = async { self.cloud(datacenter).await?.describe(project, kind, peer_id, known).await };
        read_in_time(read).await.map_err(unavailable)
    }
}

fn unreadable(registry: &RegistryConnection, message: &str) -> Error {
    Error::new(ErrorKind::PeerUnavailable, format!("the registry '{}' cannot be read: {message}", registry.name))
}

/// What a registry answers, if it does so before its time is up.
async fn in_time<T>(registry: &RegistryConnection, asked: impl Future<Output = Result<T, DriverError>>) -> Result<T> {
    let answer = tokio::time::timeout(REGISTRY_LIMIT, asked).await;
    answer.map_err(|_| unreadable(registry, "it did not answer in time"))?.map_err(|e| unreadable(registry, &e.message))
}

/// What a cluster or a cloud answers, if it does so before the request's time is up.
async fn read_in_time<T>(read: impl Future<Output = Result<T, DriverError>>) -> Result<T, DriverError> {
    let late = |_| DriverError::new(DriverErrorKind::Timeout, format!("the datacenter did not answer within {} s", CLOUD_LIMIT.as_secs()));
    tokio::time::timeout(CLOUD_LIMIT, read).await.map_err(late)?
}

fn unavailable(error: DriverError) -> Error {
    let refused = matches!(error.kind, DriverErrorKind::Invalid | DriverErrorKind::Conflict | DriverErrorKind::NotOurs);
    let kind = if refused { ErrorKind::Conflict } else { ErrorKind::PeerUnavailable };
    Error::new(kind, error.message)
}
