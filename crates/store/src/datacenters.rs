//! Datacenters. How one is reached is stored encrypted as a whole.

use sea_orm::FromQueryResult;
use tenantry_domain::datacenter::{Connection, Datacenter, DatacenterKind, DatacenterOptions, Health};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Progress;
use tenantry_domain::{DatacenterId, Error, Result, TenantId, Timestamp, Uid};

use crate::sql::{Conn, Where, aggregate, exec, json, number, number_opt, row, rows, taken, to_json, vals};
use crate::work::WorkKind;
use crate::{Store, Tx};

aggregate!(
    /// Datacenters.
    Datacenters,
    datacenters
);

/// A datacenter to be made or changed.
#[derive(Debug, Clone)]
pub struct DatacenterDraft {
    /// The unique name.
    pub name: String,
    /// Free text.
    pub comment: String,
    /// Where it is, for people.
    pub endpoint: String,
    /// How it is reached; none leaves what is stored.
    pub connection: Option<Connection>,
    /// What can be set freely.
    pub options: DatacenterOptions,
    /// What there is.
    pub capacity: Limits,
    /// How often the capacity may be promised.
    pub overcommit: f64,
    /// What the check before it found.
    pub health: Health,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    uid: String,
    name: String,
    comment: String,
    kind: String,
    endpoint: String,
    options: String,
    capacity: String,
    overcommit: f64,
    health: String,
    reason: String,
    since: i64,
    attempts: i64,
    next_attempt_at: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "SELECT d.id, d.uid, d.name, d.comment, d.kind, d.endpoint, d.options, d.capacity, d.overcommit, d.health, d.reason, d.since, \
    d.attempts, d.next_attempt_at, d.version, d.created_at, d.updated_at FROM datacenters d";

impl TryFrom<Row> for Datacenter {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: DatacenterId(row.id),
            uid: row.uid.parse().map_err(Error::internal)?,
            name: row.name,
            comment: row.comment,
            kind: row.kind.parse().map_err(Error::internal)?,
            endpoint: row.endpoint,
            options: json(&row.options)?,
            capacity: json(&row.capacity)?,
            overcommit: row.overcommit,
            health: json(&row.health)?,
            progress: Progress {
                reason: row.reason,
                since: Timestamp(row.since),
                attempts: row.attempts,
                next_attempt_at: row.next_attempt_at.map(Timestamp),
            },
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

/// The name under which a datacenter's connection is sealed.
fn vault_row(uid: &str) -> String {
    format!("datacenter/{uid}")
}

/// A datacenter is seen by those who see a tenant that has a share of it.
fn visible(filter: &mut Where, scope: &Scope) {
    if scope.subtrees().is_some() {
        filter.nested("d.id IN (SELECT q.datacenter_id FROM datacenter_quotas q", |inner| {
            inner.scope("q.tenant_id", scope);
        });
    }
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct DatacenterFilter {
    /// A tenant that has a share of it.
    pub tenant: Option<TenantId>,
    /// The name.
    pub name: Option<String>,
    /// The kind.
    pub kind: Option<DatacenterKind>,
}

impl<X: Conn> Datacenters<'_, X> {
    /// A datacenter, if the scope reaches it.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: DatacenterId) -> Result<Datacenter> {
        let mut filter = Where::default();
        filter.and("d.id = {}", id.0);
        visible(&mut filter, scope);
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        found.map(Datacenter::try_from).transpose()?.ok_or_else(|| Error::not_found(ObjectKind::Datacenter, id))
    }

    /// A page of datacenters, optionally those that a tenant has a share of.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, asked: &DatacenterFilter, page: &PageRequest) -> Result<Page<Datacenter>> {
        let mut filter = Where::default();
        filter
            .and_if("d.id IN (SELECT datacenter_id FROM datacenter_quotas WHERE tenant_id = {})", asked.tenant.map(|t| t.0))
            .and_if("d.name = {}", asked.name.as_deref())
            .and_if("d.kind = {}", asked.kind.map(DatacenterKind::name))
            .and_if("d.id > {}", page.after.as_ref().map(|c| c.id));
        visible(&mut filter, scope);
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = filter.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY d.id LIMIT {limit} OFFSET {skip}", filter.clause());
        let found = rows::<Row, X>(self.0, &sql, filter.into_values()).await?;
        let items = found.into_iter().map(Datacenter::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, page.limit, |d| Cursor { key: String::new(), id: d.id.0 }))
    }

    /// Which version of a datacenter there is: a new one with every change of it.
    ///
    /// # Errors
    /// `NotFound`, or when the database fails.
    pub async fn version(&self, id: DatacenterId) -> Result<i64> {
        let found = number_opt(self.0, "SELECT version AS n FROM datacenters WHERE id = $1", vals![id.0]).await?;
        found.ok_or_else(|| Error::not_found(ObjectKind::Datacenter, id))
    }

    /// A datacenter and how it is reached; for controllers and checks, never for an answer.
    ///
    /// # Errors
    /// When it is gone, or its connection was sealed with another key.
    pub async fn connection(&self, id: DatacenterId) -> Result<(Datacenter, Connection)> {
        #[derive(FromQueryResult)]
        struct Sealed {
            connection_sealed: String,
        }
        let datacenter = self.get(&Scope::system(), id).await?;
        let sql = "SELECT connection_sealed FROM datacenters WHERE id = $1";
        let sealed = row::<Sealed, X>(self.0, sql, vals![id.0]).await?.ok_or_else(|| Error::not_found(ObjectKind::Datacenter, id))?;
        let opened = self.0.store().vault().open(&vault_row(&datacenter.uid.to_string()), &sealed.connection_sealed)?;
        Ok((datacenter, json(&opened)?))
    }

    /// The names of tenants (without the root) that have a share, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenants(&self, id: DatacenterId, limit: i64) -> Result<Vec<String>> {
        #[derive(FromQueryResult)]
        struct Name {
            name: String,
        }
        let sql = "SELECT t.name FROM datacenter_quotas q JOIN tenants t ON t.id = q.tenant_id WHERE q.datacenter_id = $1 AND t.level > 0 ORDER BY t.name LIMIT $2";
        Ok(rows::<Name, X>(self.0, sql, vals![id.0, limit]).await?.into_iter().map(|n| n.name).collect())
    }
}

impl Datacenters<'_, Store> {
    /// The ids of datacenters by their names; a name that there is none of is left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ids_of(&self, names: &[String]) -> Result<Vec<DatacenterId>> {
        #[derive(FromQueryResult)]
        struct Id {
            n: i64,
        }
        let places: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
        let sql = format!("SELECT id AS n FROM datacenters WHERE name IN ({})", places.join(", "));
        let values = names.iter().map(|n| n.as_str().into()).collect();
        Ok(rows::<Id, Store>(self.0, &sql, values).await?.into_iter().map(|r| DatacenterId(r.n)).collect())
    }
}

impl Datacenters<'_, Tx> {
    /// Records a datacenter, gives the root tenant its share, and enqueues the watch over its health.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::Datacenter>, uid: Uid, draft: &DatacenterDraft) -> Result<DatacenterId> {
        let _ = allowed;
        let now = self.0.clock().now().0;
        let connection = draft.connection.as_ref().ok_or_else(|| Error::missing("kubeconfig"))?;
        let sealed = self.0.seal(&vault_row(&uid.to_string()), &to_json(connection)?).await?;
        let sql = "INSERT INTO datacenters (uid, name, comment, kind, endpoint, connection_sealed, options, capacity, overcommit, health, since, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11) RETURNING id AS n";
        let values = vals![
            uid.to_string(),
            draft.name.as_str(),
            draft.comment.as_str(),
            connection.kind().name(),
            draft.endpoint.as_str(),
            sealed,
            to_json(&draft.options)?,
            to_json(&draft.capacity)?,
            draft.overcommit,
            to_json(&draft.health)?,
            now
        ];
        let taken = taken(ObjectKind::Datacenter, format!("there is a datacenter '{}' already", draft.name));
        let id = DatacenterId(number(self.0, sql, values).await.map_err(taken)?);
        self.0.quotas().grant(TenantId::ROOT, None, id, &draft.capacity.times(draft.overcommit), false).await?;
        self.0.work().enqueue(WorkKind::Datacenter, id.0, 0).await?;
        self.0.events().record(ObjectKind::Datacenter, id.0, None, "created", &draft.name, "").await?;
        Ok(id)
    }

    /// Changes a datacenter; the root tenant's share follows its capacity.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::QuotaExceeded`] when more is granted than the new capacity, [`tenantry_domain::ErrorKind::StaleVersion`].
    pub async fn update(
        &self,
        allowed: &Allowed<act::Update, obj::Datacenter>,
        before: &Datacenter,
        draft: &DatacenterDraft,
    ) -> Result<()> {
        let _ = allowed;
        let now = self.0.clock().now().0;
        let sealed = match &draft.connection {
            Some(connection) => Some(self.0.seal(&vault_row(&before.uid.to_string()), &to_json(connection)?).await?),
            None => None,
        };
        let sql = "UPDATE datacenters SET name = $1, comment = $2, endpoint = $3, connection_sealed = COALESCE($4, connection_sealed), options = $5, \
            capacity = $6, overcommit = $7, health = $8, version = version + 1, updated_at = $9 WHERE id = $10 AND version = $11";
        let values = vals![
            draft.name.as_str(),
            draft.comment.as_str(),
            draft.endpoint.as_str(),
            sealed,
            to_json(&draft.options)?,
            to_json(&draft.capacity)?,
            draft.overcommit,
            to_json(&draft.health)?,
            now,
            before.id.0,
            before.version
        ];
        let taken = taken(ObjectKind::Datacenter, format!("there is a datacenter '{}' already", draft.name));
        if exec(self.0, sql, values).await.map_err(taken)? == 0 {
            return Err(crate::resources::stale(ObjectKind::Datacenter, before.version, None));
        }
        let limits = draft.capacity.times(draft.overcommit);
        self.0.quotas().resize_unchecked(TenantId::ROOT, None, before.id, &limits, false).await?;
        self.0.work().enqueue(WorkKind::Datacenter, before.id.0, 0).await?;
        self.0.events().record(ObjectKind::Datacenter, before.id.0, None, "updated", &draft.name, "").await
    }

    /// Checks the health again now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recheck(&self, allowed: &Allowed<act::Retry, obj::Datacenter>, id: DatacenterId) -> Result<()> {
        let _ = allowed;
        self.0.work().enqueue(WorkKind::Datacenter, id.0, 0).await
    }

    /// Removes a datacenter that no tenant has a share of.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::Conflict`] that names the tenants that have one, [`tenantry_domain::ErrorKind::StaleVersion`] when it has
    /// another version than the one asked for.
    pub async fn delete(
        &self,
        allowed: &Allowed<act::Delete, obj::Datacenter>,
        datacenter: &Datacenter,
        version: Option<i64>,
    ) -> Result<()> {
        let _ = allowed;
        if version.is_some_and(|asked| asked != datacenter.version) {
            return Err(crate::resources::changed(self.0, ObjectKind::Datacenter, "datacenters", datacenter.id.0, version).await?);
        }
        let used = self.tenants(datacenter.id, 20).await?;
        if !used.is_empty() {
            let message = format!("the datacenter '{}' is in use by tenants: take it from them first", datacenter.name);
            return Err(Error::conflict(ObjectKind::Datacenter, message).blocked_by(used));
        }
        exec(self.0, "DELETE FROM datacenter_quotas WHERE datacenter_id = $1 AND tenant_id = 1", vals![datacenter.id.0]).await?;
        self.0.touch(ObjectKind::Tenant, TenantId::ROOT.0);
        self.0.work().remove(WorkKind::Datacenter, datacenter.id.0).await?;
        let sql = "DELETE FROM datacenters WHERE id = $1 AND (CAST($2 AS BIGINT) IS NULL OR version = $2)";
        if exec(self.0, sql, vals![datacenter.id.0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::Datacenter, "datacenters", datacenter.id.0, version).await?);
        }
        self.0.events().record(ObjectKind::Datacenter, datacenter.id.0, None, "deleted", &datacenter.name, "").await
    }
}
