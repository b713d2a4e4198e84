//! Idempotency keys: kept in the transaction of the mutation that they name, answered again for a day.

use std::time::Duration;

use sea_orm::FromQueryResult;
use tenantry_domain::{Result, UserId};

use crate::sql::{Conn, aggregate, exec, row, vals};
use crate::{Store, Tx};

aggregate!(
    /// Idempotency keys.
    Idempotency,
    idempotency
);

/// How long a key is kept.
pub const LIFE: Duration = Duration::from_secs(24 * 3600);

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// A hash of the request: method, path and body.
    pub fingerprint: String,
    /// Where the object is that the request made or changed.
    pub location: String,
    /// The status and body that were answered; none when the server stopped between the commit and the answer.
    pub answer: Option<(u16, String)>,
}

impl<X: Conn> Idempotency<'_, X> {
    /// What is known of a user's key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, user: UserId, key: &str) -> Result<Option<Remembered>> {
        #[derive(FromQueryResult)]
        struct Row {
            fingerprint: String,
            location: String,
            status: i64,
            body: Option<String>,
        }
        let oldest = self.0.clock().now().0 - i64::try_from(LIFE.as_millis()).unwrap_or(0);
        let sql = "SELECT fingerprint, location, status, body FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at > $3";
        let found = row::<Row, X>(self.0, sql, vals![user.0, key, oldest]).await?;
        Ok(found.map(|r| Remembered {
            fingerprint: r.fingerprint,
            location: r.location,
            answer: r.body.map(|b| (u16::try_from(r.status).unwrap_or(200), b)),
        }))
    }
}

impl Idempotency<'_, Tx> {
    /// Claims a key in the transaction of the mutation. Of two requests with the same key one waits here for the other and then fails.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the key is claimed; the caller looks it up and answers again.
    pub async fn insert(&self, user: UserId, key: &str, fingerprint: &str, location: &str) -> Result<()> {
        let now = self.0.clock().now().0;
        let oldest = now - i64::try_from(LIFE.as_millis()).unwrap_or(0);
        let sql = "DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at <= $3";
        exec(self.0, sql, vals![user.0, key, oldest]).await?;
        let sql = "INSERT INTO idempotency_keys (user_id, key, fingerprint, location, created_at) VALUES ($1, $2, $3, $4, $5)";
        exec(self.0, sql, vals![user.0, key, fingerprint, location, now]).await.map(|_| ())
    }
}

impl Idempotency<'_, Store> {
    /// Adds the answer, so that it can be given again word for word.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer(&self, user: UserId, key: &str, status: u16, body: &str) -> Result<()> {
        let tx = self.0.begin().await?;
        let sql = "UPDATE idempotency_keys SET status = $1, body = $2 WHERE user_id = $3 AND key = $4";
        exec(&tx, sql, vals![i64::from(status), body, user.0, key]).await?;
        tx.commit().await
    }

    /// Removes keys that are older than a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<u64> {
        let oldest = self.0.clock().now().0 - i64::try_from(LIFE.as_millis()).unwrap_or(0);
        let tx = self.0.begin().await?;
        let count = exec(&tx, "DELETE FROM idempotency_keys WHERE created_at <= $1", vals![oldest]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
