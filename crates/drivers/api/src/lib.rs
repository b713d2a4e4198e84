//! What a driver can do, by capability, and how it fails.
//!
//! A driver talks to one peer. It keeps nothing of its own: every object it makes carries our uid, so that a call
//! that was repeated, or whose answer was lost, finds what is already there. `ensure_*` is get-or-create-or-change;
//! `delete_*` of what is absent succeeds. A driver never sees the store.

pub mod cloud;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod directory;
mod error;
#[cfg(feature = "http")]
pub mod http;
mod mail;
mod outgoing;
mod places;
mod sign_on;
#[cfg(feature = "tls")]
pub mod tls;

use std::collections::BTreeMap;

use async_trait::async_trait;
pub use directory::{Directory, DirectoryUser, DirectoryUsers, GroupRole};
pub use error::{DriverError, DriverErrorKind, Result};
pub use mail::{Mailer, Message};
pub use outgoing::{Guard, Network, Purpose};
pub use places::{FoundPlace, PlacePage, PlaceQuery, Places};
pub use sign_on::{PendingSignOn, SignOn, SignedOn};
use tenantry_domain::datacenter::Health;
use tenantry_domain::registry::Image;
use tenantry_domain::resource::{AppSpec, AppStatus, DiskStatus, Kind, NamespaceStatus};
use tenantry_domain::user::Role;
use tenantry_domain::{Uid, quota::Limits};

/// What a namespace should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceWant {
    /// Its name, which is the tenant's.
    pub name: String,
    /// Our uid of the namespace resource; the label that says whose it is.
    pub uid: Uid,
    /// Our uid of the tenant.
    pub tenant_uid: Uid,
    /// The quota to set there.
    pub limits: Limits,
    /// Whether a namespace of that name that is not ours is to be taken over. What carries the mark of another Tenantry never is.
    pub adopt: bool,
    /// Whether it was complete before: then drift is looked for, and nothing is written where there is none.
    pub existed: bool,
}

/// A disk or app belongs to a namespace and has a name and a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The namespace.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// Our uid of the object.
    pub uid: Uid,
    /// Our uid of the tenant.
    pub tenant_uid: Uid,
}

/// What a disk should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskWant {
    /// Where and whose.
    pub place: Place,
    /// Its size in GiB.
    pub size_gib: i64,
    /// The class of storage; the peer's default without it.
    pub storage_class: Option<String>,
}

/// What an app should be at the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppWant {
    /// Where and whose.
    pub place: Place,
    /// The rest.
    pub spec: AppSpec,
    /// The registry whose name is put before an image name that has none.
    pub image_registry: Option<String>,
}

/// How an app's rollout stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollout {
    /// Every copy is of the newest spec and serves.
    Complete,
    /// Under way; the sentence says how far.
    Progressing(String),
    /// It will not come about by waiting; the sentence says why.
    Stuck(String),
    /// Somebody changed or removed it at the peer, and it is left alone; the sentence says what is different.
    Drifted(String),
}

/// How far a removal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// There is nothing any more.
    Gone,
    /// It is on its way; the sentence says what it waits for.
    InProgress(String),
}

/// A kubeconfig limited to a tenant's namespaces.
#[derive(Clone, PartialEq, Eq)]
pub struct Kubeconfig {
    /// The YAML document. It holds a token: it is never logged.
    pub yaml: String,
    /// How long its token is good for, in seconds.
    pub expires_in_s: i64,
}

/// Looking at a datacenter without changing it.
#[async_trait]
pub trait Inspect: Send + Sync {
    /// Connects and says what is there, and what is missing: name resolution, TLS, credentials, permissions.
    async fn check(&self) -> Health;
    /// Whether an object of this kind that carries our uid is there; for finding out that an orphan has gone.
    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool>;
}

/// Credentials for a tenant's people.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// A kubeconfig for `role` in the namespace.
    async fn kubeconfig(&self, namespace: &str, tenant_uid: Uid, role: Role) -> Result<Kubeconfig>;
}

/// Namespaces with their quota, limits, network policy and accounts.
#[async_trait]
pub trait Namespaces: Send + Sync {
    /// Makes it, or makes it as wanted. A namespace of that name that is not ours is left alone ([`DriverErrorKind::NotOurs`]) unless `adopt` says otherwise.
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus>;
    /// Removes it and all in it. One that is not ours is left alone and counts as gone.
    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion>;
    /// Lets go of it, which was taken over: what we put there (quota, rules, accounts, at last our mark) is removed, everything else stays.
    /// One that is not ours is left alone.
    async fn release_namespace(&self, name: &str, uid: Uid) -> Result<()>;
    /// The namespaces that carry our label, by name, with the uid they carry; for finding orphans.
    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>>;
}

/// Disks.
#[async_trait]
pub trait Disks: Send + Sync {
    /// Makes it, or grows it.
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus>;
    /// Removes it.
    async fn delete_disk(&self, place: &Place) -> Result<Deletion>;
}

/// Apps.
#[async_trait]
pub trait Apps: Send + Sync {
    /// Makes it, or makes it as wanted, and says how its rollout stands.
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)>;
    /// Removes it.
    async fn delete_app(&self, place: &Place) -> Result<Deletion>;
}

/// Any datacenter: it can be looked at, and every tenant has its place there.
pub trait Platform: Inspect + Namespaces + Places {}
impl<T: Inspect + Namespaces + Places + ?Sized> Platform for T {}

/// A datacenter that runs containers: everything that the container cloud needs.
pub trait ContainerPlatform: Platform + Credentials + Disks + Apps {}
impl<T: Platform + Credentials + Disks + Apps + ?Sized> ContainerPlatform for T {}

/// What a registry holds.
#[async_trait]
pub trait Images: Send + Sync {
    /// The names of its repositories (in the registry's order), at most `limit`.
    async fn repositories(&self, limit: usize) -> Result<Vec<String>>;
    /// Repositories after `after` (in the registry's order), at most `limit`, with their tags, sizes and digests.
    async fn images(&self, after: Option<&str>, limit: usize) -> Result<Vec<Image>>;
}
