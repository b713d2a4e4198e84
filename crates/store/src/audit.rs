//! The audit. A record of something done is written in its transaction; one of a refusal in a transaction of its own.

use sea_orm::FromQueryResult;
use tenantry_domain::audit::AuditRecord;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::Scope;
use tenantry_domain::{AuditId, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, rows, vals};

aggregate!(
    /// Audit records.
    Audit,
    audit
);

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Who.
    pub user: Option<UserId>,
    /// The action.
    pub action: Option<String>,
    /// The kind of object.
    pub object: Option<String>,
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    at: i64,
    user_id: Option<i64>,
    user_name: String,
    address: String,
    dialect: String,
    action: String,
    object: String,
    object_id: String,
    tenant_id: Option<i64>,
    outcome: String,
    detail: String,
    request_id: String,
}

impl<X: Conn> Audit<'_, X> {
    /// A page of records, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>> {
        let mut clause = Where::default();
        clause
            .scope("tenant_id", scope)
            .and_if("user_id = {}", filter.user.map(|u| u.0))
            .and_if("action = {}", filter.action.as_deref())
            .and_if("object = {}", filter.object.as_deref())
            .and_if("tenant_id = {}", filter.tenant.map(|t| t.0))
            .and_if("outcome = {}", filter.outcome.as_deref())
            .and_if("at >= {}", filter.from.map(|t| t.0))
            .and_if("at < {}", filter.to.map(|t| t.0))
            .and_if("id < {}", page.after.as_ref().map(|c| c.id));
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT id, at, user_id, user_name, address, dialect, action, object, object_id, tenant_id, outcome, detail, request_id \
             FROM audit{} ORDER BY id DESC LIMIT {limit}",
            clause.clause()
        );
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let page = Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.id });
        Ok(page.map(|r| AuditRecord {
            id: AuditId(r.id),
            at: Timestamp(r.at),
            user: r.user_id.map(UserId),
            user_name: r.user_name,
            address: r.address,
            dialect: r.dialect,
            action: r.action,
            object: r.object,
            object_id: r.object_id,
            tenant: r.tenant_id.map(TenantId),
            outcome: r.outcome,
            detail: r.detail,
            request_id: r.request_id,
        }))
    }
}

impl Audit<'_, Tx> {
    /// Appends a record; its id and time are set here.
    ///
    /// # Errors
    /// When the database fails; then the change it is about fails with it.
    pub async fn record(&self, record: &AuditRecord) -> Result<()> {
        let sql = "INSERT INTO audit (at, user_id, user_name, address, dialect, action, object, object_id, tenant_id, outcome, detail, request_id) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = vals![
            self.0.clock().now().0,
            record.user.map(|u| u.0),
            record.user_name.as_str(),
            record.address.as_str(),
            record.dialect.as_str(),
            record.action.as_str(),
            record.object.as_str(),
            record.object_id.as_str(),
            record.tenant.map(|t| t.0),
            record.outcome.as_str(),
            record.detail.as_str(),
            record.request_id.as_str()
        ];
        exec(self.0, sql, values).await.map(|_| ())
    }
}
