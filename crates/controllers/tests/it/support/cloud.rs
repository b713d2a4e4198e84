//! A tenant's servers and all that belongs to them.

use serde_json::Value;
use tenantry_domain::cloud::{
    AttachmentSpec, Direction, FloatingIpSpec, NetworkSpec, Power, Protocol, RouterInterfaceSpec, RouterSpec, SecurityGroupSpec,
    SecurityRule, ServerNetwork, ServerSecurityGroup, ServerSize, ServerSpec, SnapshotSpec, VolumeSource, VolumeSpec,
};
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::resource::{Kind, Origin, Resource, Spec};
use tenantry_domain::{ResourceId, TenantId};
use tenantry_driver_api::cloud::Offers as _;
use tenantry_store::datacenters::DatacenterDraft;
use tenantry_store::resources::NewResource;

use super::{NORTH, World};

/// What [`World::ask_servers`] asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Servers {
    pub(crate) alpha: TenantId,
    pub(crate) network: ResourceId,
    pub(crate) router: ResourceId,
    pub(crate) interface: ResourceId,
    pub(crate) group: ResourceId,
    pub(crate) volume: ResourceId,
    pub(crate) snapshot: ResourceId,
    pub(crate) copy: ResourceId,
    pub(crate) server: ResourceId,
    pub(crate) attachment: ResourceId,
    pub(crate) address: ResourceId,
}

impl Servers {
    pub(crate) const fn all(&self) -> [ResourceId; 10] {
        let Self { network, router, interface, group, volume, snapshot, copy, server, attachment, address, .. } = *self;
        [network, router, interface, group, volume, snapshot, copy, server, attachment, address]
    }
}

/// A snapshot of the world in which the peer's ids are names: it makes them up, and they differ from run to run.
pub(crate) fn named(snapshot: &Value) -> Value {
    let mut text = snapshot.to_string();
    for object in snapshot["sandbox"].as_array().into_iter().flatten() {
        let name = format!("{} {}", object["kind"], object["name"]).replace('"', "");
        for (id, of) in [(&object["peer_id"], "id"), (&object["body"]["subnet_id"], "subnet")] {
            if let Some(id) = id.as_str() {
                text = text.replace(id, &format!("<{of} of {name}>"));
            }
        }
    }
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn network() -> NetworkSpec {
    NetworkSpec {
        description: String::new(),
        cidr: "10.0.0.0/24".parse().unwrap(),
        gateway: "10.0.0.1".parse().ok(),
        dhcp: true,
        pool: None,
        dns: Vec::new(),
    }
}

pub(crate) fn group(port: u16) -> SecurityGroupSpec {
    let rule = SecurityRule {
        direction: Direction::Ingress,
        protocol: Some(Protocol::Tcp),
        ports: Some((port, port)),
        remote: "0.0.0.0/0".parse().unwrap(),
    };
    SecurityGroupSpec { description: String::new(), rules: vec![rule] }
}

pub(crate) fn volume(size_gib: i64, source: Option<VolumeSource>) -> VolumeSpec {
    VolumeSpec { size_gib, description: String::new(), volume_type: None, source }
}

impl World {
    /// The peer's id of its external network.
    pub(crate) async fn external(&self) -> String {
        self.sandbox.catalog("alpha").await.unwrap().networks.into_iter().find(|n| n.external).unwrap().id
    }

    pub(crate) async fn server_spec(&self, image: &str, network: ResourceId, group: ResourceId) -> ServerSpec {
        let catalog = self.sandbox.catalog("alpha").await.unwrap();
        let image = catalog.images.into_iter().find(|i| i.name == image).unwrap();
        let flavor = catalog.flavors.into_iter().find(|f| f.name == "m1.tiny").unwrap();
        ServerSpec {
            image_id: image.id,
            image: image.name,
            size: ServerSize {
                flavor_id: Some(flavor.id),
                flavor: flavor.name,
                cpu_millicores: flavor.cpu_millicores,
                memory_mib: flavor.memory_mib,
                disk_gib: flavor.disk_gib,
            },
            networks: vec![ServerNetwork::Own(network)],
            security_groups: vec![ServerSecurityGroup::Own(group)],
            availability_zone: None,
            user_data: None,
            power: Power::Running,
            reboots: 0,
            hard_reboot: false,
        }
    }

    pub(crate) async fn server_spec_from(&self, id: ResourceId) -> ServerSpec {
        let Spec::Server(spec) = self.there(id).await.spec else { panic!("a server") };
        spec
    }

    /// A tenant `alpha` with its project.
    pub(crate) async fn ask_project(&self) -> (TenantId, ResourceId) {
        let tx = self.begin().await;
        let made = self.tenant(&tx, TenantId::ROOT, "alpha", super::limits()).await;
        tx.commit().await.unwrap();
        made
    }

    /// Everything that a server can have; nothing is made yet.
    pub(crate) async fn ask_servers(&self, (alpha, project): (TenantId, ResourceId), image: &str) -> Servers {
        let tx = self.begin().await;
        let make = |name: &'static str, spec: Spec| self.make(&tx, alpha, project, name, spec);
        let external = self.external().await;
        let network = make("lan", Spec::Network(network())).await;
        let edge = RouterSpec { description: String::new(), external_network: Some(external.clone()) };
        let router = make("edge", Spec::Router(edge)).await;
        let interface = make("edge-lan", Spec::RouterInterface(RouterInterfaceSpec { router, network })).await;
        let group = make("web", Spec::SecurityGroup(group(22))).await;
        let volume = make("data", Spec::Volume(self::volume(2, None))).await;
        let monday = SnapshotSpec { volume, size_gib: 2, description: String::new() };
        let snapshot = make("monday", Spec::Snapshot(monday)).await;
        let copy = make("copy", Spec::Volume(self::volume(2, Some(VolumeSource::Snapshot(snapshot))))).await;
        let server = make("web", Spec::Server(self.server_spec(image, network, group).await)).await;
        let attachment = make("web-data", Spec::Attachment(AttachmentSpec { server, volume })).await;
        let front = FloatingIpSpec { description: String::new(), external_network: external, server: Some(server) };
        let address = make("front", Spec::FloatingIp(front)).await;
        tx.commit().await.unwrap();
        Servers { alpha, network, router, interface, group, volume, snapshot, copy, server, attachment, address }
    }

    /// Records something that is there already.
    pub(crate) async fn adopt(&self, (alpha, project): (TenantId, ResourceId), name: &str, spec: Spec, peer_id: &str) -> ResourceId {
        let tx = self.begin().await;
        tx.quotas().take(alpha, NORTH, spec.holds()).await.unwrap();
        let own: Allowed<act::Create, obj::Disk> = Allowed::system(alpha);
        let new = NewResource { origin: Origin::Adopted, peer_id, ..NewResource::new(NORTH, Some(project), name, &spec) };
        let id = tx.resources().insert_as(&own, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Closes a tenant and removes all that it has.
    pub(crate) async fn close_tenant(&self, tenant: TenantId) {
        let tx = self.begin().await;
        let allowed: Allowed<act::Delete, obj::Tenant> = Allowed::system(tenant);
        tx.tenants().close(&allowed, tenant, None).await.unwrap();
        tx.resources().delete_all(&allowed, &[tenant], None).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn change_now(&self, id: ResourceId, spec: Spec) {
        let tx = self.begin().await;
        self.change(&tx, id, spec).await;
        tx.commit().await.unwrap();
    }

    /// From now on drift is put right.
    pub(crate) async fn repair_drift(&self) {
        let before = self.store.datacenters().get(&Scope::system(), NORTH).await.unwrap();
        let mut options = before.options.clone();
        options.repair_drift = true;
        let draft = DatacenterDraft {
            name: before.name.clone(),
            comment: before.comment.clone(),
            endpoint: before.endpoint.clone(),
            connection: None,
            options,
            capacity: before.capacity,
            overcommit: before.overcommit,
            health: before.health.clone(),
        };
        let tx = self.begin().await;
        tx.datacenters().update(&Allowed::system(TenantId::ROOT), &before, &draft).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The row of a tenant's project.
    pub(crate) async fn project_of(&self, tenant: TenantId) -> ResourceId {
        self.store.resources().find(&Scope::system(), Kind::Namespace, tenant, NORTH, "alpha").await.unwrap().unwrap().id
    }

    pub(crate) async fn there(&self, id: ResourceId) -> Resource {
        self.resource(id).await.unwrap()
    }

    /// What the sandbox holds, as `kind name`, sorted.
    pub(crate) async fn held(&self) -> Vec<String> {
        let held = self.sandbox.export().await.unwrap();
        let mut all: Vec<String> =
            held.as_array().unwrap().iter().map(|o| format!("{} {}", o["kind"], o["name"]).replace('"', "")).collect();
        all.sort();
        all
    }
}
