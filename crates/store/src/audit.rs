//! The audit. A record of something done is written in its transaction; one of a refusal in a transaction of its own. Writers never
//! wait for one another; [`crate::audit_chain`] seals the records afterwards.

use std::collections::BTreeMap;

use sea_orm::FromQueryResult;
use tenantry_domain::audit::{AuditOutcome, AuditRecord, Seal};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::Scope;
use tenantry_domain::{AuditId, DatacenterId, Error, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, rows, vals};

aggregate!(
    /// Audit records.
    Audit,
    audit
);

/// What a list shows; several must all hold.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Who.
    pub user: Option<UserId>,
    /// The name of who, as it was given.
    pub user_name: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// The kinds of object, any of them; any at all when there is none.
    pub objects: Vec<String>,
    /// The object's id, or the name that it was called by.
    pub object_id: Option<String>,
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// The datacenter that the object is, or is in.
    pub datacenter: Option<DatacenterId>,
    /// How it ended.
    pub outcome: Option<AuditOutcome>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// A kind of thing that records speak of by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// Users.
    User,
    /// Tenants.
    Tenant,
    /// Datacenters.
    Datacenter,
}

/// What dialects show of a thing that a record speaks of, beside its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

#[derive(FromQueryResult)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) user_id: Option<i64>,
    pub(crate) user_name: String,
    pub(crate) address: String,
    pub(crate) dialect: String,
    pub(crate) action: String,
    pub(crate) object: String,
    pub(crate) object_id: String,
    pub(crate) tenant_id: Option<i64>,
    pub(crate) datacenter_id: Option<i64>,
    pub(crate) outcome: String,
    pub(crate) detail: String,
    pub(crate) request_id: String,
    pub(crate) seq: Option<i64>,
    pub(crate) hash: Option<String>,
}

pub(crate) const COLUMNS: &str = "SELECT id, at, user_id, user_name, address, dialect, action, object, object_id, tenant_id, datacenter_id, outcome, \
    detail, request_id, seq, hash FROM audit";

impl From<Row> for AuditRecord {
    fn from(row: Row) -> Self {
        Self {
            id: AuditId(row.id),
            at: Timestamp(row.at),
            user: row.user_id.map(UserId),
            user_name: row.user_name,
            address: row.address,
            dialect: row.dialect,
            action: row.action,
            object: row.object,
            object_id: row.object_id,
            tenant: row.tenant_id.map(TenantId),
            datacenter: row.datacenter_id.map(DatacenterId),
            outcome: row.outcome,
            detail: row.detail,
            request_id: row.request_id,
            seal: row.seq.zip(row.hash).map(|(number, hash)| Seal { number, hash }),
        }
    }
}

/// Limits to the scope, as it reaches tenants that are there and such as were removed.
fn within(clause: &mut Where, scope: &Scope) {
    let Some(tops) = scope.subtrees() else { return };
    let places: Vec<String> = tops.iter().map(|top| clause.value(top.0)).collect();
    let list = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
    clause.raw(&format!(
        "tenant_id IN (SELECT tenant_id FROM tenant_ancestors WHERE ancestor_id IN ({list}) \
         UNION ALL SELECT tenant_id FROM removed_tenants WHERE ancestor_id IN ({list}))"
    ));
}

fn matching(scope: &Scope, filter: &AuditFilter) -> Where {
    let mut clause = Where::default();
    within(&mut clause, scope);
    clause
        .and_if("user_id = {}", filter.user.map(|u| u.0))
        .and_if("user_name = {}", filter.user_name.as_deref())
        .and_if("action = {}", filter.action.as_deref())
        .and_if("object_id = {}", filter.object_id.as_deref())
        .and_if("tenant_id = {}", filter.tenant.map(|t| t.0))
        .and_if("datacenter_id = {}", filter.datacenter.map(|d| d.0))
        .and_if("at >= {}", filter.from.map(|t| t.0))
        .and_if("at < {}", filter.to.map(|t| t.0));
    if !filter.objects.is_empty() {
        clause.any("object", filter.objects.iter().map(String::as_str));
    }
    match filter.outcome {
        // written out: only so the database sees that the index of what was refused serves
        Some(AuditOutcome::Refused) => clause.raw("outcome = 'refused'"),
        Some(AuditOutcome::Allowed) => clause.raw("outcome = 'allowed'"),
        None => &mut clause,
    };
    clause
}

impl<X: Conn> Audit<'_, X> {
    /// A page of records in the order of their time.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::InvalidArgument`] for a cursor of another list; when the database fails.
    pub async fn list(&self, scope: &Scope, filter: &AuditFilter, order: AuditOrder, page: &PageRequest) -> Result<Page<AuditRecord>> {
        let mut clause = matching(scope, filter);
        let (direction, beyond) = match order {
            AuditOrder::Newest => ("DESC", "<"),
            AuditOrder::Oldest => ("ASC", ">"),
        };
        if let Some(after) = &page.after {
            let at: i64 =
                after.key.parse().map_err(|_| Error::invalid("after", "'after' must be the 'next' of an earlier page, unchanged"))?;
            let (at, id) = (clause.value(at), clause.value(after.id));
            clause.raw(&format!("(at, id) {beyond} ({at}, {id})"));
        }
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY at {direction}, id {direction} LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        Ok(Page::cut(found, page.limit, |r| Cursor { key: r.at.to_string(), id: r.id }).map(Into::into))
    }

    /// How many records there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, scope: &Scope, filter: &AuditFilter) -> Result<i64> {
        let (clause, values) = matching(scope, filter).build();
        number(self.0, &format!("SELECT COUNT(*) AS n FROM audit{clause}"), values).await
    }

    /// Those of these things that are still there, by their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subjects(&self, kind: SubjectKind, ids: &[i64]) -> Result<BTreeMap<i64, Subject>> {
        #[derive(FromQueryResult)]
        struct Found {
            id: i64,
            name: String,
            created_at: i64,
        }
        let table = match kind {
            SubjectKind::User => "users",
            SubjectKind::Tenant => "tenants",
            SubjectKind::Datacenter => "datacenters",
        };
        let mut clause = Where::default();
        clause.any("id", ids.iter().copied());
        let (clause, values) = clause.build();
        let found = rows::<Found, X>(self.0, &format!("SELECT id, name, created_at FROM {table}{clause}"), values).await?;
        Ok(found.into_iter().map(|f| (f.id, Subject { name: f.name, created_at: Timestamp(f.created_at) })).collect())
    }

    /// At most `limit` sealed records after the number `after`, in the order of the chain: what is asked for piece by piece has no gap and no repeat.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sealed(&self, scope: &Scope, filter: &AuditFilter, after: i64, limit: i64) -> Result<Vec<AuditRecord>> {
        let mut clause = matching(scope, filter);
        clause.and("seq > {}", after);
        let limit = clause.value(limit);
        let sql = format!("{COLUMNS}{} ORDER BY seq LIMIT {limit}", clause.clause());
        Ok(rows::<Row, X>(self.0, &sql, clause.into_values()).await?.into_iter().map(Into::into).collect())
    }
}

/// Where the datacenter of an object is found, by the kind of the object.
fn datacenter_of(object: &str) -> Option<&'static str> {
    match object {
        "namespace" | "disk" | "app" => Some("SELECT datacenter_id FROM resources WHERE id = "),
        "release" => Some("SELECT datacenter_id FROM releases WHERE id = "),
        _ => None,
    }
}

impl Audit<'_, Tx> {
    /// Appends a record; its id, its time and, when it says none, its datacenter are set here.
    ///
    /// # Errors
    /// When the database fails; then the change it is about fails with it.
    pub async fn record(&self, record: &AuditRecord) -> Result<()> {
        self.record_each(std::slice::from_ref(record)).await
    }

    /// The same for several, in one statement.
    pub(crate) async fn record_each(&self, records: &[AuditRecord]) -> Result<()> {
        let (now, mut values, mut places) = (self.0.clock().now().0, Vec::new(), Vec::new());
        for record in records {
            let first = values.len() + 1;
            values.extend(vals![
                now,
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
            ]);
            let id = record.object_id.parse::<i64>().ok();
            let (known, query) = match (record.datacenter, record.object.as_str()) {
                (None, "datacenter") => (id, None),
                (None, object) => (id.filter(|_| datacenter_of(object).is_some()), datacenter_of(object)),
                (Some(datacenter), _) => (Some(datacenter.0), None),
            };
            values.push(known.into());
            let last = values.len();
            let mut row: Vec<String> = (first..last).map(|n| format!("${n}")).collect();
            row.push(query.map_or_else(|| format!("${last}"), |query| format!("({query}${last})")));
            places.push(format!("({})", row.join(", ")));
        }
        let sql = format!(
            "INSERT INTO audit (at, user_id, user_name, address, dialect, action, object, object_id, tenant_id, outcome, detail, request_id, \
             datacenter_id) VALUES {}",
            places.join(", ")
        );
        exec(self.0, &sql, values).await.map(|_| ())
    }
}
