//! A case's project, what it makes there, and how that goes again.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use tenantry_domain::cloud::{
    Flavor, NetworkSpec, NetworkStatus, Power, RouterInterfaceStatus, RouterStatus, SecurityGroupSpec, SecurityGroupStatus, ServerImage,
    ServerSize, ServerSpec, ServerStatus, VolumeStatus,
};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Kind;

use super::super::site::Site;
use super::super::{Outcome, Patience, check};
use super::{Capabilities, Hooks, told};
use crate::cloud::{
    AttachmentWant, CloudPlace, CloudPlatform, FloatingIpWant, NetworkWant, RouterInterfaceWant, RouterWant, SecurityGroupWant, ServerWant,
    SnapshotWant, VolumeWant,
};
use crate::{Place, Result, Rollout};

/// What of the catalog the cases use.
pub(super) struct Offered {
    pub(super) image: ServerImage,
    pub(super) broken: Option<ServerImage>,
    pub(super) flavor: Flavor,
    pub(super) external: String,
}

impl Offered {
    pub(super) async fn read(cloud: &dyn CloudPlatform, can: &Capabilities, prefix: &str) -> Outcome<Self> {
        let catalog = cloud.catalog(prefix).await.map_err(|e| told("reading the catalog", &e))?;
        check(!catalog.zones.is_empty(), || "the catalog has no availability zone".to_owned())?;
        let named = |name: &str| catalog.images.iter().find(|i| i.name == name).cloned();
        let image = match &can.image {
            Some(name) => named(name),
            None => catalog.images.iter().find(|i| i.condition == "active").cloned(),
        };
        let image = image.ok_or("the catalog has no image to make servers from")?;
        let fits = |f: &&Flavor| f.public && f.disk_gib >= image.min_disk_gib && f.memory_mib >= image.min_memory_mib;
        let flavor = catalog.flavors.iter().filter(fits).min_by_key(|f| (f.memory_mib, f.disk_gib)).cloned();
        let external = catalog.networks.iter().find(|n| n.external).map(|n| n.id.clone());
        Ok(Self {
            broken: can.broken_image.as_deref().and_then(named),
            flavor: flavor.ok_or("the catalog has no flavor for the image")?,
            external: external.ok_or("the catalog has no external network")?,
            image,
        })
    }
}

/// What a case made, and how it is removed.
enum Made {
    Network(CloudPlace),
    Router(CloudPlace),
    Interface(RouterInterfaceWant),
    Group(CloudPlace),
    Volume(CloudPlace),
    Snapshot(CloudPlace),
    Server(CloudPlace),
    Attachment(AttachmentWant),
    FloatingIp(CloudPlace),
    Planted(Kind, String),
}

/// A case's project, and the cloud.
pub(super) struct Scene<'a> {
    site: Site<'a>,
    pub(super) cloud: &'a dyn CloudPlatform,
    pub(super) can: &'a Capabilities,
    pub(super) offered: &'a Offered,
    pub(super) world: &'a dyn Hooks,
    made: Mutex<Vec<Made>>,
}

impl<'a> Deref for Scene<'a> {
    type Target = Site<'a>;
    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        cloud: &'a dyn CloudPlatform,
        can: &'a Capabilities,
        offered: &'a Offered,
        world: &'a dyn Hooks,
        patience: Patience,
        limits: Limits,
        name: String,
    ) -> Self {
        Self { site: Site::new(cloud, world, patience, limits, name), cloud, can, offered, world, made: Mutex::default() }
    }

    pub(super) fn at(&self, name: &str) -> CloudPlace {
        let place = Place { namespace: self.name.clone(), name: name.to_owned(), uid: self.hooks.uid(), tenant_uid: self.tenant_uid };
        CloudPlace { place, peer_id: String::new(), untried: false, unchanged: false, existed: false, repair: false }
    }

    fn note(&self, made: Made) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    }

    /// Asks until it is complete. A peer that is busy, or that does not see yet what was just made, is asked again.
    pub(super) async fn complete<S: Debug, F: Future<Output = Result<(S, Rollout)>>>(
        &self,
        what: &str,
        ensure: impl Fn() -> F,
    ) -> Outcome<S> {
        let mut last = String::new();
        for _ in 0..self.patience.rounds {
            match ensure().await {
                Ok((status, Rollout::Complete)) => return Ok(status),
                Ok((status, Rollout::Progressing(why))) => last = format!("{what} did not come about: {why}, {status:?}"),
                Ok((status, other)) => return Err(format!("{what} should come about, and was answered {other:?}, {status:?}")),
                Err(error) if error.permanent() => return Err(told(what, &error)),
                Err(error) => last = told(what, &error),
            }
            self.pause().await;
        }
        Err(last)
    }

    pub(super) fn network_want(&self, name: &str, cidr: &str) -> Outcome<NetworkWant> {
        let cidr: ipnet::IpNet = cidr.parse().map_err(|e| format!("{cidr}: {e}"))?;
        let spec = NetworkSpec {
            description: "made by a case".to_owned(),
            cidr,
            gateway: cidr.hosts().next(),
            dhcp: true,
            pool: None,
            dns: Vec::new(),
        };
        let want = NetworkWant { at: self.at(name), spec };
        self.note(Made::Network(want.at.clone()));
        Ok(want)
    }

    pub(super) async fn network(&self, name: &str) -> Outcome<(NetworkWant, NetworkStatus)> {
        let mut want = self.network_want(name, "10.41.0.0/24")?;
        let status = self.complete("the network", || self.cloud.ensure_network(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) async fn router(&self, name: &str) -> Outcome<(RouterWant, RouterStatus)> {
        let mut want = RouterWant { at: self.at(name), description: String::new(), external_network: Some(self.offered.external.clone()) };
        self.note(Made::Router(want.at.clone()));
        let status = self.complete("the router", || self.cloud.ensure_router(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) async fn connect(
        &self,
        router: &RouterStatus,
        network: &NetworkStatus,
    ) -> Outcome<(RouterInterfaceWant, RouterInterfaceStatus)> {
        let (router, subnet) = (router.peer_id.clone(), network.subnet_id.clone());
        let mut want = RouterInterfaceWant { at: self.at("way-out"), router, network: network.peer_id.clone(), subnet };
        self.note(Made::Interface(want.clone()));
        let status = self.complete("the router's interface", || self.cloud.ensure_router_interface(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) async fn group(&self, name: &str, spec: SecurityGroupSpec) -> Outcome<(SecurityGroupWant, SecurityGroupStatus)> {
        let mut want = SecurityGroupWant { at: self.at(name), spec };
        self.note(Made::Group(want.at.clone()));
        let status = self.complete("the security group", || self.cloud.ensure_security_group(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) fn volume_want(&self, name: &str, size_gib: i64) -> VolumeWant {
        let want = VolumeWant { at: self.at(name), size_gib, description: String::new(), volume_type: None, snapshot: None, image: None };
        self.note(Made::Volume(want.at.clone()));
        want
    }

    pub(super) async fn volume(&self, name: &str, size_gib: i64) -> Outcome<(VolumeWant, VolumeStatus)> {
        let mut want = self.volume_want(name, size_gib);
        let status = self.complete("the volume", || self.cloud.ensure_volume(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) fn snapshot_want(&self, name: &str, volume: &VolumeStatus) -> SnapshotWant {
        let want = SnapshotWant { at: self.at(name), description: String::new(), volume: volume.peer_id.clone() };
        self.note(Made::Snapshot(want.at.clone()));
        want
    }

    pub(super) fn server_want(&self, name: &str, networks: &[&NetworkStatus]) -> ServerWant {
        let (image, flavor) = (&self.offered.image, &self.offered.flavor);
        let spec = ServerSpec {
            image_id: image.id.clone(),
            image: image.name.clone(),
            size: ServerSize {
                flavor_id: Some(flavor.id.clone()),
                flavor: flavor.name.clone(),
                cpu_millicores: flavor.cpu_millicores,
                memory_mib: flavor.memory_mib,
                disk_gib: flavor.disk_gib,
            },
            networks: Vec::new(),
            security_groups: Vec::new(),
            availability_zone: None,
            user_data: None,
            power: Power::Running,
            reboots: 0,
            hard_reboot: false,
        };
        let networks = networks.iter().map(|n| n.peer_id.clone()).collect();
        let want = ServerWant { at: self.at(name), spec, networks, security_groups: Vec::new() };
        self.note(Made::Server(want.at.clone()));
        want
    }

    pub(super) async fn server(&self, name: &str, networks: &[&NetworkStatus]) -> Outcome<(ServerWant, ServerStatus)> {
        let mut want = self.server_want(name, networks);
        let status = self.complete("the server", || self.cloud.ensure_server(&want)).await?;
        want.at.peer_id.clone_from(&status.peer_id);
        Ok((want, status))
    }

    pub(super) fn attachment_want(&self, server: &ServerStatus, volume: &VolumeStatus) -> AttachmentWant {
        let want = AttachmentWant { at: self.at("attached"), server: server.peer_id.clone(), volume: volume.peer_id.clone() };
        self.note(Made::Attachment(want.clone()));
        want
    }

    pub(super) fn floating_ip_want(&self, name: &str, server: &ServerStatus) -> FloatingIpWant {
        let (external_network, server) = (self.offered.external.clone(), Some(server.peer_id.clone()));
        let want = FloatingIpWant { at: self.at(name), description: String::new(), external_network, server };
        self.note(Made::FloatingIp(want.at.clone()));
        want
    }

    /// Plants something that is not ours.
    pub(super) async fn plant(&self, kind: Kind, name: &str, networks: &[String]) -> Outcome<String> {
        let planted = self.world.plant(kind, &self.name, name, networks).await.map_err(|e| told("planting", &e))?;
        self.note(Made::Planted(kind, planted.clone()));
        Ok(planted)
    }

    /// Removes what the case made, the newest first, and its project.
    pub(super) async fn tidy(&self) -> Outcome {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for made in made.into_iter().rev() {
            match made {
                Made::Network(at) => self.gone("the network", || self.cloud.delete_network(&at)).await?,
                Made::Router(at) => self.gone("the router", || self.cloud.delete_router(&at)).await?,
                Made::Interface(want) => self.gone("the interface", || self.cloud.delete_router_interface(&want)).await?,
                Made::Group(at) => self.gone("the security group", || self.cloud.delete_security_group(&at)).await?,
                Made::Volume(at) => self.gone("the volume", || self.cloud.delete_volume(&at)).await?,
                Made::Snapshot(at) => self.gone("the snapshot", || self.cloud.delete_snapshot(&at)).await?,
                Made::Server(at) => self.gone("the server", || self.cloud.delete_server(&at)).await?,
                Made::Attachment(want) => self.gone("the attachment", || self.cloud.delete_attachment(&want)).await?,
                Made::FloatingIp(at) => self.gone("the floating address", || self.cloud.delete_floating_ip(&at)).await?,
                Made::Planted(kind, id) => {
                    self.world.remove(kind, &self.name, &id).await.map_err(|e| told("removing what was planted", &e))?;
                }
            }
        }
        self.site.tidy().await
    }
}
