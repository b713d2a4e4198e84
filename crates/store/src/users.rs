//! Users, their passwords (hashes alone) and their roles.

use sea_orm::FromQueryResult;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, Grant, ObjectKind, Scope, act, obj};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{Error, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Users.
    Users,
    users
);

/// A user to be made.
#[derive(Debug, Clone)]
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
    /// The role on the tenant.
    pub role: Role,
    /// Whether the user may log in.
    pub enabled: bool,
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
    /// The role on the tenant.
    pub role: Option<Role>,
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
    /// The email address.
    pub email: Option<String>,
}

/// What a login needs.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: UserId,
    /// The hash of the password.
    pub password_hash: String,
    /// Whether the user may log in.
    pub enabled: bool,
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
    version: i64,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "SELECT u.id, u.uid, u.tenant_id, u.username, u.name, u.email, u.phone, u.comment, g.role, u.enabled, u.version, \
    u.created_at, u.updated_at FROM users u LEFT JOIN grants g ON g.user_id = u.id AND g.tenant_id = u.tenant_id";

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
            role: row.role.as_deref().map_or(Ok(Role::Member), str::parse).map_err(Error::internal)?,
            enabled: row.enabled,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

#[derive(FromQueryResult)]
struct CredentialsRow {
    id: i64,
    password_hash: String,
    enabled: bool,
}

impl From<CredentialsRow> for Credentials {
    fn from(row: CredentialsRow) -> Self {
        Self { user: UserId(row.id), password_hash: row.password_hash, enabled: row.enabled }
    }
}

impl<X: Conn> Users<'_, X> {
    /// A user, if the scope reaches their tenant.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, scope: &Scope, id: UserId) -> Result<User> {
        let mut filter = Where::default();
        filter.and("u.id = {}", id.0).scope("u.tenant_id", scope);
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

    /// The user whom somebody means who logs in as `login`: an email address, else a name of the root tenant, else `name#tenant`, else a name that only one user has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_login(&self, login: &str) -> Result<Option<Credentials>> {
        let key = login.trim().to_lowercase();
        let by_email = "SELECT id, password_hash, enabled FROM users WHERE email_key = $1";
        if let Some(found) = row::<CredentialsRow, X>(self.0, by_email, vals![key.as_str()]).await? {
            return Ok(Some(found.into()));
        }
        if let Some((name, tenant)) = key.split_once('#') {
            let sql = "SELECT u.id, u.password_hash, u.enabled FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.username_key = $1 AND t.name = $2";
            return Ok(row::<CredentialsRow, X>(self.0, sql, vals![name, tenant]).await?.map(Into::into));
        }
        let sql =
            "SELECT id, password_hash, enabled FROM users WHERE username_key = $1 ORDER BY CASE tenant_id WHEN 1 THEN 0 ELSE 1 END LIMIT 2";
        let mut found = rows::<CredentialsRow, X>(self.0, sql, vals![key.as_str()]).await?;
        let root = number(self.0, "SELECT COUNT(*) AS n FROM users WHERE username_key = $1 AND tenant_id = 1", vals![key.as_str()]).await?;
        Ok(if found.len() == 1 || (root == 1 && !found.is_empty()) { Some(found.swap_remove(0).into()) } else { None })
    }

    /// The hash of a user's password.
    ///
    /// # Errors
    /// When the database fails or there is no such user.
    pub async fn credentials(&self, id: UserId) -> Result<Credentials> {
        let sql = "SELECT id, password_hash, enabled FROM users WHERE id = $1";
        let found = row::<CredentialsRow, X>(self.0, sql, vals![id.0]).await?;
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

    /// How many enabled platform administrators there are beside this user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn other_platform_admins(&self, id: UserId) -> Result<i64> {
        let sql = "SELECT COUNT(*) AS n FROM users u JOIN grants g ON g.user_id = u.id \
            WHERE g.tenant_id = 1 AND g.role = 'system.admin' AND u.enabled = TRUE AND u.id <> $1";
        number(self.0, sql, vals![id.0]).await
    }
}

fn filter_clause(scope: &Scope, filter: &UserFilter) -> Where {
    let mut clause = Where::default();
    clause
        .scope("u.tenant_id", scope)
        .and_if("u.tenant_id = {}", filter.tenant.map(|t| t.0))
        .and_if("u.email_key = {}", filter.email.as_ref().map(|e| e.to_lowercase()));
    if let Some(prefix) = &filter.username_prefix {
        let prefix = prefix.to_lowercase();
        clause.and("u.username_key >= {}", prefix.as_str()).and("u.username_key < {}", format!("{prefix}\u{10FFFF}"));
    }
    clause
}

fn name_taken(error: Error) -> Error {
    taken(ObjectKind::User, "the user name or the email address is taken")(error)
}

impl Users<'_, Tx> {
    /// Makes a user in the tenant that the proof names.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name or the email address is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::User>, new: &NewUser) -> Result<UserId> {
        let now = self.0.clock().now().0;
        let sql = "INSERT INTO users (uid, tenant_id, username, username_key, name, email, email_key, phone, comment, password_hash, enabled, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) RETURNING id AS n";
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
            now
        ];
        let id = number(self.0, sql, values).await.map_err(name_taken)?;
        let sql = "INSERT INTO grants (user_id, tenant_id, role) VALUES ($1, $2, $3)";
        exec(self.0, sql, vals![id, allowed.tenant().0, new.role.name()]).await?;
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
        if let Some(role) = change.role {
            let sql = "INSERT INTO grants (user_id, tenant_id, role) VALUES ($1, $2, $3) ON CONFLICT (user_id, tenant_id) DO UPDATE SET role = excluded.role";
            exec(self.0, sql, vals![id.0, allowed.tenant().0, role.name()]).await?;
        }
        self.0.touch(ObjectKind::User, id.0);
        Ok(())
    }

    /// Stores the hash of a new password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password<A>(&self, allowed: &Allowed<A, obj::User>, id: UserId, hash: &str) -> Result<()> {
        let sql = "UPDATE users SET password_hash = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND tenant_id = $4";
        exec(self.0, sql, vals![hash, self.0.clock().now().0, id.0, allowed.tenant().0]).await?;
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
