//! The suite of every cloud of servers.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::cloud::Power;
use tenantry_domain::datacenter::OpenstackAccount;
use tenantry_domain::resource::Kind;
use tenantry_driver_api::conformance::cloud::{Capabilities, Hooks, run};
use tenantry_driver_api::conformance::{Hooks as PlainHooks, Patience};
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

use crate::cloud::{Api, PAUSE, ROUNDS, connect, connection, uid, unique};

/// Somebody else in the same cloud: an administrator, with a member's role where it takes one.
struct Somebody {
    auth_url: String,
    password: String,
}

impl Somebody {
    async fn admin(&self) -> Api {
        Api::login(&self.auth_url, &self.password, json!({"name": "admin", "domain": {"id": "default"}})).await
    }

    async fn inside(&self, project: &str) -> Api {
        let admin = self.admin().await;
        let found = admin.get("identity", &format!("projects?name={project}")).await;
        admin.let_in(found["projects"][0]["id"].as_str().unwrap(), &self.password).await
    }
}

/// Where a kind is, and what one is called.
fn path(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Network => ("network", "networks", "network"),
        Kind::SecurityGroup => ("network", "security-groups", "security_group"),
        Kind::Volume => ("block-storage", "volumes", "volume"),
        Kind::Server => ("compute", "servers", "server"),
        other => panic!("nobody plants a {other}"),
    }
}

#[async_trait]
impl PlainHooks for Somebody {
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()> {
        self.admin().await.post("identity", "projects", json!({"project": {"name": name, "domain_id": "default"}})).await;
        Ok(())
    }

    fn uid(&self) -> Uid {
        uid()
    }
}

#[async_trait]
impl Hooks for Somebody {
    async fn plant(&self, kind: Kind, project: &str, name: &str, networks: &[String]) -> Result<String> {
        let inside = self.inside(project).await;
        let (service, path, one) = path(kind);
        let mut body = json!({"name": name});
        match kind {
            Kind::Volume => body["size"] = json!(1),
            Kind::Server => {
                let first = |found: &Value, many: &str| found[many][0]["id"].clone();
                body["imageRef"] = first(&inside.get("image", "v2/images").await, "images");
                body["flavorRef"] = first(&inside.get("compute", "flavors").await, "flavors");
                body["networks"] = networks.iter().map(|id| json!({"uuid": id})).collect();
            }
            _ => {}
        }
        let made = inside.post(service, path, json!({one: body})).await;
        let id = made[one]["id"].as_str().unwrap().to_owned();
        match kind {
            Kind::Network => {
                let subnet = json!({"subnet": {"network_id": id, "cidr": "10.77.0.0/24", "ip_version": 4}});
                inside.post("network", "subnets", subnet).await;
            }
            Kind::Server => inside.server_is(&id, "ACTIVE").await,
            _ => {}
        }
        Ok(id)
    }

    async fn remove(&self, kind: Kind, project: &str, peer_id: &str) -> Result<()> {
        let inside = self.inside(project).await;
        let (service, path, _) = path(kind);
        for _ in 0..ROUNDS {
            if inside.call(Method::DELETE, service, &format!("{path}/{peer_id}"), None).await.0 == 404 {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(DriverError::new(DriverErrorKind::Timeout, "it does not go"))
    }

    async fn stop(&self, project: &str, peer_id: &str) -> Result<()> {
        let inside = self.inside(project).await;
        inside.post("compute", &format!("servers/{peer_id}/action"), json!({"os-stop": null})).await;
        inside.server_is(peer_id, "SHUTOFF").await;
        Ok(())
    }
}

#[tokio::test]
async fn an_openstack_is_a_cloud_like_every_other() {
    let Some(connection) = connection() else { return };
    let OpenstackAccount::User { password, .. } = &connection.account else { unreachable!() };
    let somebody = Somebody { auth_url: connection.auth_url.clone(), password: password.clone() };
    let can = Capabilities {
        enforces_quota: true,
        image: None,
        broken_image: None,
        private_flavors: true,
        powers: Power::ALL.to_vec(),
        consoles: true,
    };
    let patience = Patience { rounds: ROUNDS, pause: PAUSE };
    let ran = run(&connect(&connection), can, &unique("suite"), &somebody, patience).await;
    assert!(ran.unwrap_or_else(|failures| panic!("{failures}")).len() > 30);
}
