//! Peers for tests that need none in particular.

use async_trait::async_trait;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::Role;
use tenantry_domain::{Amounts, DatacenterId, Metric, Result, Uid};
use tenantry_driver_api::{FoundPlace, Kubeconfig, PlacePage, PlaceQuery};
use tenantry_service::Peers;

use crate::cloud::OneOfEverything;

/// Datacenters that are well with three places that were there before, clouds that offer one of everything, and registries with nothing in them.
pub struct Well;

/// What was there before: a place that can be taken over, in which little lives; one whose name no tenant can have; one of another Tenantry.
fn places() -> Vec<FoundPlace> {
    let place = |name: &str, mark: Option<Uid>| FoundPlace { name: name.to_owned(), peer_id: format!("id-{name}"), since: None, mark };
    let other = "00000000-0000-7000-8000-0000000000ff".parse().ok();
    vec![place("Old Shop", None), place("old-shop", None), place("theirs", other)]
}

#[async_trait]
impl Peers for Well {
    async fn places(&self, _: DatacenterId, query: &PlaceQuery) -> Result<PlacePage> {
        let items: Vec<FoundPlace> = places().into_iter().filter(|place| place.name.starts_with(&query.prefix)).collect();
        let begin = query.after.as_ref().map_or(0, |after| items.iter().position(|place| place.name == *after).map_or(0, |at| at + 1));
        let page: Vec<FoundPlace> = items.iter().skip(begin).take(query.limit).cloned().collect();
        let more = begin + page.len() < items.len();
        Ok(PlacePage { next: page.last().filter(|_| more).map(|last| last.name.clone()), items: page })
    }
    async fn place(&self, _: DatacenterId, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        let held = Amounts::ZERO.with(Metric::Cpu, 1000).with(Metric::Memory, 1024).with(Metric::Volumes, 1);
        Ok(places().into_iter().find(|place| place.name == name).map(|place| (place, held)))
    }

    fn clouds(&self) -> Option<&dyn tenantry_service::Clouds> {
        Some(&OneOfEverything)
    }

    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        Ok(Health { healthy: true, peer_version: "v1".to_owned(), ..Health::default() })
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        Ok(Kubeconfig { yaml: "kind: Config".to_owned(), expires_in_s: 60 })
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        Ok(Vec::new())
    }
}
