//! What the cloud offers to a project.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use tenantry_domain::cloud::{AvailabilityZone, Catalog, Flavor, OfferedNetwork, ServerImage};
use tenantry_driver_api::Result;
use tenantry_driver_api::cloud::Offers;

use crate::OpenStack;
use crate::client::Session;
use crate::failure::Outcome;
use crate::flavors::PRIVATE;
use crate::objects::{items, text};
use crate::service::Service::{Compute, Images, Network, Volumes};
use crate::token::Scope;

fn number(object: &Value, key: &str) -> i64 {
    object[key].as_i64().unwrap_or(0)
}

async fn flavors(session: &Session<'_>) -> Outcome<Vec<Flavor>> {
    let found = session.list(Compute, &["flavors", "detail"], "flavors", &[]).await?;
    // an administrator sees the private ones of all
    let offered = found.iter().filter(|flavor| session.scope != Scope::Account || !text(flavor, "id").starts_with(PRIVATE));
    let read = offered.map(|flavor| Flavor {
        id: text(flavor, "id").to_owned(),
        name: text(flavor, "name").to_owned(),
        cpu_millicores: number(flavor, "vcpus").saturating_mul(1000),
        memory_mib: number(flavor, "ram"),
        disk_gib: number(flavor, "disk"),
        public: flavor["os-flavor-access:is_public"] != false,
    });
    Ok(read.collect())
}

async fn images(session: &Session<'_>) -> Outcome<Vec<ServerImage>> {
    let found = session.list(Images, &["images"], "images", &[]).await?;
    let read = found.iter().map(|image| ServerImage {
        id: text(image, "id").to_owned(),
        name: text(image, "name").to_owned(),
        condition: text(image, "status").to_owned(),
        size_bytes: number(image, "size"),
        min_disk_gib: number(image, "min_disk"),
        min_memory_mib: number(image, "min_ram"),
    });
    Ok(read.collect())
}

async fn zones(session: &Session<'_>) -> Outcome<Vec<AvailabilityZone>> {
    let found = session.get(Compute, &["os-availability-zone"], &[]).await?;
    let read = items(&found, "availabilityZoneInfo")
        .map(|zone| AvailabilityZone { name: text(zone, "zoneName").to_owned(), available: zone["zoneState"]["available"] == true });
    Ok(read.collect())
}

impl OpenStack {
    /// The operator's networks that a project sees: external ones, and those that are shared with it.
    async fn offered_networks(&self, session: &Session<'_>) -> Outcome<Vec<OfferedNetwork>> {
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        for query in [("router:external", "true"), ("shared", "true")] {
            for network in session.list(Network, &["networks"], "networks", &[query]).await? {
                found.insert(text(&network, "id").to_owned(), network);
            }
        }
        let mut cidrs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let ids: Vec<(&str, &str)> = found.keys().map(|id| ("network_id", id.as_str())).collect();
        if !ids.is_empty() {
            // a tenant does not see the subnets of external networks
            for subnet in self.client.account().list(Network, &["subnets"], "subnets", &ids).await? {
                cidrs.entry(text(&subnet, "network_id").to_owned()).or_default().push(text(&subnet, "cidr").to_owned());
            }
        }
        let read = found.into_iter().map(|(id, network)| OfferedNetwork {
            name: text(&network, "name").to_owned(),
            cidrs: cidrs.remove(&id).unwrap_or_default(),
            external: network["router:external"] == true,
            shared: network["shared"] == true,
            id,
        });
        Ok(read.collect())
    }
}

#[async_trait]
impl Offers for OpenStack {
    async fn catalog(&self, project: &str) -> Result<Catalog> {
        // who has no project yet is offered what everybody is
        let session = self.project(project, None).await?.unwrap_or_else(|| self.client.account());
        let types = async {
            let found = session.list(Volumes, &["types"], "volume_types", &[]).await?;
            Ok(found.iter().map(|kind| text(kind, "name").to_owned()).collect::<Vec<_>>())
        };
        let (flavors, images, zones, networks, volume_types) =
            futures::try_join!(flavors(&session), images(&session), zones(&session), self.offered_networks(&session), types)?;
        Ok(Catalog { flavors, images, zones, networks, volume_types })
    }
}
