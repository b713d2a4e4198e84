//! Releases: append-only. A record is never changed but for how it ended.

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::release::{Release, ReleaseStatus};
use tenantry_domain::resource::{AppSpec, State};
use tenantry_domain::{DatacenterId, Error, ReleaseId, ResourceId, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, json, number, row, rows, to_json, vals};

aggregate!(
    /// Releases.
    Releases,
    releases
);

/// A release to be recorded.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// Who releases.
    pub user: UserId,
    /// The app's name.
    pub name: String,
    /// What is done.
    pub operation: String,
    /// Free text.
    pub comment: String,
    /// Where.
    pub datacenter: Option<DatacenterId>,
    /// The app, and the generation of it that carries the release out.
    pub app: Option<(ResourceId, i64)>,
    /// What the app should be.
    pub spec: Option<AppSpec>,
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct ReleaseFilter {
    /// Whose.
    pub tenant: Option<TenantId>,
    /// Who released.
    pub user: Option<UserId>,
    /// The app's name.
    pub name: Option<String>,
    /// The app.
    pub app: Option<ResourceId>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    tenant_id: i64,
    user_id: i64,
    name: String,
    operation: String,
    comment: String,
    datacenter_id: Option<i64>,
    app_id: Option<i64>,
    spec: Option<String>,
    status: String,
    message: String,
    created_at: i64,
    ended_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, tenant_id, user_id, name, operation, comment, datacenter_id, app_id, spec, status, message, created_at, ended_at FROM releases";

impl TryFrom<Row> for Release {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        let status = ReleaseStatus::ALL.into_iter().find(|s| s.name() == row.status);
        Ok(Self {
            id: ReleaseId(row.id),
            tenant: TenantId(row.tenant_id),
            user: UserId(row.user_id),
            name: row.name,
            operation: row.operation,
            comment: row.comment,
            datacenter: row.datacenter_id.map(DatacenterId),
            app: row.app_id.map(ResourceId),
            spec: row.spec.as_deref().map(json::<AppSpec>).transpose()?,
            status: status.ok_or_else(|| Error::internal("unknown release status"))?,
            message: row.message,
            created_at: Timestamp(row.created_at),
            ended_at: row.ended_at.map(Timestamp),
        })
    }
}

impl<X: Conn> Releases<'_, X> {
    /// A release, if the scope reaches it.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: ReleaseId) -> Result<Release> {
        let mut filter = Where::default();
        filter.and("id = {}", id.0).scope("tenant_id", scope);
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        found.map(Release::try_from).transpose()?.ok_or_else(|| Error::not_found(ObjectKind::Release, id))
    }

    /// A page of releases, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &ReleaseFilter, page: &PageRequest) -> Result<Page<Release>> {
        let mut clause = filter_clause(scope, filter);
        clause.and_if("id < {}", page.after.as_ref().map(|c| c.id));
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY id DESC LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let items = found.into_iter().map(Release::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, page.limit, |r| Cursor { key: String::new(), id: r.id.0 }))
    }

    /// How many a list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, scope: &Scope, filter: &ReleaseFilter) -> Result<i64> {
        let (clause, values) = filter_clause(scope, filter).build();
        number(self.0, &format!("SELECT COUNT(*) AS n FROM releases{clause}"), values).await
    }
}

fn filter_clause(scope: &Scope, filter: &ReleaseFilter) -> Where {
    let mut clause = Where::default();
    clause
        .scope("tenant_id", scope)
        .and_if("tenant_id = {}", filter.tenant.map(|t| t.0))
        .and_if("user_id = {}", filter.user.map(|u| u.0))
        .and_if("name = {}", filter.name.as_deref())
        .and_if("app_id = {}", filter.app.map(|a| a.0));
    clause
}

impl Releases<'_, Tx> {
    /// Appends a record in the tenant that the proof names. With an app it is running, else a plain record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::Release>, new: &NewRelease) -> Result<ReleaseId> {
        let now = self.0.clock().now().0;
        let status = if new.app.is_some() { ReleaseStatus::Running } else { ReleaseStatus::Recorded };
        if let Some((app, generation)) = new.app {
            let sql = "UPDATE releases SET status = 'superseded', ended_at = $1, message = 'a later release came before it was done' \
                WHERE app_id = $2 AND generation < $3 AND status = 'running'";
            exec(self.0, sql, vals![now, app.0, generation]).await?;
        }
        let sql = "INSERT INTO releases (tenant_id, user_id, name, operation, comment, datacenter_id, app_id, generation, spec, status, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id AS n";
        let values = vals![
            allowed.tenant().0,
            new.user.0,
            new.name.as_str(),
            new.operation.as_str(),
            new.comment.as_str(),
            new.datacenter.map(|d| d.0),
            new.app.map(|a| a.0.0),
            new.app.map_or(0, |a| a.1),
            new.spec.as_ref().map(to_json).transpose()?,
            status.name(),
            now
        ];
        let id = number(self.0, sql, values).await?;
        self.0.touch(ObjectKind::Release, id);
        Ok(ReleaseId(id))
    }

    /// A controller saw the app at `generation`: the releases that asked for it (or less) ended, or not yet.
    pub(crate) async fn observed(&self, app: ResourceId, generation: i64, state: State, reason: &str) -> Result<()> {
        let now = self.0.clock().now().0;
        let (status, ended) = match state {
            State::Ready => (ReleaseStatus::Succeeded, Some(now)),
            State::Failed => (ReleaseStatus::Failed, Some(now)),
            _ => (ReleaseStatus::Running, None),
        };
        let sql = "UPDATE releases SET status = $1, message = $2, ended_at = $3 WHERE app_id = $4 AND generation = $5 AND status IN ('running', 'failed')";
        exec(self.0, sql, vals![status.name(), reason, ended, app.0, generation]).await.map(|_| ())
    }

    /// The app is gone: what was running on it ended, a delete well, anything else superseded.
    pub(crate) async fn app_gone(&self, app: ResourceId) -> Result<()> {
        let sql = "UPDATE releases SET ended_at = $1, status = CASE WHEN operation = 'delete' THEN 'succeeded' ELSE 'superseded' END, \
            message = CASE WHEN operation = 'delete' THEN '' ELSE 'the app was deleted before it was done' END \
            WHERE app_id = $2 AND status = 'running'";
        exec(self.0, sql, vals![self.0.clock().now().0, app.0]).await?;
        exec(self.0, "UPDATE releases SET app_id = NULL WHERE app_id = $1", vals![app.0]).await.map(|_| ())
    }
}
