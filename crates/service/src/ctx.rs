//! Who asks, from where and how; and the frame of every use case: permission, transaction, audit, idempotency.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::policy::{
    self, Action, ActionType, Allowed, AnyResource, Caller, Decision, ObjectKind, ObjectType, Scope, Target, TenantPath, obj,
};
use tenantry_domain::resource::{Audience, Kind, Resource};
use tenantry_domain::{Error, ErrorKind, GroupId, Result, TenantId, UserId};
use tenantry_store::{Store, Tx};

use crate::{Services, Settings};

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// The id of the request, for logs and the audit.
    pub request_id: String,
    /// The client's address.
    pub address: String,
    /// The dialect, for the audit.
    pub dialect: &'static str,
    /// The program, as it calls itself.
    pub client: String,
    /// Whether the audit has a record of this request.
    pub recorded: Recorded,
}

impl RequestInfo {
    /// Adds to a record where the request came from.
    pub(crate) fn stamp(&self, record: AuditRecord) -> AuditRecord {
        let (address, dialect, request_id) = (self.address.clone(), self.dialect.to_owned(), self.request_id.clone());
        AuditRecord { address, dialect, request_id, ..record }
    }
}

/// Whether the audit has a record of a request. Clones share it, so that whoever sees the request last knows of what was done before.
#[derive(Debug, Clone, Default)]
pub struct Recorded(Arc<AtomicBool>);

impl Recorded {
    /// There is a record, or there shall be none.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether there is one.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A key that makes a mutation happen once, however often it is sent.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// The caller's key.
    pub key: String,
    /// A hash of method, path and body: the same key with another request is refused.
    pub fingerprint: String,
}

/// A request of a caller.
#[derive(Clone)]
pub struct Ctx {
    /// The use cases.
    pub services: Services,
    /// Who asks.
    pub caller: Caller,
    /// From where.
    pub request: RequestInfo,
    /// Whether to answer what would happen, and do nothing.
    pub dry_run: bool,
    /// The key that makes it happen once.
    pub idempotency: Option<IdempotencyKey>,
}

impl Ctx {
    /// A plain request.
    #[must_use]
    pub fn new(services: Services, caller: Caller, request: RequestInfo) -> Self {
        Self { services, caller, request, dry_run: false, idempotency: None }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.services.settings()
    }

    pub(crate) fn store(&self) -> &Store {
        self.services.store()
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        self.store().begin().await
    }

    /// Where the caller may read objects of this kind.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] when nowhere.
    pub fn scope(&self, kind: ObjectKind) -> Result<Scope> {
        self.password_is_own()?;
        policy::scope(&self.caller, kind)
    }

    /// Whether the caller may do this to what belongs to the platform, such as datacenters.
    #[must_use]
    pub fn may(&self, action: Action, kind: ObjectKind) -> bool {
        let root = TenantPath::root();
        matches!(policy::decide(&self.caller, action, kind, &Target::in_tenant(&root)), Decision::Allowed(_))
    }

    /// Refuses who has to change the password first, in the dialect that has a way to say so. The older dialects' clients have none: they go on.
    pub(crate) fn password_is_own(&self) -> Result<()> {
        if self.caller.must_change_password && self.request.dialect == "native" {
            let message =
                "your password was set by somebody else: change it first (PUT /api/v2/users/{id}/password, or 'tenantry password')";
            return Err(Error::new(ErrorKind::Forbidden, message));
        }
        Ok(())
    }

    pub(crate) async fn path(&self, tenant: TenantId) -> Result<TenantPath> {
        if let Some(path) = self.services.0.paths.get(&tenant).await {
            return Ok(path);
        }
        let path = self.store().tenants().path(tenant).await?;
        self.services.0.paths.insert(tenant, path.clone()).await;
        Ok(path)
    }

    /// Decides an action on an object in a tenant. `name` is what the caller called the object.
    pub(crate) async fn allow<A: ActionType, T: ObjectType>(&self, tenant: TenantId, name: &(dyn Display + Sync)) -> Result<Allowed<A, T>> {
        self.allow_owned(tenant, None, name).await
    }

    /// The same, where the object is a user or was made by one.
    pub(crate) async fn allow_owned<A: ActionType, T: ObjectType>(
        &self,
        tenant: TenantId,
        owner: Option<UserId>,
        name: &(dyn Display + Sync),
    ) -> Result<Allowed<A, T>> {
        self.password_is_own()?;
        let path = self.path(tenant).await?;
        policy::allow(&self.caller, &Target { owner, ..Target::in_tenant(&path) }, name)
    }

    /// Decides an action on a resource that was read.
    pub(crate) async fn allow_resource<A: ActionType>(&self, resource: &Resource) -> Result<Allowed<A, AnyResource>> {
        self.allow_kind(resource.kind(), resource.tenant, resource.audience, &resource.id).await
    }

    /// Decides an action on a resource of a kind, such as making one.
    pub(crate) async fn allow_kind<A: ActionType>(
        &self,
        kind: Kind,
        tenant: TenantId,
        audience: Audience,
        name: &(dyn Display + Sync),
    ) -> Result<Allowed<A, AnyResource>> {
        self.password_is_own()?;
        let path = self.path(tenant).await?;
        policy::allow_resource(&self.caller, kind, &Target { audience, ..Target::in_tenant(&path) }, name)
    }

    /// The same, where the object is a user: administrators of the groups above decide too.
    pub(crate) async fn allow_user<A: ActionType>(&self, tenant: TenantId, user: UserId) -> Result<Allowed<A, obj::User>> {
        self.password_is_own()?;
        let path = self.path(tenant).await?;
        let groups = if self.caller.groups.is_empty() { Vec::new() } else { self.store().groups().above_user(user).await? };
        policy::allow(&self.caller, &Target { owner: Some(user), groups: &groups, ..Target::in_tenant(&path) }, &user)
    }

    /// The same, where the object is a group, or is to be put into one.
    pub(crate) async fn allow_in_group<A: ActionType, T: ObjectType>(
        &self,
        tenant: TenantId,
        group: GroupId,
        name: &(dyn Display + Sync),
    ) -> Result<Allowed<A, T>> {
        self.password_is_own()?;
        let path = self.path(tenant).await?;
        let groups = if self.caller.groups.is_empty() { Vec::new() } else { self.store().groups().path(group).await? };
        policy::allow(&self.caller, &Target { groups: &groups, ..Target::in_tenant(&path) }, name)
    }

    /// Refuses what only somebody may do who logged in: a token for programs makes no other credentials.
    pub(crate) fn logged_in(&self) -> Result<()> {
        if self.caller.session.0 == 0 {
            let message = "a token for programs may not do that: log in with your password";
            return Err(Error::new(ErrorKind::Forbidden, message));
        }
        Ok(())
    }

    /// Runs a mutation; when it is refused, says so in the audit.
    pub(crate) async fn audited<T>(
        &self,
        action: Action,
        object: ObjectKind,
        object_id: impl Display,
        mutation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = mutation.await;
        if let Err(error) = &result
            && !self.dry_run
            && error.kind != ErrorKind::Internal
        {
            self.refused(self.record(action.name(), object, object_id, Some(self.caller.home), &error.message)).await?;
        }
        result
    }

    /// Records a request that was refused before it came to a use case: its body, version or path could not be understood, or what it is
    /// about is not to be seen. `called` is method and path; a query may hold what nobody should read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refused_request(&self, called: &str, why: &str) -> Result<()> {
        let mut record = self.record("request", ObjectKind::Audit, called, Some(self.caller.home), why);
        record.object = "request".to_owned();
        self.refused(record).await
    }

    async fn refused(&self, record: AuditRecord) -> Result<()> {
        let tx = self.begin().await?;
        tx.audit().record(&AuditRecord { outcome: AuditOutcome::Refused.name().to_owned(), ..record }).await?;
        tx.commit().await?;
        self.request.recorded.set();
        Ok(())
    }

    pub(crate) fn record(&self, action: &str, object: ObjectKind, id: impl Display, tenant: Option<TenantId>, detail: &str) -> AuditRecord {
        let record = AuditRecord::new(action, object.noun(), &id.to_string(), tenant, detail);
        self.request.stamp(AuditRecord { user: Some(self.caller.user), user_name: self.caller.name.clone(), ..record })
    }

    /// Ends a mutation: the audit's record and the idempotency key go into its transaction, then it is committed, or, in a dry run, dropped.
    pub(crate) async fn commit(
        &self,
        tx: Tx,
        action: Action,
        object: ObjectKind,
        id: impl Display,
        tenant: TenantId,
        detail: &str,
    ) -> Result<()> {
        let id = id.to_string();
        let record = self.record(action.name(), object, &id, Some(tenant), detail);
        self.commit_as(tx, &record, &format!("{}/{id}", collection(object))).await
    }

    /// The same with a record of the caller's own, and where the native API has the object.
    pub(crate) async fn commit_as(&self, tx: Tx, record: &AuditRecord, location: &str) -> Result<()> {
        tx.audit().record(record).await?;
        if let Some(key) = &self.idempotency {
            tx.idempotency().insert(self.caller.user, &key.key, &key.fingerprint, location).await?;
        }
        if self.dry_run {
            return Ok(());
        }
        tx.commit().await?;
        self.request.recorded.set();
        Ok(())
    }
}

/// Where the native API has objects of a kind.
const fn collection(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Tenant | ObjectKind::Account | ObjectKind::DatacenterQuota => "/api/v2/tenants",
        ObjectKind::User => "/api/v2/users",
        ObjectKind::Group => "/api/v2/groups",
        ObjectKind::ApiToken => "/api/v2/tokens",
        ObjectKind::Link => "/api/v2/links",
        ObjectKind::Datacenter | ObjectKind::RateCard => "/api/v2/datacenters",
        ObjectKind::QuotaPlan => "/api/v2/quota-plans",
        ObjectKind::Namespace => "/api/v2/namespaces",
        ObjectKind::Disk => "/api/v2/disks",
        ObjectKind::App => "/api/v2/apps",
        ObjectKind::Network => "/api/v2/networks",
        ObjectKind::Router => "/api/v2/routers",
        ObjectKind::RouterInterface => "/api/v2/router-interfaces",
        ObjectKind::SecurityGroup => "/api/v2/security-groups",
        ObjectKind::Volume => "/api/v2/volumes",
        ObjectKind::Snapshot => "/api/v2/snapshots",
        ObjectKind::Server => "/api/v2/servers",
        ObjectKind::Attachment => "/api/v2/attachments",
        ObjectKind::FloatingIp => "/api/v2/floating-ips",
        ObjectKind::Release => "/api/v2/releases",
        ObjectKind::Registry => "/api/v2/registries",
        ObjectKind::Audit => "/api/v2/audit",
        ObjectKind::Orphan => "/api/v2/orphans",
    }
}
