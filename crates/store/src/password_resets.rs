//! Links that set a new password. Of a link's token only its hash is stored, and each is good once.

use tenantry_domain::{Result, Timestamp, UserId};

use crate::sql::{Conn, aggregate, exec, number, number_opt, vals};
use crate::{Store, Tx};

aggregate!(
    /// Links that set a new password.
    PasswordResets,
    password_resets
);

/// How much is removed at once.
const BATCH: i64 = 5000;

impl<X: Conn> PasswordResets<'_, X> {
    /// Whose password a link would set, if it is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, hash: &str) -> Result<Option<UserId>> {
        let sql = "SELECT user_id AS n FROM password_resets WHERE token_hash = $1 AND expires_at > $2 AND user_id IS NOT NULL";
        Ok(number_opt(self.0, sql, vals![hash, self.0.clock().now().0]).await?.map(UserId))
    }

    /// How many good links a user has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, user: UserId) -> Result<i64> {
        let sql = "SELECT COUNT(*) AS n FROM password_resets WHERE user_id = $1 AND expires_at > $2";
        number(self.0, sql, vals![user.0, self.0.clock().now().0]).await
    }
}

impl PasswordResets<'_, Tx> {
    /// Adds a link. One that is nobody's is good for nothing: it is written so that who asked cannot tell that nobody is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(&self, user: Option<UserId>, hash: &str, expires_at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO password_resets (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
        exec(self.0, sql, vals![hash, user.map(|u| u.0), self.0.clock().now().0, expires_at.0]).await.map(|_| ())
    }

    /// Uses a link up; answers whose password it sets, if it was good. Of two who use it at the same moment one gets no answer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, hash: &str) -> Result<Option<UserId>> {
        let sql = "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 AND user_id IS NOT NULL RETURNING user_id AS n";
        Ok(number_opt(self.0, sql, vals![hash, self.0.clock().now().0]).await?.map(UserId))
    }

    /// Removes every link of a user, whose password or mail address is another now.
    pub(crate) async fn delete_of_user(&self, user: UserId) -> Result<()> {
        exec(self.0, "DELETE FROM password_resets WHERE user_id = $1", vals![user.0]).await.map(|_| ())
    }
}

impl PasswordResets<'_, Store> {
    /// Removes links that are over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<u64> {
        let tx = self.0.begin().await?;
        let sql =
            "DELETE FROM password_resets WHERE token_hash IN (SELECT token_hash FROM password_resets WHERE expires_at <= $1 LIMIT $2)";
        let count = exec(&tx, sql, vals![self.0.clock().now().0, BATCH]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
