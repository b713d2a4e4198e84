//! Orphans: what was forgotten and may still be at a peer.

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::resource::Resource;
use tenantry_domain::{DatacenterId, Error, ErrorKind, OrphanId, Result, Timestamp};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, rows, vals};

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
        Ok(page.map(|r| Orphan {
            id: OrphanId(r.id),
            kind: r.kind,
            uid: r.uid,
            datacenter: DatacenterId(r.datacenter_id),
            namespace: r.namespace,
            name: r.name,
            reason: r.reason,
            created_at: Timestamp(r.created_at),
        }))
    }
}

impl Orphans<'_, Tx> {
    pub(crate) async fn insert(&self, resource: &Resource) -> Result<()> {
        let sql = "INSERT INTO orphans (kind, uid, datacenter_id, namespace, name, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vals![
            resource.kind().name(),
            resource.uid.to_string(),
            resource.datacenter.0,
            resource.tenant_name.as_str(),
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
