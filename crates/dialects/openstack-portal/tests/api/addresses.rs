//! Floating addresses.

use serde_json::json;

use crate::app::{App, Envelope as _, has};
use crate::cloud::EXTERNAL;

#[tokio::test]
async fn a_floating_address_is_taken_led_to_a_server_and_given_back() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let (network, router) = (app.network(tenant, "front", 1).await, app.router(tenant, "edge").await);
    app.ok("create_router_network", 0, json!({"router_id": router["id"], "network_id": network["id"]})).await;
    let server = app.server(tenant, &network, "web", true).await;
    let new = json!({"tenant_id": tenant.id, "external_network_id": EXTERNAL, "description": "d"});
    let asked = app.ok("create_floating_ip", 0, new).await["floating_ip"].take();
    has(&asked, &json!({"address": "", "server_id": null, "description": "d", "external_network_id": router["external_network_id"]}));
    app.settle().await;
    let led = json!({"floating_ip_id": asked["id"], "server_id": server["id"]});
    has(&app.ok("update_floating_ip", 0, led).await["floating_ip"], &json!({"server_id": server["id"]}));
    app.settle().await;
    let listed = app.ok("list_floating_ips", 0, json!({"tenant_id": tenant.id})).await["floating_ips"].take();
    has(&listed[0], &json!({"id": asked["id"], "status": "ready", "fixed_address": server["addresses"][0]["address"]}));
    let nowhere = app.ok("update_floating_ip", 0, json!({"floating_ip_id": asked["id"]})).await["floating_ip"].take();
    has(&nowhere, &json!({"server_id": null}));
    app.settle().await;
    let gone = app.ok("delete_floating_ip", 0, json!({"floating_ip_id": asked["id"]})).await["floating_ip"].take();
    has(&gone, &json!({"status": "deleting"}));
    app.settle().await;
    app.call(&app.admin, "delete_floating_ip", 0, json!({"floating_ip_id": asked["id"]})).await.refused(404);
}
