//! Datacenters.

use tenantry_domain::DatacenterId;

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{
    Datacenter, DatacenterChange, DatacenterFilter, Namespace, NewDatacenter, NewPlaceAdoption, PlaceFilter, UnmanagedPlace,
};

impl Client {
    /// Datacenters.
    pub fn list_datacenters(&self, filter: &DatacenterFilter) -> List<Datacenter> {
        List::new(self, "datacenters", filter)
    }

    /// Makes a datacenter, once its connection was checked.
    pub fn create_datacenter(&self, new: &NewDatacenter) -> Call<Datacenter> {
        self.post("datacenters", new)
    }

    /// One datacenter.
    pub fn get_datacenter(&self, id: DatacenterId) -> Call<Datacenter> {
        self.get(format!("datacenters/{id}"))
    }

    /// Changes a datacenter.
    pub fn update_datacenter(&self, id: DatacenterId, change: &DatacenterChange) -> Call<Datacenter> {
        self.patch(format!("datacenters/{id}"), change)
    }

    /// Removes a datacenter that no tenant is in.
    pub fn delete_datacenter(&self, id: DatacenterId) -> Call<()> {
        self.delete(format!("datacenters/{id}"))
    }

    /// What is in a datacenter and managed by nobody.
    pub fn list_unmanaged_places(&self, id: DatacenterId, filter: &PlaceFilter) -> List<UnmanagedPlace> {
        List::new(self, format!("datacenters/{id}/unmanaged"), filter)
    }

    /// Takes a place over, as that of the tenant whose label is its name.
    pub fn adopt_place(&self, id: DatacenterId, new: &NewPlaceAdoption) -> Call<Namespace> {
        self.post(format!("datacenters/{id}/adopt"), new)
    }

    /// Checks a datacenter now.
    pub fn check_datacenter(&self, id: DatacenterId) -> Call<Datacenter> {
        self.command(format!("datacenters/{id}/check"))
    }
}
