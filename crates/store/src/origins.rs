//! Users of directories and of single sign-on: the tenants and roles that their groups lead to.
//!
//! A role belongs to whom the column `grants.origin` names: nobody for one that was given by hand, else the directory whose groups gave
//! it. A directory changes and takes away its own alone.

use sea_orm::FromQueryResult;
use tenantry_domain::policy::{Grant, ObjectKind};
use tenantry_domain::{Result, TenantId, UserId};

use crate::Tx;
use crate::sql::{Conn, exec, number_opt, rows, vals};
use crate::tenants::Tenants;
use crate::users::Users;

impl<X: Conn> Tenants<'_, X> {
    /// The tenant at the end of a path of names or labels from the root tenant down, as `/root/shop`; the root tenant for an empty one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn at_path(&self, path: &str) -> Result<Option<TenantId>> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        if names.next().is_some_and(|first| first != "root") {
            return Ok(None);
        }
        let mut at = TenantId::ROOT;
        for name in names {
            let sql = "SELECT id AS n FROM tenants WHERE parent_id = $1 AND (slug = $2 OR name = $2) ORDER BY slug = $2 DESC LIMIT 1";
            let Some(found) = number_opt(self.0, sql, vals![at.0, name]).await? else { return Ok(None) };
            at = TenantId(found);
        }
        Ok(Some(at))
    }
}

impl Users<'_, Tx> {
    /// Makes the roles that `origin` manages of a user these, at most one for each tenant. One that was given by hand stays, also where
    /// another is wanted. Answers what changed, for the audit; nothing when nothing did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn map_roles(&self, user: UserId, origin: &str, wanted: &[Grant]) -> Result<String> {
        #[derive(FromQueryResult)]
        struct Held {
            tenant_id: i64,
            role: String,
            origin: String,
        }
        let sql = "SELECT tenant_id, role, origin FROM grants WHERE user_id = $1 ORDER BY tenant_id";
        let held = rows::<Held, Tx>(self.0, sql, vals![user.0]).await?;
        let mut changes = Vec::new();
        for old in held.iter().filter(|g| g.origin == origin && !wanted.iter().any(|w| w.tenant.0 == g.tenant_id)) {
            let sql = "DELETE FROM grants WHERE user_id = $1 AND tenant_id = $2 AND origin = $3";
            exec(self.0, sql, vals![user.0, old.tenant_id, origin]).await?;
            changes.push(format!("no longer {} on tenant {}", old.role, old.tenant_id));
        }
        for Grant { tenant, role } in wanted {
            let old = held.iter().find(|g| g.tenant_id == tenant.0);
            if old.is_some_and(|g| g.origin != origin || g.role == role.name()) {
                continue;
            }
            let sql = "INSERT INTO grants (user_id, tenant_id, role, origin) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (user_id, tenant_id) DO UPDATE SET role = excluded.role WHERE grants.origin = $4";
            exec(self.0, sql, vals![user.0, tenant.0, role.name(), origin]).await?;
            changes.push(format!("{role} on tenant {tenant}"));
        }
        if !changes.is_empty() {
            self.0.touch(ObjectKind::User, user.0);
        }
        Ok(changes.join(", "))
    }
}
