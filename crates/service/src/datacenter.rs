//! Datacenters: connected only after a check that says what is wrong.

use tenantry_domain::datacenter::{Connection, Datacenter, DatacenterOptions, Health};
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::{DatacenterId, Error, ErrorKind, Result, TenantId, name};
use tenantry_store::datacenters::DatacenterDraft;
pub use tenantry_store::datacenters::DatacenterFilter;

use crate::Ctx;

/// A datacenter to be connected.
#[derive(Debug, Clone)]
pub struct Create {
    /// The unique name, an RFC 1123 label.
    pub name: String,
    /// Free text.
    pub comment: String,
    /// How it is reached.
    pub connection: Connection,
    /// What can be set freely.
    pub options: DatacenterOptions,
    /// What there is; what has no number has no limit.
    pub capacity: Limits,
    /// How often the capacity may be promised; once without it.
    pub overcommit: Option<f64>,
}

/// What is changed of a datacenter; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The unique name.
    pub name: Option<String>,
    /// Free text.
    pub comment: Option<String>,
    /// How it is reached; it is checked again.
    pub connection: Option<Connection>,
    /// What can be set freely.
    pub options: Option<DatacenterOptions>,
    /// What there is.
    pub capacity: Option<Limits>,
    /// How often the capacity may be promised.
    pub overcommit: Option<f64>,
    /// The version that it must have.
    pub version: Option<i64>,
}

fn endpoint_of(connection: &Connection) -> String {
    match connection {
        Connection::Sandbox { name } => format!("sandbox:{name}"),
        Connection::Openstack(openstack) => openstack.auth_url.clone(),
        Connection::Kubernetes { endpoint: Some(endpoint), .. } => endpoint.clone(),
        Connection::Kubernetes { kubeconfig, .. } => kubeconfig
            .as_deref()
            .and_then(|text| text.lines().find_map(|line| line.trim().strip_prefix("server:")))
            .map(|server| server.trim().trim_matches(['"', '\'']).to_owned())
            .unwrap_or_default(),
    }
}

fn check_numbers(capacity: &Limits, overcommit: f64) -> Result<()> {
    if !(overcommit.is_finite() && (0.1..=100.0).contains(&overcommit)) {
        return Err(Error::invalid("overcommit", "'overcommit' must be between 0.1 and 100"));
    }
    match capacity.iter().find(|(_, l)| l.is_some_and(|l| !(0..=1 << 50).contains(&l))) {
        Some((metric, _)) => Err(Error::invalid(metric.name(), format!("the capacity of {metric} must be 0 or more"))),
        None => Ok(()),
    }
}

async fn checked(ctx: &Ctx, connection: &Connection, options: &DatacenterOptions) -> Result<Health> {
    if let Connection::Sandbox { name } = connection {
        name::check_label("sandbox", name)?;
    }
    let health = ctx.services.peers().check(connection, options).await?;
    if !health.healthy {
        let mut message = format!("the datacenter cannot be used: {}", health.message);
        if !health.missing_permissions.is_empty() {
            message += &format!("; missing permissions: {}", health.missing_permissions.join(", "));
        }
        return Err(Error::new(ErrorKind::PeerUnavailable, message).about(ObjectKind::Datacenter));
    }
    Ok(health)
}

/// Connects a datacenter, after checking that it can be worked with.
///
/// # Errors
/// `PeerUnavailable` that says what is wrong (name, TLS, credentials, permissions), `AlreadyExists`, `InvalidArgument`, `Forbidden`.
pub async fn create(ctx: &Ctx, new: &Create) -> Result<Datacenter> {
    ctx.audited(Action::Create, ObjectKind::Datacenter, &new.name, create_inner(ctx, new)).await
}

async fn create_inner(ctx: &Ctx, new: &Create) -> Result<Datacenter> {
    let allowed: Allowed<act::Create, obj::Datacenter> = ctx.allow(TenantId::ROOT, &new.name).await?;
    name::check_label("name", &new.name)?;
    name::check_text("comment", &new.comment, 1000)?;
    let overcommit = new.overcommit.unwrap_or(1.0);
    check_numbers(&new.capacity, overcommit)?;
    let health = checked(ctx, &new.connection, &new.options).await?;
    let draft = DatacenterDraft {
        name: new.name.clone(),
        comment: new.comment.clone(),
        endpoint: endpoint_of(&new.connection),
        connection: Some(new.connection.clone()),
        options: new.options.clone(),
        capacity: new.capacity,
        overcommit,
        health,
    };
    let tx = ctx.begin().await?;
    let id = tx.datacenters().insert(&allowed, ctx.store().clock().uid(), &draft).await?;
    let made = tx.datacenters().get(&Scope::system(), id).await?;
    ctx.commit(tx, Action::Create, ObjectKind::Datacenter, id, TenantId::ROOT, &format!("connected '{}'", new.name)).await?;
    Ok(made)
}

/// A datacenter, if the caller may see it: it is a platform administrator, or sees a tenant that has a share of it.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: DatacenterId) -> Result<Datacenter> {
    ctx.store().datacenters().get(&ctx.scope(ObjectKind::Datacenter)?, id).await
}

/// A page of datacenters, optionally those that a tenant has a share of.
///
/// # Errors
/// `NotFound` when the tenant asked for is not to be seen.
pub async fn list(ctx: &Ctx, filter: &DatacenterFilter, page: &PageRequest) -> Result<Page<Datacenter>> {
    if let Some(tenant) = filter.tenant {
        crate::tenant::get(ctx, tenant).await?;
    }
    ctx.store().datacenters().list(&ctx.scope(ObjectKind::Datacenter)?, filter, page).await
}

/// Changes a datacenter. A new connection is checked first; a smaller capacity must still hold what is granted.
///
/// # Errors
/// `PeerUnavailable`, `QuotaExceeded`, `AlreadyExists`, `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: DatacenterId, change: &Update) -> Result<Datacenter> {
    ctx.audited(Action::Update, ObjectKind::Datacenter, id, update_inner(ctx, id, change)).await
}

async fn update_inner(ctx: &Ctx, id: DatacenterId, change: &Update) -> Result<Datacenter> {
    let before = get(ctx, id).await?;
    let allowed: Allowed<act::Update, obj::Datacenter> = ctx.allow(TenantId::ROOT, &id).await?;
    if let Some(version) = change.version.filter(|v| *v != before.version) {
        return Err(tenantry_store::resources::stale(ObjectKind::Datacenter, before.version, Some(version)));
    }
    let new_name = change.name.clone().unwrap_or_else(|| before.name.clone());
    name::check_label("name", &new_name)?;
    let comment = change.comment.clone().unwrap_or_else(|| before.comment.clone());
    name::check_text("comment", &comment, 1000)?;
    let capacity = change.capacity.unwrap_or(before.capacity);
    let overcommit = change.overcommit.unwrap_or(before.overcommit);
    check_numbers(&capacity, overcommit)?;
    let options = change.options.clone().unwrap_or_else(|| before.options.clone());
    let (endpoint, health) = match &change.connection {
        Some(connection) if connection.kind() != before.kind => {
            return Err(Error::invalid("kind", format!("the datacenter is of kind {}; connect another one instead", before.kind)));
        }
        Some(connection) => (endpoint_of(connection), checked(ctx, connection, &options).await?),
        None => (before.endpoint.clone(), before.health.clone()),
    };
    let draft =
        DatacenterDraft { name: new_name, comment, endpoint, connection: change.connection.clone(), options, capacity, overcommit, health };
    let tx = ctx.begin().await?;
    tx.datacenters().update(&allowed, &before, &draft).await?;
    let after = tx.datacenters().get(&Scope::system(), id).await?;
    ctx.commit(tx, Action::Update, ObjectKind::Datacenter, id, TenantId::ROOT, "").await?;
    Ok(after)
}

/// Checks a datacenter's health again, now.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn recheck(ctx: &Ctx, id: DatacenterId) -> Result<Datacenter> {
    let datacenter = get(ctx, id).await?;
    let allowed: Allowed<act::Retry, obj::Datacenter> = ctx.allow(TenantId::ROOT, &id).await?;
    let tx = ctx.begin().await?;
    tx.datacenters().recheck(&allowed, id).await?;
    ctx.commit(tx, Action::Retry, ObjectKind::Datacenter, id, TenantId::ROOT, "").await?;
    Ok(datacenter)
}

/// Checks a datacenter now and answers with what was found; the controller is told to look too, and records it.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn check_now(ctx: &Ctx, id: DatacenterId) -> Result<Datacenter> {
    let datacenter = recheck(ctx, id).await?;
    if ctx.dry_run {
        return Ok(datacenter);
    }
    let (_, connection) = ctx.store().datacenters().connection(id).await?;
    let health = match ctx.services.peers().check(&connection, &datacenter.options).await {
        Ok(health) => health,
        Err(error) => Health { message: error.message, ..Health::default() },
    };
    Ok(Datacenter { health, ..datacenter })
}

/// Disconnects a datacenter that no tenant has a share of. Nothing is removed there.
///
/// # Errors
/// `Conflict` that lists the tenants, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: DatacenterId, version: Option<i64>) -> Result<Datacenter> {
    ctx.audited(Action::Delete, ObjectKind::Datacenter, id, delete_inner(ctx, id, version)).await
}

async fn delete_inner(ctx: &Ctx, id: DatacenterId, version: Option<i64>) -> Result<Datacenter> {
    let before = get(ctx, id).await?;
    let allowed: Allowed<act::Delete, obj::Datacenter> = ctx.allow(TenantId::ROOT, &id).await?;
    let tx = ctx.begin().await?;
    tx.datacenters().delete(&allowed, &before, version).await?;
    ctx.commit(tx, Action::Delete, ObjectKind::Datacenter, id, TenantId::ROOT, &format!("disconnected '{}'", before.name)).await?;
    Ok(before)
}
