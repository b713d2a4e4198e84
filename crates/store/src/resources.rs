//! Resources: one table for every kind, with typed spec and status.

mod changes;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::resource::{Audience, Kind, Origin, Progress, Resource, Spec, State, Status};
use tenantry_domain::{DatacenterId, Error, ErrorKind, ResourceId, Result, TenantId, Timestamp, Uid, UserId};

use crate::Tx;
use crate::events::About;
use crate::sql::{Conn, Where, aggregate, number, number_opt, row, rows, vals};

aggregate!(
    /// Resources of every kind.
    Resources,
    resources
);

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct ResourceFilter {
    /// The kind.
    pub kind: Option<Kind>,
    /// Whose.
    pub tenant: Option<TenantId>,
    /// Where.
    pub datacenter: Option<DatacenterId>,
    /// In which state.
    pub state: Option<State>,
    /// Of which name.
    pub name: Option<String>,
    /// With which id at its peer.
    pub peer_id: Option<String>,
    /// With which uid.
    pub uid: Option<Uid>,
    /// That refer to this one.
    pub referring_to: Option<ResourceId>,
    /// Newest first.
    pub descending: bool,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    uid: String,
    kind: String,
    tenant_id: i64,
    tenant_slug: String,
    tenant_uid: String,
    datacenter_id: i64,
    parent_id: Option<i64>,
    audience: Option<i64>,
    origin: String,
    name: String,
    spec: String,
    status: String,
    state: String,
    reason: String,
    since: i64,
    attempts: i64,
    next_attempt_at: Option<i64>,
    generation: i64,
    observed_generation: i64,
    complete_generation: i64,
    version: i64,
    created_by: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "SELECT r.id, r.uid, r.kind, r.tenant_id, t.slug AS tenant_slug, t.uid AS tenant_uid, r.datacenter_id, r.parent_id, r.audience, r.origin, r.name, \
    r.spec, r.status, r.state, r.reason, r.since, r.attempts, r.next_attempt_at, r.generation, r.observed_generation, r.complete_generation, r.version, \
    r.created_by, r.created_at, r.updated_at FROM resources r JOIN tenants t ON t.id = r.tenant_id";

impl TryFrom<Row> for Resource {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        let kind: Kind = row.kind.parse().map_err(Error::internal)?;
        Ok(Self {
            id: ResourceId(row.id),
            uid: row.uid.parse().map_err(Error::internal)?,
            tenant: TenantId(row.tenant_id),
            tenant_slug: row.tenant_slug,
            tenant_uid: row.tenant_uid.parse().map_err(Error::internal)?,
            datacenter: DatacenterId(row.datacenter_id),
            parent: row.parent_id.map(ResourceId),
            audience: row.audience.map_or(Audience::Everyone, |user| Audience::Assigned((user != 0).then_some(UserId(user)))),
            origin: row.origin.parse().map_err(Error::internal)?,
            name: row.name,
            spec: Spec::from_json(kind, &row.spec).map_err(Error::internal)?,
            status: Status::from_json(kind, &row.status).map_err(Error::internal)?,
            state: row.state.parse().map_err(Error::internal)?,
            progress: Progress {
                reason: row.reason,
                since: Timestamp(row.since),
                attempts: row.attempts,
                next_attempt_at: row.next_attempt_at.map(Timestamp),
            },
            generation: row.generation,
            observed_generation: row.observed_generation,
            complete_generation: row.complete_generation,
            version: row.version,
            created_by: row.created_by.map(UserId),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

/// How the table writes an audience: nothing for everyone, 0 for nobody yet, else the user.
const fn audience_column(audience: Audience) -> Option<i64> {
    match audience {
        Audience::Everyone => None,
        Audience::Assigned(None) => Some(0),
        Audience::Assigned(Some(user)) => Some(user.0),
    }
}

impl<X: Conn> Resources<'_, X> {
    /// A resource of `kind`, if the scope reaches it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, kind: Kind, id: ResourceId) -> Result<Resource> {
        let mut filter = Where::default();
        filter.and("r.id = {}", id.0).and("r.kind = {}", kind.name()).scope("r.tenant_id", scope).audience(
            "r.tenant_id",
            "r.audience",
            scope,
        );
        self.one(filter).await?.ok_or_else(|| Error::not_found(kind.object(), id))
    }

    /// A resource of whatever kind; for controllers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_by_id(&self, id: ResourceId) -> Result<Option<Resource>> {
        let mut filter = Where::default();
        filter.and("r.id = {}", id.0);
        self.one(filter).await
    }

    /// A resource by its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(
        &self,
        scope: &Scope,
        kind: Kind,
        tenant: TenantId,
        datacenter: DatacenterId,
        name: &str,
    ) -> Result<Option<Resource>> {
        let mut filter = Where::default();
        filter
            .and("r.tenant_id = {}", tenant.0)
            .and("r.kind = {}", kind.name())
            .and("r.datacenter_id = {}", datacenter.0)
            .and("r.name = {}", name)
            .scope("r.tenant_id", scope)
            .audience("r.tenant_id", "r.audience", scope);
        self.one(filter).await
    }

    async fn one(&self, filter: Where) -> Result<Option<Resource>> {
        let (clause, values) = filter.build();
        row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?.map(Resource::try_from).transpose()
    }

    /// A page of resources.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &ResourceFilter, page: &PageRequest) -> Result<Page<Resource>> {
        let mut clause = filter_clause(scope, filter);
        let (direction, compare) = if filter.descending { ("DESC", "<") } else { ("ASC", ">") };
        clause.and_if(&format!("r.id {compare} {{}}"), page.after.as_ref().map(|c| c.id));
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY r.id {direction} LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let items = found.into_iter().map(Resource::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, page.limit, |r| Cursor { key: String::new(), id: r.id.0 }))
    }

    /// How many a list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, scope: &Scope, filter: &ResourceFilter) -> Result<i64> {
        let (clause, values) = filter_clause(scope, filter).build();
        number(self.0, &format!("SELECT COUNT(*) AS n FROM resources r{clause}"), values).await
    }

    /// What a tenant has beside its namespaces, as `kind 'name'`, at most `limit`: what keeps it from being closed, or a datacenter from being taken from it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blockers(&self, tenant: TenantId, datacenter: Option<DatacenterId>, limit: i64) -> Result<Vec<String>> {
        #[derive(FromQueryResult)]
        struct Blocker {
            kind: String,
            name: String,
        }
        let mut filter = Where::default();
        filter.and("tenant_id = {}", tenant.0).raw("kind <> 'namespace'").and_if("datacenter_id = {}", datacenter.map(|d| d.0));
        let limit = filter.value(limit);
        let sql = format!("SELECT kind, name FROM resources{} ORDER BY kind, name LIMIT {limit}", filter.clause());
        let found = rows::<Blocker, X>(self.0, &sql, filter.into_values()).await?;
        Ok(found.into_iter().map(|b| format!("{} '{}'", b.kind, b.name)).collect())
    }

    /// How many resources live in a namespace.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn children(&self, parent: ResourceId) -> Result<i64> {
        number(self.0, "SELECT COUNT(*) AS n FROM resources WHERE parent_id = $1", vals![parent.0]).await
    }

    /// The resources of a tenant (of all kinds, namespaces last), optionally in one datacenter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_tenant(
        &self,
        scope: &Scope,
        tenant: TenantId,
        datacenter: Option<DatacenterId>,
        kind: Option<Kind>,
    ) -> Result<Vec<Resource>> {
        let mut filter = Where::default();
        filter
            .and("r.tenant_id = {}", tenant.0)
            .and_if("r.datacenter_id = {}", datacenter.map(|d| d.0))
            .and_if("r.kind = {}", kind.map(Kind::name))
            .scope("r.tenant_id", scope)
            .audience("r.tenant_id", "r.audience", scope);
        let (clause, values) = filter.build();
        let sql = format!("{COLUMNS}{clause} ORDER BY CASE r.kind WHEN 'namespace' THEN 1 ELSE 0 END, r.datacenter_id, r.id");
        rows::<Row, X>(self.0, &sql, values).await?.into_iter().map(Resource::try_from).collect()
    }

    /// What a resource refers to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn references(&self, resource: ResourceId) -> Result<Vec<Resource>> {
        let sql = format!("{COLUMNS} WHERE r.id IN (SELECT target_id FROM resource_references WHERE resource_id = $1) ORDER BY r.id");
        rows::<Row, X>(self.0, &sql, vals![resource.0]).await?.into_iter().map(Resource::try_from).collect()
    }

    /// What refers to a resource, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn referrers(&self, resource: ResourceId, limit: i64) -> Result<Vec<Resource>> {
        let sql =
            format!("{COLUMNS} JOIN resource_references f ON f.resource_id = r.id WHERE f.target_id = $1 ORDER BY f.resource_id LIMIT $2");
        rows::<Row, X>(self.0, &sql, vals![resource.0, limit]).await?.into_iter().map(Resource::try_from).collect()
    }

    /// What of a kind refers to one of these and is to be, but was never yet as it was asked for, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished(&self, kind: Kind, targets: &[ResourceId], limit: i64) -> Result<Vec<Resource>> {
        let mut filter = Where::default();
        filter.any("f.target_id", targets.iter().map(|t| t.0)).and("r.kind = {}", kind.name()).raw("r.complete_generation = 0");
        // few are in one of these, whatever refers to a network
        filter.raw("r.state IN ('pending', 'provisioning', 'updating', 'failed')");
        let limit = filter.value(limit);
        let clause = filter.clause();
        let sql = format!("{COLUMNS} JOIN resource_references f ON f.resource_id = r.id{clause} ORDER BY r.id LIMIT {limit}");
        rows::<Row, X>(self.0, &sql, filter.into_values()).await?.into_iter().map(Resource::try_from).collect()
    }

    /// Resources with these ids, as far as the scope reaches, at most as many as ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn with_ids(&self, scope: &Scope, ids: &[ResourceId]) -> Result<Vec<Resource>> {
        let mut filter = Where::default();
        filter.any("r.id", ids.iter().map(|i| i.0)).scope("r.tenant_id", scope).audience("r.tenant_id", "r.audience", scope);
        let (clause, values) = filter.build();
        rows::<Row, X>(self.0, &format!("{COLUMNS}{clause} ORDER BY r.id"), values).await?.into_iter().map(Resource::try_from).collect()
    }

    /// The ids that peers gave to the resources of a tenant in a datacenter, and ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn peer_ids(&self, tenant: TenantId, datacenter: DatacenterId) -> Result<BTreeMap<String, ResourceId>> {
        #[derive(FromQueryResult)]
        struct Known {
            id: i64,
            peer_id: String,
        }
        let sql = "SELECT id, peer_id FROM resources WHERE tenant_id = $1 AND datacenter_id = $2 AND peer_id <> ''";
        let found = rows::<Known, X>(self.0, sql, vals![tenant.0, datacenter.0]).await?;
        Ok(found.into_iter().map(|k| (k.peer_id, ResourceId(k.id))).collect())
    }

    /// Which of these uids namespaces of ours in a datacenter have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn namespaces_of(&self, datacenter: DatacenterId, uids: &[Uid]) -> Result<BTreeSet<Uid>> {
        #[derive(FromQueryResult)]
        struct Found {
            uid: String,
        }
        let mut filter = Where::default();
        filter.and("kind = {}", Kind::Namespace.name()).and("datacenter_id = {}", datacenter.0).any("uid", uids.iter().map(Uid::to_string));
        let (clause, values) = filter.build();
        let found = rows::<Found, X>(self.0, &format!("SELECT uid FROM resources{clause}"), values).await?;
        found.into_iter().map(|f| f.uid.parse().map_err(Error::internal)).collect()
    }

    /// The resources of one kind in a namespace.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn siblings(&self, parent: ResourceId, kind: Kind) -> Result<Vec<Resource>> {
        let sql = format!("{COLUMNS} WHERE r.parent_id = $1 AND r.kind = $2 ORDER BY r.id");
        rows::<Row, X>(self.0, &sql, vals![parent.0, kind.name()]).await?.into_iter().map(Resource::try_from).collect()
    }
}

/// How many of what is in the way are named.
pub const SHOWN: i64 = 20;

fn about(resource: &Resource) -> About<'_> {
    About {
        kind: resource.kind(),
        id: resource.id.0,
        tenant: resource.tenant.0,
        audience: audience_column(resource.audience),
        name: &resource.name,
    }
}

/// A resource to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewResource<'a> {
    /// Where.
    pub datacenter: DatacenterId,
    /// The namespace that it lives in.
    pub parent: Option<ResourceId>,
    /// Its name.
    pub name: &'a str,
    /// What it should be.
    pub spec: &'a Spec,
    /// Who sees it.
    pub audience: Audience,
    /// Where it comes from.
    pub origin: Origin,
    /// The peer's id of what is taken over; empty for what is to be made.
    pub peer_id: &'a str,
}

impl<'a> NewResource<'a> {
    /// One that Tenantry makes and everyone in the tenant sees.
    #[must_use]
    pub const fn new(datacenter: DatacenterId, parent: Option<ResourceId>, name: &'a str, spec: &'a Spec) -> Self {
        Self { datacenter, parent, name, spec, audience: Audience::Everyone, origin: Origin::Made, peer_id: "" }
    }
}

fn filter_clause(scope: &Scope, filter: &ResourceFilter) -> Where {
    let mut clause = Where::default();
    clause
        .scope("r.tenant_id", scope)
        .audience("r.tenant_id", "r.audience", scope)
        .and_if("r.kind = {}", filter.kind.map(Kind::name))
        .and_if("r.tenant_id = {}", filter.tenant.map(|t| t.0))
        .and_if("r.datacenter_id = {}", filter.datacenter.map(|d| d.0))
        .and_if("r.state = {}", filter.state.map(State::name))
        .and_if("r.name = {}", filter.name.as_deref())
        .and_if("r.peer_id = {}", filter.peer_id.as_deref())
        .and_if("r.uid = {}", filter.uid.map(|u| u.to_string()))
        .and_if("r.id IN (SELECT resource_id FROM resource_references WHERE target_id = {})", filter.referring_to.map(|r| r.0));
    clause
}

/// The error for a version that is not the one asked for (or, without one, for a row that was changed at the same moment).
#[must_use]
pub fn stale(kind: ObjectKind, present: i64, asked: Option<i64>) -> Error {
    match asked {
        Some(asked) if asked != present => Error::new(
            ErrorKind::StaleVersion,
            format!("this {} has version {present}, not {asked}: somebody changed it; read it again and repeat the change", kind.noun()),
        )
        .about(kind),
        _ => {
            Error::conflict(kind, format!("this {} was changed or removed by somebody else at the same moment; read it again", kind.noun()))
        }
    }
}

/// Why a row was not deleted: it has another version than the one asked for, or it is gone.
pub(crate) async fn changed(tx: &Tx, kind: ObjectKind, table: &'static str, id: i64, version: Option<i64>) -> Result<Error> {
    let present = number_opt(tx, &format!("SELECT version AS n FROM {table} WHERE id = $1"), vals![id]).await?;
    Ok(present.map_or_else(|| Error::not_found(kind, id), |present| stale(kind, present, version)))
}
