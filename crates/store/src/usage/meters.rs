//! Meters: what runs, since when, and how much; and the records of what they counted.

use std::collections::BTreeMap;

use sea_orm::FromQueryResult;
use tenantry_domain::usage::{Cost, HOUR_MS, RateCard};
use tenantry_domain::{Amounts, Result};

use super::{BATCH, Usage};
use crate::sql::{Conn as _, Rows, Where, exec, json, row, rows, to_json, vals};
use crate::{Store, Tx};

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
pub(super) const fn next_hour(at: i64) -> i64 {
    (at.div_euclid(HOUR_MS) + 1) * HOUR_MS
}

impl Usage<'_, Store> {
    /// Writes what the meters counted in hours that are over, some of them; answers how many. Any number of servers may do it at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_hours(&self) -> Result<usize> {
        let now = self.0.clock().now().0;
        let tx = self.0.begin().await?;
        let skip = self.0.skip_locked();
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
}

impl Usage<'_, Tx> {
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
        let (mut records, mut owed) = (Rows::default(), BTreeMap::<i64, Cost>::new());
        for (meter, until) in parts {
            let amounts: Amounts = json(&meter.amounts)?;
            let card = cards.get(&meter.datacenter_id).copied().unwrap_or_default();
            let cost = card.cost(&amounts, until - meter.since);
            let total = owed.entry(meter.tenant_id).or_default();
            *total = *total + cost;
            let (kind, name, counted) = (meter.kind.as_str(), meter.name.as_str(), meter.amounts.as_str());
            let Meter { tenant_id, datacenter_id, resource_id, since, .. } = meter;
            records.push(vals![*tenant_id, *datacenter_id, *resource_id, kind, name, *since, *until, counted, cost.0]);
        }
        let (places, values) = records.build();
        let columns = "tenant_id, datacenter_id, resource_id, kind, name, from_at, to_at, amounts, cost";
        exec(self.0, &format!("INSERT INTO usage_records ({columns}) VALUES {places}"), values).await?;
        let mut debts = Rows::default();
        for (tenant, cost) in owed.into_iter().filter(|(_, cost)| cost.0 > 0) {
            debts.push(vals![tenant, cost.0]);
        }
        if debts.is_empty() {
            return Ok(());
        }
        let (places, values) = debts.build();
        let sql = format!(
            "INSERT INTO usage_owed (tenant_id, cost) VALUES {places} \
             ON CONFLICT (tenant_id) DO UPDATE SET cost = usage_owed.cost + excluded.cost"
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
}
