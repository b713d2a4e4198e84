//! Quota plans (packages): seen by everyone who is logged in, changed by platform administrators.

use tenantry_domain::account::QuotaPlan;
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::{Error, Money, QuotaPlanId, Result, TenantId, Timestamp, name};

use crate::Ctx;

/// What is set of a plan; what is none stays (or, for a new one, is nothing).
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The unique name.
    pub name: Option<String>,
    /// Millicores.
    pub cpu_millicores: Option<i64>,
    /// MiB.
    pub memory_mib: Option<i64>,
    /// MiB.
    pub storage_mib: Option<i64>,
    /// The price.
    pub cost: Option<Money>,
    /// The version that it must have.
    pub version: Option<i64>,
}

fn check(plan: &QuotaPlan) -> Result<()> {
    name::check_display("name", &plan.name, 128)?;
    for (field, value) in [("cpu", plan.cpu_millicores), ("mem", plan.memory_mib), ("storage", plan.storage_mib), ("cost", plan.cost.0)] {
        if !(0..=1 << 46).contains(&value) {
            return Err(Error::invalid(field, format!("'{field}' must be 0 or more, and not absurdly large")));
        }
    }
    Ok(())
}

/// A plan.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: QuotaPlanId) -> Result<QuotaPlan> {
    ctx.scope(ObjectKind::QuotaPlan)?;
    ctx.store().plans().get(id).await
}

/// A page of plans.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx, page: &PageRequest) -> Result<Page<QuotaPlan>> {
    ctx.scope(ObjectKind::QuotaPlan)?;
    ctx.store().plans().list(page).await
}

/// Makes a plan.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `MissingArgument`, `Forbidden`.
pub async fn create(ctx: &Ctx, set: &Set) -> Result<QuotaPlan> {
    ctx.audited(Action::Create, ObjectKind::QuotaPlan, set.name.clone().unwrap_or_default(), async {
        let allowed: Allowed<act::Create, obj::QuotaPlan> = ctx.allow(TenantId::ROOT, &"new").await?;
        let plan = QuotaPlan {
            id: QuotaPlanId(0),
            name: set.name.clone().ok_or_else(|| Error::missing("name"))?,
            cpu_millicores: set.cpu_millicores.unwrap_or(0),
            memory_mib: set.memory_mib.unwrap_or(0),
            storage_mib: set.storage_mib.unwrap_or(0),
            cost: set.cost.unwrap_or_default(),
            version: 1,
            created_at: Timestamp(0),
        };
        check(&plan)?;
        let tx = ctx.begin().await?;
        let id = tx.plans().insert(&allowed, &plan).await?;
        let made = tx.plans().get(id).await?;
        ctx.commit(tx, Action::Create, ObjectKind::QuotaPlan, id, TenantId::ROOT, &format!("'{}'", plan.name)).await?;
        Ok(made)
    })
    .await
}

/// Changes a plan.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: QuotaPlanId, set: &Set) -> Result<QuotaPlan> {
    ctx.audited(Action::Update, ObjectKind::QuotaPlan, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Update, obj::QuotaPlan> = ctx.allow(TenantId::ROOT, &id).await?;
        if let Some(asked) = set.version.filter(|v| *v != before.version) {
            return Err(tenantry_store::resources::stale(ObjectKind::QuotaPlan, before.version, Some(asked)));
        }
        let plan = QuotaPlan {
            name: set.name.clone().unwrap_or(before.name),
            cpu_millicores: set.cpu_millicores.unwrap_or(before.cpu_millicores),
            memory_mib: set.memory_mib.unwrap_or(before.memory_mib),
            storage_mib: set.storage_mib.unwrap_or(before.storage_mib),
            cost: set.cost.unwrap_or(before.cost),
            ..before
        };
        check(&plan)?;
        let tx = ctx.begin().await?;
        tx.plans().update(&allowed, &plan).await?;
        let after = tx.plans().get(id).await?;
        ctx.commit(tx, Action::Update, ObjectKind::QuotaPlan, id, TenantId::ROOT, "").await?;
        Ok(after)
    })
    .await
}

/// Removes a plan; what was bought stays.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: QuotaPlanId, version: Option<i64>) -> Result<QuotaPlan> {
    ctx.audited(Action::Delete, ObjectKind::QuotaPlan, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Delete, obj::QuotaPlan> = ctx.allow(TenantId::ROOT, &id).await?;
        let tx = ctx.begin().await?;
        tx.plans().delete(&allowed, id, version).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::QuotaPlan, id, TenantId::ROOT, &format!("'{}'", before.name)).await?;
        Ok(before)
    })
    .await
}
