//! Directories of people.

use crate::client::Client;
use crate::list::List;
use crate::types::{Directory, NoFilter, Person, PersonFilter};

impl Client {
    /// The directories in the order in which they are asked, each looked at now.
    pub fn list_directories(&self) -> List<Directory> {
        List::new(self, "directories", &NoFilter {})
    }

    /// The people of a directory.
    pub fn list_people(&self, directory: &str, filter: &PersonFilter) -> List<Person> {
        List::new(self, format!("directories/{directory}/users"), filter)
    }
}
