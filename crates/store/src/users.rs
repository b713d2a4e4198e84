//! Users, their passwords (hashes alone) and their roles.

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, Grant, ObjectKind, Scope, act, obj};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, GroupId, Result, TenantId, Timestamp, Uid, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Users.
    Users,
    users
);

/// A user to be made.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// The login name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: String,
    /// Free text.
    pub comment: String,
    /// The hash of the password, in PHC form.
    pub password_hash: String,
    /// The role on the tenant, if there is to be one.
    pub role: Option<Role>,
    /// Whether the user may log in.
    pub enabled: bool,
    /// Whether the password has to be changed first.
    pub must_change_password: bool,
    /// The group that the user is put into; the tenant's root group without it.
    pub group: Option<GroupId>,
    /// Whether the user administers that group.
    pub group_admin: bool,
    /// For a user of a directory: which one, and the stable id there.
    pub origin: Option<(String, String)>,
}

/// What may be changed; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The login name.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The email address; `Some(None)` removes it.
    pub email: Option<Option<String>>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Free text.
    pub comment: Option<String>,
    /// The role on the tenant that the user belongs to; `Some(None)` takes it away.
    pub role: Option<Option<Role>>,
    /// Whether the user may log in.
    pub enabled: Option<bool>,
}

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Whose.
    pub tenant: Option<TenantId>,
    /// How the login name begins, whatever its case.
    pub username_prefix: Option<String>,
    /// The login name, whatever its case.
    pub username: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// A group that the user is in.
    pub group: Option<GroupId>,
    /// A tenant that the user has a role on.
    pub role_on: Option<TenantId>,
    /// The id for the outside.
    pub uid: Option<Uid>,
    /// Whether only users are shown that come from a directory.
    pub from_directory: bool,
}

/// What a login needs.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: UserId,
    /// The tenant that the user belongs to.
    pub tenant: TenantId,
    /// The hash of the password; empty for a user who has none here.
    pub password_hash: String,
    /// Whether the user may log in, and the tenant's users may.
    pub enabled: bool,
    /// The directory that the user comes from; empty for one of our own.
    pub origin: String,
}

/// Somebody's role on a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Who.
    pub user: UserId,
    /// Where.
    pub tenant: TenantId,
    /// The name of the tenant.
    pub tenant_name: String,
    /// As what.
    pub role: Role,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    uid: String,
    tenant_id: i64,
    username: String,
    name: String,
    email: Option<String>,
    phone: String,
    comment: String,
    role: Option<String>,
    enabled: bool,
    must_change_password: bool,
    second_factor: bool,
    origin: String,
    created_by: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "SELECT u.id, u.uid, u.tenant_id, u.username, u.name, u.email, u.phone, u.comment, g.role, u.enabled, \
    u.must_change_password, u.totp_confirmed AS second_factor, u.origin, u.created_by, u.version, u.created_at, u.updated_at FROM users u LEFT JOIN grants g ON g.user_id = u.id AND g.tenant_id = u.tenant_id";

impl TryFrom<Row> for User {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: UserId(row.id),
            uid: row.uid.parse().map_err(Error::internal)?,
            tenant: TenantId(row.tenant_id),
            username: row.username,
            name: row.name,
            email: row.email,
            phone: row.phone,
            comment: row.comment,
            role: row.role.as_deref().map(str::parse).transpose().map_err(Error::internal)?,
            enabled: row.enabled,
            must_change_password: row.must_change_password,
            second_factor: row.second_factor,
            origin: row.origin,
            created_by: row.created_by.map(UserId),
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

#[derive(FromQueryResult)]
struct AssignmentRow {
    user_id: i64,
    tenant_id: i64,
    tenant_name: String,
    role: String,
}

const CREDENTIALS: &str = "SELECT u.id, u.tenant_id, u.password_hash, u.origin, u.enabled AND NOT EXISTS (SELECT 1 FROM tenant_ancestors a \
    JOIN tenants d ON d.id = a.ancestor_id WHERE a.tenant_id = u.tenant_id AND d.enabled = FALSE) AS enabled FROM users u";

#[derive(FromQueryResult)]
struct CredentialsRow {
    id: i64,
    tenant_id: i64,
    password_hash: String,
    enabled: bool,
    origin: String,
}

impl From<CredentialsRow> for Credentials {
    fn from(row: CredentialsRow) -> Self {
        Self {
            user: UserId(row.id),
            tenant: TenantId(row.tenant_id),
            password_hash: row.password_hash,
            enabled: row.enabled,
            origin: row.origin,
        }
    }
}

impl<X: Conn> Users<'_, X> {
    /// A user, if the scope reaches their tenant or one that they have a role on.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: UserId) -> Result<User> {
        let mut filter = Where::default();
        filter.and("u.id = {}", id.0);
        reach(&mut filter, scope);
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        found.map(User::try_from).transpose()?.ok_or_else(|| Error::not_found(ObjectKind::User, id))
    }

    /// A page of users.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, scope: &Scope, filter: &UserFilter, page: &PageRequest) -> Result<Page<User>> {
        let mut clause = filter_clause(scope, filter);
        clause.and_if("u.id > {}", page.after.as_ref().map(|c| c.id));
        let limit = clause.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = clause.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY u.id LIMIT {limit} OFFSET {skip}", clause.clause());
        let found = rows::<Row, X>(self.0, &sql, clause.into_values()).await?;
        let items = found.into_iter().map(User::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, page.limit, |u| Cursor { key: String::new(), id: u.id.0 }))
    }

    /// How many a list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, scope: &Scope, filter: &UserFilter) -> Result<i64> {
        let (clause, values) = filter_clause(scope, filter).build();
        number(self.0, &format!("SELECT COUNT(*) AS n FROM users u{clause}"), values).await
    }

    /// The user whom somebody means who logs in as `login`: `name#tenant` (the tenant's name or label), else an email address, else a name
    /// of the root tenant, else a name that only one user has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_login(&self, login: &str) -> Result<Option<Credentials>> {
        let key = login.trim().to_lowercase();
        if let (Some((name, tenant)), Some((_, written))) = (key.split_once('#'), login.trim().split_once('#')) {
            let sql = format!(
                "{CREDENTIALS} JOIN tenants t ON t.id = u.tenant_id WHERE u.username_key = $1 AND (t.slug = $2 OR LOWER(t.name) = $2 OR t.name = $3) \
                ORDER BY t.slug = $2 DESC LIMIT 1"
            );
            // as it was written too: SQLite knows the case of ASCII letters alone
            return Ok(row::<CredentialsRow, X>(self.0, &sql, vals![name, tenant, written]).await?.map(Into::into));
        }
        let sql = format!("{CREDENTIALS} WHERE u.email_key = $1");
        if let Some(found) = row::<CredentialsRow, X>(self.0, &sql, vals![key.as_str()]).await? {
            return Ok(Some(found.into()));
        }
        let sql = format!("{CREDENTIALS} WHERE u.username_key = $1 AND u.tenant_id = 1");
        if let Some(found) = row::<CredentialsRow, X>(self.0, &sql, vals![key.as_str()]).await? {
            return Ok(Some(found.into()));
        }
        let sql = format!("{CREDENTIALS} WHERE u.username_key = $1 LIMIT 2");
        let mut found = rows::<CredentialsRow, X>(self.0, &sql, vals![key.as_str()]).await?;
        Ok(if found.len() == 1 { found.pop().map(Into::into) } else { None })
    }

    /// The user of a directory by the stable id there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_subject(&self, origin: &str, subject: &str) -> Result<Option<Credentials>> {
        let sql = format!("{CREDENTIALS} WHERE u.origin = $1 AND u.subject = $2");
        Ok(row::<CredentialsRow, X>(self.0, &sql, vals![origin, subject]).await?.map(Into::into))
    }

    /// The hash of a user's password.
    ///
    /// # Errors
    /// When the database fails or there is no such user.
    pub async fn credentials(&self, id: UserId) -> Result<Credentials> {
        let sql = format!("{CREDENTIALS} WHERE u.id = $1");
        let found = row::<CredentialsRow, X>(self.0, &sql, vals![id.0]).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::User, id))
    }

    /// The roles that a user has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn grants(&self, id: UserId) -> Result<Vec<Grant>> {
        #[derive(FromQueryResult)]
        struct GrantRow {
            tenant_id: i64,
            role: String,
        }
        let found = rows::<GrantRow, X>(self.0, "SELECT tenant_id, role FROM grants WHERE user_id = $1", vals![id.0]).await?;
        found.into_iter().map(|g| Ok(Grant { tenant: TenantId(g.tenant_id), role: g.role.parse().map_err(Error::internal)? })).collect()
    }

    /// Who has which role where: of these users, on tenants that the scope reaches.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assignments(&self, scope: &Scope, users: &[UserId]) -> Result<Vec<Assignment>> {
        let mut filter = Where::default();
        filter.any("g.user_id", users.iter().map(|u| u.0)).scope("g.tenant_id", scope);
        let (clause, values) = filter.build();
        let sql = format!(
            "SELECT g.user_id, g.tenant_id, t.name AS tenant_name, g.role FROM grants g JOIN tenants t ON t.id = g.tenant_id{clause} ORDER BY g.user_id, g.tenant_id"
        );
        let found = rows::<AssignmentRow, X>(self.0, &sql, values).await?;
        found
            .into_iter()
            .map(|a| {
                let role = a.role.parse().map_err(Error::internal)?;
                Ok(Assignment { user: UserId(a.user_id), tenant: TenantId(a.tenant_id), tenant_name: a.tenant_name, role })
            })
            .collect()
    }
}

/// Users of tenants that the scope reaches, and those with a role on one.
fn reach(clause: &mut Where, scope: &Scope) {
    if scope.subtrees().is_none() {
        return;
    }
    clause.nested("(u.tenant_id IN (SELECT tenant_id FROM tenant_ancestors", |inner| {
        inner.any("ancestor_id", scope.subtrees().unwrap_or_default().iter().map(|t| t.0));
    });
    clause.or_nested("u.id IN (SELECT user_id FROM grants", |inner| {
        inner.scope("tenant_id", scope);
    });
}

fn filter_clause(scope: &Scope, filter: &UserFilter) -> Where {
    let mut clause = Where::default();
    reach(&mut clause, scope);
    clause
        .and_if("u.tenant_id = {}", filter.tenant.map(|t| t.0))
        .and_if("u.username_key = {}", filter.username.as_ref().map(|u| u.to_lowercase()))
        .and_if("u.email_key = {}", filter.email.as_ref().map(|e| e.to_lowercase()))
        .and_if("u.id IN (SELECT user_id FROM group_members WHERE group_id = {})", filter.group.map(|g| g.0))
        .and_if("u.id IN (SELECT user_id FROM grants WHERE tenant_id = {})", filter.role_on.map(|t| t.0))
        .and_if("u.uid = {}", filter.uid.map(|u| u.to_string()));
    if filter.from_directory {
        clause.raw("u.origin <> ''");
    }
    if let Some(prefix) = &filter.username_prefix {
        let prefix = prefix.to_lowercase();
        clause.and("u.username_key >= {}", prefix.as_str()).and("u.username_key < {}", format!("{prefix}\u{10FFFF}"));
    }
    clause
}

/// A role that is given by hand is nobody else's to take away.
const GRANT: &str = "INSERT INTO grants (user_id, tenant_id, role) VALUES ($1, $2, $3) \
    ON CONFLICT (user_id, tenant_id) DO UPDATE SET role = excluded.role, origin = ''";
const REVOKE: &str = "DELETE FROM grants WHERE user_id = $1 AND tenant_id = $2";

fn name_taken(error: Error) -> Error {
    taken(ObjectKind::User, "the user name or the email address is taken")(error)
}

impl Users<'_, Tx> {
    /// Whether platform administrators belong to a tenant, or to one below it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_administrators(&self, tenant: TenantId) -> Result<bool> {
        let sql = "SELECT COUNT(*) AS n FROM grants g JOIN users u ON u.id = g.user_id JOIN tenant_ancestors a ON a.tenant_id = u.tenant_id \
            WHERE g.tenant_id = 1 AND g.role = 'system.admin' AND a.ancestor_id = $1";
        Ok(number(self.0, sql, vals![tenant.0]).await? > 0)
    }

    /// Checks, after a change and before its commit, that somebody is left who can log in as platform administrator, also when the users
    /// of `without` and of all below it were gone. Changes that ask this wait for one another.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::Conflict`] when nobody would be left.
    pub async fn keep_an_administrator(&self, without: Option<TenantId>) -> Result<()> {
        exec(self.0, "UPDATE tenants SET version = version WHERE id = 1", vals![]).await?;
        let sql = "SELECT COUNT(*) AS n FROM users u JOIN grants g ON g.user_id = u.id \
            WHERE g.tenant_id = 1 AND g.role = 'system.admin' AND u.enabled = TRUE AND (u.password_hash <> '' OR u.origin <> '') \
            AND NOT EXISTS (SELECT 1 FROM tenant_ancestors a JOIN tenants t ON t.id = a.ancestor_id \
            WHERE a.tenant_id = u.tenant_id AND (t.enabled = FALSE OR t.id = $1))";
        if number(self.0, sql, vals![without.map_or(0, |t| t.0)]).await? > 0 {
            return Ok(());
        }
        let message =
            "nobody would be left who can log in as platform administrator (system.admin on the root tenant): make another one first";
        Err(Error::conflict(ObjectKind::User, message))
    }

    /// Makes a user in the tenant that the proof names.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name or the email address is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::User>, new: &NewUser) -> Result<UserId> {
        let now = self.0.clock().now().0;
        let sql = "INSERT INTO users (uid, tenant_id, username, username_key, name, email, email_key, phone, comment, password_hash, enabled, \
            must_change_password, origin, subject, created_by, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) RETURNING id AS n";
        let (origin, subject) = new.origin.clone().map_or((String::new(), None), |(origin, subject)| (origin, Some(subject)));
        let values = vals![
            self.0.clock().uid().to_string(),
            allowed.tenant().0,
            new.username.as_str(),
            new.username.to_lowercase(),
            new.name.as_str(),
            new.email.clone(),
            new.email.as_ref().map(|e| e.to_lowercase()),
            new.phone.as_str(),
            new.comment.as_str(),
            new.password_hash.as_str(),
            new.enabled,
            new.must_change_password,
            origin,
            subject,
            allowed.actor().0,
            now
        ];
        let id = number(self.0, sql, values).await.map_err(name_taken)?;
        if let Some(role) = new.role {
            exec(self.0, GRANT, vals![id, allowed.tenant().0, role.name()]).await?;
        }
        let group = match new.group {
            Some(group) => group,
            None => self.0.groups().root(allowed.tenant()).await?,
        };
        self.0.groups().put(allowed, group, UserId(id), new.group_admin).await?;
        self.0.touch(ObjectKind::User, id);
        Ok(UserId(id))
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the new name or email address is taken, [`tenantry_domain::ErrorKind::StaleVersion`].
    pub async fn update(
        &self,
        allowed: &Allowed<act::Update, obj::User>,
        id: UserId,
        change: &UserChange,
        version: Option<i64>,
    ) -> Result<()> {
        let now = self.0.clock().now().0;
        let email_set = change.email.is_some();
        let email = change.email.clone().flatten();
        let sql = "UPDATE users SET username = COALESCE($1, username), username_key = COALESCE($2, username_key), name = COALESCE($3, name), \
            email = CASE WHEN $4 THEN $5 ELSE email END, email_key = CASE WHEN $4 THEN $6 ELSE email_key END, \
            phone = COALESCE($7, phone), comment = COALESCE($8, comment), enabled = COALESCE($9, enabled), \
            version = version + 1, updated_at = $10 WHERE id = $11 AND tenant_id = $12 AND (CAST($13 AS BIGINT) IS NULL OR version = $13)";
        let values = vals![
            change.username.clone(),
            change.username.as_ref().map(|u| u.to_lowercase()),
            change.name.clone(),
            email_set,
            email.clone(),
            email.map(|e| e.to_lowercase()),
            change.phone.clone(),
            change.comment.clone(),
            change.enabled,
            now,
            id.0,
            allowed.tenant().0,
            version
        ];
        if exec(self.0, sql, values).await.map_err(name_taken)? == 0 {
            let present = self.get(&Scope::system(), id).await?;
            return Err(crate::resources::stale(ObjectKind::User, present.version, version));
        }
        match change.role {
            Some(Some(role)) => exec(self.0, GRANT, vals![id.0, allowed.tenant().0, role.name()]).await?,
            Some(None) => exec(self.0, REVOKE, vals![id.0, allowed.tenant().0]).await?,
            None => 0,
        };
        if email_set || change.enabled == Some(false) {
            // a link that was mailed is for whoever read the old address, and was allowed to log in
            self.0.password_resets().delete_of_user(id).await?;
        }
        self.0.touch(ObjectKind::User, id.0);
        Ok(())
    }

    /// Gives somebody a role on the tenant that the proof names, instead of the one held there.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when the user was removed meanwhile.
    pub async fn grant(&self, allowed: &Allowed<act::Grant, obj::Tenant>, user: UserId, role: Role) -> Result<()> {
        self.grants_change(user).await?;
        exec(self.0, GRANT, vals![user.0, allowed.tenant().0, role.name()]).await.map(|_| ())
    }

    /// Takes somebody's role on the tenant that the proof names away. Answers whether there was one.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when the user was removed meanwhile.
    pub async fn revoke(&self, allowed: &Allowed<act::Grant, obj::Tenant>, user: UserId) -> Result<bool> {
        self.grants_change(user).await?;
        Ok(exec(self.0, REVOKE, vals![user.0, allowed.tenant().0]).await? > 0)
    }

    async fn grants_change(&self, user: UserId) -> Result<()> {
        let sql = "UPDATE users SET version = version + 1, updated_at = $1 WHERE id = $2";
        if exec(self.0, sql, vals![self.0.clock().now().0, user.0]).await? == 0 {
            return Err(Error::not_found(ObjectKind::User, user));
        }
        self.0.touch(ObjectKind::User, user.0);
        Ok(())
    }

    /// Stores the hash of a new password; links that would set another are good no longer. `must_change` is for one that somebody else has set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password<A>(&self, allowed: &Allowed<A, obj::User>, id: UserId, hash: &str, must_change: bool) -> Result<()> {
        let sql = "UPDATE users SET password_hash = $1, must_change_password = $2, version = version + 1, updated_at = $3 \
            WHERE id = $4 AND tenant_id = $5";
        exec(self.0, sql, vals![hash, must_change, self.0.clock().now().0, id.0, allowed.tenant().0]).await?;
        self.0.password_resets().delete_of_user(id).await?;
        self.0.touch(ObjectKind::User, id.0);
        Ok(())
    }

    /// Removes a user with their sessions and roles. What they made stays.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than the one asked for.
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::User>, id: UserId, version: Option<i64>) -> Result<()> {
        let sql = "DELETE FROM users WHERE id = $1 AND tenant_id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3)";
        if exec(self.0, sql, vals![id.0, allowed.tenant().0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::User, "users", id.0, version).await?);
        }
        self.0.touch(ObjectKind::User, id.0);
        Ok(())
    }
}
