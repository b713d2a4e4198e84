//! What the sandbox offers.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use sea_orm::{ConnectionTrait, FromQueryResult};
use tenantry_domain::cloud::{AvailabilityZone, Catalog, Flavor, OfferedNetwork, ServerImage, ServerSize};
use tenantry_driver_api::Result;

use super::Tx;
use super::addresses::Pool;
use super::table::{new_id, query, run};
use crate::invalid;

/// The zone of a server that asks for none.
pub(crate) const ZONE: &str = "nova";
/// The type of a volume that asks for none.
pub(crate) const VOLUME_TYPE: &str = "standard";
/// The external network.
const PUBLIC: &str = "5a9d0000-0000-4000-8000-000000000101";
/// The network that all servers may be in.
const SHARED: &str = "5a9d0000-0000-4000-8000-000000000102";

const FLAVORS: [(&str, &str, i64, i64, i64); 5] = [
    ("1", "m1.tiny", 1000, 512, 1),
    ("2", "m1.small", 1000, 2048, 20),
    ("3", "m1.medium", 2000, 4096, 40),
    ("4", "m1.large", 4000, 8192, 80),
    ("5", "m1.xlarge", 8000, 16384, 160),
];

const IMAGES: [(&str, &str, &str, i64, i64, i64); 5] = [
    ("5a9d0000-0000-4000-8000-000000000201", "cirros-0.6.3", "active", 21_692_416, 1, 64),
    ("5a9d0000-0000-4000-8000-000000000202", "debian-13", "active", 348_127_232, 3, 512),
    ("5a9d0000-0000-4000-8000-000000000203", "ubuntu-24.04", "active", 628_097_024, 4, 1024),
    // servers that are made from it fail
    ("5a9d0000-0000-4000-8000-000000000204", "broken-1.0", "active", 21_692_416, 1, 64),
    ("5a9d0000-0000-4000-8000-000000000205", "retired-9", "deactivated", 21_692_416, 1, 64),
];

pub(crate) fn images() -> Vec<ServerImage> {
    let image = |(id, name, condition, size_bytes, min_disk_gib, min_memory_mib): (&str, &str, &str, i64, i64, i64)| ServerImage {
        id: id.to_owned(),
        name: name.to_owned(),
        condition: condition.to_owned(),
        size_bytes,
        min_disk_gib,
        min_memory_mib,
    };
    IMAGES.map(image).into()
}

/// An image that can be used.
pub(crate) fn image(id: &str) -> Result<ServerImage> {
    let found = images().into_iter().find(|i| i.id == id).ok_or_else(|| invalid(format!("there is no image '{id}'")))?;
    if found.condition == "active" { Ok(found) } else { Err(invalid(format!("the image '{}' is {}", found.name, found.condition))) }
}

pub(crate) fn zones() -> Vec<AvailabilityZone> {
    [(ZONE, true), ("maintenance", false)].map(|(name, available)| AvailabilityZone { name: name.to_owned(), available }).into()
}

pub(crate) fn volume_types() -> Vec<String> {
    vec![VOLUME_TYPE.to_owned(), "fast".to_owned()]
}

fn offered_cidr(id: &str) -> Option<IpNet> {
    let first = match id {
        PUBLIC => Ipv4Addr::new(198, 18, 0, 0),
        SHARED => Ipv4Addr::new(172, 31, 0, 0),
        _ => return None,
    };
    Ipv4Net::new(first, 16).ok().map(IpNet::V4)
}

pub(crate) fn networks() -> Vec<OfferedNetwork> {
    let network = |(id, name, external): (&str, &str, bool)| OfferedNetwork {
        id: id.to_owned(),
        name: name.to_owned(),
        cidrs: offered_cidr(id).iter().map(ToString::to_string).collect(),
        external,
        shared: !external,
    };
    [(PUBLIC, "public", true), (SHARED, "shared", false)].map(network).into()
}

/// The addresses of a network of the sandbox's own.
pub(crate) fn offered_pool(id: &str) -> Option<Pool> {
    let network = networks().into_iter().find(|n| n.id == id)?;
    let cidr = offered_cidr(id)?;
    Some(Pool::new(id, &network.name, cidr, None, gateway(cidr)))
}

fn gateway(cidr: IpNet) -> Option<IpAddr> {
    cidr.hosts().next()
}

/// The addresses of the external network that something is to be in.
pub(crate) fn external_pool(id: &str) -> Result<Pool> {
    let external = networks().iter().any(|n| n.id == id && n.external);
    offered_pool(id).filter(|_| external).ok_or_else(|| invalid(format!("there is no external network '{id}'")))
}

#[derive(FromQueryResult)]
struct Private {
    id: String,
    name: String,
    cpu_millicores: i64,
    memory_mib: i64,
    disk_gib: i64,
}

impl From<Private> for Flavor {
    fn from(p: Private) -> Self {
        let Private { id, name, cpu_millicores, memory_mib, disk_gib } = p;
        Self { id, name, cpu_millicores, memory_mib, disk_gib, public: false }
    }
}

/// The flavors that a project may use.
pub(crate) async fn flavors<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<Vec<Flavor>> {
    let sql = "SELECT id, name, cpu_millicores, memory_mib, disk_gib FROM cloud_flavors WHERE namespace = $1 ORDER BY name";
    let private: Vec<Private> = query(db, sql, vec![namespace.into()]).await?;
    let public = FLAVORS.map(|(id, name, cpu_millicores, memory_mib, disk_gib)| Flavor {
        id: id.to_owned(),
        name: name.to_owned(),
        cpu_millicores,
        memory_mib,
        disk_gib,
        public: true,
    });
    Ok(public.into_iter().chain(private.into_iter().map(Into::into)).collect())
}

/// The flavor that a server asks for; a private one of its size is made when it names none.
pub(crate) async fn flavor(tx: &Tx, namespace: &str, size: &ServerSize) -> Result<Flavor> {
    if let Some(id) = &size.flavor_id {
        let found = flavors(tx, namespace).await?.into_iter().find(|f| f.id == *id);
        return found.ok_or_else(|| invalid(format!("there is no flavor '{id}' for the project '{namespace}'")));
    }
    if size.cpu_millicores <= 0 || size.cpu_millicores % 1000 != 0 || size.memory_mib <= 0 || size.disk_gib < 0 {
        return Err(invalid("a flavor has whole processors, some memory and no negative disk"));
    }
    let name = format!("t.{}c.{}m.{}g", size.cpu_millicores / 1000, size.memory_mib, size.disk_gib);
    if let Some(found) = flavors(tx, namespace).await?.into_iter().find(|f| f.name == name && !f.public) {
        return Ok(found);
    }
    let id = new_id(tx).await?;
    let sql = "INSERT INTO cloud_flavors (id, namespace, name, cpu_millicores, memory_mib, disk_gib) VALUES ($1, $2, $3, $4, $5, $6)";
    let (cpu_millicores, memory_mib, disk_gib) = (size.cpu_millicores, size.memory_mib, size.disk_gib);
    let values =
        vec![id.as_str().into(), namespace.into(), name.as_str().into(), cpu_millicores.into(), memory_mib.into(), disk_gib.into()];
    run(tx, sql, values).await?;
    Ok(Flavor { id, name, cpu_millicores, memory_mib, disk_gib, public: false })
}

pub(crate) async fn all<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<Catalog> {
    Ok(Catalog {
        flavors: flavors(db, namespace).await?,
        images: images(),
        zones: zones(),
        networks: networks(),
        volume_types: volume_types(),
    })
}
