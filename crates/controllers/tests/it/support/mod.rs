//! A world for tests: a store and a sandbox in files, and a reconciler that can be broken at any of its calls and commits.

pub(crate) mod cloud;
pub(crate) mod faulty;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_controllers::{Platforms, Watched};
use tenantry_domain::account::EntryKind;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, DiskSpec, Mount, NamespaceSpec, Resource, Spec};
use tenantry_domain::usage::WhenEmpty;
use tenantry_domain::{Clock as _, DatacenterId, ErrorKind, Money, ResourceId, TenantId, UserId};
use tenantry_driver_api::cloud::CloudPlatform;
use tenantry_driver_api::{ContainerPlatform, Platform};
use tenantry_driver_sandbox::{Faults, Sandbox};
use tenantry_engine::{Engine, Settings};
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::releases::{NewRelease, ReleaseFilter};
use tenantry_store::tenants::NewTenant;
use tenantry_store::{CommitHook, Options, Store, Tx, Vault};
use tenantry_testkit::clock::TestClock;

use self::faulty::{Breaks, Injector};

/// Long enough for all to be done when nothing is broken.
const DISTURBED: Duration = Duration::from_secs(10);
/// Long enough for a lease to expire and for what failed once to be tried again; shorter than the resync.
const AFTERWARDS: Duration = Duration::from_secs(75);
/// What a tenant gets.
pub(crate) const SHARE: [Option<i64>; 3] = [Some(4000), Some(4096), Some(100 * 1024)];

/// What a test breaks things in.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) faults: Arc<Faults>,
    pub(crate) injector: Arc<Injector>,
    folder: tempfile::TempDir,
}

/// The sandbox, by way of the injector.
struct ToSandbox(Sandbox, Arc<Injector>);

#[async_trait]
impl Platforms for ToSandbox {
    async fn platform(&self, id: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn Platform>> {
        Ok(self.containers(id).await?)
    }

    async fn cloud(&self, _: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn CloudPlatform>> {
        Ok(Arc::new(Watched::new(Breaks(Arc::clone(&self.1)), Arc::new(self.0.clone()))))
    }

    async fn containers(&self, _: DatacenterId) -> tenantry_driver_api::Result<Arc<dyn ContainerPlatform>> {
        Ok(Arc::new(Watched::new(Breaks(Arc::clone(&self.1)), Arc::new(self.0.clone()))))
    }
}

async fn connect(folder: &Path, clock: &Arc<TestClock>, injector: &Arc<Injector>) -> Store {
    let options = Options { durable: false, connections: 2, ..Options::embedded(folder) };
    let hook: Arc<dyn CommitHook> = Arc::clone(injector) as Arc<dyn CommitHook>;
    Store::connect_with(&options, Arc::clone(clock) as Arc<dyn tenantry_domain::Clock>, Vault::new(&[7; 32]), Some(hook)).await.unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits::compute(SHARE[0], SHARE[1], SHARE[2])
}

pub(crate) fn app_spec(image: &str, disks: &[&str]) -> AppSpec {
    AppSpec {
        image: image.to_owned(),
        replicas: 1,
        ports: vec![80],
        environment: std::collections::BTreeMap::new(),
        disks: disks.iter().map(|d| Mount { disk: (*d).to_owned(), path: format!("/{d}") }).collect(),
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    }
}

impl World {
    pub(crate) async fn new(injector: Injector) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, injector, faults) = (Arc::new(TestClock::new(1)), Arc::new(injector), Arc::new(Faults::default()));
        let store = connect(folder.path(), &clock, &injector).await;
        store.migrate().await.unwrap();
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), Arc::clone(&faults)).await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.tenants().insert_root().await.unwrap();
        let draft = DatacenterDraft {
            name: "north".to_owned(),
            comment: String::new(),
            endpoint: String::new(),
            connection: Some(Connection::Sandbox { name: "north".to_owned() }),
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(64_000), Some(65_536), Some(1024 * 1024)),
            overcommit: 1.0,
            health: Health::default(),
        };
        tx.datacenters().insert(&Allowed::system(TenantId::ROOT), clock.uid(), &draft).await.unwrap();
        tx.commit().await.unwrap();
        Self { store, clock, sandbox, faults, injector, folder }
    }

    /// What goes on from here as this one would, with other things broken. Nothing may be under way.
    pub(crate) async fn fork(&self, injector: Injector) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let (clock, injector, faults) = (Arc::new(self.clock.fork()), Arc::new(injector), Arc::new(Faults::default()));
        let store = connect(folder.path(), &clock, &injector).await;
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), Arc::clone(&faults)).await.unwrap();
        Self { store, clock, sandbox, faults, injector, folder }
    }

    pub(crate) async fn begin(&self) -> Tx {
        self.store.begin().await.unwrap()
    }

    /// A tenant with its share of the datacenter and its namespace there.
    pub(crate) async fn tenant(&self, tx: &Tx, parent: TenantId, name: &str, limits: Limits) -> (TenantId, ResourceId) {
        let allowed: Allowed<act::Create, obj::Tenant> = Allowed::system(parent);
        let new = NewTenant { name: name.to_owned(), slug: name.to_owned(), totals: limits, ..NewTenant::default() };
        let id = tx.tenants().insert(&allowed, self.clock.uid(), &new).await.unwrap();
        tx.quotas().grant(id, Some(parent), NORTH, &limits, false).await.unwrap();
        let own: Allowed<act::Create, obj::Namespace> = Allowed::system(id);
        let spec = Spec::Namespace(NamespaceSpec { limits, adopt: false });
        let namespace = tx.resources().insert(&own, NORTH, None, name, &spec).await.unwrap();
        (id, namespace)
    }

    pub(crate) async fn make(&self, tx: &Tx, tenant: TenantId, namespace: ResourceId, name: &str, spec: Spec) -> ResourceId {
        tx.quotas().take(tenant, NORTH, spec.holds()).await.unwrap();
        let own: Allowed<act::Create, obj::Disk> = Allowed::system(tenant);
        let id = tx.resources().insert(&own, NORTH, Some(namespace), name, &spec).await.unwrap();
        self.release(tx, tenant, id, 1, &spec).await;
        id
    }

    async fn release(&self, tx: &Tx, tenant: TenantId, id: ResourceId, generation: i64, spec: &Spec) {
        let Spec::App(app) = spec else { return };
        let new = NewRelease {
            user: UserId(1),
            name: "web".to_owned(),
            operation: "update".to_owned(),
            comment: String::new(),
            datacenter: Some(NORTH),
            app: Some((id, generation)),
            spec: Some(app.clone()),
        };
        tx.releases().insert(&Allowed::system(tenant), &new).await.unwrap();
    }

    pub(crate) async fn change(&self, tx: &Tx, id: ResourceId, spec: Spec) {
        let before = tx.resources().find_by_id(id).await.unwrap().unwrap();
        tx.quotas().take(before.tenant, NORTH, spec.holds() - before.spec.holds()).await.unwrap();
        let own: Allowed<act::Update, obj::Disk> = Allowed::system(before.tenant);
        let generation = tx.resources().update_spec(&own, &before, &spec).await.unwrap();
        self.release(tx, before.tenant, id, generation, &spec).await;
    }

    pub(crate) async fn delete(&self, id: ResourceId) {
        let tx = self.begin().await;
        let before = tx.resources().find_by_id(id).await.unwrap().unwrap();
        let own: Allowed<act::Delete, obj::Disk> = Allowed::system(before.tenant);
        tx.resources().delete(&own, &before, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn resource(&self, id: ResourceId) -> Option<Resource> {
        self.store.resources().find_by_id(id).await.unwrap()
    }

    /// A tenant `alpha` with a disk and an app that mounts it, and a tenant `beta` below it; nothing is made yet.
    pub(crate) async fn ask(&self) -> Asked {
        let tx = self.begin().await;
        let (alpha, namespace) = self.tenant(&tx, TenantId::ROOT, "alpha", limits()).await;
        let (beta, _) = self.tenant(&tx, alpha, "beta", Limits::compute(Some(1000), Some(1024), Some(10 * 1024))).await;
        // the app comes first, and so do not all the things that it needs
        let app = self.make(&tx, alpha, namespace, "web", Spec::App(app_spec("nginx:1.27", &["data"]))).await;
        let disk = self.make(&tx, alpha, namespace, "data", Spec::Disk(DiskSpec { size_gib: 4 })).await;
        tx.commit().await.unwrap();
        Asked { alpha, beta, namespace, disk, app }
    }

    pub(crate) async fn close(&self, asked: &Asked) {
        let tx = self.begin().await;
        let allowed: Allowed<act::Delete, obj::Tenant> = Allowed::system(asked.alpha);
        tx.tenants().close(&allowed, asked.alpha, None).await.unwrap();
        tx.tenants().close(&allowed, asked.beta, None).await.unwrap();
        tx.resources().delete_all(&allowed, &[asked.beta, asked.alpha], None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The account that pays for a tenant runs out, which suspends it.
    pub(crate) async fn suspend(&self, tenant: TenantId) {
        let tx = self.begin().await;
        let held = tx.accounts().balance(tenant).await.unwrap().unwrap_or_default();
        tx.accounts().book(tenant, EntryKind::Usage, Money(-held.0 - 1), "usage", None).await.unwrap();
        tx.usage().set_when_empty(&Allowed::system(tenant), WhenEmpty::Suspend).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The account is recharged.
    pub(crate) async fn recharge(&self, tenant: TenantId) {
        let tx = self.begin().await;
        tx.accounts().book(tenant, EntryKind::Adjustment, Money::whole(1), "recharged", None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets a server work until all is at rest, at first with whatever the injector breaks; one that crashed is started anew.
    pub(crate) async fn work(&self) {
        self.run(DISTURBED, true).await;
        self.run(AFTERWARDS, false).await;
    }

    /// Lets a server work undisturbed until it has looked at everything again.
    pub(crate) async fn look_again(&self) {
        self.run(Settings::default().resync * 6 / 5, false).await;
    }

    /// Lets a server work undisturbed for so long.
    pub(crate) async fn work_for(&self, time: Duration) {
        self.run(time, false).await;
    }

    async fn run(&self, time: Duration, disturbed: bool) {
        let until = self.clock.now().plus(time);
        let mut starts = 0;
        loop {
            starts += 1;
            assert!(starts <= 2, "one fault is injected, so there is one restart at most");
            let store = connect(self.folder.path(), &self.clock, &self.injector).await;
            let platforms: Arc<dyn Platforms> = Arc::new(ToSandbox(self.sandbox.clone(), Arc::clone(&self.injector)));
            let engine = Engine::new(store.clone(), tenantry_controllers::all(&store, &platforms), Settings::default());
            self.injector.arm(disturbed);
            let ended = tokio::select! {
                ended = engine.run_until(|due| due <= until && { self.clock.step_to(due); true }) => ended.is_ok(),
                () = self.injector.crashed() => false,
            };
            self.injector.arm(false);
            drop(engine);
            store.close().await.unwrap();
            if ended {
                break;
            }
        }
        self.clock.step_to(until);
    }

    /// What is in the rows (but for times, versions and events) and in the sandbox. What was `measured` at the peer when it was last
    /// looked at depends on when that was; it is the same again after everything was looked at again.
    pub(crate) async fn snapshot(&self, asked: &Asked, measured: bool) -> Value {
        self.snapshot_of(&[TenantId::ROOT, asked.alpha, asked.beta], measured).await
    }

    pub(crate) async fn snapshot_of(&self, tenants: &[TenantId], measured: bool) -> Value {
        let scope = Scope::system();
        let asked = tenants;
        let mut tenants = Vec::new();
        for id in asked.iter().copied() {
            let row = match self.store.tenants().get(&scope, id).await {
                Ok(tenant) => json!({"name": tenant.name, "state": format!("{:?}", tenant.state), "reason": tenant.progress.reason}),
                Err(error) if error.kind == ErrorKind::NotFound => Value::Null,
                Err(error) => panic!("{error}"),
            };
            let resources = self.store.resources().of_tenant(&scope, id, None, None).await.unwrap();
            let quotas = self.store.quotas().of_tenants(&scope, &[id]).await.unwrap();
            let releases = ReleaseFilter { tenant: Some(id), ..ReleaseFilter::default() };
            let releases = self.store.releases().list(&scope, &releases, &PageRequest::default()).await.unwrap();
            tenants.push(json!({
                "row": row,
                "resources": resources.iter().map(|r| of_row(r, measured)).collect::<Vec<_>>(),
                "quotas": quotas.iter().map(|q| format!("{:?} used {:?} granted {:?}", q.limits, q.used, q.granted)).collect::<Vec<_>>(),
                "releases": releases.items.iter().map(|r| format!("{:?} {}", r.status, r.message)).collect::<Vec<_>>(),
            }));
        }
        let health = self.store.datacenters().get(&scope, NORTH).await.unwrap().health;
        cloud::named(&json!({"tenants": tenants, "healthy": health.healthy, "sandbox": self.sandbox.export().await.unwrap()}))
    }
}

fn of_row(row: &Resource, measured: bool) -> Value {
    let status = if measured { row.status.to_json().unwrap() } else { String::new() };
    json!({
        "kind": row.kind().name(), "name": row.name, "uid": row.uid.to_string(), "spec": row.spec.to_json().unwrap(),
        "status": status, "state": row.state.name(), "reason": row.progress.reason,
        "attempts": row.progress.attempts, "generation": row.generation, "observed": row.observed_generation,
    })
}

/// The one datacenter.
pub(crate) const NORTH: DatacenterId = DatacenterId(1);

/// What [`World::ask`] asked for.
pub(crate) struct Asked {
    pub(crate) alpha: TenantId,
    pub(crate) beta: TenantId,
    pub(crate) namespace: ResourceId,
    pub(crate) disk: ResourceId,
    pub(crate) app: ResourceId,
}

/// The namespace row's limits as a spec.
pub(crate) fn namespace_spec(limits: Limits, adopt: bool) -> Spec {
    Spec::Namespace(NamespaceSpec { limits, adopt })
}
