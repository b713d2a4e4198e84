//! What somebody else does at the cloud, for tests: these pass by the faults.

use tenantry_domain::Uid;
use tenantry_domain::cloud::{NetworkSpec, Power, SecurityGroupSpec, ServerSize, ServerSpec};
use tenantry_domain::resource::Kind;
use tenantry_driver_api::cloud::{CloudPlace, FloatingIpWant, NetworkWant, RouterWant, SecurityGroupWant, ServerWant, VolumeWant};
use tenantry_driver_api::{Place, Result};

use super::floating_ip::FloatingIp;
use super::group::SecurityGroup;
use super::network::Network;
use super::router::{Router, RouterInterface};
use super::server::{Life, Server};
use super::table::{self, Row};
use super::volume::{Attachment, Snapshot, Volume};
use super::{Tx, catalog, conflict, floating_ip, group, network, router, server, volume};
use crate::{Sandbox, broken, invalid};

/// Something of this kind, as people make it; servers are in `networks`.
async fn make(tx: &Tx, kind: Kind, at: CloudPlace, networks: &[String]) -> Result<String> {
    let external = catalog::networks().into_iter().find(|n| n.external).map(|n| n.id);
    let text = String::new;
    Ok(match kind {
        Kind::Network => {
            let spec = NetworkSpec {
                description: text(),
                cidr: "10.77.0.0/24".parse().map_err(|e| invalid(format!("{e}")))?,
                gateway: "10.77.0.1".parse().ok(),
                dhcp: true,
                pool: None,
                dns: Vec::new(),
            };
            network::ensure(tx, &NetworkWant { at, spec }).await?.0.peer_id
        }
        Kind::Router => router::ensure(tx, &RouterWant { at, description: text(), external_network: external }).await?.0.peer_id,
        Kind::SecurityGroup => {
            let spec = SecurityGroupSpec { description: text(), rules: Vec::new() };
            group::ensure(tx, &SecurityGroupWant { at, spec }).await?.0.peer_id
        }
        Kind::Volume => {
            let want = VolumeWant { at, size_gib: 1, description: text(), volume_type: None, snapshot: None, image: None };
            volume::ensure(tx, &want).await?.0.peer_id
        }
        Kind::FloatingIp => {
            let external_network = external.unwrap_or_default();
            floating_ip::ensure(tx, &FloatingIpWant { at, description: text(), external_network, server: None }).await?.0.peer_id
        }
        Kind::Server => {
            let (flavor_id, flavor) = (Some("1".to_owned()), "m1.tiny".to_owned());
            let image = catalog::images().into_iter().next().ok_or_else(|| invalid("there are no images"))?;
            let spec = ServerSpec {
                image_id: image.id,
                image: image.name,
                size: ServerSize { flavor_id, flavor, cpu_millicores: 1000, memory_mib: 512, disk_gib: 1 },
                networks: Vec::new(),
                security_groups: Vec::new(),
                availability_zone: None,
                user_data: None,
                power: Power::Running,
                reboots: 0,
                hard_reboot: false,
            };
            let want = ServerWant { at, spec, networks: networks.to_vec(), security_groups: Vec::new() };
            // the second look finds it made
            server::ensure(tx, &want).await?;
            server::ensure(tx, &want).await?.0.peer_id
        }
        _ => return Err(invalid(format!("a {kind} is not made so"))),
    })
}

async fn remove(tx: &Tx, row: Row) -> Result<()> {
    match row.kind()? {
        Kind::Network => table::remove(tx, &row.read::<Network>()?).await,
        Kind::Router => table::remove(tx, &row.read::<Router>()?).await,
        Kind::RouterInterface => table::remove(tx, &row.read::<RouterInterface>()?).await,
        Kind::SecurityGroup => table::remove(tx, &row.read::<SecurityGroup>()?).await,
        Kind::Volume => table::remove(tx, &row.read::<Volume>()?).await,
        Kind::Snapshot => table::remove(tx, &row.read::<Snapshot>()?).await,
        Kind::Attachment => table::remove(tx, &row.read::<Attachment>()?).await,
        Kind::FloatingIp => table::remove(tx, &row.read::<FloatingIp>()?).await,
        Kind::Server => server::remove(tx, &row.read::<Server>()?).await,
        Kind::Namespace | Kind::Disk | Kind::App => Ok(()),
    }
}

impl Sandbox {
    /// Makes something in a project that is not Tenantry's, as somebody else would have; its id. Servers are in `networks`.
    ///
    /// # Errors
    /// As for what is Tenantry's.
    pub async fn plant(&self, kind: Kind, project: &str, name: &str, networks: &[String]) -> Result<String> {
        let tx = self.begin().await?;
        let uid: Uid = table::new_id(&tx).await?.parse().map_err(|e| invalid(format!("{e}")))?;
        let place = Place { namespace: project.to_owned(), name: name.to_owned(), uid, tenant_uid: uid };
        let at = CloudPlace { place, peer_id: String::new(), untried: false, unchanged: false, existed: false, repair: false };
        let peer_id = make(&tx, kind, at, networks).await?;
        table::mark(&tx, &peer_id, "").await?;
        tx.commit().await.map_err(broken)?;
        Ok(peer_id)
    }

    /// Removes something of a project behind Tenantry's back.
    ///
    /// # Errors
    /// When it is used by something.
    pub async fn remove_object(&self, kind: Kind, project: &str, peer_id: &str) -> Result<()> {
        let tx = self.begin().await?;
        if let Some(row) = table::row(&tx, kind, project, peer_id).await? {
            if kind != Kind::Server
                && let Some(reason) = table::in_the_way(&tx, kind, peer_id).await?
            {
                return Err(conflict(reason));
            }
            remove(&tx, row).await?;
        }
        tx.commit().await.map_err(broken)
    }

    /// Stops a server behind Tenantry's back.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn stop_server(&self, project: &str, peer_id: &str) -> Result<()> {
        let tx = self.begin().await?;
        let server = table::get::<Server>(&tx, project, peer_id).await?;
        let (name, body) = (server.name.clone(), Server { life: Life::Is(Power::Stopped), ..server.body.clone() });
        table::change(&tx, server, &name, body).await?;
        tx.commit().await.map_err(broken)
    }

    /// Gives something of a project another name behind Tenantry's back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn rename_object(&self, peer_id: &str, name: &str) -> Result<()> {
        let tx = self.begin().await?;
        table::run(&tx, "UPDATE cloud_objects SET name = $1 WHERE peer_id = $2", vec![name.into(), peer_id.into()]).await?;
        tx.commit().await.map_err(broken)
    }

    /// Whether something is there in a project, whoever's it is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn has_object(&self, kind: Kind, project: &str, peer_id: &str) -> Result<bool> {
        let tx = self.begin().await?;
        Ok(table::row(&tx, kind, project, peer_id).await?.is_some())
    }
}
