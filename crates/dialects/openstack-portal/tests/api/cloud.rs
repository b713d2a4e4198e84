//! A cloud behind the dialect: the embedded sandbox, with a reconciler that works when the test lets it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_controllers::Platforms;
use tenantry_domain::cloud::{Catalog, Console, Unmanaged};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, Clock as _, DatacenterId, Error, ErrorKind, Result, TenantId, Uid};
use tenantry_driver_api::cloud::{CloudPlace, CloudPlatform, Import as _, Known, Offers as _, Servers as _};
use tenantry_driver_api::{ContainerPlatform, DriverError, DriverErrorKind, FoundPlace, Kubeconfig, PlacePage, PlaceQuery, Platform};
use tenantry_driver_sandbox::{Faults, Sandbox};
use tenantry_engine::{Engine, Settings};
use tenantry_service::tenant::{self, Update};
use tenantry_service::{Clouds, Peers};
use tenantry_store::Store;
use tenantry_testkit::{TestClock, Well};

use crate::app::{App, Tenant, id};

/// The sandbox's external network and images, by name.
pub const EXTERNAL: &str = "public";
pub const IMAGE: &str = "cirros-0.6.3";
/// The smallest flavor.
pub const FLAVOR: &str = "m1.tiny";

/// The sandbox, as the use cases and the controllers see it.
#[derive(Clone)]
pub struct Local {
    sandbox: Sandbox,
    /// What goes wrong there.
    pub faults: Arc<Faults>,
    _folder: Arc<tempfile::TempDir>,
}

fn told(error: DriverError) -> Error {
    let refused = matches!(error.kind, DriverErrorKind::Invalid | DriverErrorKind::Conflict);
    Error::new(if refused { ErrorKind::Conflict } else { ErrorKind::PeerUnavailable }, error.message)
}

impl Local {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::new(Faults::default());
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), Arc::clone(&faults)).await.unwrap();
        Self { sandbox, faults, _folder: Arc::new(folder) }
    }

    pub fn engine(&self, store: &Store) -> Engine {
        let platforms: Arc<dyn Platforms> = Arc::new(self.clone());
        Engine::new(store.clone(), tenantry_controllers::all(store, &platforms), Settings::default())
    }
}

/// Lets the reconciler work until all is at rest.
pub async fn rest(engine: &Engine, clock: &TestClock) {
    let until = clock.now().plus(Duration::from_secs(60));
    let step = |due| {
        let soon = due <= until;
        if soon {
            clock.step_to(due);
        }
        soon
    };
    engine.run_until(step).await.unwrap();
}

#[async_trait]
impl Platforms for Local {
    async fn platform(&self, _: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn Platform>> {
        Ok(Arc::new(self.sandbox.clone()))
    }
    async fn containers(&self, _: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn ContainerPlatform>> {
        Ok(Arc::new(self.sandbox.clone()))
    }
    async fn cloud(&self, _: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn CloudPlatform>> {
        Ok(Arc::new(self.sandbox.clone()))
    }
}

#[async_trait]
impl Peers for Local {
    async fn places(&self, datacenter: DatacenterId, query: &PlaceQuery) -> Result<PlacePage> {
        Well.places(datacenter, query).await
    }
    async fn place(&self, datacenter: DatacenterId, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        Well.place(datacenter, name).await
    }
    fn clouds(&self) -> Option<&dyn Clouds> {
        Some(self)
    }
    async fn check(&self, connection: &Connection, options: &DatacenterOptions) -> Result<Health> {
        Well.check(connection, options).await
    }
    async fn kubeconfig(&self, datacenter: DatacenterId, namespace: &str, tenant: Uid, role: Role) -> Result<Kubeconfig> {
        Well.kubeconfig(datacenter, namespace, tenant, role).await
    }
    async fn repositories(&self, registry: &RegistryConnection, limit: usize) -> Result<Vec<String>> {
        Well.repositories(registry, limit).await
    }
    async fn images(&self, registry: &RegistryConnection, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        Well.images(registry, after, limit).await
    }
}

#[async_trait]
impl Clouds for Local {
    async fn catalog(&self, _: DatacenterId, project: &str) -> Result<Catalog> {
        self.sandbox.catalog(project).await.map_err(told)
    }
    async fn console(&self, _: DatacenterId, server: &CloudPlace) -> Result<Console> {
        self.sandbox.console(server).await.map_err(told)
    }
    async fn console_log(&self, _: DatacenterId, server: &CloudPlace, lines: usize) -> Result<String> {
        self.sandbox.console_log(server, lines).await.map_err(told)
    }
    async fn unmanaged(&self, _: DatacenterId, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
        self.sandbox.unmanaged(project, limit).await.map_err(told)
    }
    async fn describe(&self, _: DatacenterId, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
        self.sandbox.describe(project, kind, peer_id, known).await.map_err(told)
    }
}

impl App {
    /// A tenant with room for servers, whose project is made.
    pub async fn cloudy(&self, name: &str) -> Tenant {
        let tenant = self.tenant(name).await;
        self.room(tenant).await;
        tenant
    }

    /// Gives a tenant room for servers, and lets its project be made.
    pub async fn room(&self, tenant: Tenant) {
        let room = Update { cpu_millicores: Some(8000), memory_mib: Some(20 << 10), storage_mib: Some(400 << 10), ..Update::default() };
        tenant::update(&self.ctx(&self.admin).await, TenantId(tenant.id), &room).await.unwrap();
        self.settle().await;
    }

    /// Lets the cloud catch up.
    pub async fn settle(&self) {
        rest(&self.engine, &self.clock).await;
    }

    /// What an operation of the administrator makes, once it is made: the object under the `key` of its answer, as the list shows it.
    async fn made(&self, create: &str, list: &str, key: &str, of: &str, body: Value) -> Value {
        let made = self.ok(create, 0, body).await[key].take();
        self.settle().await;
        let number = made["resource_id"].as_i64().unwrap_or_else(|| id(&made));
        let found = self.ok(list, 0, json!({of: number, "tenant_id": made["tenant_id"]})).await;
        assert_eq!((&found[key]["status"], &found[key]["reason"]), (&json!("ready"), &json!("")), "{found}");
        found[key].clone()
    }

    pub async fn network(&self, tenant: Tenant, name: &str, third: i64) -> Value {
        let (cidr, gateway) = (format!("10.9.{third}.0/24"), format!("10.9.{third}.1"));
        let new = json!({"tenant_id": tenant.id, "network_name": name, "cidr": cidr, "gateway": gateway});
        self.made("create_network", "list_networks", "network", "network_id", new).await
    }

    pub async fn router(&self, tenant: Tenant, name: &str) -> Value {
        let new = json!({"tenant_id": tenant.id, "name": name, "external_network_id": EXTERNAL});
        self.made("create_router", "list_routers", "router", "router_id", new).await
    }

    pub async fn volume(&self, tenant: Tenant, name: &str) -> Value {
        let new = json!({"tenant_id": tenant.id, "volume_name": name, "volume_size": 1});
        self.made("create_volume", "list_volumes", "volume", "volume_id", new).await
    }

    /// A server in a network; private, or shared by everybody in the tenant.
    pub async fn server(&self, tenant: Tenant, network: &Value, name: &str, shared: bool) -> Value {
        let new = json!({"tenant_id": tenant.id, "image_id": IMAGE, "network_ids": [network["id"]], "instance_type": FLAVOR,
            "instance_name": name, "virtual_server_type": if shared { 2 } else { 1 }});
        self.made("create_server", "list_servers", "server", "virtual_server_id", new).await
    }

    /// The server as it is now.
    pub async fn seen(&self, server: &Value) -> Value {
        self.ok("list_servers", 0, json!({"virtual_server_id": server["id"]})).await["server"].take()
    }
}
