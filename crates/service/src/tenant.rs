//! Tenants: opened, grown, and closed, with their namespaces, quota and account.

use std::collections::BTreeSet;
use std::fmt;

use tenantry_domain::account::EntryKind;
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{Kind, NamespaceSpec, Origin, Resource, Spec, State};
use tenantry_domain::tenant::{MAX_DEPTH, Tenant};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, Metric, Money, ResourceId, Result, TenantId, name};
use tenantry_store::Tx;
use tenantry_store::resources::NewResource;
use tenantry_store::tenants::{NewTenant, TenantChange};
pub use tenantry_store::tenants::{TenantFilter, TenantSort};
use tenantry_store::users::NewUser;

use crate::datacenter_quota::{self, Set};
use crate::{Ctx, account, auth, cloud, settle, user};

/// A tenant to be opened.
#[derive(Debug, Clone, Default)]
pub struct Open {
    /// The tenant above; the caller's own without it.
    pub parent: Option<TenantId>,
    /// The name to show.
    pub name: String,
    /// Where the label of its namespaces comes from.
    pub label: Label,
    /// Free text.
    pub description: String,
    /// Who looks after the customer, as free text.
    pub customer_manager: String,
    /// An administrator to be made with it.
    pub administrator: Option<user::Create>,
    /// The quota in each datacenter, in millicores.
    pub cpu_millicores: i64,
    /// The quota in each datacenter, in MiB.
    pub memory_mib: i64,
    /// The quota in each datacenter, in MiB; the configured default without it.
    pub storage_mib: Option<i64>,
    /// The quota of what is counted, such as servers, in each datacenter; no limit on what has no number. Processors, memory and storage are
    /// those above.
    pub counted: Limits,
    /// The datacenters that it gets namespaces in; without it those that are configured, else those of the tenant above.
    pub datacenters: Option<Vec<DatacenterId>>,
    /// The money planned for it.
    pub budget: Option<Money>,
    /// What its account begins with.
    pub balance: Option<Money>,
    /// Where its namespaces come from: made, or there before and taken over.
    pub origin: Origin,
}

/// Where the label of a new tenant comes from: an RFC 1123 label, unique across the platform, which its namespaces and projects are called by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Label {
    /// It is the name, which has to be a label then.
    #[default]
    Name,
    /// The caller chose it.
    Given(String),
    /// It is made from the name.
    Made,
}

/// What is changed of a tenant; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The name to show. The label stays.
    pub name: Option<String>,
    /// Who looks after the customer.
    pub customer_manager: Option<String>,
    /// Whether its users, and those of the tenants below, may log in.
    pub enabled: Option<bool>,
    /// Free text.
    pub description: Option<String>,
    /// The quota in each datacenter, in millicores.
    pub cpu_millicores: Option<i64>,
    /// The quota in each datacenter, in MiB.
    pub memory_mib: Option<i64>,
    /// The quota in each datacenter, in MiB.
    pub storage_mib: Option<i64>,
    /// Limits of what is counted.
    pub counts: Set,
    /// The datacenters that it should have namespaces in: what is not named is taken away.
    pub datacenters: Option<Vec<DatacenterId>>,
    /// The money planned for it.
    pub budget: Option<Money>,
    /// What its account should hold; the difference is booked.
    pub balance: Option<Money>,
    /// Packages bought with it, and how many of each: their cost is debited, their contents are added to the quota.
    pub purchase: Option<(tenantry_domain::QuotaPlanId, i64)>,
    /// Whether a datacenter that holds disks or apps is taken away with them.
    pub cascade: bool,
    /// The version that it must have.
    pub version: Option<i64>,
}

impl Update {
    /// Whether it changes what the tenant's own administrators may change.
    fn is_about_itself(&self) -> bool {
        self.name.is_some() || self.description.is_some() || self.customer_manager.is_some() || self.enabled.is_some()
    }
}

/// A number of a quota: not negative, and small enough for sums of many.
fn check_amount(field: &str, amount: i64) -> Result<()> {
    const MOST: i64 = 1 << 50;
    if (0..=MOST).contains(&amount) {
        Ok(())
    } else {
        Err(Error::invalid(field, format!("'{field}' must be 0 or more, and not absurdly large")))
    }
}

/// Opens a tenant: its row, its shares of the datacenters, its account and its namespaces, in one transaction. Controllers make the namespaces.
///
/// # Errors
/// `InvalidArgument` for a bad name or an unknown datacenter, `AlreadyExists`, `QuotaExceeded` when the tenant above has not that much, `Forbidden`.
pub async fn open(ctx: &Ctx, new: &Open) -> Result<Tenant> {
    ctx.audited(Action::Create, ObjectKind::Tenant, &new.name, open_inner(ctx, new)).await
}

async fn open_inner(ctx: &Ctx, new: &Open) -> Result<Tenant> {
    let (tx, tenant) = open_in(ctx, new).await?;
    let id = tenant.id;
    ctx.commit(tx, Action::Create, ObjectKind::Tenant, id, id, &format!("opened '{}'", new.name)).await?;
    Ok(tenant)
}

/// Opens a tenant over a place that was there before, its only one. Answers with the namespace that it becomes.
pub(crate) async fn open_over(ctx: &Ctx, allowed: &Allowed<act::Adopt, obj::Namespace>, new: &Open) -> Result<Resource> {
    let _ = allowed;
    let (tx, tenant) = open_in(ctx, new).await?;
    let id = tenant.id;
    let namespaces = tx.resources().of_tenant(&Scope::system(), id, None, Some(Kind::Namespace)).await?;
    let made = namespaces.into_iter().next().ok_or_else(|| Error::internal("a tenant without the namespace that it was opened over"))?;
    let opened = ctx.record(Action::Create.name(), ObjectKind::Tenant, id, Some(id), &format!("opened '{}'", new.name));
    tx.audit().record(&opened).await?;
    let detail = format!("'{}' ({})", made.name, made.origin.name());
    ctx.commit(tx, Action::Adopt, ObjectKind::Namespace, made.id, id, &detail).await?;
    Ok(made)
}

/// A tenant as it is opened, and what is still to be committed.
async fn open_in(ctx: &Ctx, new: &Open) -> Result<(Tx, Tenant)> {
    let parent = new.parent.unwrap_or(ctx.caller.home);
    let allowed: Allowed<act::Create, obj::Tenant> = ctx.allow(parent, &parent).await?;
    let slug = match &new.label {
        Label::Name => {
            name::check_label("name", &new.name)?;
            new.name.clone()
        }
        Label::Given(label) => {
            name::check_label("id", label)?;
            label.clone()
        }
        Label::Made => free_label(ctx, &new.name).await?,
    };
    name::check_display("name", &new.name, 128)?;
    for wanted in [&new.name, &slug] {
        check_called(ctx, wanted, None).await?;
    }
    name::check_text("description", &new.description, 1000)?;
    name::check_text("customer_manager", &new.customer_manager, 200)?;
    check_amount("cpu", new.cpu_millicores)?;
    check_amount("memory", new.memory_mib)?;
    let storage = new.storage_mib.unwrap_or(ctx.settings().default_storage_mib);
    check_amount("storage", storage)?;
    let path = ctx.path(parent).await?;
    if path.0.len() >= MAX_DEPTH {
        return Err(Error::invalid("parent_id", format!("tenants can be nested {MAX_DEPTH} deep at most")));
    }
    if new.budget.is_some() || new.balance.is_some() {
        let _: Allowed<act::Update, obj::Account> = ctx.allow(parent, &parent).await?;
    }
    let datacenters = match &new.datacenters {
        Some(named) => named.iter().copied().collect(),
        None => usual_datacenters(ctx, parent).await?,
    };
    let administrator = match &new.administrator {
        Some(wanted) => Some(user::drafted(ctx, wanted).await?),
        None => None,
    };
    let totals = new.counted.with(Metric::Cpu, Some(new.cpu_millicores)).with(Metric::Memory, Some(new.memory_mib));
    let totals = totals.with(Metric::Storage, Some(storage));
    let tx = ctx.begin().await?;
    let draft = NewTenant {
        name: new.name.clone(),
        slug: slug.clone(),
        description: new.description.clone(),
        customer_manager: new.customer_manager.clone(),
        totals,
        budget: new.budget.or(new.balance).unwrap_or_default(),
    };
    let id = tx.tenants().insert(&allowed, ctx.store().clock().uid(), &draft).await?;
    let own: Allowed<act::Create, obj::Tenant> = Allowed::system(id);
    for datacenter in &datacenters {
        let share = Share { parent, datacenter: *datacenter, limits: &totals, overridden: false, origin: new.origin };
        add_share(&tx, &own, &slug, &share).await?;
    }
    if let Some(administrator) = administrator {
        let draft = NewUser { role: Some(Role::TenantAdmin), group: None, group_admin: true, ..administrator };
        let made = tx.users().insert(&allowed.administrator_of(id), &draft).await?;
        let detail = format!("'{}' as {}, with the tenant", draft.username, Role::TenantAdmin);
        tx.audit().record(&ctx.record(Action::Create.name(), ObjectKind::User, made, Some(id), &detail)).await?;
    }
    if let Some(balance) = new.balance.or(new.budget) {
        account::check_balance(balance)?;
        tx.accounts().book(id, EntryKind::Adjustment, balance, "opening balance", Some(ctx.caller.user)).await?;
    }
    tx.events().record(ObjectKind::Tenant, id.0, Some(id), "created", &new.name, "").await?;
    let tenant = tx.tenants().get(&Scope::system(), id).await?;
    Ok((tx, tenant))
}

/// Opens a tenant, waits for its namespaces, and makes a default network with its router in each of its clouds. Answers with why that could
/// not be done, if it could not: the tenant is opened all the same.
///
/// # Errors
/// Those of [`open`].
pub async fn open_with_default_network(ctx: &Ctx, new: &Open) -> Result<(Tenant, Option<Error>)> {
    let opened = open(ctx, new).await?;
    settle::namespaces(ctx, opened.id, ctx.settings().wait).await?;
    let made = cloud::make_for_new(ctx, &opened).await;
    Ok((opened, made.err()))
}

/// Refuses a name or label by which somebody could mean another tenant than `own`: names and labels are unique together, whatever their case.
async fn check_called(ctx: &Ctx, wanted: &str, own: Option<TenantId>) -> Result<()> {
    if ctx.store().tenants().find_called(wanted).await?.is_none_or(|found| Some(found) == own) {
        return Ok(());
    }
    let message = format!("the name '{}' is taken: tenant names are unique across the platform", name::clip(wanted));
    Err(Error::already_exists(ObjectKind::Tenant, message))
}

/// A label made from a name, that no tenant has as its label or its name.
async fn free_label(ctx: &Ctx, shown: &str) -> Result<String> {
    let plain: String = shown.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
    let mut base = words.join("-");
    base.truncate(40);
    let base = if base.is_empty() { "tenant".to_owned() } else { base.trim_end_matches('-').to_owned() };
    let taken: BTreeSet<String> = ctx.store().tenants().slugs_like(&base).await?.into_iter().collect();
    for n in 1_u32.. {
        let label = if n == 1 { base.clone() } else { format!("{base}-{n}") };
        if !taken.contains(&label) && ctx.store().tenants().find_called(&label).await?.is_none() {
            return Ok(label);
        }
    }
    Ok(base)
}

/// The datacenters of a tenant about which nothing is said: the configured ones, else those of the tenant above.
async fn usual_datacenters(ctx: &Ctx, parent: TenantId) -> Result<BTreeSet<DatacenterId>> {
    let above: BTreeSet<DatacenterId> = ctx.store().tenants().get(&Scope::system(), parent).await?.datacenters.into_iter().collect();
    let configured = &ctx.settings().default_datacenters;
    if configured.is_empty() {
        return Ok(above);
    }
    let named = ctx.store().datacenters().ids_of(configured).await?;
    Ok(named.into_iter().filter(|id| above.contains(id)).collect())
}

/// The quota of a tenant about which nothing is said, in each datacenter: what is configured, or as much of that as the tenant above has left,
/// so that dialects without words for a quota open trees of tenants.
///
/// # Errors
/// `NotFound` when the tenant above is not to be seen.
pub async fn usual_quota(ctx: &Ctx, parent: TenantId) -> Result<Limits> {
    usual_quota_in(ctx, parent, &usual_datacenters(ctx, parent).await?).await
}

/// The same in these datacenters.
pub(crate) async fn usual_quota_in(ctx: &Ctx, parent: TenantId, datacenters: &BTreeSet<DatacenterId>) -> Result<Limits> {
    let settings = ctx.settings();
    let (cpu, memory, storage) = (settings.default_cpu_millicores, settings.default_memory_mib, settings.default_storage_mib);
    let compute = Limits::compute(Some(cpu), Some(memory), Some(storage));
    let mut usual = settings.default_counts.iter().fold(compute, |all, (metric, count)| all.with(*metric, Some(*count)));
    for share in datacenter_quota::list(ctx, parent).await?.into_iter().filter(|s| datacenters.contains(&s.datacenter)) {
        let held = share.used + share.granted;
        for metric in Metric::ALL {
            if let Some(limit) = share.limits.get(metric) {
                let left = (limit - held[metric]).max(0);
                usual = usual.with(metric, usual.get(metric).map(|u| u.min(left)));
            }
        }
    }
    Ok(usual)
}

/// A tenant's share of a datacenter, that it is about to get.
pub(crate) struct Share<'a> {
    /// The tenant above, which it is granted by.
    pub(crate) parent: TenantId,
    pub(crate) datacenter: DatacenterId,
    pub(crate) limits: &'a Limits,
    /// Whether the limits are for this datacenter alone.
    pub(crate) overridden: bool,
    /// Where its namespace comes from.
    pub(crate) origin: Origin,
}

/// Grants a share, with a namespace that is called as the tenant's label.
pub(crate) async fn add_share<A, T>(tx: &Tx, own: &Allowed<A, T>, label: &str, share: &Share<'_>) -> Result<ResourceId> {
    let Share { parent, datacenter, limits, overridden, origin } = *share;
    tx.quotas().grant(own.tenant(), Some(parent), datacenter, limits, overridden).await?;
    let spec = Spec::Namespace(NamespaceSpec { limits: *limits, adopt: origin != Origin::Made });
    tx.resources().insert_as(own, &NewResource { origin, ..NewResource::new(datacenter, None, label, &spec) }).await
}

/// A tenant, if the caller may see it.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    ctx.store().tenants().recall(&ctx.scope(ObjectKind::Tenant)?, id).await
}

/// A tenant by its name, if the caller may see it.
///
/// # Errors
/// `NotFound`.
pub async fn get_by_name(ctx: &Ctx, name: &str) -> Result<Tenant> {
    ctx.store().tenants().get_by_name(&ctx.scope(ObjectKind::Tenant)?, name).await
}

/// A tenant by its label, if the caller may see it.
///
/// # Errors
/// `NotFound`.
pub async fn get_by_label(ctx: &Ctx, label: &str) -> Result<Tenant> {
    ctx.store().tenants().get_by_slug(&ctx.scope(ObjectKind::Tenant)?, label).await
}

/// A page of the tenants that the caller may see.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx, filter: &TenantFilter, page: &PageRequest) -> Result<Page<Tenant>> {
    ctx.store().tenants().list(&ctx.scope(ObjectKind::Tenant)?, filter, page).await
}

/// How many tenants a list has.
///
/// # Errors
/// When the database fails.
pub async fn count(ctx: &Ctx, filter: &TenantFilter) -> Result<i64> {
    ctx.store().tenants().count(&ctx.scope(ObjectKind::Tenant)?, filter).await
}

/// Whether a name is free. Names are unique across the platform, so this tells of other tenants' names, to those who may open tenants.
///
/// # Errors
/// `InvalidArgument` for a name that could not be used, `AlreadyExists` when it is taken.
pub async fn check_name(ctx: &Ctx, wanted: &str) -> Result<()> {
    let _: Allowed<act::Create, obj::Tenant> = ctx.allow(ctx.caller.home, &ctx.caller.home).await?;
    name::check_label("orgName", wanted)?;
    if ctx.store().tenants().name_taken(wanted).await? {
        return Err(Error::already_exists(
            ObjectKind::Tenant,
            format!("the name '{wanted}' is taken: tenant names are unique across the platform"),
        ));
    }
    Ok(())
}

/// The namespaces of a tenant, one for each datacenter, each with its own state and reason.
///
/// # Errors
/// `NotFound`.
pub async fn namespaces(ctx: &Ctx, id: TenantId) -> Result<Vec<Resource>> {
    get(ctx, id).await?;
    let scope = ctx.scope(ObjectKind::Namespace)?;
    ctx.store().resources().of_tenant(&scope, id, None, Some(Kind::Namespace)).await
}

/// Changes a tenant: quota, datacenters, account, packages, all in one transaction.
///
/// # Errors
/// `QuotaExceeded`, `BalanceTooLow`, `Conflict` when a datacenter to be taken away holds disks or apps, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: TenantId, change: &Update) -> Result<Tenant> {
    ctx.audited(Action::Update, ObjectKind::Tenant, id, update_inner(ctx, id, change)).await
}

async fn update_inner(ctx: &Ctx, id: TenantId, change: &Update) -> Result<Tenant> {
    let resize =
        change.cpu_millicores.is_some() || change.memory_mib.is_some() || change.storage_mib.is_some() || !change.counts.is_empty();
    let share = if resize || change.datacenters.is_some() { Some(ctx.allow::<act::Resize, obj::Tenant>(id, &id).await?) } else { None };
    let allowed = match share {
        Some(share) if !change.is_about_itself() => share.includes_update(),
        _ => ctx.allow::<act::Update, obj::Tenant>(id, &id).await?,
    };
    if change.budget.is_some() || change.balance.is_some() {
        let _: Allowed<act::Update, obj::Account> = ctx.allow(id, &id).await?;
    }
    if change.purchase.is_some() {
        let _: Allowed<act::Purchase, obj::Account> = ctx.allow(id, &id).await?;
    }
    if let Some(description) = &change.description {
        name::check_text("description", description, 1000)?;
    }
    if let Some(shown) = &change.name {
        name::check_display("name", shown, 128)?;
        check_called(ctx, shown, Some(id)).await?;
    }
    name::check_text("customer_manager", change.customer_manager.as_deref().unwrap_or_default(), 200)?;
    if change.enabled == Some(false) && ctx.path(ctx.caller.home).await?.0.contains(&id) {
        return Err(Error::conflict(
            ObjectKind::Tenant,
            "nobody disables the tenant that they belong to: an administrator from above does",
        ));
    }
    let tx = ctx.begin().await?;
    let mut before = tx.tenants().get(&Scope::system(), id).await?;
    if change.name.is_some() && before.parent.is_none() {
        return Err(Error::invalid("name", "the root tenant keeps its name"));
    }
    let shares = resize || change.datacenters.is_some() || change.purchase.is_some();
    if shares && before.parent.is_none() {
        return Err(Error::invalid("id", "the root tenant's share follows the capacity of the datacenters; it is not set"));
    }
    let parent = before.parent.unwrap_or(TenantId::ROOT);
    let mut totals = change.counts.over(before.totals)?;
    for (metric, field, amount) in [
        (Metric::Cpu, "cpu", change.cpu_millicores),
        (Metric::Memory, "memory", change.memory_mib),
        (Metric::Storage, "storage", change.storage_mib),
    ] {
        if let Some(amount) = amount {
            check_amount(field, amount)?;
            totals = totals.with(metric, Some(amount));
        }
    }
    if let Some((plan, count)) = change.purchase {
        totals = account::buy(&tx, ctx, &before, plan, count, totals).await?;
    }
    let draft = TenantChange {
        name: change.name.clone(),
        description: change.description.clone(),
        customer_manager: change.customer_manager.clone(),
        enabled: change.enabled,
        totals: Some(totals),
        budget: change.budget,
    };
    tx.tenants().update(&allowed, &draft, change.version).await?;
    if change.enabled == Some(false) {
        tx.users().keep_an_administrator(None).await?;
    }
    if let Some(wanted) = &change.datacenters {
        let wanted: BTreeSet<DatacenterId> = wanted.iter().copied().collect();
        let present: BTreeSet<DatacenterId> = before.datacenters.iter().copied().collect();
        for datacenter in present.difference(&wanted) {
            remove_datacenter(&tx, &allowed, &before, *datacenter, change.cascade).await?;
        }
        for datacenter in wanted.difference(&present) {
            let share = Share { parent, datacenter: *datacenter, limits: &totals, overridden: false, origin: Origin::Made };
            add_share(&tx, &allowed, &before.slug, &share).await?;
        }
        before.datacenters.retain(|d| wanted.contains(d));
    }
    if totals != before.totals {
        apply_totals(&tx, &allowed, parent, &before.datacenters, &totals).await?;
    }
    if let Some(balance) = change.balance {
        account::check_balance(balance)?;
        tx.accounts().set_balance(id, balance, "set by an administrator", ctx.caller.user).await?;
    }
    tx.events().record(ObjectKind::Tenant, id.0, Some(id), "updated", &before.name, "").await?;
    let after = tx.tenants().get(&Scope::system(), id).await?;
    ctx.commit(tx, Action::Update, ObjectKind::Tenant, id, id, &described(change)).await?;
    if change.enabled.is_some() {
        auth::forget_all_sessions(&ctx.services);
    }
    Ok(after)
}

/// The tenant's totals hold in every datacenter that has no quota of its own.
async fn apply_totals(
    tx: &Tx,
    allowed: &Allowed<act::Update, obj::Tenant>,
    parent: TenantId,
    datacenters: &[DatacenterId],
    totals: &Limits,
) -> Result<()> {
    let shares = tx.quotas().of_tenants(&Scope::system(), &[allowed.tenant()]).await?;
    let namespaces = tx.resources().of_tenant(&Scope::system(), allowed.tenant(), None, Some(Kind::Namespace)).await?;
    for share in shares.iter().filter(|s| !s.overridden && datacenters.contains(&s.datacenter)) {
        tx.quotas().resize(allowed, Some(parent), share.datacenter, totals, false).await?;
        set_namespace_limits(tx, allowed, &namespaces, share.datacenter, totals).await?;
    }
    Ok(())
}

/// Writes a datacenter's limits into its namespace's spec.
pub(crate) async fn set_namespace_limits<A, T>(
    tx: &Tx,
    allowed: &Allowed<A, T>,
    namespaces: &[Resource],
    datacenter: DatacenterId,
    limits: &Limits,
) -> Result<()> {
    for namespace in namespaces.iter().filter(|n| n.datacenter == datacenter && n.state != State::Deleting) {
        if let Spec::Namespace(spec) = &namespace.spec
            && spec.limits != *limits
        {
            tx.resources().update_spec(allowed, namespace, &Spec::Namespace(NamespaceSpec { limits: *limits, ..spec.clone() })).await?;
        }
    }
    Ok(())
}

async fn remove_datacenter(
    tx: &Tx,
    allowed: &Allowed<act::Update, obj::Tenant>,
    tenant: &Tenant,
    datacenter: DatacenterId,
    cascade: bool,
) -> Result<()> {
    let blockers = tx.resources().blockers(tenant.id, Some(datacenter), 20).await?;
    if !blockers.is_empty() && !cascade {
        let message =
            format!("the tenant '{}' has resources in datacenter {datacenter}: delete them first, or ask for cascade", tenant.name);
        return Err(Error::conflict(ObjectKind::Tenant, message).blocked_by(blockers));
    }
    tx.resources().delete_all(allowed, &[tenant.id], Some(datacenter)).await
}

fn described(change: &Update) -> String {
    struct Part<'a, T>(&'a str, &'a Option<T>);
    impl<T: fmt::Debug> fmt::Display for Part<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.1.as_ref().map_or(Ok(()), |value| write!(f, "{}={value:?} ", self.0))
        }
    }
    format!(
        "{}{}{}{}{}{}{}{}{}{}",
        Part("name", &change.name),
        Part("enabled", &change.enabled),
        Part("cpu_millicores", &change.cpu_millicores),
        Part("memory_mib", &change.memory_mib),
        Part("storage_mib", &change.storage_mib),
        Part("counts", &(!change.counts.is_empty()).then_some(&change.counts)),
        Part("datacenters", &change.datacenters),
        Part("budget", &change.budget),
        Part("balance", &change.balance),
        Part("purchase", &change.purchase),
    )
}

/// Closes a tenant: what is in it is removed, then it goes itself. With `cascade`, tenants below it and disks and apps in it go too;
/// without it, they block. Answers with the tenant as it is being closed.
///
/// # Errors
/// `Conflict` that lists what blocks, `NotFound`, `Forbidden`, `StaleVersion`.
pub async fn close(ctx: &Ctx, id: TenantId, cascade: bool, version: Option<i64>) -> Result<Tenant> {
    ctx.audited(Action::Delete, ObjectKind::Tenant, id, close_inner(ctx, id, cascade, version)).await
}

async fn close_inner(ctx: &Ctx, id: TenantId, cascade: bool, version: Option<i64>) -> Result<Tenant> {
    let allowed: Allowed<act::Delete, obj::Tenant> = ctx.allow(id, &id).await?;
    if id == TenantId::ROOT {
        return Err(Error::conflict(ObjectKind::Tenant, "the root tenant cannot be closed"));
    }
    let tx = ctx.begin().await?;
    // the lock on the row comes first, so that nothing is put into the tenant while it is looked at
    tx.tenants().close(&allowed, id, version).await?;
    if !cascade {
        let mut blockers: Vec<String> = tx.tenants().child_names(id, 20).await?.into_iter().map(|n| format!("tenant '{n}'")).collect();
        blockers.extend(tx.resources().blockers(id, None, 20).await?);
        if !blockers.is_empty() {
            let message = "the tenant still has tenants below it, or disks or apps in it: remove them first, or ask for cascade";
            return Err(Error::conflict(ObjectKind::Tenant, message).blocked_by(blockers));
        }
    }
    tx.tenants().close_below(&allowed, id).await?;
    if tx.users().has_administrators(id).await? {
        tx.users().keep_an_administrator(Some(id)).await?;
    }
    let mut all = tx.tenants().descendants(id).await?;
    all.push(id);
    tx.resources().delete_all(&allowed, &all, None).await?;
    let tenant = tx.tenants().get(&Scope::system(), id).await?;
    tx.events().record(ObjectKind::Tenant, id.0, Some(id), "state", &tenant.name, "closing").await?;
    ctx.commit(tx, Action::Delete, ObjectKind::Tenant, id, id, if cascade { "with all in it" } else { "" }).await?;
    Ok(tenant)
}

/// Everything in a tenant, for saying what closing it would remove.
///
/// # Errors
/// `NotFound`.
pub async fn contents(ctx: &Ctx, id: TenantId) -> Result<Vec<Resource>> {
    get(ctx, id).await?;
    ctx.store().resources().of_tenant(&ctx.scope(ObjectKind::Namespace)?, id, None, None).await
}
