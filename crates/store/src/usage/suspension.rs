//! Suspension: a mark on a tenant, and nothing else. Specs stay as they are; controllers see the mark and want nothing of the tenant to
//! run. So what ran runs again when the mark goes.

use sea_orm::FromQueryResult;
use tenantry_domain::audit::AuditRecord;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::resource::Kind;
use tenantry_domain::usage::SUSPENDED;
use tenantry_domain::{Result, TenantId};

use super::{BATCH, Usage};
use crate::events::Told;
use crate::sql::{Conn, Where, number, rows, vals};
use crate::{Store, Tx};

/// What stops when its tenant is suspended.
const RUNS: [Kind; 2] = [Kind::App, Kind::Server];

/// Why a mark went.
const RESUMED: &str = "the account that pays for the tenant is not empty any more, or suspends nobody";

/// The tenants that are to be suspended: all that an empty account pays for whose tenant wants it so.
const TO_SUSPEND: &str = "SELECT b.tenant_id FROM accounts a JOIN tenants p ON p.id = a.tenant_id \
    JOIN tenant_ancestors b ON b.ancestor_id = p.id WHERE a.balance <= 0 AND p.when_empty = 'suspend' \
    AND NOT EXISTS (SELECT 1 FROM tenant_ancestors n JOIN accounts own ON own.tenant_id = n.ancestor_id \
    WHERE n.tenant_id = b.tenant_id AND n.depth < b.depth)";

#[derive(FromQueryResult)]
struct Marked {
    id: i64,
    name: String,
}

impl<X: Conn> Usage<'_, X> {
    /// How many tenants are suspended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn suspended(&self) -> Result<i64> {
        number(self.0, "SELECT COUNT(*) AS n FROM tenants WHERE suspended_at IS NOT NULL", vals![]).await
    }
}

impl Usage<'_, Store> {
    /// Suspends tenants that are to be and resumes those that are not, some of them; answers how many. Any number of servers may do it at
    /// once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn review(&self) -> Result<usize> {
        let tx = self.0.begin().await?;
        let changed = tx.usage().review(None).await?;
        if changed > 0 {
            tx.commit().await?;
        }
        Ok(changed)
    }
}

impl Usage<'_, Tx> {
    /// The same for one tenant and those below it, in the caller's transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn review(&self, top: Option<TenantId>) -> Result<usize> {
        Ok(self.mark(true, top).await? + self.mark(false, top).await?)
    }

    /// Takes the mark off those below one tenant (and off it) that have it and need not, some of them; the next turn does the rest.
    pub(crate) async fn resume(&self, top: TenantId) -> Result<usize> {
        self.mark(false, Some(top)).await
    }

    async fn mark(&self, suspend: bool, top: Option<TenantId>) -> Result<usize> {
        let now = self.0.clock().now().0;
        let mut filter = Where::default();
        let (stamp, suspended_at) = (filter.value(now), filter.value(suspend.then_some(now)));
        let (unmarked, wanted) = if suspend { ("suspended_at IS NULL", "IN") } else { ("suspended_at IS NOT NULL", "NOT IN") };
        // what is being closed goes anyway
        filter.raw(unmarked).raw("state = 'active'").raw(&format!("id {wanted} ({TO_SUSPEND})"));
        filter.and_if("id IN (SELECT tenant_id FROM tenant_ancestors WHERE ancestor_id = {})", top.map(|t| t.0));
        let limit = filter.value(BATCH);
        let skip = self.0.store().skip_locked();
        let sql = format!(
            "UPDATE tenants SET suspended_at = {suspended_at}, version = version + 1, updated_at = {stamp} \
             WHERE id IN (SELECT id FROM tenants{} ORDER BY id LIMIT {limit}{skip}) AND {unmarked} RETURNING id, name",
            filter.clause()
        );
        let mut marked = rows::<Marked, Tx>(self.0, &sql, filter.into_values()).await?;
        if marked.is_empty() {
            return Ok(0);
        }
        marked.sort_unstable_by_key(|m| m.id);
        let (change, reason) = if suspend { ("suspended", SUSPENDED) } else { ("resumed", RESUMED) };
        let told = |m: &Marked| (TenantId(m.id), format!("'{}' is {change}: {reason}", m.name));
        let told: Vec<(TenantId, String)> = marked.iter().map(told).collect();
        let events: Vec<Told<'_>> = marked
            .iter()
            .map(|m| Told { kind: ObjectKind::Tenant, id: m.id, tenant: TenantId(m.id), change, name: &m.name, reason })
            .collect();
        self.0.events().record_each(&events).await?;
        let (action, object) = (Action::Update.name(), ObjectKind::Tenant.noun());
        let records = told.iter().map(|(id, detail)| AuditRecord::by_itself(action, object, &id.to_string(), Some(*id), detail));
        self.0.audit().record_each(&records.collect::<Vec<_>>()).await?;
        let ids: Vec<TenantId> = told.iter().map(|(id, _)| *id).collect();
        self.0.resources().renew_all(&ids, &RUNS).await?;
        Ok(marked.len())
    }
}
