//! What tenants use and what it costs: rate cards, records, statements, and what happens when an account is empty.

use std::fmt::Write as _;

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::usage::{Cost, Month, RateCard, StatementLine, UsageRecord, WhenEmpty};
use tenantry_domain::{DatacenterId, ErrorKind, Result, TenantId};
pub use tenantry_store::usage::Rates;

use crate::{Ctx, Services, datacenter, tenant};

/// The rate card of a datacenter that the caller sees.
///
/// # Errors
/// `NotFound`.
pub async fn rates(ctx: &Ctx, of: DatacenterId) -> Result<Rates> {
    datacenter::get(ctx, of).await?;
    ctx.store().usage().rates(of).await
}

/// Sets the rate card of a datacenter. What was used before is charged by the old one.
///
/// # Errors
/// `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn set_rates(ctx: &Ctx, of: DatacenterId, card: &RateCard, version: Option<i64>) -> Result<Rates> {
    ctx.audited(Action::Update, ObjectKind::RateCard, of, async {
        datacenter::get(ctx, of).await?;
        let allowed: Allowed<act::Update, obj::RateCard> = ctx.allow(TenantId::ROOT, &of).await?;
        let tx = ctx.begin().await?;
        tx.usage().set_rates(&allowed, of, card, version).await?;
        let after = tx.usage().rates(of).await?;
        ctx.commit(tx, Action::Update, ObjectKind::RateCard, of, TenantId::ROOT, "").await?;
        Ok(after)
    })
    .await
}

/// What happens when a tenant's account is empty.
///
/// # Errors
/// `NotFound`.
pub async fn when_empty(ctx: &Ctx, of: TenantId) -> Result<WhenEmpty> {
    tenant::get(ctx, of).await?;
    ctx.store().usage().when_empty(of).await
}

/// Sets what happens when a tenant's account is empty.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn set_when_empty(ctx: &Ctx, of: TenantId, when: WhenEmpty) -> Result<()> {
    ctx.audited(Action::Update, ObjectKind::Account, of, async {
        tenant::get(ctx, of).await?;
        let allowed: Allowed<act::Update, obj::Account> = ctx.allow(of, &of).await?;
        let tx = ctx.begin().await?;
        tx.usage().set_when_empty(&allowed, when).await?;
        ctx.commit(tx, Action::Update, ObjectKind::Account, of, of, &format!("when empty: {}", when.name())).await
    })
    .await
}

/// A page of what a tenant used in a month, hour by hour.
///
/// # Errors
/// `NotFound`.
pub async fn records(ctx: &Ctx, of: TenantId, month: Month, page: &PageRequest) -> Result<Page<UsageRecord>> {
    tenant::get(ctx, of).await?;
    ctx.store().usage().records(&ctx.scope(ObjectKind::Account)?, of, month.span(), page).await
}

/// A page of a tenant's statement of a month, and what the whole month cost. Hours that are not over yet are not in it.
///
/// # Errors
/// `NotFound`.
pub async fn statement(ctx: &Ctx, of: TenantId, month: Month, page: &PageRequest) -> Result<(Page<StatementLine>, Cost)> {
    tenant::get(ctx, of).await?;
    let scope = ctx.scope(ObjectKind::Account)?;
    let total = ctx.store().usage().total(&scope, of, month.span()).await?;
    Ok((ctx.store().usage().statement(&scope, of, month.span(), page).await?, total))
}

/// Lines of a statement as CSV (RFC 4180), with a head.
#[must_use]
pub fn csv(lines: &[StatementLine]) -> String {
    let mut text = String::from("datacenter_id,kind,resource_id,name,hours,cost\r\n");
    for line in lines {
        #[expect(clippy::cast_precision_loss, reason = "a month has few milliseconds")]
        let hours = line.milliseconds as f64 / 3_600_000.0;
        let name = quoted(&line.name);
        let _ = write!(text, "{},{},{},{name},{hours:.4},{}\r\n", line.datacenter, line.kind.name(), line.resource, line.cost);
    }
    text
}

/// A field of a CSV. What a spreadsheet would take for a formula is given as text.
fn quoted(text: &str) -> String {
    let harmless = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if harmless.contains([',', '"', '\r', '\n']) { format!("\"{}\"", harmless.replace('"', "\"\"")) } else { harmless }
}

/// The tenant whose account pays for one that the caller sees, if the caller sees that tenant too.
///
/// # Errors
/// `NotFound`.
pub async fn payer(ctx: &Ctx, of: TenantId) -> Result<Option<TenantId>> {
    tenant::get(ctx, of).await?;
    let payer = ctx.store().usage().payer(of).await?;
    match tenant::get(ctx, payer).await {
        Ok(_) => Ok(Some(payer)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// One turn of the metering: hours that are over are written and booked, and tenants are suspended, or not any more, as the accounts that
/// pay for them stand. Every replica does it; doing it twice changes nothing.
///
/// # Errors
/// When the database fails; the next turn goes on where this one stopped.
pub async fn turn(services: &Services) -> Result<()> {
    let usage = services.store().usage();
    while usage.close_hours().await? > 0 {}
    while usage.book().await? > 0 {}
    while usage.review().await? > 0 {}
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("tenantry_tenants_suspended").set(usage.suspended().await? as f64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use tenantry_domain::ResourceId;
    use tenantry_domain::resource::Kind;

    use super::*;

    #[test]
    fn a_name_breaks_no_line_and_is_no_formula() {
        let line = |name: &str| StatementLine {
            datacenter: DatacenterId(1),
            resource: ResourceId(7),
            kind: Kind::Server,
            name: name.to_owned(),
            milliseconds: 5_400_000,
            cost: Cost(90_000),
        };
        let text = csv(&[line("web, \"one\""), line("=1+1")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "1,server,7,\"web, \"\"one\"\"\",1.5000,0.09");
        assert_eq!(lines[2], "1,server,7,'=1+1,1.5000,0.09");
    }
}
