//! Taking over what was there before.

use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{
    AttachmentSpec, FloatingIpSpec, Power, RouterInterfaceSpec, RouterSpec, SecurityGroupSpec, ServerNetwork, ServerSecurityGroup,
    ServerSize, ServerSpec, SnapshotSpec, Unmanaged, VolumeSource, VolumeSpec,
};
use tenantry_domain::resource::{Kind, NamespaceSpec, Spec};
use tenantry_driver_api::Result;
use tenantry_driver_api::cloud::{CloudPlace, Known};

use super::floating_ip::FloatingIp;
use super::group::{DEFAULT, SecurityGroup};
use super::network::Network;
use super::router::{Router, RouterInterface};
use super::server::{Life, Server};
use super::table::{self, Body as _, Row, Stored};
use super::volume::{Attachment, Snapshot, Volume};
use super::{Tx, catalog, conflict};
use crate::{find, invalid};

/// What can be told apart by people, and taken over by itself.
const LISTED: [Kind; 6] = [Kind::Network, Kind::Router, Kind::SecurityGroup, Kind::Volume, Kind::Server, Kind::FloatingIp];

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn summary(row: Row) -> Result<String> {
    Ok(match row.kind()? {
        Kind::Network => row.read::<Network>()?.body.spec.cidr.to_string(),
        Kind::Router => row.read::<Router>()?.body.address.map_or_else(|| "no external network".to_owned(), |a| a.to_string()),
        Kind::SecurityGroup => format!("{} rules", row.read::<SecurityGroup>()?.body.rules.len()),
        Kind::Volume => format!("{} GiB", row.read::<Volume>()?.body.size_gib),
        Kind::FloatingIp => row.read::<FloatingIp>()?.body.address.map_or_else(String::new, |a| a.to_string()),
        Kind::Server => {
            let body = row.read::<Server>()?.body;
            let addresses = body.ports.iter().map(|p| p.address.to_string());
            let size = format!("{} cores, {} MiB", body.cpu_millicores / 1000, body.memory_mib);
            joined([body.condition().to_owned(), size].into_iter().chain(addresses))
        }
        _ => String::new(),
    })
}

pub(crate) async fn unmanaged(tx: &Tx, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
    let mut all = Vec::new();
    if let Some(namespace) = find(tx, "namespace", "", project).await?
        && namespace.uid.parse::<tenantry_domain::Uid>().is_err()
    {
        let name = namespace.name;
        all.push(Unmanaged { kind: Kind::Namespace, peer_id: name.clone(), name, summary: "a project".to_owned() });
    }
    for row in table::foreign(tx, project, &LISTED, limit).await? {
        let (kind, peer_id, name) = (row.kind()?, row.peer_id.clone(), row.name.clone());
        all.push(Unmanaged { kind, peer_id, name, summary: summary(row)? });
    }
    all.truncate(limit);
    Ok(all)
}

/// Finds our resources for the peer's ids.
struct Finder<'a> {
    known: &'a Known,
    about: String,
    names: Vec<Row>,
}

impl Finder<'_> {
    fn find(&self, peer_id: &str) -> Result<ResourceId> {
        let called = || self.names.iter().find(|row| row.peer_id == peer_id).map_or_else(|| format!("'{peer_id}'"), Row::called);
        let refused = || conflict(format!("{} refers to the {}, which is not Tenantry's: take that over first", self.about, called()));
        self.known.get(peer_id).copied().ok_or_else(refused)
    }
}

pub(crate) async fn describe(tx: &Tx, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
    if kind == Kind::Namespace {
        let limits = crate::limits_of(tx, project).await?.0;
        return Ok((project.to_owned(), Spec::Namespace(NamespaceSpec { limits, adopt: true })));
    }
    let row = table::row(tx, kind, project, peer_id).await?;
    let row = row.ok_or_else(|| invalid(format!("there is no {kind} '{peer_id}' in the project '{project}'")))?;
    let (name, about) = (row.name.clone(), format!("the {}", row.called()));
    let mut finder = Finder { known, about, names: Vec::new() };
    let spec = match kind {
        Kind::Namespace | Kind::Disk | Kind::App => return Err(invalid(format!("a {kind} is not taken over so"))),
        Kind::Network => Spec::Network(row.read::<Network>()?.body.spec),
        Kind::Router => {
            let body = row.read::<Router>()?.body;
            Spec::Router(RouterSpec { description: body.description, external_network: body.external_network })
        }
        Kind::SecurityGroup => {
            let body = row.read::<SecurityGroup>()?.body;
            Spec::SecurityGroup(SecurityGroupSpec { description: body.description, rules: body.rules })
        }
        Kind::Volume => {
            let Volume { size_gib, description, volume_type, image, .. } = row.read::<Volume>()?.body;
            let (volume_type, source) = (Some(volume_type), image.map(VolumeSource::Image));
            Spec::Volume(VolumeSpec { size_gib, description, volume_type, source })
        }
        Kind::Snapshot => {
            let body = row.read::<Snapshot>()?.body;
            finder.names = table::with_ids(tx, std::slice::from_ref(&body.volume)).await?;
            let volume = finder.find(&body.volume)?;
            Spec::Snapshot(SnapshotSpec { volume, size_gib: body.size_gib, description: body.description })
        }
        Kind::RouterInterface => {
            let body = row.read::<RouterInterface>()?.body;
            finder.names = table::with_ids(tx, &[body.router.clone(), body.network.clone()]).await?;
            Spec::RouterInterface(RouterInterfaceSpec { router: finder.find(&body.router)?, network: finder.find(&body.network)? })
        }
        Kind::Attachment => {
            let body = row.read::<Attachment>()?.body;
            finder.names = table::with_ids(tx, &[body.server.clone(), body.volume.clone()]).await?;
            Spec::Attachment(AttachmentSpec { server: finder.find(&body.server)?, volume: finder.find(&body.volume)? })
        }
        Kind::FloatingIp => {
            let body = row.read::<FloatingIp>()?.body;
            let server: Vec<String> = body.server.into_iter().collect();
            finder.names = table::with_ids(tx, &server).await?;
            let server = server.first().map(|id| finder.find(id)).transpose()?;
            Spec::FloatingIp(FloatingIpSpec { description: body.description, external_network: body.external_network, server })
        }
        Kind::Server => {
            let server = row.read::<Server>()?;
            finder.names = table::with_ids(tx, &server.body.links()).await?;
            Spec::Server(describe_server(tx, &server, &finder).await?)
        }
    };
    Ok((name, spec))
}

async fn describe_server(tx: &Tx, server: &Stored<Server>, finder: &Finder<'_>) -> Result<ServerSpec> {
    let body = &server.body;
    let offered = catalog::networks();
    let network = |id: &String| match offered.iter().find(|n| n.id == *id) {
        Some(shared) => Ok(ServerNetwork::Shared(shared.id.clone())),
        None => finder.find(id).map(ServerNetwork::Own),
    };
    let group = |name: &String| match name.as_str() {
        DEFAULT => Ok(ServerSecurityGroup::Peer(DEFAULT.to_owned())),
        id => finder.find(id).map(ServerSecurityGroup::Own),
    };
    let flavor = catalog::flavors(tx, &server.namespace).await?.into_iter().find(|f| f.id == body.flavor);
    let flavor = flavor.ok_or_else(|| conflict(format!("the flavor of the server '{}' is gone", server.name)))?;
    Ok(ServerSpec {
        image_id: body.image.clone(),
        image: catalog::images().into_iter().find(|i| i.id == body.image).map_or_else(String::new, |i| i.name),
        size: ServerSize {
            flavor_id: Some(flavor.id),
            flavor: flavor.name,
            cpu_millicores: flavor.cpu_millicores,
            memory_mib: flavor.memory_mib,
            disk_gib: flavor.disk_gib,
        },
        networks: body.ports.iter().map(|p| network(&p.network)).collect::<Result<_>>()?,
        security_groups: body.groups.iter().map(group).collect::<Result<_>>()?,
        availability_zone: Some(body.zone.clone()),
        user_data: body.user_data.clone(),
        power: if let Life::Is(power) = body.life { power } else { Power::Running },
        reboots: body.reboots,
        hard_reboot: false,
    })
}

pub(crate) async fn claim(tx: &Tx, kind: Kind, at: &CloudPlace) -> Result<()> {
    let found = table::row(tx, kind, &at.place.namespace, &at.peer_id).await?;
    let found = found.ok_or_else(|| {
        invalid(format!("there is no {kind} '{}' in the project '{}' that could be taken over", at.peer_id, at.place.namespace))
    })?;
    let uid = at.place.uid.to_string();
    match found.uid.as_str() {
        "" => table::mark(tx, &at.peer_id, &uid).await,
        present if present == uid => Ok(()),
        _ => Err(table::not_ours(&found)),
    }
}

pub(crate) async fn release(tx: &Tx, kind: Kind, at: &CloudPlace) -> Result<()> {
    match table::locate(tx, kind, at).await? {
        Some(found) if found.uid == at.place.uid.to_string() => table::mark(tx, &found.peer_id, "").await,
        _ => Ok(()),
    }
}
