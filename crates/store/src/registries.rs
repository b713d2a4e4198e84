//! Image registries. The password is stored encrypted.

use sea_orm::FromQueryResult;
use tenantry_domain::policy::{Allowed, ObjectKind, act, obj};
use tenantry_domain::registry::{Registry, RegistryConnection};
use tenantry_domain::{Error, RegistryId, Result, Timestamp};

use crate::Tx;
use crate::sql::{Conn, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Registries.
    Registries,
    registries
);

/// A registry to be made or changed.
#[derive(Debug, Clone)]
pub struct RegistryDraft {
    /// The unique name.
    pub name: String,
    /// The base URL.
    pub url: String,
    /// The user name.
    pub username: String,
    /// The password; none leaves what is stored.
    pub password: Option<String>,
    /// The PEM of a private certificate authority.
    pub ca_pem: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    url: String,
    username: String,
    password_sealed: Option<String>,
    ca_pem: Option<String>,
    version: i64,
    created_at: i64,
}

/// There are few; the list has this bound all the same.
const MOST: i64 = 1000;
const COLUMNS: &str = "SELECT id, name, url, username, password_sealed, ca_pem, version, created_at FROM registries";

fn vault_row(name: &str) -> String {
    format!("registry/{name}")
}

impl From<Row> for Registry {
    fn from(row: Row) -> Self {
        Self {
            id: RegistryId(row.id),
            name: row.name,
            url: row.url,
            username: row.username,
            ca_pem: row.ca_pem,
            has_password: row.password_sealed.is_some(),
            version: row.version,
            created_at: Timestamp(row.created_at),
        }
    }
}

impl<X: Conn> Registries<'_, X> {
    /// Every registry. Everyone who is logged in may see them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self) -> Result<Vec<Registry>> {
        let sql = format!("{COLUMNS} ORDER BY name LIMIT $1");
        Ok(rows::<Row, X>(self.0, &sql, vals![MOST]).await?.into_iter().map(Into::into).collect())
    }

    /// A registry.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, id: RegistryId) -> Result<Registry> {
        let found = row::<Row, X>(self.0, &format!("{COLUMNS} WHERE id = $1"), vals![id.0]).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::Registry, id))
    }

    /// How every registry is reached; never for an answer.
    ///
    /// # Errors
    /// When a password was sealed with another key.
    pub async fn connections(&self) -> Result<Vec<RegistryConnection>> {
        let sql = format!("{COLUMNS} ORDER BY name LIMIT $1");
        let found = rows::<Row, X>(self.0, &sql, vals![MOST]).await?;
        found
            .into_iter()
            .map(|r| {
                let password = match &r.password_sealed {
                    Some(sealed) => self.0.store().vault().open(&vault_row(&r.name), sealed)?,
                    None => String::new(),
                };
                Ok(RegistryConnection { name: r.name, url: r.url, username: r.username, password, ca_pem: r.ca_pem })
            })
            .collect()
    }
}

impl Registries<'_, Tx> {
    async fn seal(&self, draft: &RegistryDraft) -> Result<Option<String>> {
        match draft.password.as_ref().filter(|p| !p.is_empty()) {
            Some(password) => self.0.seal(&vault_row(&draft.name), password).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records a registry.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::Registry>, draft: &RegistryDraft) -> Result<RegistryId> {
        let _ = allowed;
        let sql = "INSERT INTO registries (name, url, username, password_sealed, ca_pem, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id AS n";
        let values = vals![
            draft.name.as_str(),
            draft.url.as_str(),
            draft.username.as_str(),
            self.seal(draft).await?,
            draft.ca_pem.clone(),
            self.0.clock().now().0
        ];
        let taken = taken(ObjectKind::Registry, format!("there is a registry '{}' already", draft.name));
        number(self.0, sql, values).await.map(RegistryId).map_err(taken)
    }

    /// Changes a registry; its name stays, because its password is bound to it.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version.
    pub async fn update(&self, allowed: &Allowed<act::Update, obj::Registry>, before: &Registry, draft: &RegistryDraft) -> Result<()> {
        let _ = allowed;
        let sql = "UPDATE registries SET url = $1, username = $2, password_sealed = CASE WHEN $3 THEN $4 ELSE password_sealed END, ca_pem = $5, \
            version = version + 1 WHERE id = $6 AND version = $7";
        let values = vals![
            draft.url.as_str(),
            draft.username.as_str(),
            draft.password.is_some(),
            self.seal(draft).await?,
            draft.ca_pem.clone(),
            before.id.0,
            before.version
        ];
        if exec(self.0, sql, values).await? == 0 {
            return Err(crate::resources::stale(ObjectKind::Registry, before.version, None));
        }
        Ok(())
    }

    /// Removes a registry.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than the one asked for.
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::Registry>, id: RegistryId, version: Option<i64>) -> Result<()> {
        let _ = allowed;
        let sql = "DELETE FROM registries WHERE id = $1 AND (CAST($2 AS BIGINT) IS NULL OR version = $2)";
        if exec(self.0, sql, vals![id.0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::Registry, "registries", id.0, version).await?);
        }
        Ok(())
    }
}
