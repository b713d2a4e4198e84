//! What resources of every kind have in common, and what is only a namespace's or a disk's.

use tenantry_domain::ResourceId;

use crate::call::{Call, nothing};
use crate::client::Client;
use crate::list::List;
use crate::types::{Disk, DiskChange, Managed, Namespace, NamespaceAdoption, NewDisk, ResourceFilter};

impl Client {
    /// Resources of one kind: `client.list_resources::<Disk>(&filter)`.
    pub fn list_resources<R: Managed>(&self, filter: &ResourceFilter) -> List<R> {
        List::new(self, R::PATH, filter)
    }

    /// One resource.
    pub fn get_resource<R: Managed>(&self, id: ResourceId) -> Call<R> {
        self.get(format!("{}/{id}", R::PATH))
    }

    /// Removes a resource.
    pub fn delete_resource<R: Managed>(&self, id: ResourceId) -> Call<Option<R>> {
        self.remove(format!("{}/{id}", R::PATH))
    }

    /// Tries now what would be tried later.
    pub fn retry_resource<R: Managed>(&self, id: ResourceId) -> Call<R> {
        self.command(format!("{}/{id}/retry", R::PATH))
    }

    /// Gives up on a resource: the row goes, what may be left at the peer is listed as an orphan.
    pub fn forget_resource<R: Managed>(&self, id: ResourceId) -> Call<()> {
        Call::new(self, reqwest::Method::POST, format!("{}/{id}/forget", R::PATH), nothing)
    }

    /// Takes over a namespace that exists and is not ours.
    pub fn adopt_namespace(&self, id: ResourceId, adoption: &NamespaceAdoption) -> Call<Namespace> {
        self.post(format!("namespaces/{id}/adopt"), adoption)
    }

    /// Makes a disk.
    pub fn create_disk(&self, new: &NewDisk) -> Call<Disk> {
        self.post("disks", new)
    }

    /// Grows a disk.
    pub fn update_disk(&self, id: ResourceId, change: &DiskChange) -> Call<Disk> {
        self.patch(format!("disks/{id}"), change)
    }
}
