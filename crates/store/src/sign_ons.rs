//! Logins at a provider of single sign-on that were begun and not finished. Of the state and of the secret that the browser keeps only
//! hashes are stored; a row is good once, and for a few minutes.

use std::time::Duration;

use sea_orm::FromQueryResult;
use tenantry_domain::{Result, Timestamp};

use crate::sql::{Conn, aggregate, exec, row, vals};
use crate::{Store, Tx};

aggregate!(
    /// Logins that were begun at a provider of single sign-on.
    SignOns,
    sign_ons
);

/// A login that is begun.
#[derive(Debug, Clone)]
pub struct NewSignOn {
    /// The hash of what the provider gives back in `state`.
    pub state_hash: String,
    /// The hash of what the browser that began it keeps.
    pub secret_hash: String,
    /// The name of the provider.
    pub provider: String,
    /// Where the provider leads back to.
    pub redirect_uri: String,
    /// Where the person goes afterwards.
    pub return_to: String,
    /// From where it is begun.
    pub address: String,
}

/// A login that was begun, when it is taken to be finished.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SignOn {
    /// Where the provider leads back to.
    pub redirect_uri: String,
    /// Where the person goes afterwards.
    pub return_to: String,
}

/// How many logins are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct UnderWay {
    /// In all.
    pub everywhere: i64,
    /// From one address.
    pub here: i64,
}

impl<X: Conn> SignOns<'_, X> {
    /// How many logins are under way, in all and from an address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn under_way(&self, address: &str) -> Result<UnderWay> {
        let sql = "SELECT COUNT(*) AS everywhere, COUNT(CASE WHEN address = $1 THEN 1 END) AS here FROM sign_ons WHERE expires_at > $2";
        let found = row::<UnderWay, X>(self.0, sql, vals![address, self.0.clock().now().0]).await?;
        Ok(found.unwrap_or(UnderWay { everywhere: 0, here: 0 }))
    }
}

impl SignOns<'_, Store> {
    /// Removes logins that were never finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<u64> {
        let tx = self.0.begin().await?;
        let count = exec(&tx, "DELETE FROM sign_ons WHERE expires_at <= $1", vals![self.0.clock().now().0]).await?;
        tx.commit().await?;
        Ok(count)
    }
}

impl SignOns<'_, Tx> {
    /// Notes that a login was begun; answers until when it is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(&self, new: &NewSignOn, life: Duration) -> Result<Timestamp> {
        let expires_at = self.0.clock().now().plus(life);
        let sql = "INSERT INTO sign_ons (state_hash, secret_hash, provider, redirect_uri, return_to, address, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vals![
            new.state_hash.as_str(),
            new.secret_hash.as_str(),
            new.provider.as_str(),
            new.redirect_uri.as_str(),
            new.return_to.as_str(),
            new.address.as_str(),
            expires_at.0
        ];
        exec(self.0, sql, values).await?;
        Ok(expires_at)
    }

    /// Takes a login away to finish it: of two at the same moment one gets it. None for one that is unknown, finished or over, of another
    /// provider, or begun in another browser; that one stays for the browser that it belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, provider: &str, state_hash: &str, secret_hash: &str) -> Result<Option<SignOn>> {
        let sql = "DELETE FROM sign_ons WHERE state_hash = $1 AND secret_hash = $2 AND provider = $3 AND expires_at > $4 \
            RETURNING redirect_uri, return_to";
        row(self.0, sql, vals![state_hash, secret_hash, provider, self.0.clock().now().0]).await
    }
}
