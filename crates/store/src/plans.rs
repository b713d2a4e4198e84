//! Quota plans, sold as packages.

use sea_orm::FromQueryResult;
use tenantry_domain::account::QuotaPlan;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, act, obj};
use tenantry_domain::{Error, Money, QuotaPlanId, Result, Timestamp};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Quota plans.
    Plans,
    plans
);

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    cpu_millicores: i64,
    memory_mib: i64,
    storage_mib: i64,
    cost: i64,
    version: i64,
    created_at: i64,
}

const COLUMNS: &str = "SELECT id, name, cpu_millicores, memory_mib, storage_mib, cost, version, created_at FROM quota_plans";

impl From<Row> for QuotaPlan {
    fn from(row: Row) -> Self {
        Self {
            id: QuotaPlanId(row.id),
            name: row.name,
            cpu_millicores: row.cpu_millicores,
            memory_mib: row.memory_mib,
            storage_mib: row.storage_mib,
            cost: Money(row.cost),
            version: row.version,
            created_at: Timestamp(row.created_at),
        }
    }
}

impl<X: Conn> Plans<'_, X> {
    /// A plan. Everyone who is logged in may see them.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, id: QuotaPlanId) -> Result<QuotaPlan> {
        let found = row::<Row, X>(self.0, &format!("{COLUMNS} WHERE id = $1"), vals![id.0]).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::QuotaPlan, id))
    }

    /// A page of plans.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, page: &PageRequest) -> Result<Page<QuotaPlan>> {
        let mut filter = Where::default();
        filter.and_if("id > {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = filter.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY id LIMIT {limit} OFFSET {skip}", filter.clause());
        let items: Vec<QuotaPlan> = rows::<Row, X>(self.0, &sql, filter.into_values()).await?.into_iter().map(Into::into).collect();
        Ok(Page::cut(items, page.limit, |p| Cursor { key: String::new(), id: p.id.0 }))
    }
}

impl Plans<'_, Tx> {
    /// Makes a plan; the id, version and time of `plan` are not used.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::QuotaPlan>, plan: &QuotaPlan) -> Result<QuotaPlanId> {
        let _ = allowed;
        let sql = "INSERT INTO quota_plans (name, cpu_millicores, memory_mib, storage_mib, cost, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id AS n";
        let values = vals![plan.name.as_str(), plan.cpu_millicores, plan.memory_mib, plan.storage_mib, plan.cost.0, self.0.clock().now().0];
        let taken = taken(ObjectKind::QuotaPlan, format!("there is a quota plan '{}' already", plan.name));
        let id = number(self.0, sql, values).await.map_err(taken)?;
        self.0.touch(ObjectKind::QuotaPlan, id);
        Ok(QuotaPlanId(id))
    }

    /// Changes a plan; what was bought before stays as it was.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than `plan`.
    pub async fn update(&self, allowed: &Allowed<act::Update, obj::QuotaPlan>, plan: &QuotaPlan) -> Result<()> {
        let _ = allowed;
        let sql = "UPDATE quota_plans SET name = $1, cpu_millicores = $2, memory_mib = $3, storage_mib = $4, cost = $5, version = version + 1 \
            WHERE id = $6 AND version = $7";
        let values =
            vals![plan.name.as_str(), plan.cpu_millicores, plan.memory_mib, plan.storage_mib, plan.cost.0, plan.id.0, plan.version];
        let taken = taken(ObjectKind::QuotaPlan, format!("there is a quota plan '{}' already", plan.name));
        if exec(self.0, sql, values).await.map_err(taken)? == 0 {
            return Err(crate::resources::stale(ObjectKind::QuotaPlan, plan.version, None));
        }
        self.0.touch(ObjectKind::QuotaPlan, plan.id.0);
        Ok(())
    }

    /// Removes a plan; what was bought stays.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than the one asked for.
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::QuotaPlan>, id: QuotaPlanId, version: Option<i64>) -> Result<()> {
        let _ = allowed;
        let sql = "DELETE FROM quota_plans WHERE id = $1 AND (CAST($2 AS BIGINT) IS NULL OR version = $2)";
        if exec(self.0, sql, vals![id.0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::QuotaPlan, "quota_plans", id.0, version).await?);
        }
        Ok(())
    }
}
