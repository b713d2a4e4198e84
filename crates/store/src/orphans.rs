//! Orphans: what was forgotten and may still be at a peer.

use std::time::Duration;

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::resource::Resource;
use tenantry_domain::{DatacenterId, Error, ErrorKind, OrphanId, Result, Timestamp};

use crate::sql::{Conn, Where, aggregate, exec, rows, vals};
use crate::{Store, Tx};

aggregate!(
    /// Orphans.
    Orphans,
    orphans
);

/// Something that may have been left at a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The integer id.
    pub id: OrphanId,
    /// The kind of resource that it was.
    pub kind: String,
    /// The uid that it carries at the peer.
    pub uid: String,
    /// Where.
    pub datacenter: DatacenterId,
    /// The namespace that it is or is in.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why it could not be removed.
    pub reason: String,
    /// When it was forgotten.
    pub created_at: Timestamp,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    uid: String,
    datacenter_id: i64,
    namespace: String,
    name: String,
    reason: String,
    created_at: i64,
}

impl From<Row> for Orphan {
    fn from(row: Row) -> Self {
        Self {
            id: OrphanId(row.id),
            kind: row.kind,
            uid: row.uid,
            datacenter: DatacenterId(row.datacenter_id),
            namespace: row.namespace,
            name: row.name,
            reason: row.reason,
            created_at: Timestamp(row.created_at),
        }
    }
}

impl<X: Conn> Orphans<'_, X> {
    /// A page of orphans. Only a scope without limits sees any.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a limited scope.
    pub async fn list(&self, scope: &Scope, page: &PageRequest) -> Result<Page<Orphan>> {
        if scope.subtrees().is_some() {
            return Err(Error::new(ErrorKind::Forbidden, "only platform administrators see orphans"));
        }
        let mut filter = Where::default();
        filter.and_if("id > {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT id, kind, uid, datacenter_id, namespace, name, reason, created_at FROM orphans{} ORDER BY id LIMIT {limit}",
            filter.clause()
        );
        let found = rows::<Row, X>(self.0, &sql, filter.into_values()).await?;
        let page = Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.id });
        Ok(page.map(Into::into))
    }
}

impl Orphans<'_, Store> {
    /// The orphans of a datacenter that were not looked for since `age` ago, at most `limit`, the longest ago first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn to_look_for(&self, datacenter: DatacenterId, age: Duration, limit: i64) -> Result<Vec<Orphan>> {
        let before = self.0.clock().now().0 - i64::try_from(age.as_millis()).unwrap_or(i64::MAX / 2);
        let sql = "SELECT id, kind, uid, datacenter_id, namespace, name, reason, created_at FROM orphans \
            WHERE datacenter_id = $1 AND looked_at <= $2 ORDER BY looked_at, id LIMIT $3";
        Ok(rows::<Row, Store>(self.0, sql, vals![datacenter.0, before, limit]).await?.into_iter().map(Into::into).collect())
    }

    /// Notes that an orphan was looked for; one that was found gone is struck from the list, which is an event.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn looked_for(&self, orphan: &Orphan, gone: bool) -> Result<()> {
        let tx = self.0.begin().await?;
        if gone {
            exec(&tx, "DELETE FROM orphans WHERE id = $1", vals![orphan.id.0]).await?;
            let reason = format!("the {} is no longer in the datacenter", orphan.kind);
            tx.events().record(ObjectKind::Orphan, orphan.id.0, None, "deleted", &orphan.name, &reason).await?;
        } else {
            exec(&tx, "UPDATE orphans SET looked_at = $1 WHERE id = $2", vals![self.0.clock().now().0, orphan.id.0]).await?;
        }
        tx.commit().await
    }
}

impl Orphans<'_, Tx> {
    pub(crate) async fn insert(&self, resource: &Resource) -> Result<()> {
        let sql = "INSERT INTO orphans (kind, uid, datacenter_id, namespace, name, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vals![
            resource.kind().name(),
            resource.uid.to_string(),
            resource.datacenter.0,
            resource.tenant_slug.as_str(),
            resource.name.as_str(),
            resource.progress.reason.as_str(),
            self.0.clock().now().0
        ];
        exec(self.0, sql, values).await.map(|_| ())
    }

    /// Strikes an orphan from the list: it was found gone, or removed by hand.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none.
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::Orphan>, id: OrphanId) -> Result<()> {
        let _ = allowed;
        if exec(self.0, "DELETE FROM orphans WHERE id = $1", vals![id.0]).await? == 0 {
            return Err(Error::not_found(ObjectKind::Orphan, id));
        }
        Ok(())
    }
}
