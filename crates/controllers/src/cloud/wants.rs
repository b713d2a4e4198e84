//! From rows to what a driver is asked for: a pure function, and the call that belongs to each kind.

use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{ServerNetwork, ServerSecurityGroup, ServerSpec, VolumeSource};
use tenantry_domain::resource::{Resource, Spec, State, Status};
use tenantry_driver_api::cloud::{
    AttachmentWant, CloudPlace, CloudPlatform, FloatingIpWant, NetworkWant, RouterInterfaceWant, RouterWant, SecurityGroupWant, ServerWant,
    SnapshotWant, VolumeWant,
};
use tenantry_driver_api::{Deletion, Result, Rollout};

use crate::needs::place;

/// Where a row is at its peer. `untried` is that this is the first look at it ever.
pub(crate) fn at(row: &Resource, untried: bool, repair: bool) -> CloudPlace {
    CloudPlace {
        place: place(row),
        peer_id: row.status.peer_id().to_owned(),
        untried,
        unchanged: row.generation == 1,
        existed: row.state != State::Deleting && row.complete_generation == row.generation,
        repair,
    }
}

/// What a driver is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Want {
    Network(NetworkWant),
    Router(RouterWant),
    RouterInterface(RouterInterfaceWant),
    SecurityGroup(SecurityGroupWant),
    Volume(VolumeWant),
    Snapshot(SnapshotWant),
    Server(Box<ServerWant>),
    Attachment(AttachmentWant),
    FloatingIp(FloatingIpWant),
}

/// The peer's id of a resource that another one refers to; none while it has none.
fn id_of(targets: &[Resource], id: ResourceId) -> Option<String> {
    let target = targets.iter().find(|t| t.id == id)?;
    Some(target.status.peer_id().to_owned()).filter(|peer_id| !peer_id.is_empty())
}

fn subnet_of(targets: &[Resource], id: ResourceId) -> Option<String> {
    match &targets.iter().find(|t| t.id == id)?.status {
        Status::Network(network) => Some(network.subnet_id.clone()),
        _ => None,
    }
}

fn server(at: CloudPlace, spec: &ServerSpec, targets: &[Resource]) -> Option<ServerWant> {
    let networks = spec.networks.iter().map(|network| match network {
        ServerNetwork::Own(id) => id_of(targets, *id),
        ServerNetwork::Shared(peer_id) => Some(peer_id.clone()),
    });
    let groups = spec.security_groups.iter().map(|group| match group {
        ServerSecurityGroup::Own(id) => id_of(targets, *id),
        ServerSecurityGroup::Peer(name) => Some(name.clone()),
    });
    let (networks, security_groups) = (networks.collect::<Option<_>>()?, groups.collect::<Option<_>>()?);
    Some(ServerWant { at, spec: spec.clone(), networks, security_groups })
}

impl Want {
    /// What a row asks for; none when it is no cloud's, or something that it refers to has no id yet.
    pub(crate) fn of(row: &Resource, at: CloudPlace, targets: &[Resource]) -> Option<Self> {
        Some(match &row.spec {
            Spec::Namespace(_) | Spec::Disk(_) | Spec::App(_) => return None,
            Spec::Network(spec) => Self::Network(NetworkWant { at, spec: spec.clone() }),
            Spec::Router(spec) => {
                Self::Router(RouterWant { at, description: spec.description.clone(), external_network: spec.external_network.clone() })
            }
            Spec::RouterInterface(spec) => Self::RouterInterface(RouterInterfaceWant {
                at,
                router: id_of(targets, spec.router)?,
                network: id_of(targets, spec.network)?,
                subnet: subnet_of(targets, spec.network)?,
            }),
            Spec::SecurityGroup(spec) => Self::SecurityGroup(SecurityGroupWant { at, spec: spec.clone() }),
            Spec::Volume(spec) => {
                let (snapshot, image) = match &spec.source {
                    // one that is made does not need its source any more
                    Some(VolumeSource::Snapshot(id)) if at.peer_id.is_empty() && row.state != State::Deleting => {
                        (Some(id_of(targets, *id)?), None)
                    }
                    Some(VolumeSource::Image(image)) => (None, Some(image.clone())),
                    Some(VolumeSource::Snapshot(_)) | None => (None, None),
                };
                let (description, volume_type) = (spec.description.clone(), spec.volume_type.clone());
                Self::Volume(VolumeWant { at, size_gib: spec.size_gib, description, volume_type, snapshot, image })
            }
            Spec::Snapshot(spec) => {
                Self::Snapshot(SnapshotWant { at, description: spec.description.clone(), volume: id_of(targets, spec.volume)? })
            }
            Spec::Server(spec) if row.state == State::Deleting => {
                Self::Server(Box::new(ServerWant { at, spec: spec.clone(), networks: Vec::new(), security_groups: Vec::new() }))
            }
            Spec::Server(spec) => Self::Server(Box::new(server(at, spec, targets)?)),
            Spec::Attachment(spec) => {
                Self::Attachment(AttachmentWant { at, server: id_of(targets, spec.server)?, volume: id_of(targets, spec.volume)? })
            }
            Spec::FloatingIp(spec) => {
                let server = match spec.server {
                    Some(id) if row.state != State::Deleting => Some(id_of(targets, id)?),
                    _ => None,
                };
                let (description, external_network) = (spec.description.clone(), spec.external_network.clone());
                Self::FloatingIp(FloatingIpWant { at, description, external_network, server })
            }
        })
    }

    pub(crate) const fn at(&self) -> &CloudPlace {
        match self {
            Self::Network(w) => &w.at,
            Self::Router(w) => &w.at,
            Self::RouterInterface(w) => &w.at,
            Self::SecurityGroup(w) => &w.at,
            Self::Volume(w) => &w.at,
            Self::Snapshot(w) => &w.at,
            Self::Server(w) => &w.at,
            Self::Attachment(w) => &w.at,
            Self::FloatingIp(w) => &w.at,
        }
    }

    pub(crate) async fn ensure(&self, cloud: &dyn CloudPlatform) -> Result<(Status, Rollout)> {
        Ok(match self {
            Self::Network(w) => with(cloud.ensure_network(w).await?, Status::Network),
            Self::Router(w) => with(cloud.ensure_router(w).await?, Status::Router),
            Self::RouterInterface(w) => with(cloud.ensure_router_interface(w).await?, Status::RouterInterface),
            Self::SecurityGroup(w) => with(cloud.ensure_security_group(w).await?, Status::SecurityGroup),
            Self::Volume(w) => with(cloud.ensure_volume(w).await?, Status::Volume),
            Self::Snapshot(w) => with(cloud.ensure_snapshot(w).await?, Status::Snapshot),
            Self::Server(w) => with(cloud.ensure_server(w).await?, Status::Server),
            Self::Attachment(w) => with(cloud.ensure_attachment(w).await?, Status::Attachment),
            Self::FloatingIp(w) => with(cloud.ensure_floating_ip(w).await?, Status::FloatingIp),
        })
    }

    pub(crate) async fn delete(&self, cloud: &dyn CloudPlatform) -> Result<Deletion> {
        match self {
            Self::Network(w) => cloud.delete_network(&w.at).await,
            Self::Router(w) => cloud.delete_router(&w.at).await,
            Self::RouterInterface(w) => cloud.delete_router_interface(w).await,
            Self::SecurityGroup(w) => cloud.delete_security_group(&w.at).await,
            Self::Volume(w) => cloud.delete_volume(&w.at).await,
            Self::Snapshot(w) => cloud.delete_snapshot(&w.at).await,
            Self::Server(w) => cloud.delete_server(&w.at).await,
            Self::Attachment(w) => cloud.delete_attachment(w).await,
            Self::FloatingIp(w) => cloud.delete_floating_ip(&w.at).await,
        }
    }
}

fn with<S>((status, rollout): (S, Rollout), kind: impl FnOnce(S) -> Status) -> (Status, Rollout) {
    (kind(status), rollout)
}

#[cfg(test)]
mod tests {
    use tenantry_domain::cloud::{AttachmentSpec, FloatingIpSpec, NetworkStatus, VolumeSpec};
    use tenantry_domain::resource::Kind;

    use super::*;
    use crate::testing::row;

    fn target(id: i64, kind: Kind, peer_id: &str) -> Resource {
        let spec = Spec::Volume(VolumeSpec { size_gib: 1, description: String::new(), volume_type: None, source: None });
        Resource { id: ResourceId(id), status: Status::adopted(kind, peer_id), ..row("target", spec, State::Ready, 1, 1) }
    }

    fn want(spec: Spec, state: State, targets: &[Resource]) -> Option<Want> {
        let row = row("it", spec, state, 1, 0);
        Want::of(&row, at(&row, false, false), targets)
    }

    #[test]
    fn references_become_the_peers_ids() {
        let spec = Spec::Attachment(AttachmentSpec { server: ResourceId(1), volume: ResourceId(2) });
        let targets = [target(1, Kind::Server, "s-1"), target(2, Kind::Volume, "v-2")];
        let Some(Want::Attachment(want)) = want(spec.clone(), State::Pending, &targets) else { panic!("an attachment") };
        assert_eq!((want.server.as_str(), want.volume.as_str()), ("s-1", "v-2"));
        assert_eq!(super::tests::want(spec, State::Pending, &[target(1, Kind::Server, "s-1"), target(2, Kind::Volume, "")]), None);
    }

    #[test]
    fn an_interface_is_told_the_subnet_of_its_network() {
        let spec = Spec::RouterInterface(tenantry_domain::cloud::RouterInterfaceSpec { router: ResourceId(1), network: ResourceId(2) });
        let network = NetworkStatus { peer_id: "n-2".to_owned(), subnet_id: "sub".to_owned(), repaired: Vec::new() };
        let targets = [target(1, Kind::Router, "r-1"), Resource { status: Status::Network(network), ..target(2, Kind::Network, "n-2") }];
        let Some(Want::RouterInterface(want)) = want(spec, State::Pending, &targets) else { panic!("an interface") };
        assert_eq!((want.router.as_str(), want.network.as_str(), want.subnet.as_str()), ("r-1", "n-2", "sub"));
    }

    #[test]
    fn an_address_that_goes_does_not_wait_for_its_server() {
        let spec = Spec::FloatingIp(FloatingIpSpec {
            description: String::new(),
            external_network: "public".to_owned(),
            server: Some(ResourceId(1)),
        });
        assert_eq!(want(spec.clone(), State::Pending, &[target(1, Kind::Server, "")]), None);
        let Some(Want::FloatingIp(want)) = want(spec, State::Deleting, &[target(1, Kind::Server, "")]) else { panic!("an address") };
        assert_eq!(want.server, None);
    }

    #[test]
    fn only_what_was_complete_is_looked_at_for_drift() {
        let spec = Spec::Volume(VolumeSpec { size_gib: 1, description: String::new(), volume_type: None, source: None });
        assert!(at(&row("v", spec.clone(), State::Ready, 2, 2), false, true).existed);
        assert!(!at(&row("v", spec.clone(), State::Ready, 2, 1), false, true).existed);
        assert!(!at(&row("v", spec.clone(), State::Provisioning, 1, 0), false, true).existed);
        assert!(!at(&row("v", spec.clone(), State::Failed, 2, 2), false, true).existed, "it was never as it was asked for");
        let drifted = Resource { complete_generation: 2, ..row("v", spec, State::Failed, 2, 2) };
        assert!(at(&drifted, false, false).existed, "what was told stays told");
    }
}
