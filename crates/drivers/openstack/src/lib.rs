//! An OpenStack cloud as a datacenter. A tenant is a project; what it has is made in that project with a token of its own, and carries
//! our uid from its first moment, so that what an unanswered call made is found again.
//!
//! The requests are written here, over the HTTP client that goes only where the operator lets it: docs/adr/0009 says why.

mod addresses;
mod attachments;
mod check;
mod client;
mod describe;
mod failure;
mod flavors;
mod groups;
mod import;
mod networks;
mod objects;
mod offers;
mod places;
mod power;
mod project;
mod quota;
mod routers;
mod servers;
mod service;
mod token;
mod volumes;
mod worker;

use std::time::Duration;

use moka::future::Cache;
use serde_json::Value;
use tenantry_domain::datacenter::{DatacenterOptions, OpenstackConnection};
use tenantry_driver_api::{Guard, Result};

use crate::client::Client;

/// How long it is remembered which project a name is.
const PROJECTS_LIFE: Duration = Duration::from_secs(60);
const MOST_PROJECTS: u64 = 1000;
/// How long what was asked to go is only waited for: each time that it is asked again costs the cloud another removal.
const GOING_LIFE: Duration = Duration::from_secs(10);
const MOST_GOING: u64 = 10_000;

/// A connection to a cloud. Cheap to clone.
#[derive(Clone)]
pub struct OpenStack {
    client: Client,
    options: DatacenterOptions,
    projects: Cache<String, Value>,
    /// The servers that were asked to go a moment ago, by id, and the attachments, by path.
    going: Cache<String, ()>,
}

impl std::fmt::Debug for OpenStack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenStack({})", self.client.auth_url)
    }
}

impl OpenStack {
    /// Prepares a connection, which goes where the guard lets it; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for a URL or certificate that cannot be read, or an interface that there is not.
    pub fn connect(connection: &OpenstackConnection, options: &DatacenterOptions, guard: &Guard) -> Result<Self> {
        let projects = Cache::builder().max_capacity(MOST_PROJECTS).time_to_live(PROJECTS_LIFE).build();
        let going = Cache::builder().max_capacity(MOST_GOING).time_to_live(GOING_LIFE).build();
        Ok(Self { client: Client::new(connection, guard)?, options: options.clone(), projects, going })
    }

    /// The same connection, on which no call takes longer than this.
    #[must_use]
    pub const fn with_call_limit(mut self, limit: Duration) -> Self {
        self.client.limit = limit;
        self
    }
}
