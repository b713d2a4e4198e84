//! A cloud of virtual servers for tests that need none in particular.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::cloud::{
    AvailabilityZone, Catalog, Console, Flavor, OfferedNetwork, Power, ServerImage, ServerStatus, Unmanaged, VolumeSpec,
};
use tenantry_domain::resource::{Kind, Spec, State, Status};
use tenantry_domain::{DatacenterId, Error, ErrorKind, ResourceId, Result};
use tenantry_driver_api::cloud::{CloudPlace, Known};
use tenantry_service::Clouds;
use tenantry_store::Store;
use tenantry_store::work::{Next, Queue, Seen, WorkKind};

/// Has everything that is to be made ready, as it is when a reconciler has made it in a cloud that is well.
///
/// # Panics
/// When the database fails.
pub async fn make_ready(store: &Store) {
    let leases = store.work().claim(Queue::Pressing, "a test", Duration::from_secs(60), 1000, &[]).await.expect("the work there is");
    for lease in leases {
        let WorkKind::Resource(kind) = lease.kind else { continue };
        let id = ResourceId(lease.object);
        let row = store.resources().find_by_id(id).await.expect("a row").expect("what there is work for");
        let status = match Status::adopted(kind, &format!("{}-{id}", kind.name())) {
            Status::Server(seen) => Status::Server(ServerStatus { power: Some(Power::Running), condition: "ACTIVE".to_owned(), ..seen }),
            seen => seen,
        };
        let seen = Seen::Resource { state: State::Ready, status: Some(status), generation: row.generation };
        let next =
            Next { at: store.clock().now().plus(Duration::from_secs(3600)), reason: String::new(), failed: false, queue: Queue::Resting };
        store.work().finish(&lease, &seen, &next).await.expect("an outcome is written");
    }
}

/// Offers one of everything to everybody; in every project there is a volume that nobody manages. It holds nothing: what is made in it
/// settles where a reconciler runs, which is not here, or by [`make_ready`].
pub struct OneOfEverything;

/// The id of the volume that nobody manages.
pub const UNMANAGED: &str = "old-volume";

#[async_trait]
impl Clouds for OneOfEverything {
    async fn catalog(&self, _: DatacenterId, _: &str) -> Result<Catalog> {
        let network = |id: &str, external: bool| OfferedNetwork {
            id: format!("id-{id}"),
            name: id.to_owned(),
            cidrs: vec!["203.0.113.0/24".to_owned()],
            external,
            shared: !external,
        };
        let (id, name) = ("flavor-1".to_owned(), "small".to_owned());
        let image = ServerImage {
            id: "image-1".to_owned(),
            name: "debian".to_owned(),
            condition: "active".to_owned(),
            size_bytes: 1 << 30,
            min_disk_gib: 5,
            min_memory_mib: 512,
        };
        Ok(Catalog {
            flavors: vec![Flavor { id, name, cpu_millicores: 1000, memory_mib: 2048, disk_gib: 20, public: true }],
            images: vec![image],
            zones: vec![AvailabilityZone { name: "nova".to_owned(), available: true }],
            networks: vec![network("public", true), network("shared", false)],
            volume_types: vec!["standard".to_owned()],
        })
    }

    async fn console(&self, _: DatacenterId, _: &CloudPlace) -> Result<Console> {
        Ok(Console { kind: "novnc".to_owned(), url: "https://console.example/?token=secret".to_owned() })
    }

    async fn console_log(&self, _: DatacenterId, _: &CloudPlace, lines: usize) -> Result<String> {
        Ok(format!("the last {lines} lines"))
    }

    async fn unmanaged(&self, _: DatacenterId, _: &str, _: usize) -> Result<Vec<Unmanaged>> {
        let (peer_id, name) = (UNMANAGED.to_owned(), "old".to_owned());
        Ok(vec![Unmanaged { kind: Kind::Volume, peer_id, name, summary: "7 GiB, available".to_owned() }])
    }

    async fn describe(&self, _: DatacenterId, _: &str, kind: Kind, peer_id: &str, _: &Known) -> Result<(String, Spec)> {
        if (kind, peer_id) != (Kind::Volume, UNMANAGED) {
            return Err(Error::new(ErrorKind::Conflict, format!("there is no {kind} '{peer_id}' in the project")));
        }
        let spec = VolumeSpec { size_gib: 7, description: String::new(), volume_type: None, source: None };
        Ok(("old".to_owned(), Spec::Volume(spec)))
    }
}
