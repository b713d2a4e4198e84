//! What every cloud of virtual servers must do alike.

mod import;
mod networks;
mod scene;
mod servers;
mod volumes;

use async_trait::async_trait;
use scene::Scene;
use tenantry_domain::Metric;
use tenantry_domain::cloud::Power;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::Kind;

use super::{Failure, Failures, Patience, run_cases, site, told};
use crate::Result;
use crate::cloud::CloudPlatform;

/// What the cloud under test can do.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// Whether what is over the project's quota is refused.
    pub enforces_quota: bool,
    /// The name of the image that servers are made from; the first that is active without it.
    pub image: Option<String>,
    /// The name of an image whose servers the cloud gives up on, if there is one.
    pub broken_image: Option<String>,
    /// Whether a private flavor can be made.
    pub private_flavors: bool,
    /// What a server can be.
    pub powers: Vec<Power>,
    /// Whether a server has a console and a log.
    pub consoles: bool,
}

/// What the suite needs and no driver offers. All of it is done as somebody else would.
#[async_trait]
pub trait Hooks: super::Hooks {
    /// Makes something in a project that is not Tenantry's; its id. Networks, volumes, security groups and servers (in `networks`) are made.
    async fn plant(&self, kind: Kind, project: &str, name: &str, networks: &[String]) -> Result<String>;
    /// Removes something of a project, whoever's it is. What is not there is removed.
    async fn remove(&self, kind: Kind, project: &str, peer_id: &str) -> Result<()>;
    /// Stops a server.
    async fn stop(&self, project: &str, peer_id: &str) -> Result<()>;
}

/// Runs every case, one after the other, and answers with the names of those that were run.
///
/// # Errors
/// With every case that failed, and what was not as it should be.
pub async fn run(
    cloud: &dyn CloudPlatform,
    capabilities: Capabilities,
    project_prefix: &str,
    hooks: &dyn Hooks,
    patience: Patience,
) -> std::result::Result<Vec<&'static str>, Failures> {
    let unreadable = |what: String| Failures(vec![Failure { case: "the_catalog_can_be_read", what }]);
    let offered = scene::Offered::read(cloud, &capabilities, project_prefix).await.map_err(unreadable)?;
    let limits = Limits::compute(Some(8000), Some(16 * 1024), Some(20 * 1024)).with(Metric::Volumes, Some(4));
    let scene = |n: usize| Scene::new(cloud, &capabilities, &offered, hooks, patience, limits, format!("{project_prefix}-{n:02}"));
    run_cases![scene;
        site::the_check_finds_it_healthy,
        site::making_a_namespace_twice_makes_one,
        site::a_namespace_that_is_not_ours_is_left_alone,
        site::a_namespace_that_is_not_ours_can_be_adopted,
        site::the_list_shows_our_namespaces_with_their_uids,
        site::places_are_listed_by_prefix_and_page_by_page,
        site::a_place_of_another_tenantry_is_told_and_not_adopted,
        site::what_was_adopted_is_let_go_and_stays,
        site::letting_go_of_what_is_absent_succeeds,
        networks::deleting_what_is_absent_succeeds,
        networks::a_network_is_made_once_and_found_by_its_uid,
        networks::names_need_not_be_unique,
        networks::a_network_is_changed_and_keeps_its_addresses,
        networks::a_network_that_was_removed_is_told_or_made_anew,
        networks::a_router_leads_out_until_it_does_not,
        networks::a_network_is_connected_once_and_then_in_use,
        networks::a_security_group_has_the_rules_that_are_wanted,
        servers::a_server_is_made_once_with_an_address_of_its_network,
        servers::a_server_gets_every_power,
        servers::a_reboot_is_done_once,
        servers::a_server_without_a_flavor_gets_a_private_one,
        servers::a_server_that_the_cloud_gives_up_on_is_stuck,
        servers::a_server_that_was_stopped_is_told_or_started,
        servers::a_server_is_renamed_and_gets_other_groups,
        servers::what_a_server_uses_stays_until_it_is_gone,
        servers::a_console_is_of_the_server,
        servers::a_floating_address_leads_to_its_server,
        volumes::a_volume_is_made_once_and_grows,
        volumes::a_volume_does_not_shrink,
        volumes::a_volume_over_the_quota_is_refused,
        volumes::a_snapshot_keeps_its_volume_and_another_is_made_from_it,
        volumes::an_attached_volume_is_in_use_until_it_is_detached,
        volumes::what_is_attached_goes_with_its_server,
        import::what_is_not_ours_is_listed_and_taken_over_once,
        import::what_is_released_stays,
        import::what_refers_to_what_is_not_ours_is_refused_by_name,
        import::a_project_with_what_is_not_ours_leaves_it,
        import::what_lives_in_a_project_is_counted_and_stays_when_it_is_let_go,
    ]
}
