//! Accounts, their lines, and packages bought from them.

use tenantry_domain::account::{EntryKind, LedgerLine};
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::quota::Limits;
use tenantry_domain::tenant::Tenant;
use tenantry_domain::{Error, Metric, Money, QuotaPlanId, Result, TenantId};
use tenantry_store::Tx;

use crate::{Ctx, tenant};

/// An account, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The money planned.
    pub budget: Money,
    /// What is left.
    pub balance: Money,
}

pub(crate) fn check_balance(balance: Money) -> Result<()> {
    if balance < Money::ZERO { Err(Error::invalid("balance", "'balance' must be 0 or more")) } else { Ok(()) }
}

/// A tenant's account, if the caller may see the tenant.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: TenantId) -> Result<Account> {
    let tenant = tenant::get(ctx, id).await?;
    Ok(Account { budget: tenant.budget, balance: tenant.balance })
}

/// The account of the caller's own tenant; when there is none yet, it is made with the configured gift.
///
/// # Errors
/// When the database fails.
pub async fn init(ctx: &Ctx) -> Result<Account> {
    let home = ctx.caller.home;
    if ctx.store().accounts().balance(home).await?.is_none() && !ctx.dry_run {
        let tx = ctx.begin().await?;
        if tx.accounts().open_with_gift(home, ctx.settings().gift, "gift for a new account").await? {
            tx.audit().record(&ctx.record("gift", ObjectKind::Account, home, Some(home), "")).await?;
        }
        tx.commit().await?;
    }
    let mut account = get(ctx, home).await?;
    if account.budget < account.balance {
        account.budget = account.balance;
    }
    Ok(account)
}

/// The lines of a tenant's account, newest first.
///
/// # Errors
/// `NotFound`.
pub async fn lines(ctx: &Ctx, id: TenantId, page: &PageRequest) -> Result<Page<LedgerLine>> {
    tenant::get(ctx, id).await?;
    ctx.store().accounts().lines(&ctx.scope(ObjectKind::Account)?, id, page).await
}

/// Debits packages and adds them to the totals, in the transaction that enlarges the quota.
pub(crate) async fn buy(tx: &Tx, ctx: &Ctx, tenant: &Tenant, plan: QuotaPlanId, count: i64, totals: Limits) -> Result<Limits> {
    if !(1..=1000).contains(&count) {
        return Err(Error::invalid("count", "'count' must be between 1 and 1000"));
    }
    let plan = tx.plans().get(plan).await?;
    let cost = Money(plan.cost.0.saturating_mul(count));
    let memo = format!("{count} x package '{}'", plan.name);
    tx.accounts().book(tenant.id, EntryKind::Purchase, -cost, &memo, Some(ctx.caller.user)).await?;
    let add = |limits: Limits, metric: Metric, amount: i64| match limits.get(metric) {
        Some(present) => limits.with(metric, Some(present.saturating_add(amount.saturating_mul(count)))),
        None => limits,
    };
    Ok(add(add(add(totals, Metric::Cpu, plan.cpu_millicores), Metric::Memory, plan.memory_mib), Metric::Storage, plan.storage_mib))
}
