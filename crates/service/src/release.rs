//! Releases: appended, and carried out by the app's controller.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::release::{Operation, Release};
use tenantry_domain::resource::{Kind, Resource, Spec};
use tenantry_domain::usage::SUSPENDED;
use tenantry_domain::{DatacenterId, Error, ErrorKind, ReleaseId, Result, TenantId, UserId, name};
use tenantry_store::Tx;
use tenantry_store::releases::NewRelease;
pub use tenantry_store::releases::ReleaseFilter;

use crate::app::{AppChange, check_disks, next_spec, spec_of};
use crate::{Ctx, disk, resource, tenant};

/// A release to be recorded, and carried out when it names a datacenter.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// The app's name; free text in a plain record.
    pub name: String,
    /// What to do; free text in a plain record.
    pub operation: String,
    /// Free text.
    pub comment: String,
    /// Where. Without it the release is a plain record.
    pub datacenter: Option<DatacenterId>,
    /// What the app should be.
    pub app: AppChange,
    /// The release to go back to; the last one that succeeded before the present one without it.
    pub rollback_to: Option<ReleaseId>,
    /// The version that the app must have.
    pub version: Option<i64>,
}

impl Create {
    /// With a datacenter and something of an app (or an operation on one that exists), there is something to carry out.
    fn carried_out(&self) -> Option<DatacenterId> {
        let operation = !matches!(self.operation.as_str(), "" | "create" | "update");
        self.datacenter.filter(|_| operation || self.app != AppChange::default())
    }
}

/// Appends a release of the caller, and changes its app in the same transaction.
///
/// # Errors
/// `InvalidArgument`, `MissingArgument`, `QuotaExceeded`, `AlreadyExists`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, id: TenantId, new: &Create) -> Result<Release> {
    ctx.audited(Action::Create, ObjectKind::Release, &new.name, create_inner(ctx, id, new)).await
}

async fn create_inner(ctx: &Ctx, id: TenantId, new: &Create) -> Result<Release> {
    let allowed: Allowed<act::Create, obj::Release> = ctx.allow(id, &id).await?;
    name::check_text("comment", &new.comment, 2000)?;
    let tx = ctx.begin().await?;
    let record = match new.carried_out() {
        None => {
            name::check_display("name", &new.name, 256)?;
            name::check_text("operation", &new.operation, 256)?;
            if let Some(datacenter) = new.datacenter {
                let seen = ctx.store().datacenters().get(&ctx.scope(ObjectKind::Datacenter)?, datacenter).await;
                seen.map_err(|e| unknown_datacenter(datacenter, e))?;
            }
            NewRelease {
                user: ctx.caller.user,
                name: new.name.clone(),
                operation: new.operation.clone(),
                comment: new.comment.clone(),
                datacenter: new.datacenter,
                app: None,
                spec: None,
            }
        }
        Some(datacenter) => carry_out(ctx, &tx, id, datacenter, new).await?,
    };
    let release = tx.releases().insert(&allowed, &record).await?;
    let made = tx.releases().get(&Scope::system(), release).await?;
    ctx.commit(tx, Action::Create, ObjectKind::Release, release, id, &format!("{} '{}'", record.operation, record.name)).await?;
    Ok(made)
}

fn unknown_datacenter(datacenter: DatacenterId, error: Error) -> Error {
    if error.kind == ErrorKind::NotFound { Error::invalid("datacenter_id", format!("there is no datacenter {datacenter}")) } else { error }
}

async fn carry_out(ctx: &Ctx, tx: &Tx, id: TenantId, datacenter: DatacenterId, new: &Create) -> Result<NewRelease> {
    let allowed: Allowed<act::Update, obj::App> = ctx.allow(id, &id).await?;
    name::check_label("name", &new.name)?;
    let namespace = resource::container_namespace_of(tx, id, datacenter).await?;
    let app = tx.resources().find(&Scope::system(), Kind::App, id, datacenter, &new.name).await?;
    let operation = match new.operation.as_str() {
        "" if app.is_some() => Operation::Update,
        "" => Operation::Create,
        given => given.parse()?,
    };
    let record = |app: Option<(tenantry_domain::ResourceId, i64)>, spec| NewRelease {
        user: ctx.caller.user,
        name: new.name.clone(),
        operation: operation.name().to_owned(),
        comment: new.comment.clone(),
        datacenter: Some(datacenter),
        app,
        spec,
    };
    let Some(app) = app else {
        if operation != Operation::Create {
            return Err(Error::invalid("name", format!("the tenant has no app '{}' in datacenter {datacenter} to {operation}", new.name)));
        }
        let spec = next_spec(ctx.settings(), operation, None, None, &new.app)?;
        check_disks(tx, &namespace, &spec).await?;
        tx.usage().may_use_more(id).await?;
        tx.quotas().take(id, datacenter, spec.holds()).await?;
        let made = tx.resources().insert(&allowed, datacenter, Some(namespace.id), &new.name, &Spec::App(spec.clone())).await?;
        return Ok(record(Some((made, 1)), Some(spec)));
    };
    if let Some(asked) = new.version.filter(|v| *v != app.version) {
        return Err(tenantry_store::resources::stale(ObjectKind::App, app.version, Some(asked)));
    }
    match operation {
        Operation::Create => {
            let message = format!("the tenant has an app '{}' in datacenter {datacenter} already: update it", new.name);
            Err(Error::already_exists(ObjectKind::App, message))
        }
        Operation::Delete => {
            tx.resources().delete(&allowed, &app, None).await?;
            Ok(record(Some((app.id, app.generation + 1)), None))
        }
        _ => {
            let earlier = if operation == Operation::Rollback { Some(earlier_spec(tx, &app, new.rollback_to).await?) } else { None };
            let spec = next_spec(ctx.settings(), operation, Some(spec_of(&app)?), earlier.as_ref(), &new.app)?;
            check_disks(tx, &namespace, &spec).await?;
            if app.suspended && matches!(operation, Operation::Start | Operation::Restart) {
                return Err(Error::new(ErrorKind::BalanceTooLow, SUSPENDED).about(ObjectKind::App));
            }
            let wanted = Spec::App(spec.clone());
            disk::change_holds(tx, &app, &wanted).await?;
            let generation = tx.resources().update_spec(&allowed, &app, &wanted).await?;
            Ok(record(Some((app.id, generation)), Some(spec)))
        }
    }
}

/// What a rollback goes back to: the release named, or the newest that asked for something else than the app has now.
async fn earlier_spec(tx: &Tx, app: &Resource, to: Option<ReleaseId>) -> Result<tenantry_domain::resource::AppSpec> {
    let none = || Error::invalid("operation", "there is no earlier release of this app to go back to");
    if let Some(to) = to {
        let release = tx.releases().get(&Scope::system(), to).await?;
        let own = release.app == Some(app.id);
        return release.spec.filter(|_| own).ok_or_else(|| Error::not_found(ObjectKind::Release, to));
    }
    let present = spec_of(app)?;
    let filter = ReleaseFilter { app: Some(app.id), ..ReleaseFilter::default() };
    let page = tx.releases().list(&Scope::system(), &filter, &PageRequest::first(50)).await?;
    let differs = |spec: &tenantry_domain::resource::AppSpec| {
        (&spec.image, &spec.environment, &spec.ports, &spec.disks) != (&present.image, &present.environment, &present.ports, &present.disks)
    };
    page.items.into_iter().filter_map(|r| r.spec).find(differs).ok_or_else(none)
}

/// A release, if the caller may see its tenant; with `tenant` and `user`, only if it is theirs.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, tenant: Option<TenantId>, user: Option<UserId>, id: ReleaseId) -> Result<Release> {
    let found = ctx.store().releases().get(&ctx.scope(ObjectKind::Release)?, id).await?;
    if tenant.is_some_and(|t| t != found.tenant) || user.is_some_and(|u| u != found.user) {
        return Err(Error::not_found(ObjectKind::Release, id));
    }
    Ok(found)
}

/// A page of releases, newest first.
///
/// # Errors
/// `NotFound` when the tenant asked for is not to be seen.
pub async fn list(ctx: &Ctx, filter: &ReleaseFilter, page: &PageRequest) -> Result<Page<Release>> {
    if let Some(id) = filter.tenant {
        tenant::get(ctx, id).await?;
    }
    ctx.store().releases().list(&ctx.scope(ObjectKind::Release)?, filter, page).await
}

/// How many a list has.
///
/// # Errors
/// When the database fails.
pub async fn count(ctx: &Ctx, filter: &ReleaseFilter) -> Result<i64> {
    ctx.store().releases().count(&ctx.scope(ObjectKind::Release)?, filter).await
}
