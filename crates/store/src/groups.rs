//! Groups: a tree inside each tenant, and who is in them.

use sea_orm::FromQueryResult;
use tenantry_domain::group::Group;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::{Error, GroupId, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Groups.
    Groups,
    groups
);

/// What may be changed of a group; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// The name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    /// Whose.
    pub tenant: Option<TenantId>,
    /// The group above.
    pub parent: Option<GroupId>,
    /// Somebody who is in it.
    pub member: Option<UserId>,
    /// The name, whatever its case.
    pub name: Option<String>,
}

/// Somebody's place in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// Who is in it.
    pub user: UserId,
    /// Whether they administer it and all below it.
    pub admin: bool,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    uid: String,
    tenant_id: i64,
    parent_id: Option<i64>,
    name: String,
    description: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str =
    "SELECT g.id, g.uid, g.tenant_id, g.parent_id, g.name, g.description, g.version, g.created_at, g.updated_at FROM user_groups g";

impl TryFrom<Row> for Group {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: GroupId(row.id),
            uid: row.uid.parse().map_err(Error::internal)?,
            tenant: TenantId(row.tenant_id),
            parent: row.parent_id.map(GroupId),
            name: row.name,
            description: row.description,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

#[derive(FromQueryResult)]
struct MembershipRow {
    group_id: i64,
    user_id: i64,
    admin: bool,
}

#[derive(FromQueryResult)]
struct Id {
    n: i64,
}

impl<X: Conn> Groups<'_, X> {
    /// A group, if the scope reaches its tenant.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: GroupId) -> Result<Group> {
        let mut filter = Where::default();
        filter.and("g.id = {}", id.0).scope("g.tenant_id", scope);
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        found.map(Group::try_from).transpose()?.ok_or_else(|| Error::not_found(ObjectKind::Group, id))
    }

    /// The group at the top of a tenant's tree.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is no such tenant.
    pub async fn root(&self, tenant: TenantId) -> Result<GroupId> {
        let sql = "SELECT id AS n FROM user_groups WHERE tenant_id = $1 AND parent_id IS NULL";
        let found = crate::sql::number_opt(self.0, sql, vals![tenant.0]).await?;
        found.map(GroupId).ok_or_else(|| Error::not_found(ObjectKind::Tenant, tenant))
    }

    /// A page of groups, in the order of their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &GroupFilter, page: &PageRequest) -> Result<Page<Group>> {
        let mut clause = Where::default();
        clause
            .scope("g.tenant_id", scope)
            .and_if("g.tenant_id = {}", filter.tenant.map(|t| t.0))
            .and_if("g.parent_id = {}", filter.parent.map(|p| p.0))
            .and_if("g.id IN (SELECT group_id FROM group_members WHERE user_id = {})", filter.member.map(|u| u.0))
            .and_if("g.name_key = {}", filter.name.as_ref().map(|n| n.to_lowercase()))
            .and_if("g.id > {}", page.after.as_ref().map(|c| c.id));
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY g.id LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let items = found.into_iter().map(Group::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, page.limit, |g| Cursor { key: String::new(), id: g.id.0 }))
    }

    /// The group itself and all above it, the nearest first. For deciding permission.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn path(&self, id: GroupId) -> Result<Vec<GroupId>> {
        let sql = "SELECT ancestor_id AS n FROM group_ancestors WHERE group_id = $1 ORDER BY depth";
        Ok(rows::<Id, X>(self.0, sql, vals![id.0]).await?.into_iter().map(|r| GroupId(r.n)).collect())
    }

    /// The groups that somebody is in, and all above them. For deciding permission.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn above_user(&self, user: UserId) -> Result<Vec<GroupId>> {
        let sql = "SELECT DISTINCT a.ancestor_id AS n FROM group_members m JOIN group_ancestors a ON a.group_id = m.group_id WHERE m.user_id = $1";
        Ok(rows::<Id, X>(self.0, sql, vals![user.0]).await?.into_iter().map(|r| GroupId(r.n)).collect())
    }

    /// The places of these users in their groups.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn memberships(&self, users: &[UserId]) -> Result<Vec<Membership>> {
        let mut filter = Where::default();
        filter.any("user_id", users.iter().map(|u| u.0));
        let (clause, values) = filter.build();
        let sql = format!("SELECT group_id, user_id, admin FROM group_members{clause} ORDER BY user_id, group_id");
        let found = rows::<MembershipRow, X>(self.0, &sql, values).await?;
        Ok(found.into_iter().map(|m| Membership { group: GroupId(m.group_id), user: UserId(m.user_id), admin: m.admin }).collect())
    }

    /// What keeps a group from being removed: how many groups are right below it, and how many people are in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remains(&self, id: GroupId) -> Result<(i64, i64)> {
        let below = number(self.0, "SELECT COUNT(*) AS n FROM user_groups WHERE parent_id = $1", vals![id.0]).await?;
        let inside = number(self.0, "SELECT COUNT(*) AS n FROM group_members WHERE group_id = $1", vals![id.0]).await?;
        Ok((below, inside))
    }
}

fn name_taken(name: &str) -> impl FnOnce(Error) -> Error {
    taken(ObjectKind::Group, format!("there is a group '{name}' below that one already"))
}

impl Groups<'_, Tx> {
    /// Makes the group at the top of a new tenant's tree. It has the tenant's own name and uid.
    pub(crate) async fn insert_root(&self, tenant: TenantId) -> Result<GroupId> {
        let sql = "INSERT INTO user_groups (uid, tenant_id, name, name_key, created_at, updated_at) \
            SELECT uid, id, name, name, created_at, created_at FROM tenants WHERE id = $1 RETURNING id AS n";
        let id = number(self.0, sql, vals![tenant.0]).await?;
        exec(self.0, "INSERT INTO group_ancestors (group_id, ancestor_id, depth) VALUES ($1, $1, 0)", vals![id]).await?;
        Ok(GroupId(id))
    }

    /// Makes a group below `parent`, in the tenant that the proof names.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when its parent has one of that name, [`tenantry_domain::ErrorKind::NotFound`] when the parent was removed meanwhile.
    pub async fn insert(
        &self,
        allowed: &Allowed<act::Create, obj::Group>,
        parent: GroupId,
        name: &str,
        description: &str,
    ) -> Result<GroupId> {
        // locks the parent's row, so that it cannot be removed at the same moment
        let sql = "UPDATE user_groups SET version = version WHERE id = $1 AND tenant_id = $2";
        if exec(self.0, sql, vals![parent.0, allowed.tenant().0]).await? == 0 {
            return Err(Error::not_found(ObjectKind::Group, parent));
        }
        let sql = "INSERT INTO user_groups (uid, tenant_id, parent_id, name, name_key, description, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id AS n";
        let values = vals![
            self.0.clock().uid().to_string(),
            allowed.tenant().0,
            parent.0,
            name,
            name.to_lowercase(),
            description,
            self.0.clock().now().0
        ];
        let id = number(self.0, sql, values).await.map_err(name_taken(name))?;
        let sql = "INSERT INTO group_ancestors (group_id, ancestor_id, depth) \
            SELECT $1, ancestor_id, depth + 1 FROM group_ancestors WHERE group_id = $2";
        exec(self.0, sql, vals![id, parent.0]).await?;
        exec(self.0, "INSERT INTO group_ancestors (group_id, ancestor_id, depth) VALUES ($1, $1, 0)", vals![id]).await?;
        self.0.touch(ObjectKind::Group, id);
        Ok(GroupId(id))
    }

    /// Changes a group.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the new name is taken, [`tenantry_domain::ErrorKind::StaleVersion`].
    pub async fn update(
        &self,
        allowed: &Allowed<act::Update, obj::Group>,
        id: GroupId,
        change: &GroupChange,
        version: Option<i64>,
    ) -> Result<()> {
        let sql = "UPDATE user_groups SET name = COALESCE($1, name), name_key = COALESCE($2, name_key), description = COALESCE($3, description), \
            version = version + 1, updated_at = $4 WHERE id = $5 AND tenant_id = $6 AND (CAST($7 AS BIGINT) IS NULL OR version = $7)";
        let values = vals![
            change.name.clone(),
            change.name.as_ref().map(|n| n.to_lowercase()),
            change.description.clone(),
            self.0.clock().now().0,
            id.0,
            allowed.tenant().0,
            version
        ];
        if exec(self.0, sql, values).await.map_err(name_taken(change.name.as_deref().unwrap_or_default()))? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::Group, "user_groups", id.0, version).await?);
        }
        self.0.touch(ObjectKind::Group, id.0);
        Ok(())
    }

    /// Removes a group that nobody is in and no group is below.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::Conflict`] when somebody or something is, [`tenantry_domain::ErrorKind::StaleVersion`].
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::Group>, id: GroupId, version: Option<i64>) -> Result<()> {
        // locks the row first, so that nobody is put into it at the same moment
        let sql =
            "UPDATE user_groups SET version = version WHERE id = $1 AND tenant_id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3)";
        if exec(self.0, sql, vals![id.0, allowed.tenant().0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::Group, "user_groups", id.0, version).await?);
        }
        let (below, inside) = self.remains(id).await?;
        if below > 0 || inside > 0 {
            let message = format!("the group is not empty: {inside} users are in it, and {below} groups are below it");
            return Err(Error::conflict(ObjectKind::Group, message));
        }
        exec(self.0, "DELETE FROM user_groups WHERE id = $1", vals![id.0]).await?;
        self.0.touch(ObjectKind::Group, id.0);
        Ok(())
    }

    /// Puts somebody into a group, or changes whether they administer it.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when the group was removed meanwhile.
    pub async fn put<A>(&self, allowed: &Allowed<A, obj::User>, group: GroupId, user: UserId, admin: bool) -> Result<()> {
        let sql = "UPDATE user_groups SET version = version WHERE id = $1 AND tenant_id = $2";
        if exec(self.0, sql, vals![group.0, allowed.tenant().0]).await? == 0 {
            return Err(Error::not_found(ObjectKind::Group, group));
        }
        let sql = "INSERT INTO group_members (group_id, user_id, admin) VALUES ($1, $2, $3) \
            ON CONFLICT (group_id, user_id) DO UPDATE SET admin = excluded.admin";
        exec(self.0, sql, vals![group.0, user.0, admin]).await?;
        self.0.touch(ObjectKind::User, user.0);
        Ok(())
    }

    /// Takes somebody out of a group. Answers whether they were in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_out<A>(&self, allowed: &Allowed<A, obj::User>, group: GroupId, user: UserId) -> Result<bool> {
        let _ = allowed;
        let count = exec(self.0, "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2", vals![group.0, user.0]).await?;
        self.0.touch(ObjectKind::User, user.0);
        Ok(count > 0)
    }
}
