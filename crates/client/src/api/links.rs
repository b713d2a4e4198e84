//! Links on the first page of the console.

use tenantry_domain::LinkId;

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{Link, LinkChange, NewLink, NoFilter};

impl Client {
    /// Links.
    pub fn list_links(&self) -> List<Link> {
        List::new(self, "links", &NoFilter {})
    }

    /// Makes a link.
    pub fn create_link(&self, new: &NewLink) -> Call<Link> {
        self.post("links", new)
    }

    /// One link.
    pub fn get_link(&self, id: LinkId) -> Call<Link> {
        self.get(format!("links/{id}"))
    }

    /// Changes a link.
    pub fn update_link(&self, id: LinkId, change: &LinkChange) -> Call<Link> {
        self.patch(format!("links/{id}"), change)
    }

    /// Removes a link.
    pub fn delete_link(&self, id: LinkId) -> Call<()> {
        self.delete(format!("links/{id}"))
    }
}
