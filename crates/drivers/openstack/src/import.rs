//! Taking over what was in a project before.

use async_trait::async_trait;
use serde_json::Value;
use tenantry_domain::cloud::Unmanaged;
use tenantry_domain::resource::{Kind, Spec};
use tenantry_driver_api::cloud::{CloudPlace, Import, Known};
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

use crate::OpenStack;
use crate::describe;
use crate::networks::conflict;
use crate::objects::{
    Collection, FLOATING_IPS, NETWORKS, PORTS, ROUTERS, SECURITY_GROUPS, SERVERS, SNAPSHOTS, VOLUMES, items, name_of, text,
};

/// What can be taken over, in the order in which it can be: what refers to others after them.
const OFFERED: [Kind; 6] = [Kind::Network, Kind::Router, Kind::SecurityGroup, Kind::Volume, Kind::Server, Kind::FloatingIp];

/// The objects that a kind is at the cloud.
pub(crate) const fn collection(kind: Kind) -> Option<&'static Collection> {
    match kind {
        Kind::Network => Some(&NETWORKS),
        Kind::Router => Some(&ROUTERS),
        Kind::RouterInterface => Some(&PORTS),
        Kind::SecurityGroup => Some(&SECURITY_GROUPS),
        Kind::Volume => Some(&VOLUMES),
        Kind::Snapshot => Some(&SNAPSHOTS),
        Kind::Server => Some(&SERVERS),
        Kind::FloatingIp => Some(&FLOATING_IPS),
        Kind::Namespace | Kind::Disk | Kind::App | Kind::Attachment => None,
    }
}

/// One line that tells an object from others.
fn summary(kind: Kind, object: &Value) -> String {
    let joined = |parts: Vec<String>| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let status = text(object, "status").to_owned();
    match kind {
        Kind::Server => {
            let flavor = &object["flavor"];
            let addresses = object["addresses"].as_object().into_iter().flatten();
            let addresses = addresses.flat_map(|(_, found)| found.as_array().into_iter().flatten()).map(|a| text(a, "addr").to_owned());
            joined([text(flavor, "original_name").to_owned(), status].into_iter().chain(addresses).collect())
        }
        Kind::Volume => joined(vec![format!("{} GiB", object["size"]), status]),
        Kind::FloatingIp => joined(vec![text(object, "fixed_ip_address").to_owned(), status]),
        Kind::SecurityGroup => format!("{} rules", items(object, "security_group_rules").count()),
        Kind::Network => joined(vec![format!("{} subnets", items(object, "subnets").count()), status]),
        _ => status,
    }
}

fn no_such(kind: Kind) -> DriverError {
    DriverError::new(DriverErrorKind::Invalid, format!("{kind} is nothing that can be taken over from a cloud of servers"))
}

#[async_trait]
impl Import for OpenStack {
    async fn unmanaged(&self, project: &str, limit: usize) -> Result<Vec<Unmanaged>> {
        let Some(session) = self.project(project, None).await? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for kind in OFFERED {
            let Some(of) = collection(kind) else { continue };
            for object in session.all(of, &[]).await? {
                if all.len() == limit {
                    return Ok(all);
                }
                // every project has one of these by itself
                let default = kind == Kind::SecurityGroup && text(&object, "name") == "default";
                if of.uid(&object).is_none() && !default {
                    let (peer_id, name) = (text(&object, "id").to_owned(), name_of(&object).to_owned());
                    all.push(Unmanaged { kind, peer_id, name, summary: summary(kind, &object) });
                }
            }
        }
        Ok(all)
    }

    async fn describe(&self, project: &str, kind: Kind, peer_id: &str, known: &Known) -> Result<(String, Spec)> {
        let gone = || conflict(format!("there is no {kind} {peer_id} in the project '{project}'"));
        let session = self.project(project, None).await?.ok_or_else(gone)?;
        let of = collection(kind).ok_or_else(|| no_such(kind))?;
        let object = session.by_id(of, peer_id).await?.ok_or_else(gone)?;
        let reader = describe::Reader { cloud: self, session: &session, known };
        let spec = reader.spec(kind, &object).await?.ok_or_else(|| no_such(kind))?;
        Ok((name_of(&object).to_owned(), spec))
    }

    async fn claim(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        let of = collection(kind).ok_or_else(|| no_such(kind))?;
        self.inside(&at.place).await?.write_mark(of, at, true).await
    }

    async fn release(&self, kind: Kind, at: &CloudPlace) -> Result<()> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(()) };
        match collection(kind) {
            Some(of) => session.write_mark(of, at, false).await,
            // an attachment carries nothing that could be taken off
            None => Ok(()),
        }
    }
}
