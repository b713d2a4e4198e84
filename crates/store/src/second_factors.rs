//! Second factors: a secret for one-time codes (sealed), and recovery codes (hashes alone).

use sea_orm::FromQueryResult;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::{Result, UserId};

use crate::Tx;
use crate::sql::{Conn, aggregate, exec, number, row, vals};

aggregate!(
    /// Second factors.
    SecondFactors,
    second_factors
);

/// A user's secret for one-time codes.
#[derive(Clone)]
pub struct SecondFactor {
    /// The shared secret, in base 32.
    pub secret: String,
    /// Whether its user has shown a right code; until then it is not asked for.
    pub confirmed: bool,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("confirmed", &self.confirmed).finish_non_exhaustive()
    }
}

fn vault_row(user: UserId) -> String {
    format!("second_factor/{user}")
}

impl<X: Conn> SecondFactors<'_, X> {
    /// A user's second factor, if there is one.
    ///
    /// # Errors
    /// When the database fails, or the secret was stored with another key.
    pub async fn find(&self, user: UserId) -> Result<Option<SecondFactor>> {
        #[derive(FromQueryResult)]
        struct Row {
            totp_sealed: Option<String>,
            totp_confirmed: bool,
        }
        let found = row::<Row, X>(self.0, "SELECT totp_sealed, totp_confirmed FROM users WHERE id = $1", vals![user.0]).await?;
        let Some((sealed, confirmed)) = found.and_then(|r| r.totp_sealed.map(|s| (s, r.totp_confirmed))) else { return Ok(None) };
        let secret = self.0.store().vault().open(&vault_row(user), &sealed)?;
        Ok(Some(SecondFactor { secret, confirmed }))
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recovery_codes_left(&self, user: UserId) -> Result<i64> {
        number(self.0, "SELECT COUNT(*) AS n FROM recovery_codes WHERE user_id = $1", vals![user.0]).await
    }
}

impl SecondFactors<'_, Tx> {
    /// Stores a new secret that is yet to be confirmed. A confirmed one is replaced by nobody: it has to be removed first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offer(&self, user: UserId, secret: &str) -> Result<bool> {
        let sealed = self.0.seal(&vault_row(user), secret).await?;
        let sql = "UPDATE users SET totp_sealed = $1, totp_step = 0 WHERE id = $2 AND totp_confirmed = FALSE";
        Ok(exec(self.0, sql, vals![sealed, user.0]).await? > 0)
    }

    /// Confirms the secret and stores the hashes of the recovery codes that come with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm(&self, user: UserId, recovery_hashes: &[String]) -> Result<()> {
        exec(self.0, "UPDATE users SET totp_confirmed = TRUE, version = version + 1 WHERE id = $1", vals![user.0]).await?;
        self.0.touch(ObjectKind::User, user.0);
        self.renew_recovery_codes(user, recovery_hashes).await
    }

    /// Stores the hashes of new recovery codes instead of those that are left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_recovery_codes(&self, user: UserId, hashes: &[String]) -> Result<()> {
        exec(self.0, "DELETE FROM recovery_codes WHERE user_id = $1", vals![user.0]).await?;
        for hash in hashes {
            exec(self.0, "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)", vals![user.0, hash.as_str()]).await?;
        }
        Ok(())
    }

    /// Uses up the time step of a right code: each is good once. Answers whether it was still good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_step(&self, user: UserId, step: i64) -> Result<bool> {
        Ok(exec(self.0, "UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1", vals![step, user.0]).await? > 0)
    }

    /// Uses up a recovery code. Answers whether there was one with this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_recovery_code(&self, user: UserId, hash: &str) -> Result<bool> {
        Ok(exec(self.0, "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2", vals![user.0, hash]).await? > 0)
    }

    /// Removes the second factor with its recovery codes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove(&self, user: UserId) -> Result<()> {
        let sql = "UPDATE users SET totp_sealed = NULL, totp_confirmed = FALSE, totp_step = 0, version = version + 1 WHERE id = $1";
        exec(self.0, sql, vals![user.0]).await?;
        exec(self.0, "DELETE FROM recovery_codes WHERE user_id = $1", vals![user.0]).await?;
        self.0.touch(ObjectKind::User, user.0);
        Ok(())
    }
}
