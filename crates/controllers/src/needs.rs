//! What has to be there before something can be made in a namespace. An app and its disk are often asked for in one breath;
//! a peer that is asked for the app first would refuse it for good.

use std::time::Duration;

use tenantry_domain::Result;
use tenantry_domain::policy::Scope;
use tenantry_domain::resource::{AppSpec, Kind, Resource, State, Status};
use tenantry_driver_api::Place;
use tenantry_store::Store;

/// How often to look for what is not there yet.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// Where a disk or an app is at its peer.
pub(crate) fn place(row: &Resource) -> Place {
    Place { namespace: row.tenant_slug.clone(), name: row.name.clone(), uid: row.uid, tenant_uid: row.tenant_uid }
}

/// What is missing for a disk or an app; none when nothing is.
pub(crate) async fn missing_namespace(store: &Store, row: &Resource) -> Result<Option<String>> {
    let scope = Scope::system();
    let found = store.resources().find(&scope, Kind::Namespace, row.tenant, row.datacenter, &row.tenant_slug).await?;
    Ok(lacks_namespace(found.as_ref()))
}

/// What is missing for an app's disks; none when nothing is.
pub(crate) async fn missing_disks(store: &Store, row: &Resource, spec: &AppSpec) -> Result<Option<String>> {
    let Some(namespace) = row.parent.filter(|_| !spec.disks.is_empty()) else { return Ok(None) };
    Ok(lacks_disks(spec, &store.resources().siblings(namespace, Kind::Disk).await?))
}

fn lacks_namespace(namespace: Option<&Resource>) -> Option<String> {
    let Some(namespace) = namespace else { return Some("the tenant has no namespace there".to_owned()) };
    let foreign = matches!(&namespace.status, Status::Namespace(status) if status.foreign);
    // one that is being changed is there; one that is not ours is not, whatever is being done about it
    let there = namespace.observed_generation > 0 && namespace.state != State::Failed && !foreign;
    (!there).then(|| waits_for("the tenant's namespace", namespace))
}

fn lacks_disks(spec: &AppSpec, disks: &[Resource]) -> Option<String> {
    spec.disks.iter().find_map(|mount| match disks.iter().find(|d| d.name == mount.disk) {
        None => Some(format!("the tenant has no disk '{}' there any more", mount.disk)),
        Some(disk) if disk.observed_generation == 0 => Some(waits_for(&format!("its disk '{}'", mount.disk), disk)),
        Some(disk) if disk.state == State::Failed && !was_made(disk) => Some(waits_for(&format!("its disk '{}'", mount.disk), disk)),
        Some(_) => None,
    })
}

/// One that failed to grow is there all the same.
fn was_made(disk: &Resource) -> bool {
    matches!(&disk.status, Status::Disk(status) if status.bound || status.size_gib > 0)
}

pub(crate) fn waits_for(what: &str, row: &Resource) -> String {
    let colon = if row.progress.reason.is_empty() { "" } else { ": " };
    format!("waits for {what}, which is {}{colon}{}", row.state, row.progress.reason)
}

#[cfg(test)]
mod tests {
    use tenantry_domain::resource::{DiskStatus, NamespaceStatus};

    use super::*;
    use crate::testing::{app_spec, disk, namespace};

    #[test]
    fn a_namespace_is_there_once_it_was_made_also_while_it_is_changed() {
        assert_eq!(lacks_namespace(Some(&namespace(State::Ready, 1, 1))), None);
        assert_eq!(lacks_namespace(Some(&namespace(State::Updating, 2, 1))), None);
    }

    #[test]
    fn a_namespace_that_was_not_made_failed_or_is_not_ours_is_waited_for() {
        assert_eq!(lacks_namespace(None).unwrap(), "the tenant has no namespace there");
        assert_eq!(lacks_namespace(Some(&namespace(State::Pending, 1, 0))).unwrap(), "waits for the tenant's namespace, which is pending");
        assert!(lacks_namespace(Some(&namespace(State::Failed, 1, 1))).is_some());
        let mut foreign = namespace(State::Updating, 2, 1);
        foreign.status = Status::Namespace(NamespaceStatus { foreign: true, ..NamespaceStatus::default() });
        assert!(lacks_namespace(Some(&foreign)).is_some());
    }

    #[test]
    fn an_app_waits_for_each_of_its_disks_and_says_for_which() {
        let spec = app_spec(&["data"]);
        assert_eq!(lacks_disks(&spec, &[disk(State::Ready, 1, 1)]), None);
        assert_eq!(lacks_disks(&spec, &[disk(State::Updating, 2, 1)]), None);
        let mut pending = disk(State::Provisioning, 1, 0);
        pending.progress.reason = "no storage".to_owned();
        assert_eq!(lacks_disks(&spec, &[pending]).unwrap(), "waits for its disk 'data', which is provisioning: no storage");
        assert!(lacks_disks(&spec, &[disk(State::Failed, 1, 1)]).is_some());
        assert_eq!(lacks_disks(&spec, &[]).unwrap(), "the tenant has no disk 'data' there any more");
    }

    #[test]
    fn a_disk_that_failed_to_grow_can_be_mounted_all_the_same() {
        let mut small = disk(State::Failed, 2, 2);
        small.status = Status::Disk(DiskStatus { size_gib: 4, bound: true, used_by: Vec::new() });
        assert_eq!(lacks_disks(&app_spec(&["data"]), &[small]), None);
    }

    #[test]
    fn an_app_without_disks_waits_for_none() {
        assert_eq!(lacks_disks(&app_spec(&[]), &[disk(State::Pending, 1, 0)]), None);
    }
}
