//! C18 to C21.

use serde_json::{Value, json};
use tenantry_domain::user::Role;
use tenantry_driver_sandbox::Fault;

use crate::app::{App, Envelope as _, has};
use crate::cloud::{EXTERNAL, FLAVOR, IMAGE};

#[tokio::test]
async fn a_network_is_made_with_every_parameter_and_shown_by_the_clouds_id() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let new = json!({"tenant_id": tenant.id.to_string(), "network_name": "前端 net", "dhcp_enabled": "true", "dhcp_start_ip": "192.168.22.10",
        "dhcp_end_ip": "192.168.22.90", "gateway": "192.168.22.1", "cidr": "192.168.22.0/24", "dns": "198.18.0.53, 198.18.0.54", "description": "d"});
    let asked = app.ok("create_network", 0, new.clone()).await["network"].take();
    has(&asked, &json!({"status": "pending", "id": asked["uuid"], "name": "前端 net", "subnet_id": ""}));
    app.settle().await;
    let listed = app.ok("list_networks", 0, json!({"tenant_id": tenant.id})).await["networks"].take();
    let made = &listed[0];
    let wanted = json!({"network_name": "前端 net", "name": "前端 net", "tenant_id": tenant.id, "datacenter_id": 1, "status": "ready", "reason": "",
        "dhcp_enabled": true, "dhcp_start_ip": "192.168.22.10", "dhcp_end_ip": "192.168.22.90", "gateway": "192.168.22.1",
        "cidr": "192.168.22.0/24", "dns": "198.18.0.53,198.18.0.54", "description": "d", "resource_id": asked["resource_id"]});
    has(made, &wanted);
    assert_ne!(made["id"], asked["id"], "the cloud gave it an id");
    for id in [&made["id"], &made["resource_id"], &asked["id"]] {
        let one = app.ok("list_networks", 0, json!({"tenant_id": tenant.id, "network_id": id})).await["network"].take();
        assert_eq!(one["id"], made["id"], "by {id}");
    }
    app.call(&app.admin, "create_network", 0, new).await.refused(422);
    let boss = app.login("admin#shop").await;
    assert_eq!(app.ok_as(&boss.token, "list_networks", 0, Value::Null).await["networks"], listed, "the caller's own tenant is meant");
    app.call(&app.admin, "list_networks", 0, Value::Null).await.refused(400);
}

#[tokio::test]
async fn a_network_is_removed_when_nothing_is_in_it() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let server = app.server(tenant, &network, "web", true).await;
    let refused = app.call(&app.admin, "delete_network", 0, json!({"network_id": network["id"]})).await;
    refused.refused(409);
    assert!(refused.message().contains("'web'"), "{}", refused.message());
    app.ok("delete_server", 0, json!({"tenant_id": tenant.id, "virtual_server_id": server["id"]})).await;
    app.settle().await;
    let gone = app.ok("delete_network", 0, json!({"network_id": network["id"]})).await;
    assert_eq!(gone["network"]["status"], "deleting");
    app.settle().await;
    assert_eq!(app.ok("list_networks", 0, json!({"tenant_id": tenant.id})).await["networks"], json!([]));
    app.call(&app.admin, "delete_network", 0, json!({"network_id": network["id"]})).await.refused(404);
}

#[tokio::test]
async fn external_networks_are_the_clouds() {
    let app = App::start().await;
    app.call(&app.admin, "list_external_networks", 0, Value::Null).await.refused(409);
    let tenant = app.cloudy("shop").await;
    let boss = app.login("admin#shop").await;
    for (token, body) in [(&app.admin, Value::Null), (&app.admin, json!({"tenant_id": tenant.id})), (&boss.token, Value::Null)] {
        let listed = app.ok_as(token, "list_external_networks", 0, body).await["external_networks"].take();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "the shared one is not among them: {listed}");
        has(&listed[0], &json!({"name": EXTERNAL}));
    }
}

#[tokio::test]
async fn a_tenant_is_opened_with_a_default_network_when_that_is_asked_for() {
    let app = App::start().await;
    let plain = app.cloudy("plain").await;
    let telly = app.staff("telly", Role::Telecom).await;
    let new = json!({"name": "rich", "default": "true"});
    let rich = app.ok_as(&telly.token, "create_tenant", 0, new).await["tenant"].take();
    has(&rich, &json!({"default": true, "reason": ""}));
    app.settle().await;
    let networks = app.ok("list_networks", 0, json!({"tenant_id": rich["id"]})).await["networks"].take();
    has(&networks[0], &json!({"name": "default", "status": "ready"}));
    app.faults.set(Fault::Down);
    let made = app.ok("create_tenant", 0, json!({"name": "early", "default": "true"})).await["tenant"].take();
    app.faults.set(Fault::None);
    has(&made, &json!({"default": false, "status": "active"}));
    assert!(made["reason"].as_str().unwrap().starts_with("it got no default network: "), "it is opened all the same: {made}");
    // without it, a server asks for one
    let new = json!({"tenant_id": plain.id, "image_id": IMAGE, "instance_type": FLAVOR, "default": true});
    let server = app.ok("create_server", 0, new.clone()).await["server"].take();
    app.settle().await;
    has(&app.seen(&server).await, &json!({"status": "ready", "condition": "ACTIVE"}));
    has(&app.ok("get_tenant", plain.id, Value::Null).await["tenant"], &json!({"default": true}));
    let listed = app.ok("list_tenants", 0, Value::Null).await["tenants"].take();
    let defaults: Vec<_> =
        listed.as_array().unwrap().iter().map(|t| (t["name"].as_str().unwrap(), t["default"].as_bool().unwrap())).collect();
    assert_eq!(defaults, [("plain", true), ("rich", true), ("early", false)]);
    let router = app.ok("list_routers", 0, json!({"tenant_id": plain.id})).await["routers"][0].take();
    has(&router, &json!({"name": "default", "status": "ready"}));
    let inside = app.ok("list_router_networks", 0, json!({"router_id": router["id"]})).await["networks"].take();
    has(&inside[0], &json!({"name": "default", "status": "ready"}));
    let second = app.ok("create_server", 0, new).await["server"].take();
    app.settle().await;
    assert_eq!(app.seen(&second).await["network_ids"], json!([inside[0]["id"]]), "there is one default network");
}
