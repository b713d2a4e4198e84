//! The use cases of Tenantry, a file per object. Each decides, validates, and writes one transaction; none calls a peer to
//! change it. What is in here holds for every dialect.
//!
//! A use case is a function of a [`Ctx`]: who asks, from where, and how (dry run, idempotency key). Its record in the audit
//! is written in its transaction; a refusal is recorded too.

pub mod account;
pub mod admission;
pub mod api_token;
pub mod app;
mod attempt;
pub mod audit;
pub mod auth;
pub mod cloud;
mod ctx;
pub mod datacenter;
pub mod datacenter_quota;
pub mod directory;
pub mod disk;
pub mod event;
pub mod group;
mod hashing;
pub mod idempotency;
mod letters;
pub mod link;
pub mod mail;
pub mod namespace;
pub mod orphan;
pub mod password_reset;
pub mod place;
pub mod quota_plan;
pub mod registry;
pub mod release;
pub mod resource;
pub mod role;
pub mod second_factor;
pub mod session;
mod session_cache;
pub mod settle;
pub mod sign_on;
pub mod tenant;
pub mod tenant_work;
pub mod usage;
pub mod user;
pub mod why;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
pub use ctx::{Ctx, IdempotencyKey, Recorded, RequestInfo};
use moka::future::Cache;
use tenantry_domain::cloud::{Catalog, Console, Unmanaged};
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::policy::TenantPath;
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_domain::user::{Role, SHORTEST_PASSWORD};
use tenantry_domain::{Amounts, DatacenterId, Error, ErrorKind, Metric, Money, Result, SessionId, TenantId, Uid};
use tenantry_driver_api::cloud::{CloudPlace, Known};
use tenantry_driver_api::{FoundPlace, Kubeconfig, PlacePage, PlaceQuery};
use tenantry_store::Store;
pub use tenantry_store::sessions::Life;

use crate::hashing::Hashing;
use crate::session_cache::SessionCache;

/// What the use cases may ask of peers. Nothing here changes one.
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// Connects and says what is there and what is missing. An address that may not be dialled is refused with an error.
    async fn check(&self, connection: &Connection, options: &DatacenterOptions) -> Result<Health>;
    /// A kubeconfig for a role in a namespace.
    async fn kubeconfig(&self, datacenter: DatacenterId, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig>;
    /// The names of a registry's repositories, at most `limit`.
    async fn repositories(&self, registry: &RegistryConnection, limit: usize) -> Result<Vec<String>>;
    /// A page of a registry's repositories, with their tags.
    async fn images(&self, registry: &RegistryConnection, after: Option<&str>, limit: usize) -> Result<Vec<Image>>;
    /// A page of the places in a datacenter, whoever's they are.
    async fn places(&self, datacenter: DatacenterId, query: &PlaceQuery) -> Result<PlacePage>;
    /// The place of this name in a datacenter, with what of a quota lives in it.
    async fn place(&self, datacenter: DatacenterId, name: &str) -> Result<Option<(FoundPlace, Amounts)>>;
    /// The clouds of servers among them; none where there are none.
    fn clouds(&self) -> Option<&dyn Clouds>;
}

/// What the use cases may ask of clouds of servers. Nothing here changes one.
#[async_trait]
pub trait Clouds: Send + Sync {
    /// What a cloud offers to a tenant with this project.
    async fn catalog(&self, datacenter: DatacenterId, project: &str) -> Result<Catalog>;
    /// Where a server's screen is looked at.
    async fn console(&self, datacenter: DatacenterId, server: &CloudPlace) -> Result<Console>;
    /// The last lines of a server's console.
    async fn console_log(&self, datacenter: DatacenterId, server: &CloudPlace, lines: usize) -> Result<String>;
    /// What is in a project and not ours, at most `limit`.
    async fn unmanaged(&self, datacenter: DatacenterId, project: &str, limit: usize) -> Result<Vec<Unmanaged>>;
    /// Name and spec of something in a project that is not ours.
    async fn describe(&self, datacenter: DatacenterId, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)>;
}

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What `init` grants to an account that does not exist yet.
    pub gift: Money,
    /// A tenant's storage in each datacenter when nothing is said of it, in MiB.
    pub default_storage_mib: i64,
    /// A tenant's cores in each datacenter when a dialect says nothing of them, in millicores.
    pub default_cpu_millicores: i64,
    /// A tenant's memory in each datacenter when a dialect says nothing of it, in MiB.
    pub default_memory_mib: i64,
    /// How much a tenant may have of what is counted (servers, volumes, ...) in each datacenter, through a dialect that asks for the usual of it.
    pub default_counts: Vec<(Metric, i64)>,
    /// The datacenters of a tenant when a dialect says nothing of them; those of the tenant above when there are none here.
    pub default_datacenters: Vec<String>,
    /// How long a session lives.
    pub session_life: Life,
    /// For how many days a token for programs may be good at most.
    pub longest_token_days: u32,
    /// The fewest characters of a password.
    pub shortest_password: usize,
    /// The dialects that are served, for tokens that are limited to some.
    pub dialects: Vec<&'static str>,
    /// Whether a directory is configured that people log in from.
    pub directory: bool,
    /// Where people reach this server, for the links in mails; none where no mail server is configured.
    pub public_url: Option<String>,
    /// How long a request may wait for a row to settle.
    pub wait: Duration,
    /// What one copy of an app may use of the processor when nothing is said of it, in millicores.
    pub default_app_cpu_millicores: i64,
    /// What one copy of an app may use of memory when nothing is said of it, in MiB.
    pub default_app_memory_mib: i64,
    /// How many passwords are hashed at the same time; as many as there are processors for 0.
    pub concurrent_hashes: usize,
    /// The longest wait that guessing passwords earns.
    pub longest_throttle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gift: Money::whole(500),
            default_storage_mib: 100 * 1024,
            default_cpu_millicores: 2000,
            default_memory_mib: 4 * 1024,
            default_counts: vec![
                (Metric::Servers, 10),
                (Metric::Volumes, 20),
                (Metric::Networks, 5),
                (Metric::Routers, 5),
                (Metric::FloatingIps, 5),
            ],
            default_datacenters: Vec::new(),
            session_life: Life { absolute: Duration::from_secs(12 * 3600), idle: Duration::from_secs(2 * 3600) },
            longest_token_days: 366,
            shortest_password: SHORTEST_PASSWORD,
            dialects: vec!["native", "container_cloud", "openstack_portal", "ocmanager", "cluster_manager"],
            directory: false,
            public_url: None,
            wait: Duration::from_secs(10),
            default_app_cpu_millicores: 100,
            default_app_memory_mib: 128,
            concurrent_hashes: 0,
            longest_throttle: Duration::from_secs(15 * 60),
        }
    }
}

/// Where people come from who have no password here.
#[derive(Default)]
pub struct People {
    /// Directories, in the order in which they are asked.
    pub directories: Vec<directory::Configured>,
    /// Providers of single sign-on.
    pub providers: Vec<sign_on::Configured>,
}

/// The use cases with what they stand on. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Settings,
    peers: Arc<dyn Peers>,
    people: People,
    hashing: Hashing,
    sessions: SessionCache,
    used: Mutex<BTreeSet<SessionId>>,
    paths: Cache<TenantId, TenantPath>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

impl Services {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(store: Store, settings: Settings, peers: Arc<dyn Peers>) -> Self {
        Self::with_people(store, settings, peers, People::default())
    }

    /// The same with people from elsewhere.
    #[must_use]
    pub fn with_people(store: Store, settings: Settings, peers: Arc<dyn Peers>, people: People) -> Self {
        let hashing = Hashing::new(settings.concurrent_hashes);
        // a revoked session is refused within this time by every replica, at once by the one that revoked it
        let sessions = SessionCache::new(Duration::from_millis(900));
        let paths = Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(60)).build();
        Self(Arc::new(Inner { store, settings, peers, people, hashing, sessions, used: Mutex::default(), paths }))
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn directories(&self) -> &[directory::Configured] {
        &self.0.people.directories
    }

    pub(crate) fn providers(&self) -> &[sign_on::Configured] {
        &self.0.people.providers
    }

    pub(crate) fn clouds(&self) -> Result<&dyn Clouds> {
        self.0.peers.clouds().ok_or_else(|| Error::new(ErrorKind::PeerUnavailable, "this server is connected to no clouds of servers"))
    }

    pub(crate) fn peers(&self) -> &dyn Peers {
        &*self.0.peers
    }

    /// A new id for a request.
    #[must_use]
    pub fn new_request_id(&self) -> String {
        self.store().clock().uid().to_string()
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not, or its schema is not up to date.
    pub async fn ready(&self) -> Result<()> {
        self.store().ping().await
    }
}
