//! The tenant tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, TenantPath, act, obj};
use tenantry_domain::resource::Progress;
use tenantry_domain::tenant::{Tenant, TenantState};
use tenantry_domain::{DatacenterId, Error, GroupId, Money, Result, TenantId, Timestamp, Uid, UserId, quota::Limits};

use crate::sql::{Conn, Where, aggregate, exec, json, number, number_opt, row, rows, taken, to_json, vals};
use crate::work::WorkKind;
use crate::{Store, Tx};

aggregate!(
    /// Tenants.
    Tenants,
    tenants
);

/// A tenant to be opened.
#[derive(Debug, Clone, Default)]
pub struct NewTenant {
    /// The name to show, checked by the caller.
    pub name: String,
    /// The label for namespaces and projects, checked by the caller.
    pub slug: String,
    /// Who looks after the customer.
    pub customer_manager: String,
    /// Free text.
    pub description: String,
    /// The totals.
    pub totals: Limits,
    /// The planned money.
    pub budget: Money,
}

/// What may be changed of a tenant's own row; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    /// The name to show.
    pub name: Option<String>,
    /// Who looks after the customer.
    pub customer_manager: Option<String>,
    /// Whether its users may log in.
    pub enabled: Option<bool>,
    /// Free text.
    pub description: Option<String>,
    /// The totals.
    pub totals: Option<Limits>,
    /// The planned money.
    pub budget: Option<Money>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TenantSort {
    /// By id.
    #[default]
    Id,
    /// By name.
    Name,
    /// By age.
    CreatedAt,
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct TenantFilter {
    /// The name.
    pub name: Option<String>,
    /// How the name begins.
    pub name_prefix: Option<String>,
    /// The tenant above.
    pub parent: Option<TenantId>,
    /// A tenant anywhere above.
    pub below: Option<TenantId>,
    /// Tenants that this user has a role on.
    pub user: Option<UserId>,
    /// Tenants that this user has a role on, and all below them.
    pub reached_by: Option<UserId>,
    /// These alone.
    pub ids: Option<Vec<TenantId>>,
    /// Its state.
    pub state: Option<TenantState>,
    /// A datacenter that it has a share of.
    pub datacenter: Option<DatacenterId>,
    /// Whether the root is left out.
    pub without_root: bool,
    /// The order.
    pub sort: TenantSort,
    /// Largest first.
    pub descending: bool,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    uid: String,
    parent_id: Option<i64>,
    level: i64,
    name: String,
    slug: String,
    description: String,
    customer_manager: String,
    enabled: bool,
    root_group: Option<i64>,
    state: String,
    suspended_at: Option<i64>,
    totals: String,
    budget: i64,
    balance: i64,
    reason: String,
    since: i64,
    attempts: i64,
    next_attempt_at: Option<i64>,
    version: i64,
    created_by: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

#[derive(FromQueryResult)]
struct Link {
    tenant_id: i64,
    datacenter_id: i64,
}

const COLUMNS: &str = "SELECT t.id, t.uid, t.parent_id, t.level, t.name, t.slug, t.description, t.customer_manager, t.enabled, \
    (SELECT g.id FROM user_groups g WHERE g.tenant_id = t.id AND g.parent_id IS NULL) AS root_group, t.state, t.suspended_at, t.totals, t.budget, \
    COALESCE((SELECT a.balance FROM accounts a WHERE a.tenant_id = t.id), 0) AS balance, \
    t.reason, t.since, t.attempts, t.next_attempt_at, t.version, t.created_by, t.created_at, t.updated_at FROM tenants t";

impl TryFrom<Row> for Tenant {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: TenantId(row.id),
            uid: row.uid.parse().map_err(Error::internal)?,
            parent: row.parent_id.map(TenantId),
            level: row.level,
            name: row.name,
            slug: row.slug,
            description: row.description,
            customer_manager: row.customer_manager,
            enabled: row.enabled,
            root_group: row.root_group.map(GroupId),
            state: if row.state == "closing" { TenantState::Closing } else { TenantState::Active },
            suspended_at: row.suspended_at.map(Timestamp),
            totals: json(&row.totals)?,
            budget: Money(row.budget),
            balance: Money(row.balance),
            datacenters: Vec::new(),
            progress: Progress {
                reason: row.reason,
                since: Timestamp(row.since),
                attempts: row.attempts,
                next_attempt_at: row.next_attempt_at.map(Timestamp),
            },
            version: row.version,
            created_by: row.created_by.map(UserId),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

impl<X: Conn> Tenants<'_, X> {
    async fn complete(&self, rows_: Vec<Row>) -> Result<Vec<Tenant>> {
        let mut tenants = rows_.into_iter().map(Tenant::try_from).collect::<Result<Vec<_>>>()?;
        if tenants.is_empty() {
            return Ok(tenants);
        }
        let mut filter = Where::default();
        filter.any("tenant_id", tenants.iter().map(|t| t.id.0));
        let (clause, values) = filter.build();
        let sql = format!("SELECT tenant_id, datacenter_id FROM datacenter_quotas{clause} ORDER BY datacenter_id");
        let mut links = BTreeMap::<i64, Vec<DatacenterId>>::new();
        for link in rows::<Link, X>(self.0, &sql, values).await? {
            links.entry(link.tenant_id).or_default().push(DatacenterId(link.datacenter_id));
        }
        for tenant in &mut tenants {
            tenant.datacenters = links.remove(&tenant.id.0).unwrap_or_default();
        }
        Ok(tenants)
    }

    /// A tenant by id, if the scope reaches it.
    ///
    /// # Errors
    /// When the database fails; [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: TenantId) -> Result<Tenant> {
        let mut filter = Where::default();
        filter.and("t.id = {}", id.0).scope("t.id", scope);
        self.one(filter).await?.ok_or_else(|| Error::not_found(ObjectKind::Tenant, id))
    }

    /// A tenant by name, if the scope reaches it.
    ///
    /// # Errors
    /// When the database fails; [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get_by_name(&self, scope: &Scope, name: &str) -> Result<Tenant> {
        let mut filter = Where::default();
        filter.and("t.name = {}", name).scope("t.id", scope);
        self.one(filter).await?.ok_or_else(|| Error::not_found(ObjectKind::Tenant, tenantry_domain::name::clip(name)))
    }

    /// A tenant by its label, if the scope reaches it.
    ///
    /// # Errors
    /// When the database fails; [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get_by_slug(&self, scope: &Scope, slug: &str) -> Result<Tenant> {
        let mut filter = Where::default();
        filter.and("t.slug = {}", slug).scope("t.id", scope);
        self.one(filter).await?.ok_or_else(|| Error::not_found(ObjectKind::Tenant, tenantry_domain::name::clip(slug)))
    }

    async fn one(&self, filter: Where) -> Result<Option<Tenant>> {
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        Ok(self.complete(found.into_iter().collect()).await?.pop())
    }

    /// The place of a tenant in the tree. It tells nothing else, and is for deciding permission.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is no such tenant.
    pub async fn path(&self, id: TenantId) -> Result<TenantPath> {
        #[derive(FromQueryResult)]
        struct Step {
            ancestor_id: i64,
        }
        let sql = "SELECT ancestor_id FROM tenant_ancestors WHERE tenant_id = $1 ORDER BY depth DESC";
        let steps = rows::<Step, X>(self.0, sql, vals![id.0]).await?;
        if steps.is_empty() {
            return Err(Error::not_found(ObjectKind::Tenant, id));
        }
        Ok(TenantPath(steps.into_iter().map(|s| TenantId(s.ancestor_id)).collect()))
    }

    /// Whether the name is taken anywhere, as a name or as a label; both are unique across the platform.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn name_taken(&self, name: &str) -> Result<bool> {
        Ok(self.find_called(name).await?.is_some())
    }

    /// The tenant with this name, whatever its case, or with this label: who logs in as `user#tenant` may mean either.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_called(&self, name: &str) -> Result<Option<TenantId>> {
        let sql = "SELECT id AS n FROM tenants WHERE LOWER(name) = $1 OR slug = $1 LIMIT 1";
        Ok(crate::sql::number_opt(self.0, sql, vals![name.to_lowercase()]).await?.map(TenantId))
    }

    /// The labels that begin like this, at most 1000; for finding one that is free.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slugs_like(&self, prefix: &str) -> Result<Vec<String>> {
        #[derive(FromQueryResult)]
        struct Slug {
            slug: String,
        }
        let sql = "SELECT slug FROM tenants WHERE slug >= $1 AND slug < $2 LIMIT 1000";
        let found = rows::<Slug, X>(self.0, sql, vals![prefix, format!("{prefix}\u{10FFFF}")]).await?;
        Ok(found.into_iter().map(|r| r.slug).collect())
    }

    /// A page of tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &TenantFilter, page: &PageRequest) -> Result<Page<Tenant>> {
        let mut clause = filter_clause(scope, filter);
        let (column, key) = match filter.sort {
            TenantSort::Id => ("t.id", None),
            TenantSort::Name => ("t.name", Some(false)),
            TenantSort::CreatedAt => ("t.created_at", Some(true)),
        };
        let (direction, compare) = if filter.descending { ("DESC", "<") } else { ("ASC", ">") };
        if let Some(after) = &page.after {
            match key {
                None => {
                    clause.and(&format!("t.id {compare} {{}}"), after.id);
                }
                Some(numeric) => {
                    let place =
                        if numeric { clause.value(after.key.parse::<i64>().unwrap_or(0)) } else { clause.value(after.key.as_str()) };
                    clause.and(&format!("({column}, t.id) {compare} ({place}, {{}})"), after.id);
                }
            }
        }
        let order = if key.is_some() { format!("{column} {direction}, t.id {direction}") } else { format!("t.id {direction}") };
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY {order} LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let sort = filter.sort;
        let items = self.complete(found).await?;
        Ok(Page::cut(items, page.limit, |t| Cursor {
            key: match sort {
                TenantSort::Id => String::new(),
                TenantSort::Name => t.name.clone(),
                TenantSort::CreatedAt => t.created_at.0.to_string(),
            },
            id: t.id.0,
        }))
    }

    /// How many tenants a list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, scope: &Scope, filter: &TenantFilter) -> Result<i64> {
        let (clause, values) = filter_clause(scope, filter).build();
        number(self.0, &format!("SELECT COUNT(*) AS n FROM tenants t{clause}"), values).await
    }

    /// The names of the tenants right below, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn child_names(&self, id: TenantId, limit: i64) -> Result<Vec<String>> {
        #[derive(FromQueryResult)]
        struct Name {
            name: String,
        }
        let sql = "SELECT name FROM tenants WHERE parent_id = $1 ORDER BY name LIMIT $2";
        Ok(rows::<Name, X>(self.0, sql, vals![id.0, limit]).await?.into_iter().map(|r| r.name).collect())
    }

    /// What keeps a closing tenant from going: how many tenants below it and resources in it are left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remains(&self, id: TenantId) -> Result<(i64, i64)> {
        let below = number(self.0, "SELECT COUNT(*) AS n FROM tenants WHERE parent_id = $1", vals![id.0]).await?;
        let inside = number(self.0, "SELECT COUNT(*) AS n FROM resources WHERE tenant_id = $1", vals![id.0]).await?;
        Ok((below, inside))
    }

    /// The tenants below (the deepest first), for a closing that takes them along.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn descendants(&self, id: TenantId) -> Result<Vec<TenantId>> {
        #[derive(FromQueryResult)]
        struct Below {
            tenant_id: i64,
        }
        let sql = "SELECT tenant_id FROM tenant_ancestors WHERE ancestor_id = $1 AND depth > 0 ORDER BY depth DESC, tenant_id";
        Ok(rows::<Below, X>(self.0, sql, vals![id.0]).await?.into_iter().map(|r| TenantId(r.tenant_id)).collect())
    }
}

impl Tenants<'_, Store> {
    /// A tenant by id, if the scope reaches it: what [`Tenants::get`] answers, without asking the database for what did not change since
    /// it was asked last.
    ///
    /// # Errors
    /// As [`Tenants::get`].
    pub async fn recall(&self, scope: &Scope, id: TenantId) -> Result<Tenant> {
        let recall = &self.0.0.recall;
        let found = match recall.find(id) {
            Some(found) => found,
            None => {
                let epoch = recall.epoch();
                let tenant = self.get(&Scope::system(), id).await?;
                let found = Arc::new((tenant, self.path(id).await?));
                recall.keep(epoch, &found);
                found
            }
        };
        if scope.contains(&found.1) { Ok(found.0.clone()) } else { Err(Error::not_found(ObjectKind::Tenant, id)) }
    }
}

fn name_taken(new: &NewTenant) -> String {
    if new.slug == new.name {
        return format!("the name '{}' is taken: tenant names are unique across the platform", new.name);
    }
    format!("the name '{}' or the label '{}' is taken: both are unique across the platform", new.name, new.slug)
}

fn filter_clause(scope: &Scope, filter: &TenantFilter) -> Where {
    let mut clause = Where::default();
    clause
        .scope("t.id", scope)
        .and_if("t.name = {}", filter.name.as_deref())
        .and_if("t.parent_id = {}", filter.parent.map(|p| p.0))
        .and_if("t.id IN (SELECT tenant_id FROM tenant_ancestors WHERE depth > 0 AND ancestor_id = {})", filter.below.map(|t| t.0))
        .and_if("t.id IN (SELECT tenant_id FROM grants WHERE user_id = {})", filter.user.map(|u| u.0))
        .and_if(
            "t.id IN (SELECT a.tenant_id FROM tenant_ancestors a JOIN grants g ON g.tenant_id = a.ancestor_id WHERE g.user_id = {})",
            filter.reached_by.map(|u| u.0),
        )
        .and_if("t.state = {}", filter.state.map(state_name))
        .and_if("t.id IN (SELECT tenant_id FROM datacenter_quotas WHERE datacenter_id = {})", filter.datacenter.map(|d| d.0));
    if let Some(prefix) = &filter.name_prefix {
        // a range instead of LIKE: it uses the index, and nothing in it needs escaping
        clause.and("t.name >= {}", prefix.as_str()).and("t.name < {}", format!("{prefix}\u{10FFFF}"));
    }
    if filter.without_root {
        clause.raw("t.level > 0");
    }
    if let Some(ids) = &filter.ids {
        clause.any("t.id", ids.iter().map(|t| t.0));
    }
    clause
}

const fn state_name(state: TenantState) -> &'static str {
    match state {
        TenantState::Active => "active",
        TenantState::Closing => "closing",
    }
}

impl Tenants<'_, Tx> {
    /// Makes the root tenant, at the first start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_root(&self) -> Result<()> {
        let now = self.0.clock().now();
        let sql = "INSERT INTO tenants (id, uid, level, name, slug, state, totals, since, created_at, updated_at) \
            VALUES (1, $1, 0, 'root', 'root', 'active', '{}', $2, $2, $2)";
        exec(self.0, sql, vals![self.0.clock().uid().to_string(), now.0]).await?;
        exec(self.0, "INSERT INTO tenant_ancestors (tenant_id, ancestor_id, depth) VALUES (1, 1, 0)", vals![]).await?;
        self.0.groups().insert_root(TenantId::ROOT).await?;
        if self.0.store().is_shared() {
            // an identity column does not notice an id that was given
            exec(self.0, "ALTER TABLE tenants ALTER COLUMN id RESTART WITH 2", vals![]).await?;
        }
        Ok(())
    }

    /// Opens a tenant below the one that the proof names.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken, [`tenantry_domain::ErrorKind::Conflict`] when the parent is being closed.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::Tenant>, uid: Uid, new: &NewTenant) -> Result<TenantId> {
        let now = self.0.clock().now().0;
        let parent = allowed.tenant();
        // locks the parent's row, so that it cannot be closed at the same moment
        let sql = "UPDATE tenants SET version = version WHERE id = $1 AND state = 'active'";
        if exec(self.0, sql, vals![parent.0]).await? == 0 {
            return Err(Error::conflict(ObjectKind::Tenant, "the tenant above is being closed"));
        }
        let sql = "INSERT INTO tenants (uid, parent_id, level, name, slug, description, customer_manager, state, totals, budget, since, created_by, \
            created_at, updated_at) SELECT $1, p.id, p.level + 1, $2, $9, $3, $10, 'active', $4, $5, $6, $7, $6, $6 FROM tenants p \
            WHERE p.id = $8 RETURNING id AS n";
        let values = vals![
            uid.to_string(),
            new.name.as_str(),
            new.description.as_str(),
            to_json(&new.totals)?,
            new.budget.0,
            now,
            allowed.actor().0,
            parent.0,
            new.slug.as_str(),
            new.customer_manager.as_str()
        ];
        let id = number(self.0, sql, values).await.map_err(taken(ObjectKind::Tenant, name_taken(new)))?;
        let sql = "INSERT INTO tenant_ancestors (tenant_id, ancestor_id, depth) \
            SELECT $1, ancestor_id, depth + 1 FROM tenant_ancestors WHERE tenant_id = $2";
        exec(self.0, sql, vals![id, parent.0]).await?;
        exec(self.0, "INSERT INTO tenant_ancestors (tenant_id, ancestor_id, depth) VALUES ($1, $1, 0)", vals![id]).await?;
        self.0.groups().insert_root(TenantId(id)).await?;
        self.0.touch(ObjectKind::Tenant, id);
        Ok(TenantId(id))
    }

    /// Changes a tenant's own row and raises its version; its root group is called as it is. `version` is the one it must have, if one is asked for.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another, [`tenantry_domain::ErrorKind::Conflict`] when it is being closed.
    pub async fn update<A>(&self, allowed: &Allowed<A, obj::Tenant>, change: &TenantChange, version: Option<i64>) -> Result<()> {
        let totals = change.totals.as_ref().map(to_json).transpose()?;
        let sql = "UPDATE tenants SET description = COALESCE($1, description), totals = COALESCE($2, totals), budget = COALESCE($3, budget), \
            name = COALESCE($7, name), customer_manager = COALESCE($8, customer_manager), enabled = COALESCE($9, enabled), version = version + 1, updated_at = $4 WHERE id = $5 AND state = 'active' AND (CAST($6 AS BIGINT) IS NULL OR version = $6)";
        let id = allowed.tenant();
        let values = vals![
            change.description.clone(),
            totals,
            change.budget.map(|b| b.0),
            self.0.clock().now().0,
            id.0,
            version,
            change.name.clone(),
            change.customer_manager.clone(),
            change.enabled
        ];
        let taken = taken(ObjectKind::Tenant, "the new name is taken: tenant names are unique across the platform");
        if exec(self.0, sql, values).await.map_err(taken)? == 0 {
            return Err(self.why_not(id, version).await?);
        }
        if let Some(name) = &change.name {
            let sql = "UPDATE user_groups SET name = $1, name_key = $2, version = version + 1, updated_at = $3 WHERE tenant_id = $4 AND parent_id IS NULL";
            exec(self.0, sql, vals![name.as_str(), name.to_lowercase(), self.0.clock().now().0, id.0]).await?;
        }
        self.0.touch(ObjectKind::Tenant, id.0);
        Ok(())
    }

    async fn why_not(&self, id: TenantId, version: Option<i64>) -> Result<Error> {
        let tenant = self.get(&Scope::system(), id).await?;
        Ok(if tenant.state == TenantState::Closing {
            Error::conflict(ObjectKind::Tenant, format!("the tenant '{}' is being closed", tenant.name))
        } else {
            crate::resources::stale(ObjectKind::Tenant, tenant.version, version)
        })
    }

    /// Marks a tenant as being closed and gives its controller the work. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the database fails, or the version is another.
    pub async fn close(&self, allowed: &Allowed<act::Delete, obj::Tenant>, id: TenantId, version: Option<i64>) -> Result<()> {
        let _ = allowed;
        let now = self.0.clock().now().0;
        let sql = "UPDATE tenants SET state = 'closing', since = $1, version = version + 1, updated_at = $1 \
            WHERE id = $2 AND state = 'active' AND (CAST($3 AS BIGINT) IS NULL OR version = $3)";
        if exec(self.0, sql, vals![now, id.0, version]).await? == 0 {
            let tenant = self.get(&Scope::system(), id).await?;
            if tenant.state != TenantState::Closing {
                return Err(crate::resources::stale(ObjectKind::Tenant, tenant.version, version));
            }
        }
        self.0.touch(ObjectKind::Tenant, id.0);
        self.0.work().enqueue(WorkKind::Tenant, id.0, 0).await
    }

    /// The same for all tenants below one that is being closed already, so that nothing more is put right below it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_below(&self, allowed: &Allowed<act::Delete, obj::Tenant>, id: TenantId) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Closed {
            id: i64,
        }
        let _ = allowed;
        let now = self.0.clock().now().0;
        let below = "SELECT tenant_id FROM tenant_ancestors WHERE ancestor_id = $2 AND depth > 0";
        let sql = format!(
            "UPDATE tenants SET state = 'closing', since = $1, version = version + 1, updated_at = $1 \
             WHERE state = 'active' AND id IN ({below}) RETURNING id"
        );
        // what was put below one of them while it was waited for is closed by the next look
        loop {
            let closed = rows::<Closed, Tx>(self.0, &sql, vals![now, id.0]).await?;
            if closed.is_empty() {
                break;
            }
            closed.iter().for_each(|tenant| self.0.touch(ObjectKind::Tenant, tenant.id));
        }
        self.0.work().enqueue_below(id).await
    }

    /// Removes a closing tenant that is empty: its shares go back to the parent, its money to the platform, its users go with it.
    ///
    /// # Errors
    /// When the database fails, or something is left in it.
    pub(crate) async fn remove(&self, id: TenantId) -> Result<()> {
        let parent = number_opt(self.0, "SELECT parent_id AS n FROM tenants WHERE id = $1 AND state = 'closing'", vals![id.0]).await?;
        let Some(parent) = parent else { return Ok(()) };
        self.0.quotas().give_back_all(id, TenantId(parent)).await?;
        self.0.accounts().close(id).await?;
        self.0.events().record(ObjectKind::Tenant, id.0, Some(TenantId(parent)), "deleted", "", "").await?;
        // those above it go on reading what happened in it
        let place =
            "INSERT INTO removed_tenants (tenant_id, ancestor_id) SELECT tenant_id, ancestor_id FROM tenant_ancestors WHERE tenant_id = $1";
        exec(self.0, place, vals![id.0]).await?;
        exec(self.0, "DELETE FROM tenants WHERE id = $1", vals![id.0]).await?;
        self.0.touch(ObjectKind::Tenant, id.0);
        let closing = number(self.0, "SELECT COUNT(*) AS n FROM tenants WHERE id = $1 AND state = 'closing'", vals![parent]).await?;
        if closing > 0 {
            self.0.work().enqueue(WorkKind::Tenant, parent, 0).await?;
        }
        Ok(())
    }
}
