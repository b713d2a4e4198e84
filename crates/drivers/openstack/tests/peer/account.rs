//! As whom the cloud is used: an application credential works in tenants' projects by a user that it makes.

use serde_json::json;
use tenantry_domain::datacenter::{OpenstackAccount, OpenstackConnection};
use tenantry_driver_api::Inspect as _;
use tenantry_driver_api::cloud::{CloudNetworks as _, Volumes as _};

use crate::cloud::{Api, Scene, complete, connect, connection, gone, unique};

#[tokio::test]
async fn an_application_credential_works_in_every_tenants_project() {
    let Some(admin) = connection() else { return };
    let OpenstackAccount::User { password, .. } = &admin.account else { unreachable!() };
    let api = Api::login(&admin.auth_url, password, json!({"name": "admin", "domain": {"id": "default"}})).await;
    let body = json!({"application_credential": {"name": unique("tenantry"), "unrestricted": true}});
    let made = api.post("identity", &format!("users/{}/application_credentials", api.user), body).await;
    let text = |key: &str| made["application_credential"][key].as_str().unwrap().to_owned();
    let account = OpenstackAccount::ApplicationCredential { id: text("id"), secret: text("secret") };
    let connection = OpenstackConnection { account, ..admin.clone() };
    let health = connect(&connection).check().await;
    assert!(health.healthy, "{health:?}");

    let scene = Scene::begin_as("credential", connection.clone(), &admin).await;
    let network = scene.network("net");
    complete("network", async || scene.driver.ensure_network(&network).await).await;
    // a server that has just started, after somebody changed the password of the user
    let name = format!("tenantry-{}", text("id"));
    let users = api.get("identity", &format!("users?name={name}")).await;
    let user = users["users"][0]["id"].as_str().unwrap();
    let change = json!({"user": {"password": "something else"}});
    let (status, _) = api.call(reqwest::Method::PATCH, "identity", &format!("users/{user}"), Some(change)).await;
    assert_eq!(status, 200);
    let again = connect(&connection);
    let volume = scene.volume("data", 1);
    complete("volume", async || again.ensure_volume(&volume).await).await;
    gone("volume", async || again.delete_volume(&volume.at).await).await;
    gone("network", async || again.delete_network(&network.at).await).await;
    scene.end().await;
    api.delete("identity", &format!("users/{user}")).await;
    api.delete("identity", &format!("users/{}/application_credentials/{}", api.user, text("id"))).await;
    let wrong = connect(&connection).check().await;
    assert!(!wrong.healthy && wrong.message.contains("application credential is unknown"), "{wrong:?}");
}
