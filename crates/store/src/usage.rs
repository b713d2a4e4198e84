//! Metering. A meter runs for every resource that is charged for; what it counted is written as records, each within one hour of the
//! clock, when the hour is over, when the resource changes and when it goes: in the transaction that changes it, so that nothing is
//! counted twice or not at all. What records cost is owed by the tenant and booked once an hour on the account that pays for it.

mod meters;
mod payers;
mod suspension;

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::usage::{Cost, RateCard, StatementLine, UsageRecord, WhenEmpty};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId, Timestamp};

pub(crate) use self::meters::Metered;
use crate::Tx;
use crate::resources::stale;
use crate::sql::{Conn, Where, aggregate, exec, json, row, rows, to_json, vals};

aggregate!(
    /// Usage, rate cards, and what is owed.
    Usage,
    usage
);

/// How many meters, or tenants, are dealt with in one transaction.
const BATCH: i64 = 200;

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
        Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.id }).try_map(|r| {
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
        })
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
        Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.resource_id }).try_map(|r| {
            Ok(StatementLine {
                datacenter: DatacenterId(r.datacenter_id),
                resource: ResourceId(r.resource_id),
                kind: r.kind.parse().map_err(Error::internal)?,
                name: r.name,
                milliseconds: r.ms,
                cost: Cost(r.cost),
            })
        })
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

    /// Sets what happens when a tenant's account is empty, which is so at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_when_empty(&self, allowed: &Allowed<act::Update, obj::Account>, when: WhenEmpty) -> Result<()> {
        let tenant = allowed.tenant();
        exec(self.0, "UPDATE tenants SET when_empty = $1, version = version + 1 WHERE id = $2", vals![when.name(), tenant.0]).await?;
        self.0.touch(ObjectKind::Tenant, tenant.0);
        self.review(Some(tenant)).await.map(|_| ())
    }
}
