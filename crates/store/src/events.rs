//! Events: written in the transaction of the change, numbered afterwards in commit order, so that a watcher who resumes misses none.

use std::time::Duration;

use sea_orm::{FromQueryResult, Value};
use tenantry_domain::event::Event;
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::resource::{Kind, State};
use tenantry_domain::{EventId, Result, TenantId, Timestamp};

use crate::sql::{Conn, Rows, Where, aggregate, exec, number, rows, vals};
use crate::{Store, Tx};

aggregate!(
    /// Events.
    Events,
    events
);

#[derive(FromQueryResult)]
struct Row {
    seq: i64,
    at: i64,
    tenant_id: Option<i64>,
    object: String,
    object_id: i64,
    name: String,
    change: String,
    state: String,
    reason: String,
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        Self {
            id: EventId(row.seq),
            at: Timestamp(row.at),
            tenant: row.tenant_id.map(TenantId),
            object: row.object,
            object_id: row.object_id,
            name: row.name,
            change: row.change,
            state: row.state,
            reason: row.reason,
        }
    }
}

impl Events<'_, Store> {
    /// Numbers what was committed since the last time, in commit order. Any replica may call it at any time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sequence(&self) -> Result<u64> {
        let waiting = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM events WHERE seq IS NULL LIMIT 1) e";
        if number(self.0, waiting, vals![]).await? == 0 {
            return Ok(0);
        }
        let tx = self.0.begin().await?;
        // one at a time: the row is locked until the commit
        exec(&tx, "UPDATE locks SET counter = counter WHERE name = 'events'", vals![]).await?;
        let sql = "UPDATE events SET seq = (SELECT counter FROM locks WHERE name = 'events') + n.rank \
            FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS rank FROM events WHERE seq IS NULL) n WHERE events.id = n.id";
        let count = exec(&tx, sql, vals![]).await?;
        exec(&tx, "UPDATE locks SET counter = counter + $1 WHERE name = 'events'", vals![i64::try_from(count).unwrap_or(0)]).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// The number of the newest event.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self) -> Result<EventId> {
        number(self.0, "SELECT counter AS n FROM locks WHERE name = 'events'", vals![]).await.map(EventId)
    }

    /// The number of the oldest event that is kept; none when none is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest(&self) -> Result<Option<EventId>> {
        let oldest = number(self.0, "SELECT COALESCE(MIN(seq), 0) AS n FROM events WHERE seq IS NOT NULL", vals![]).await?;
        Ok((oldest > 0).then_some(EventId(oldest)))
    }

    /// At most `limit` events after `after`, as far as the scope reaches.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn after(&self, scope: &Scope, after: EventId, limit: i64) -> Result<Vec<Event>> {
        let mut filter = Where::default();
        filter.and("seq > {}", after.0).scope("tenant_id", scope).audience("tenant_id", "audience", scope);
        let limit = filter.value(limit);
        let sql = format!(
            "SELECT seq, at, tenant_id, object, object_id, name, change, state, reason FROM events{} ORDER BY seq LIMIT {limit}",
            filter.clause()
        );
        Ok(rows::<Row, Store>(self.0, &sql, filter.into_values()).await?.into_iter().map(Into::into).collect())
    }

    /// Removes events older than `age`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self, age: Duration) -> Result<u64> {
        let before = self.0.clock().now().0 - i64::try_from(age.as_millis()).unwrap_or(i64::MAX / 2);
        let tx = self.0.begin().await?;
        let sql = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 AND seq IS NOT NULL ORDER BY id LIMIT 5000)";
        let count = exec(&tx, sql, vals![before]).await?;
        tx.commit().await?;
        Ok(count)
    }
}

impl Events<'_, Tx> {
    /// Records a change; watchers are woken by the commit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&self, kind: ObjectKind, id: i64, tenant: Option<TenantId>, change: &str, name: &str, reason: &str) -> Result<()> {
        let values = vals![kind.noun().replace(' ', "_"), id, name, tenant.map(|t| t.0), None::<i64>, change, "", reason];
        self.write(kind, id, values).await
    }

    /// Records a change of each of several objects, in one statement.
    pub(crate) async fn record_each(&self, told: &[Told<'_>]) -> Result<()> {
        let (now, mut events) = (self.0.clock().now().0, Rows::default());
        for Told { kind, id, tenant, change, name, reason } in told {
            self.0.touch(*kind, *id);
            events.push(vals![kind.noun().replace(' ', "_"), *id, *name, tenant.0, *change, "", *reason, now]);
        }
        if events.is_empty() {
            return Ok(());
        }
        let (places, values) = events.build();
        let sql = format!("INSERT INTO events (object, object_id, name, tenant_id, change, state, reason, at) VALUES {places}");
        exec(self.0, &sql, values).await.map(|_| ())
    }

    /// Records a change of a resource's state.
    pub(crate) async fn record_state(&self, about: &About<'_>, change: &str, state: State, reason: &str) -> Result<()> {
        self.record_of(about, change, state.name(), reason).await
    }

    /// Records that a resource is gone.
    pub(crate) async fn record_gone(&self, about: &About<'_>) -> Result<()> {
        self.record_of(about, "deleted", "", "").await
    }

    async fn record_of(&self, about: &About<'_>, change: &str, state: &str, reason: &str) -> Result<()> {
        let values = vals![about.kind.name(), about.id, about.name, about.tenant, about.audience, change, state, reason];
        self.write(about.kind.object(), about.id, values).await
    }

    async fn write(&self, kind: ObjectKind, id: i64, mut values: Vec<Value>) -> Result<()> {
        self.0.touch(kind, id);
        values.push(self.0.clock().now().0.into());
        let sql = "INSERT INTO events (object, object_id, name, tenant_id, audience, change, state, reason, at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        exec(self.0, sql, values).await.map(|_| ())
    }
}

/// A change of an object in a tenant that is told.
pub(crate) struct Told<'a> {
    pub(crate) kind: ObjectKind,
    pub(crate) id: i64,
    pub(crate) tenant: TenantId,
    pub(crate) change: &'a str,
    pub(crate) name: &'a str,
    pub(crate) reason: &'a str,
}

/// A resource that an event is about.
pub(crate) struct About<'a> {
    pub(crate) kind: Kind,
    pub(crate) id: i64,
    pub(crate) tenant: i64,
    pub(crate) audience: Option<i64>,
    pub(crate) name: &'a str,
}
