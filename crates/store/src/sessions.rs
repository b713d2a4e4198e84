//! Sessions, and the brake on guessing passwords. Of a token only its hash is stored.

use std::time::Duration;

use sea_orm::FromQueryResult;
use sha2::{Digest, Sha256};
use tenantry_domain::policy::{Caller, Grant};
use tenantry_domain::{Error, Result, SessionId, TenantId, Timestamp, UserId};

use crate::sql::{Conn, aggregate, exec, number, row, rows, vals};
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

/// A valid session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who it is, with the roles held.
    pub caller: Caller,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Sessions<'_, Store> {
    /// The session that a token opened, if it is still good and its user enabled. Two queries, whatever the number of sessions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, hash: &str) -> Result<Option<Session>> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            user_id: i64,
            expires_at: i64,
            username: String,
            tenant_id: i64,
        }
        #[derive(FromQueryResult)]
        struct GrantRow {
            tenant_id: i64,
            role: String,
        }
        let sql = "SELECT s.id, s.user_id, s.expires_at, u.username, u.tenant_id FROM sessions s JOIN users u ON u.id = s.user_id \
            WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.enabled = TRUE";
        let Some(found) = row::<Row, Store>(self.0, sql, vals![hash, self.0.clock().now().0]).await? else { return Ok(None) };
        let grants = rows::<GrantRow, Store>(self.0, "SELECT tenant_id, role FROM grants WHERE user_id = $1", vals![found.user_id]).await?;
        let grants = grants
            .into_iter()
            .map(|g| Ok(Grant { tenant: TenantId(g.tenant_id), role: g.role.parse().map_err(Error::internal)? }))
            .collect::<Result<Vec<_>>>()?;
        Ok(Some(Session {
            caller: Caller {
                user: UserId(found.user_id),
                name: found.username,
                home: TenantId(found.tenant_id),
                grants,
                session: SessionId(found.id),
            },
            expires_at: Timestamp(found.expires_at),
        }))
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
    pub async fn insert(&self, user: UserId, hash: &str, address: &str, life: Duration) -> Result<SessionId> {
        let now = self.0.clock().now();
        let sql =
            "INSERT INTO sessions (token_hash, user_id, address, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id AS n";
        number(self.0, sql, vals![hash, user.0, address, now.0, now.plus(life).0]).await.map(SessionId)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete(&self, id: SessionId) -> Result<()> {
        exec(self.0, "DELETE FROM sessions WHERE id = $1", vals![id.0]).await.map(|_| ())
    }

    /// Ends every session of a user, but `keep`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_of_user(&self, user: UserId, keep: Option<SessionId>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
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
