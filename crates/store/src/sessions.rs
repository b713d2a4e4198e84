//! Sessions, tokens for programs, and the brake on guessing passwords. Of a token only its hash is stored.
//!
//! A token for programs is a row beside the sessions, with a name: one look finds either, and one purge removes both when they are over.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::FromQueryResult;
use sha2::{Digest, Sha256};
use tenantry_domain::policy::{Allowed, Caller, Grant, ObjectKind, act, obj};
use tenantry_domain::token::{ApiToken, TokenScope};
use tenantry_domain::{ApiTokenId, Error, GroupId, Result, SessionId, TenantId, Timestamp, UserId};

use crate::sql::{Conn, Where, aggregate, exec, json, number, number_opt, row, rows, taken, to_json, vals};
use crate::{Store, Tx};

aggregate!(
    /// Sessions.
    Sessions,
    sessions
);

/// The hash under which a token is stored: SHA-256, in hexadecimal. A token has 256 random bits, so no salt is needed.
#[must_use]
pub fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// A valid session, or a valid token for programs.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who it is, with the roles held.
    pub caller: Caller,
    /// The row, for noting that it is used.
    pub id: SessionId,
    /// When it ends, if it is not used meanwhile.
    pub expires_at: Timestamp,
    /// When it was noted last that it is used.
    pub last_used_at: Timestamp,
    /// For a token: what it may be used for.
    pub scope: Option<TokenScope>,
}

/// A session as its user sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// The integer id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// From where it was opened.
    pub address: String,
    /// The program that opened it, as it calls itself.
    pub client: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends, if it is not used meanwhile.
    pub expires_at: Timestamp,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// At most, from when it is opened.
    pub absolute: Duration,
    /// Without being used.
    pub idle: Duration,
}

#[derive(FromQueryResult)]
struct InfoRow {
    id: i64,
    user_id: i64,
    address: String,
    client: String,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

#[derive(FromQueryResult)]
struct TokenRow {
    id: i64,
    user_id: i64,
    token_name: String,
    token_scope: String,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

const TOKENS: &str =
    "SELECT id, user_id, token_name, token_scope, created_at, last_used_at, expires_at FROM sessions WHERE token_name IS NOT NULL";

impl TryFrom<TokenRow> for ApiToken {
    type Error = Error;
    fn try_from(row: TokenRow) -> Result<Self> {
        Ok(Self {
            id: ApiTokenId(row.id),
            user: UserId(row.user_id),
            name: row.token_name,
            scope: json(&row.token_scope)?,
            created_at: Timestamp(row.created_at),
            last_used_at: (row.last_used_at > 0).then_some(Timestamp(row.last_used_at)),
            expires_at: Timestamp(row.expires_at),
        })
    }
}

impl<X: Conn> Sessions<'_, X> {
    /// The tokens of a user, the oldest first; those that have expired too, until they are purged.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<ApiToken>> {
        let found = rows::<TokenRow, X>(self.0, &format!("{TOKENS} AND user_id = $1 ORDER BY id"), vals![user.0]).await?;
        found.into_iter().map(ApiToken::try_from).collect()
    }

    /// A token.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn token(&self, id: ApiTokenId) -> Result<ApiToken> {
        let found = row::<TokenRow, X>(self.0, &format!("{TOKENS} AND id = $1"), vals![id.0]).await?;
        found.map(ApiToken::try_from).transpose()?.ok_or_else(|| Error::not_found(ObjectKind::ApiToken, id))
    }

    /// Whose a session is; none for one that is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_of(&self, id: SessionId) -> Result<Option<UserId>> {
        let sql = "SELECT user_id AS n FROM sessions WHERE id = $1 AND token_name IS NULL AND expires_at > $2";
        Ok(crate::sql::number_opt(self.0, sql, vals![id.0, self.0.clock().now().0]).await?.map(UserId))
    }

    /// The sessions of a user that are good, the latest used first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, user: UserId, limit: i64) -> Result<Vec<SessionInfo>> {
        let sql = "SELECT id, user_id, address, client, created_at, last_used_at, expires_at FROM sessions \
            WHERE user_id = $1 AND token_name IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, id DESC LIMIT $3";
        let found = rows::<InfoRow, X>(self.0, sql, vals![user.0, self.0.clock().now().0, limit]).await?;
        Ok(found
            .into_iter()
            .map(|s| SessionInfo {
                id: SessionId(s.id),
                user: UserId(s.user_id),
                address: s.address,
                client: s.client,
                created_at: Timestamp(s.created_at),
                last_used_at: Timestamp(s.last_used_at),
                expires_at: Timestamp(s.expires_at),
            })
            .collect())
    }

    /// When a session was opened; none for a token for programs, and for one that is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn opened_at(&self, id: SessionId) -> Result<Option<Timestamp>> {
        let sql = "SELECT created_at AS n FROM sessions WHERE id = $1 AND token_name IS NULL";
        Ok(number_opt(self.0, sql, vals![id.0]).await?.map(Timestamp))
    }
}

#[derive(FromQueryResult)]
struct Found {
    id: i64,
    user_id: i64,
    expires_at: i64,
    last_used_at: i64,
    token_scope: Option<String>,
    username: String,
    tenant_id: i64,
    must_change_password: bool,
}

#[derive(FromQueryResult)]
struct Held {
    id: i64,
    role: Option<String>,
}

#[derive(FromQueryResult)]
struct Step {
    tenant_id: i64,
    ancestor_id: i64,
}

impl Sessions<'_, Store> {
    /// The session that a token opened, if it is still good, its user enabled, and no tenant above the user disabled. Two queries,
    /// whatever the number of sessions; a third for a token that is limited to tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, hash: &str) -> Result<Option<Session>> {
        let sql = "SELECT s.id, s.user_id, s.expires_at, s.last_used_at, s.token_scope, u.username, u.tenant_id, u.must_change_password \
            FROM sessions s JOIN users u ON u.id = s.user_id \
            WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.enabled = TRUE AND NOT EXISTS (SELECT 1 FROM tenant_ancestors a \
            JOIN tenants t ON t.id = a.ancestor_id WHERE a.tenant_id = u.tenant_id AND t.enabled = FALSE)";
        let Some(found) = row::<Found, Store>(self.0, sql, vals![hash, self.0.clock().now().0]).await? else { return Ok(None) };
        let sql = "SELECT tenant_id AS id, role FROM grants WHERE user_id = $1 \
            UNION ALL SELECT group_id AS id, NULL AS role FROM group_members WHERE user_id = $1 AND admin = TRUE";
        let (mut grants, mut groups) = (Vec::new(), Vec::new());
        for held in rows::<Held, Store>(self.0, sql, vals![found.user_id]).await? {
            match held.role {
                Some(role) => grants.push(Grant { tenant: TenantId(held.id), role: role.parse().map_err(Error::internal)? }),
                None => groups.push(GroupId(held.id)),
            }
        }
        let scope = found.token_scope.as_deref().map(json::<TokenScope>).transpose()?;
        if let Some(scope) = &scope {
            grants = self.narrowed(scope, &grants).await?;
            if !scope.tenants.is_empty() || !scope.roles.is_empty() {
                groups.clear();
            }
        }
        Ok(Some(Session {
            caller: Caller {
                user: UserId(found.user_id),
                name: found.username,
                home: TenantId(found.tenant_id),
                grants,
                groups,
                session: SessionId(if scope.is_some() { 0 } else { found.id }),
                must_change_password: found.must_change_password && scope.is_none(),
            },
            id: SessionId(found.id),
            expires_at: Timestamp(found.expires_at),
            last_used_at: Timestamp(found.last_used_at),
            scope,
        }))
    }

    async fn narrowed(&self, scope: &TokenScope, grants: &[Grant]) -> Result<Vec<Grant>> {
        let mut paths = BTreeMap::<TenantId, Vec<TenantId>>::new();
        if !scope.tenants.is_empty() {
            let mut filter = Where::default();
            filter.any("tenant_id", scope.tenants.iter().map(|t| t.0).chain(grants.iter().map(|g| g.tenant.0)));
            let (clause, values) = filter.build();
            let sql = format!("SELECT tenant_id, ancestor_id FROM tenant_ancestors{clause}");
            for step in rows::<Step, Store>(self.0, &sql, values).await? {
                paths.entry(TenantId(step.tenant_id)).or_default().push(TenantId(step.ancestor_id));
            }
        }
        Ok(scope.narrow(grants, |tenant| paths.get(&tenant).cloned().unwrap_or_default()))
    }

    /// Notes that sessions are in use: they go on for another idle time, up to their end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used(&self, ids: &[SessionId], idle: Duration) -> Result<()> {
        let now = self.0.clock().now();
        for ids in ids.chunks(500) {
            let mut filter = Where::default();
            let (at, until) = (filter.value(now.0), filter.value(now.plus(idle).0));
            filter.any("id", ids.iter().map(|s| s.0));
            let sql = format!(
                "UPDATE sessions SET last_used_at = {at}, expires_at = CASE WHEN token_name IS NOT NULL OR ends_at < {until} THEN ends_at ELSE {until} END{}",
                filter.clause()
            );
            let tx = self.0.begin().await?;
            exec(&tx, &sql, filter.into_values()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Until when a subject (an account, an address) may not try to log in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blocked_until(&self, subject: &str) -> Result<Option<Timestamp>> {
        let sql = "SELECT blocked_until AS n FROM login_throttle WHERE subject = $1 AND blocked_until > $2";
        Ok(crate::sql::number_opt(self.0, sql, vals![subject, self.0.clock().now().0]).await?.map(Timestamp))
    }

    /// Removes sessions that are over and brakes that are off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<u64> {
        let now = self.0.clock().now().0;
        let tx = self.0.begin().await?;
        let sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT 5000)";
        let count = exec(&tx, sql, vals![now]).await?;
        exec(&tx, "DELETE FROM login_throttle WHERE updated_at < $1", vals![now - 24 * 3_600_000]).await?;
        tx.commit().await?;
        Ok(count)
    }
}

impl Sessions<'_, Tx> {
    /// Opens a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(&self, user: UserId, hash: &str, address: &str, client: &str, life: Life) -> Result<SessionId> {
        let now = self.0.clock().now();
        let sql = "INSERT INTO sessions (token_hash, user_id, address, client, created_at, last_used_at, expires_at, ends_at) \
            VALUES ($1, $2, $3, $4, $5, $5, $6, $7) RETURNING id AS n";
        let (end, idle) = (now.plus(life.absolute).0, now.plus(life.idle).0);
        number(self.0, sql, vals![hash, user.0, address, client, now.0, end.min(idle), end]).await.map(SessionId)
    }

    /// Makes a token for programs.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when its user has one of that name.
    pub async fn insert_token(
        &self,
        allowed: &Allowed<act::Create, obj::ApiToken>,
        user: UserId,
        name: &str,
        hash: &str,
        scope: &TokenScope,
        expires_at: Timestamp,
    ) -> Result<ApiTokenId> {
        let _ = allowed;
        let sql = "INSERT INTO sessions (token_hash, user_id, token_name, token_scope, created_at, expires_at, ends_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id AS n";
        let values = vals![hash, user.0, name, to_json(scope)?, self.0.clock().now().0, expires_at.0];
        let taken = taken(ObjectKind::ApiToken, format!("you have a token '{name}' already"));
        let id = number(self.0, sql, values).await.map_err(taken)?;
        self.0.touch(ObjectKind::ApiToken, id);
        Ok(ApiTokenId(id))
    }

    /// Gives a token another secret and another end; the old secret is good no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_token(
        &self,
        allowed: &Allowed<act::Update, obj::ApiToken>,
        id: ApiTokenId,
        hash: &str,
        expires_at: Timestamp,
    ) -> Result<()> {
        let _ = allowed;
        let sql = "UPDATE sessions SET token_hash = $1, expires_at = $2, ends_at = $2 WHERE id = $3 AND token_name IS NOT NULL";
        exec(self.0, sql, vals![hash, expires_at.0, id.0]).await?;
        self.0.touch(ObjectKind::ApiToken, id.0);
        Ok(())
    }

    /// Removes a token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_token(&self, allowed: &Allowed<act::Delete, obj::ApiToken>, id: ApiTokenId) -> Result<()> {
        let _ = allowed;
        exec(self.0, "DELETE FROM sessions WHERE id = $1 AND token_name IS NOT NULL", vals![id.0]).await?;
        self.0.touch(ObjectKind::ApiToken, id.0);
        Ok(())
    }

    /// Ends a session of a user. Answers whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete(&self, user: UserId, id: SessionId) -> Result<bool> {
        let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2 AND token_name IS NULL";
        Ok(exec(self.0, sql, vals![id.0, user.0]).await? > 0)
    }

    /// Ends every session of a user, but `keep`. Tokens for programs stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_of_user(&self, user: UserId, keep: Option<SessionId>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2 AND token_name IS NULL";
        exec(self.0, sql, vals![user.0, keep.map_or(0, |k| k.0)]).await.map(|_| ())
    }

    /// Counts a wrong password: from the fifth within the memory of the brake on, each doubles the wait, from one second up to `longest`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed(&self, subject: &str, free: i64, longest: Duration) -> Result<()> {
        let now = self.0.clock().now().0;
        let sql = "INSERT INTO login_throttle (subject, failures, blocked_until, updated_at) VALUES ($1, 1, 0, $2) \
            ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN login_throttle.updated_at < $3 THEN 1 ELSE login_throttle.failures + 1 END, \
            updated_at = $2 RETURNING failures AS n";
        let failures = number(self.0, sql, vals![subject, now, now - 15 * 60_000]).await?;
        let beyond = u32::try_from((failures - free).clamp(0, 20)).unwrap_or(0);
        if beyond > 0 {
            let wait = (500_i64 << beyond).min(i64::try_from(longest.as_millis()).unwrap_or(i64::MAX));
            exec(self.0, "UPDATE login_throttle SET blocked_until = $1 WHERE subject = $2", vals![now + wait, subject]).await?;
        }
        Ok(())
    }

    /// A right password takes the brake off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn succeeded(&self, subject: &str) -> Result<()> {
        exec(self.0, "DELETE FROM login_throttle WHERE subject = $1", vals![subject]).await.map(|_| ())
    }
}
