//! Image registries, and the images in them.

use tenantry_domain::RegistryId;

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{Image, ImageFilter, NameFilter, NewRegistry, Registry, RegistryChange};

impl Client {
    /// Registries.
    pub fn list_registries(&self, filter: &NameFilter) -> List<Registry> {
        List::new(self, "registries", filter)
    }

    /// Makes a registry.
    pub fn create_registry(&self, new: &NewRegistry) -> Call<Registry> {
        self.post("registries", new)
    }

    /// One registry.
    pub fn get_registry(&self, id: RegistryId) -> Call<Registry> {
        self.get(format!("registries/{id}"))
    }

    /// Changes a registry.
    pub fn update_registry(&self, id: RegistryId, change: &RegistryChange) -> Call<Registry> {
        self.patch(format!("registries/{id}"), change)
    }

    /// Removes a registry.
    pub fn delete_registry(&self, id: RegistryId) -> Call<()> {
        self.delete(format!("registries/{id}"))
    }

    /// The images of every registry, or of one.
    pub fn list_images(&self, filter: &ImageFilter) -> List<Image> {
        List::new(self, "images", filter)
    }
}
