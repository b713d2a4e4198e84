//! A tenant that is being closed goes when nothing is left in it.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::policy::Scope;
use tenantry_domain::tenant::TenantState;
use tenantry_domain::{ErrorKind, Result, TenantId};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::work::{Lease, WorkKind};

pub(crate) struct Tenants {
    pub(crate) store: Store,
}

/// Beneath the wake-ups by what goes: how often to look whether it went.
const LOOK: Duration = Duration::from_secs(30);

fn plan(below: i64, inside: i64) -> Outcome {
    match (below, inside) {
        (0, 0) => Outcome::Gone,
        _ => {
            Outcome::Wait { reason: format!("waits for {inside} resources in it and {below} tenants below it to be removed"), after: LOOK }
        }
    }
}

#[async_trait]
impl Controller for Tenants {
    fn kind(&self) -> WorkKind {
        WorkKind::Tenant
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let id = TenantId(lease.object);
        let tenant = match self.store.tenants().get(&Scope::system(), id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Step::gone()),
            other => other?,
        };
        if tenant.state == TenantState::Active {
            return Ok(Step::of(Outcome::Done));
        }
        let (below, inside) = self.store.tenants().remains(id).await?;
        Ok(match plan(below, inside) {
            Outcome::Gone => Step::gone(),
            outcome => Step::of(outcome),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_goes_when_nothing_is_left_in_it() {
        assert_eq!(plan(0, 0), Outcome::Gone);
        assert!(matches!(plan(1, 0), Outcome::Wait { reason, .. } if reason.contains("1 tenants")));
        assert!(matches!(plan(0, 2), Outcome::Wait { reason, .. } if reason.contains("2 resources")));
    }
}
