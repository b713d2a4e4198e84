//! A tenant that is being closed goes when nothing is left in it; until then it says what is left, where, and why.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::Resource;
use tenantry_domain::tenant::TenantState;
use tenantry_domain::{DatacenterId, ErrorKind, Result, TenantId};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::resources::ResourceFilter;
use tenantry_store::work::{Lease, WorkKind};

pub(crate) struct Tenants {
    pub(crate) store: Store,
}

/// Beneath the wake-ups by what goes: how often to look whether it went.
const LOOK: Duration = Duration::from_secs(30);

/// How many of what is left are named.
const NAMED: u8 = 3;

/// What is left of a tenant: how much, and some of it by name.
#[derive(Default)]
struct Left {
    below: i64,
    below_names: Vec<String>,
    inside: i64,
    inside_names: Vec<String>,
}

fn plan(left: &Left) -> Outcome {
    if left.below == 0 && left.inside == 0 {
        return Outcome::Gone;
    }
    let inside = told(left.inside, &left.inside_names);
    let below = told(left.below, &left.below_names).map(|names| format!("the tenants below it: {names}"));
    let what: Vec<String> = inside.into_iter().chain(below).collect();
    Outcome::Wait { reason: format!("waits for the removal of {}", what.join("; and of ")), after: LOOK }
}

fn told(count: i64, names: &[String]) -> Option<String> {
    let more = count.saturating_sub(i64::try_from(names.len()).unwrap_or(i64::MAX));
    match (count, more) {
        (0, _) => None,
        (_, ..=0) => Some(names.join(", ")),
        _ => Some(format!("{} and {more} more", names.join(", "))),
    }
}

fn name_of(row: &Resource, datacenter: &str) -> String {
    let why = if row.progress.reason.is_empty() { String::new() } else { format!(" ({})", row.progress.reason) };
    format!("{} '{}' in datacenter '{datacenter}'{why}", row.kind(), row.name)
}

impl Tenants {
    async fn left(&self, id: TenantId) -> Result<Left> {
        let (below, inside) = self.store.tenants().remains(id).await?;
        if below == 0 && inside == 0 {
            return Ok(Left::default());
        }
        let below_names = self.store.tenants().child_names(id, NAMED.into()).await?;
        let below_names = below_names.into_iter().map(|n| format!("'{n}'")).collect();
        let filter = ResourceFilter { tenant: Some(id), ..ResourceFilter::default() };
        let rows = self.store.resources().list(&Scope::system(), &filter, &PageRequest::first(NAMED.into())).await?.items;
        let mut datacenters: BTreeMap<DatacenterId, String> = BTreeMap::new();
        for row in &rows {
            if let std::collections::btree_map::Entry::Vacant(entry) = datacenters.entry(row.datacenter) {
                entry.insert(self.store.datacenters().get(&Scope::system(), row.datacenter).await?.name);
            }
        }
        let inside_names = rows.iter().map(|r| name_of(r, datacenters.get(&r.datacenter).map_or("", String::as_str))).collect();
        Ok(Left { below, below_names, inside, inside_names })
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
        Ok(match plan(&self.left(id).await?) {
            Outcome::Gone => Step::gone(),
            outcome => Step::of(outcome),
        })
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::resource::State;

    use super::*;
    use crate::testing::disk;

    fn waits_for(left: &Left) -> String {
        let Outcome::Wait { reason, after: LOOK } = plan(left) else { panic!("it waits") };
        reason
    }

    #[test]
    fn a_tenant_goes_when_nothing_is_left_in_it() {
        assert_eq!(plan(&Left::default()), Outcome::Gone);
    }

    #[test]
    fn what_is_left_is_named_and_beyond_some_counted() {
        let inside = Left { inside: 1, inside_names: vec!["disk 'data'".to_owned()], ..Left::default() };
        assert_eq!(waits_for(&inside), "waits for the removal of disk 'data'");
        let below = Left { below: 5, below_names: vec!["'beta'".to_owned(), "'gamma'".to_owned()], ..Left::default() };
        assert_eq!(waits_for(&below), "waits for the removal of the tenants below it: 'beta', 'gamma' and 3 more");
        let both = Left { below: 1, below_names: vec!["'beta'".to_owned()], ..inside };
        assert_eq!(waits_for(&both), "waits for the removal of disk 'data'; and of the tenants below it: 'beta'");
    }

    #[test]
    fn it_is_said_where_and_why_something_is_left() {
        let mut row = disk(State::Deleting, 1, 1);
        assert_eq!(name_of(&row, "north"), "disk 'data' in datacenter 'north'");
        row.progress.reason = "the disk is used by app 'web'".to_owned();
        assert_eq!(name_of(&row, "north"), "disk 'data' in datacenter 'north' (the disk is used by app 'web')");
    }
}
