//! Metering. A meter runs for every resource that is charged for; what it counted is written as records, each within one hour of the
//! clock, when the hour is over, when the resource changes and when it goes: in the transaction that changes it, so that nothing is
//! counted twice or not at all. What records cost is owed by the tenant and booked on its account once an hour.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult, Value};
use tenantry_domain::account::EntryKind;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::resource::Kind;
use tenantry_domain::usage::{Cost, HOUR_MS, RateCard, StatementLine, UsageRecord, WhenEmpty};
use tenantry_domain::{Amounts, DatacenterId, Error, ErrorKind, Money, ResourceId, Result, TenantId, Timestamp};

use crate::resources::stale;
use crate::sql::{Conn, Where, aggregate, exec, json, number_opt, row, rows, to_json, vals};
use crate::{Store, Tx};

aggregate!(
    /// Usage, rate cards, and what is owed.
    Usage,
    usage
);

/// How many meters are read in one transaction.
const BATCH: i64 = 200;
/// How many hours of the last one's cost an account must hold, or its people are warned.
const WARN_HOURS: i64 = 24;

#[derive(Clone, FromQueryResult)]
struct Meter {
    resource_id: i64,
    tenant_id: i64,
    datacenter_id: i64,
    kind: String,
    name: String,
    amounts: String,
    since: i64,
}

/// A resource whose meter changes.
pub(crate) struct Metered<'a> {
    pub(crate) resource: i64,
    pub(crate) tenant: i64,
    pub(crate) datacenter: i64,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
}

/// The next full hour after a moment.
const fn next_hour(at: i64) -> i64 {
    (at.div_euclid(HOUR_MS) + 1) * HOUR_MS
}

/// What is charged in a datacenter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Where.
    pub datacenter: DatacenterId,
    /// What things cost there.
    pub card: RateCard,
    /// For compare-and-swap; 0 before it was set.
    pub version: i64,
}

impl<X: Conn> Usage<'_, X> {
    /// The rate card of a datacenter; nothing costs anything before one is set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rates(&self, datacenter: DatacenterId) -> Result<Rates> {
        #[derive(FromQueryResult)]
        struct Row {
            rates: String,
            version: i64,
        }
        let found = row::<Row, X>(self.0, "SELECT rates, version FROM rate_cards WHERE datacenter_id = $1", vals![datacenter.0]).await?;
        Ok(match found {
            Some(found) => Rates { datacenter, card: json(&found.rates)?, version: found.version },
            None => Rates { datacenter, card: RateCard::default(), version: 0 },
        })
    }

    /// What happens when a tenant's account is empty.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such tenant.
    pub async fn when_empty(&self, tenant: TenantId) -> Result<WhenEmpty> {
        #[derive(FromQueryResult)]
        struct Row {
            when_empty: String,
        }
        let found = row::<Row, X>(self.0, "SELECT when_empty FROM tenants WHERE id = $1", vals![tenant.0]).await?;
        found.ok_or_else(|| Error::not_found(ObjectKind::Tenant, tenant))?.when_empty.parse()
    }

    /// Refuses when the tenant's account is empty and nothing may be made then.
    ///
    /// # Errors
    /// [`ErrorKind::BalanceTooLow`].
    pub async fn may_use_more(&self, tenant: TenantId) -> Result<()> {
        let sql = "SELECT a.balance AS n FROM accounts a JOIN tenants t ON t.id = a.tenant_id \
            WHERE a.tenant_id = $1 AND a.balance <= 0 AND t.when_empty <> 'nothing'";
        match number_opt(self.0, sql, vals![tenant.0]).await? {
            None => Ok(()),
            Some(balance) => Err(Error::new(
                ErrorKind::BalanceTooLow,
                format!("the tenant's account holds {}: recharge it before more is used", Money(balance)),
            )),
        }
    }

    /// A page of what a tenant used between two moments, in the order of time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn records(
        &self,
        scope: &Scope,
        tenant: TenantId,
        (from, to): (Timestamp, Timestamp),
        page: &PageRequest,
    ) -> Result<Page<UsageRecord>> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            datacenter_id: i64,
            resource_id: i64,
            kind: String,
            name: String,
            from_at: i64,
            to_at: i64,
            amounts: String,
            cost: i64,
        }
        let mut filter = Where::default();
        filter
            .and("tenant_id = {}", tenant.0)
            .scope("tenant_id", scope)
            .and("from_at >= {}", from.0)
            .and("from_at < {}", to.0)
            .and_if("id > {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT id, datacenter_id, resource_id, kind, name, from_at, to_at, amounts, cost FROM usage_records{} ORDER BY id LIMIT {limit}",
            filter.clause()
        );
        let found = rows::<Row, X>(self.0, &sql, filter.into_values()).await?;
        let page = Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.id });
        let read = |r: Row| {
            Ok(UsageRecord {
                tenant,
                datacenter: DatacenterId(r.datacenter_id),
                resource: ResourceId(r.resource_id),
                kind: r.kind.parse().map_err(Error::internal)?,
                name: r.name,
                from: Timestamp(r.from_at),
                to: Timestamp(r.to_at),
                amounts: json(&r.amounts)?,
                cost: Cost(r.cost),
            })
        };
        Ok(Page { next: page.next, items: page.items.into_iter().map(read).collect::<Result<_>>()? })
    }

    /// A page of a tenant's statement: what it used between two moments, by resource.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn statement(
        &self,
        scope: &Scope,
        tenant: TenantId,
        (from, to): (Timestamp, Timestamp),
        page: &PageRequest,
    ) -> Result<Page<StatementLine>> {
        #[derive(FromQueryResult)]
        struct Row {
            datacenter_id: i64,
            resource_id: i64,
            kind: String,
            name: String,
            ms: i64,
            cost: i64,
        }
        let mut filter = Where::default();
        filter
            .and("tenant_id = {}", tenant.0)
            .scope("tenant_id", scope)
            .and("from_at >= {}", from.0)
            .and("from_at < {}", to.0)
            .and_if("resource_id > {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT datacenter_id, resource_id, kind, MAX(name) AS name, CAST(SUM(to_at - from_at) AS BIGINT) AS ms, \
             CAST(SUM(cost) AS BIGINT) AS cost FROM usage_records{} GROUP BY datacenter_id, resource_id, kind ORDER BY resource_id LIMIT {limit}",
            filter.clause()
        );
        let found = rows::<Row, X>(self.0, &sql, filter.into_values()).await?;
        let page = Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.resource_id });
        let read = |r: Row| {
            Ok(StatementLine {
                datacenter: DatacenterId(r.datacenter_id),
                resource: ResourceId(r.resource_id),
                kind: r.kind.parse().map_err(Error::internal)?,
                name: r.name,
                milliseconds: r.ms,
                cost: Cost(r.cost),
            })
        };
        Ok(Page { next: page.next, items: page.items.into_iter().map(read).collect::<Result<_>>()? })
    }

    /// What all of it cost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn total(&self, scope: &Scope, tenant: TenantId, (from, to): (Timestamp, Timestamp)) -> Result<Cost> {
        let mut filter = Where::default();
        filter.and("tenant_id = {}", tenant.0).scope("tenant_id", scope).and("from_at >= {}", from.0).and("from_at < {}", to.0);
        let (clause, values) = filter.build();
        let sql = format!("SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS n FROM usage_records{clause}");
        crate::sql::number(self.0, &sql, values).await.map(Cost)
    }

    /// Servers that run though their tenant's account is empty and servers are stopped then, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_suspend(&self, limit: i64) -> Result<Vec<ResourceId>> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
        }
        let sql = "SELECT r.id FROM tenants t JOIN accounts a ON a.tenant_id = t.id JOIN resources r ON r.tenant_id = t.id \
            WHERE t.when_empty = 'suspend' AND a.balance <= 0 AND r.kind = $1 AND r.state = 'ready' AND r.metered <> '{}' \
            ORDER BY r.id LIMIT $2";
        Ok(rows::<Row, X>(self.0, sql, vals![Kind::Server.name(), limit]).await?.into_iter().map(|r| ResourceId(r.id)).collect())
    }
}

impl Usage<'_, Store> {
    /// Writes what the meters counted in hours that are over, some of them; answers how many. Any number of servers may do it at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_hours(&self) -> Result<usize> {
        let now = self.0.clock().now().0;
        let tx = self.0.begin().await?;
        let skip = if tx.db().get_database_backend() == DbBackend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "SELECT resource_id, tenant_id, datacenter_id, kind, name, amounts, since FROM usage_meters WHERE since < $1 \
             ORDER BY since, resource_id LIMIT $2{skip}"
        );
        let due = rows::<Meter, Tx>(&tx, &sql, vals![next_hour(now) - HOUR_MS, BATCH]).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let parts: Vec<(&Meter, i64)> = due.iter().map(|m| (m, next_hour(m.since))).collect();
        tx.usage().write(&parts).await?;
        let mut filter = Where::default();
        filter.any("resource_id", due.iter().map(|m| m.resource_id));
        let (clause, values) = filter.build();
        exec(&tx, &format!("UPDATE usage_meters SET since = (since / {HOUR_MS} + 1) * {HOUR_MS}{clause}"), values).await?;
        tx.commit().await?;
        Ok(due.len())
    }

    /// Books what tenants owe for the hours that are over, some of them; answers how many. A tenant is passed over while one of its
    /// meters has such an hour that is not closed yet, so that each hour is one line of its account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book(&self) -> Result<usize> {
        #[derive(FromQueryResult)]
        struct Owes {
            tenant_id: i64,
        }
        let hour = next_hour(self.0.clock().now().0) - HOUR_MS;
        let sql = "SELECT o.tenant_id FROM usage_owed o JOIN tenants t ON t.id = o.tenant_id \
            WHERE o.cost >= 10000 AND o.last_hour < $1 \
            AND NOT EXISTS (SELECT 1 FROM usage_meters m WHERE m.tenant_id = o.tenant_id AND m.since < $1) \
            ORDER BY o.tenant_id LIMIT $2";
        let owing = rows::<Owes, Store>(self.0, sql, vals![hour, BATCH]).await?;
        for Owes { tenant_id } in &owing {
            let tx = self.0.begin().await?;
            // the row is locked, and nobody else has booked this hour meanwhile
            let sql = "UPDATE usage_owed SET last_hour = $1 WHERE tenant_id = $2 AND last_hour < $1 RETURNING cost AS n";
            if let Some(cost) = number_opt(&tx, sql, vals![hour, *tenant_id]).await? {
                let (whole, rest) = Cost(cost).split();
                exec(&tx, "UPDATE usage_owed SET cost = $1 WHERE tenant_id = $2", vals![rest.0, *tenant_id]).await?;
                tx.usage().charge(TenantId(*tenant_id), whole, Timestamp(hour)).await?;
            }
            tx.commit().await?;
        }
        Ok(owing.len())
    }
}

impl Usage<'_, Tx> {
    /// Sets the rate card of a datacenter, from now on.
    ///
    /// # Errors
    /// [`ErrorKind::StaleVersion`] when another version is asked for.
    pub async fn set_rates(
        &self,
        allowed: &Allowed<act::Update, obj::RateCard>,
        datacenter: DatacenterId,
        card: &RateCard,
        version: Option<i64>,
    ) -> Result<()> {
        let _ = allowed;
        let sql = "INSERT INTO rate_cards (datacenter_id, rates, updated_at) VALUES ($1, $2, $3) ON CONFLICT (datacenter_id) DO UPDATE \
            SET rates = excluded.rates, updated_at = excluded.updated_at, version = rate_cards.version + 1 RETURNING version AS n";
        let after = crate::sql::number(self.0, sql, vals![datacenter.0, to_json(card)?, self.0.clock().now().0]).await?;
        match version {
            Some(asked) if asked != after - 1 => Err(stale(ObjectKind::RateCard, after - 1, Some(asked))),
            _ => Ok(()),
        }
    }

    /// Sets what happens when a tenant's account is empty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_when_empty(&self, allowed: &Allowed<act::Update, obj::Account>, when: WhenEmpty) -> Result<()> {
        let tenant = allowed.tenant();
        exec(self.0, "UPDATE tenants SET when_empty = $1, version = version + 1 WHERE id = $2", vals![when.name(), tenant.0]).await?;
        self.0.touch(ObjectKind::Tenant, tenant.0);
        Ok(())
    }

    /// What a resource is charged for has changed: what was counted until now is written, and its meter goes on with `amounts`, or is
    /// taken down when they are nothing.
    pub(crate) async fn meter(&self, of: &Metered<'_>, amounts: &Amounts) -> Result<()> {
        let now = self.0.clock().now().0;
        let sql = "UPDATE usage_meters SET since = since WHERE resource_id = $1 \
            RETURNING resource_id, tenant_id, datacenter_id, kind, name, amounts, since";
        if let Some(meter) = row::<Meter, Tx>(self.0, sql, vals![of.resource]).await? {
            let mut meters = Vec::new();
            let mut since = meter.since;
            while since < now {
                let until = next_hour(since).min(now);
                meters.push((Meter { since, ..meter.clone() }, until));
                since = until;
            }
            self.write(&meters.iter().map(|(m, until)| (m, *until)).collect::<Vec<_>>()).await?;
        }
        if amounts.is_zero() {
            return exec(self.0, "DELETE FROM usage_meters WHERE resource_id = $1", vals![of.resource]).await.map(|_| ());
        }
        let sql = "INSERT INTO usage_meters (resource_id, tenant_id, datacenter_id, kind, name, amounts, since) \
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (resource_id) DO UPDATE SET amounts = excluded.amounts, since = excluded.since";
        let values = vals![of.resource, of.tenant, of.datacenter, of.kind, of.name, to_json(amounts)?, now];
        exec(self.0, sql, values).await.map(|_| ())
    }

    /// Writes records with their cost, and what their tenants owe for them.
    async fn write(&self, parts: &[(&Meter, i64)]) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let cards = self.cards(parts.iter().map(|(m, _)| m.datacenter_id)).await?;
        let (mut values, mut places): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
        let mut owed: BTreeMap<i64, Cost> = BTreeMap::new();
        for (meter, until) in parts {
            let amounts: Amounts = json(&meter.amounts)?;
            let card = cards.get(&meter.datacenter_id).copied().unwrap_or_default();
            let cost = card.cost(&amounts, until - meter.since);
            let total = owed.entry(meter.tenant_id).or_default();
            *total = *total + cost;
            let first = values.len();
            values.extend(vals![
                meter.tenant_id,
                meter.datacenter_id,
                meter.resource_id,
                meter.kind.as_str(),
                meter.name.as_str(),
                meter.since,
                *until,
                meter.amounts.as_str(),
                cost.0
            ]);
            let columns: Vec<String> = (first + 1..=values.len()).map(|n| format!("${n}")).collect();
            places.push(format!("({})", columns.join(", ")));
        }
        let sql = format!(
            "INSERT INTO usage_records (tenant_id, datacenter_id, resource_id, kind, name, from_at, to_at, amounts, cost) VALUES {}",
            places.join(", ")
        );
        exec(self.0, &sql, values).await?;
        owed.retain(|_, cost| cost.0 > 0);
        if owed.is_empty() {
            return Ok(());
        }
        let (mut values, mut places): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
        for (tenant, cost) in owed {
            values.extend(vals![tenant, cost.0]);
            places.push(format!("(${}, ${})", values.len() - 1, values.len()));
        }
        let sql = format!(
            "INSERT INTO usage_owed (tenant_id, cost) VALUES {} ON CONFLICT (tenant_id) DO UPDATE SET cost = usage_owed.cost + excluded.cost",
            places.join(", ")
        );
        exec(self.0, &sql, values).await.map(|_| ())
    }

    async fn cards(&self, datacenters: impl Iterator<Item = i64>) -> Result<BTreeMap<i64, RateCard>> {
        #[derive(FromQueryResult)]
        struct Row {
            datacenter_id: i64,
            rates: String,
        }
        let wanted: std::collections::BTreeSet<i64> = datacenters.collect();
        let mut filter = Where::default();
        filter.any("datacenter_id", wanted);
        let (clause, values) = filter.build();
        let found = rows::<Row, Tx>(self.0, &format!("SELECT datacenter_id, rates FROM rate_cards{clause}"), values).await?;
        found.into_iter().map(|r| Ok((r.datacenter_id, json(&r.rates)?))).collect()
    }

    /// Takes what was used out of an account, which may go into debt by it; whoever watches is told when it is low, and when it is empty.
    async fn charge(&self, tenant: TenantId, amount: Money, until: Timestamp) -> Result<()> {
        self.0.accounts().book(tenant, EntryKind::Usage, -amount, &format!("usage until {until}"), None).await?;
        let balance = self.0.accounts().balance(tenant).await?.unwrap_or_default();
        let (warning, reason) = if balance <= Money::ZERO {
            ("empty", format!("the account holds {balance}: recharge it"))
        } else if balance.0 < amount.0.saturating_mul(WARN_HOURS) {
            ("low", format!("the account holds {balance}, which at {amount} an hour lasts for less than a day: recharge it"))
        } else {
            return Ok(());
        };
        let sql = "UPDATE accounts SET warned = $1 WHERE tenant_id = $2 AND warned <> $1";
        if exec(self.0, sql, vals![warning, tenant.0]).await? == 1 {
            let name = self.0.tenants().get(&Scope::system(), tenant).await?.name;
            let change = format!("balance_{warning}");
            self.0.events().record(ObjectKind::Account, tenant.0, Some(tenant), &change, &name, &reason).await?;
        }
        Ok(())
    }

    /// What a tenant that goes still owes, which is owed no more.
    pub(crate) async fn settle(&self, tenant: TenantId) -> Result<Money> {
        let owed = number_opt(self.0, "DELETE FROM usage_owed WHERE tenant_id = $1 RETURNING cost AS n", vals![tenant.0]).await?;
        Ok(Cost(owed.unwrap_or(0)).split().0)
    }
}
