//! Who pays: a tenant's own account, or else that of the nearest tenant above it that has one; and what is booked on it once an hour.

use std::collections::BTreeMap;

use sea_orm::FromQueryResult;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::usage::{Cost, HOUR_MS};
use tenantry_domain::{Error, ErrorKind, Money, Result, TenantId, Timestamp};

use super::meters::next_hour;
use super::{BATCH, Usage};
use crate::accounts::Debit;
use crate::events::Told;
use crate::sql::{Conn, Where, exec, row, rows, vals};
use crate::{Store, Tx};

/// How many hours of the last one's cost an account must hold, or its people are warned.
const WARN_HOURS: i64 = 24;

/// Whose account pays for a tenant, and how it stands.
#[derive(FromQueryResult)]
struct Payer {
    tenant_id: i64,
    balance: i64,
    when_empty: String,
}

/// A tenant that owes at least a minor unit for hours that are over, and the account that pays for it, if there is one.
#[derive(FromQueryResult)]
struct Owing {
    tenant_id: i64,
    name: String,
    cost: i64,
    account_id: Option<i64>,
}

/// An account that something is booked on.
#[derive(FromQueryResult)]
struct Account {
    id: i64,
    tenant_id: i64,
    name: String,
    balance: i64,
    warned: String,
}

impl Account {
    /// What its people are told once `amount` was taken out of it for an hour: the warning, and why.
    fn warning(&self, amount: Money) -> Option<(&'static str, String)> {
        let balance = Money(self.balance) - amount;
        let (warning, reason) = if balance <= Money::ZERO {
            ("empty", format!("the account holds {balance}: recharge it"))
        } else if balance.0 < amount.0.saturating_mul(WARN_HOURS) {
            ("low", format!("the account holds {balance}, which at {amount} an hour lasts for less than a day: recharge it"))
        } else {
            return None;
        };
        (self.warned != warning).then_some((warning, reason))
    }
}

impl<X: Conn> Usage<'_, X> {
    /// The tenant whose account pays for one: the nearest at or above it that has an account; itself when none has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn payer(&self, tenant: TenantId) -> Result<TenantId> {
        Ok(self.account_for(tenant).await?.map_or(tenant, |payer| TenantId(payer.tenant_id)))
    }

    async fn account_for(&self, tenant: TenantId) -> Result<Option<Payer>> {
        let sql = "SELECT p.id AS tenant_id, c.balance, p.when_empty FROM tenant_ancestors up JOIN accounts c ON c.tenant_id = up.ancestor_id \
            JOIN tenants p ON p.id = c.tenant_id WHERE up.tenant_id = $1 ORDER BY up.depth LIMIT 1";
        row::<Payer, X>(self.0, sql, vals![tenant.0]).await
    }

    /// Refuses when the account that pays for the tenant is empty and nothing may be made then.
    ///
    /// # Errors
    /// [`ErrorKind::BalanceTooLow`].
    pub async fn may_use_more(&self, tenant: TenantId) -> Result<()> {
        let empty = |payer: &Payer| payer.balance <= 0 && payer.when_empty != "nothing";
        let Some(payer) = self.account_for(tenant).await?.filter(empty) else { return Ok(()) };
        let message = if payer.tenant_id == tenant.0 {
            format!("the tenant's account holds {}: recharge it before more is used", Money(payer.balance))
        } else {
            // how much somebody else's account holds is not for everyone here
            "the account of the tenant above, which pays for this one, is empty: it has to be recharged before more is used".to_owned()
        };
        Err(Error::new(ErrorKind::BalanceTooLow, message))
    }
}

impl Usage<'_, Store> {
    /// Books what tenants owe for the hours that are over, some of them, on the accounts that pay for them, which may go into debt by it;
    /// answers how many. A tenant is passed over while one of its meters has such an hour that is not closed yet, so that each hour is one
    /// line. Any number of servers may do it at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book(&self) -> Result<usize> {
        let hour = next_hour(self.0.clock().now().0) - HOUR_MS;
        let tx = self.0.begin().await?;
        let owing = tx.usage().owing(hour).await?;
        if owing.is_empty() {
            return Ok(0);
        }
        let accounts = tx.usage().paying(&owing).await?;
        let mut filter = Where::default();
        let stamp = filter.value(hour);
        filter.any("tenant_id", owing.iter().map(|o| o.tenant_id));
        let (clause, values) = filter.build();
        exec(&tx, &format!("UPDATE usage_owed SET cost = cost % 10000, last_hour = {stamp}{clause}"), values).await?;
        let mut debits = Vec::new();
        for owed in &owing {
            let of = |a: &&Account| owed.account_id.map_or(a.tenant_id == owed.tenant_id, |id| a.id == id);
            let account = accounts.iter().find(of).ok_or_else(|| Error::internal("an account was closed while it was booked on"))?;
            let until = Timestamp(hour);
            let own = account.tenant_id == owed.tenant_id;
            let memo = if own { format!("usage until {until}") } else { format!("usage of '{}' until {until}", owed.name) };
            debits.push(Debit { account: account.id, amount: Cost(owed.cost).split().0, memo });
        }
        let taken = tx.accounts().debit_all(&debits).await?;
        accounts.iter().for_each(|account| tx.touch(ObjectKind::Tenant, account.tenant_id));
        tx.usage().warn(&accounts, &taken).await?;
        tx.commit().await?;
        Ok(owing.len())
    }
}

impl Usage<'_, Tx> {
    /// Who owes something, with the rows locked that say so.
    async fn owing(&self, hour: i64) -> Result<Vec<Owing>> {
        let skip = if self.0.store().is_shared() { " FOR UPDATE OF o SKIP LOCKED" } else { "" };
        let sql = format!(
            "SELECT o.tenant_id, t.name, o.cost, (SELECT c.id FROM tenant_ancestors up JOIN accounts c ON c.tenant_id = up.ancestor_id \
             WHERE up.tenant_id = o.tenant_id ORDER BY up.depth LIMIT 1) AS account_id \
             FROM usage_owed o JOIN tenants t ON t.id = o.tenant_id WHERE o.cost >= 10000 AND o.last_hour < $1 \
             AND NOT EXISTS (SELECT 1 FROM usage_meters m WHERE m.tenant_id = o.tenant_id AND m.since < $1) \
             ORDER BY o.tenant_id LIMIT $2{skip}"
        );
        rows::<Owing, Tx>(self.0, &sql, vals![hour, BATCH]).await
    }

    /// The accounts that pay for these, locked in one order whoever books; who has none and nobody above who has gets one.
    async fn paying(&self, owing: &[Owing]) -> Result<Vec<Account>> {
        let without: Vec<i64> = owing.iter().filter(|o| o.account_id.is_none()).map(|o| o.tenant_id).collect();
        self.0.accounts().open_all(&without).await?;
        let mut ids: Vec<i64> = owing.iter().filter_map(|o| o.account_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut filter = Where::default();
        filter.either(("a.id", &ids), ("a.tenant_id", &without));
        let (clause, values) = filter.build();
        let lock = if self.0.store().is_shared() { " FOR UPDATE OF a" } else { "" };
        let sql = format!(
            "SELECT a.id, a.tenant_id, t.name, a.balance, a.warned FROM accounts a JOIN tenants t ON t.id = a.tenant_id{clause} ORDER BY a.id{lock}"
        );
        rows::<Account, Tx>(self.0, &sql, values).await
    }

    /// Tells whoever watches which accounts are low now, and which are empty; once.
    async fn warn(&self, accounts: &[Account], taken: &BTreeMap<i64, Money>) -> Result<()> {
        let warned = accounts.iter().filter_map(|a| Some((a, a.warning(taken.get(&a.id).copied().unwrap_or_default())?)));
        let warned: Vec<(&Account, (&str, String))> = warned.collect();
        for warning in ["low", "empty"] {
            let ids: Vec<i64> = warned.iter().filter(|(_, (w, _))| *w == warning).map(|(a, _)| a.id).collect();
            if !ids.is_empty() {
                let mut filter = Where::default();
                let set = filter.value(warning);
                filter.any("id", ids);
                let (clause, values) = filter.build();
                exec(self.0, &format!("UPDATE accounts SET warned = {set}{clause}"), values).await?;
            }
        }
        let change = |warning: &str| if warning == "low" { "balance_low" } else { "balance_empty" };
        let told: Vec<Told<'_>> = warned
            .iter()
            .map(|(account, (warning, reason))| Told {
                kind: ObjectKind::Account,
                id: account.tenant_id,
                tenant: TenantId(account.tenant_id),
                change: change(warning),
                name: &account.name,
                reason,
            })
            .collect();
        self.0.events().record_each(&told).await
    }

    /// What a tenant that goes still owes, which is owed no more.
    pub(crate) async fn settle(&self, tenant: TenantId) -> Result<Money> {
        let sql = "DELETE FROM usage_owed WHERE tenant_id = $1 RETURNING cost AS n";
        let owed = crate::sql::number_opt(self.0, sql, vals![tenant.0]).await?;
        Ok(Cost(owed.unwrap_or(0)).split().0)
    }
}
