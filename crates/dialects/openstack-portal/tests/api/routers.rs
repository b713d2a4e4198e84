//! C22 to C27.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};
use crate::cloud::EXTERNAL;

#[tokio::test]
async fn a_router_is_made_listed_and_removed() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let router = app.router(tenant, "edge").await;
    has(&router, &json!({"name": "edge", "tenant_id": tenant.id, "status": "ready", "description": ""}));
    assert!(router["external_address"].as_str().unwrap().starts_with("198.18."), "{router}");
    let externals = app.ok("list_external_networks", 0, json!({"tenant_id": tenant.id})).await["external_networks"].take();
    assert_eq!(router["external_network_id"], externals[0]["id"], "it was named by its name");
    let boss = app.login("admin#shop").await;
    let new = json!({"name": "second", "external_network_id": externals[0]["id"]});
    let second = app.ok_as(&boss.token, "create_router", 0, new).await["router"].take();
    has(&second, &json!({"tenant_id": tenant.id, "status": "pending"}));
    assert_eq!(app.ok("list_routers", 0, json!({"tenant_id": tenant.id})).await["routers"].as_array().map(Vec::len), Some(2));
    app.call(&app.admin, "list_routers", 0, Value::Null).await.refused(400);
    assert_eq!(app.ok("delete_router", 0, json!({"router_id": router["id"]})).await["router"]["status"], "deleting");
    app.settle().await;
    app.call(&app.admin, "delete_router", 0, json!({"router_id": router["id"]})).await.refused(404);
    let same = json!({"tenant_id": tenant.id, "name": "second", "external_network_id": EXTERNAL});
    app.call(&app.admin, "create_router", 0, same).await.refused(409);
}

#[tokio::test]
async fn networks_are_connected_to_a_router_and_disconnected() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let (network, router) = (app.network(tenant, "front", 1).await, app.router(tenant, "edge").await);
    let both = json!({"router_id": router["id"], "network_id": network["id"], "tenant_id": tenant.id});
    let made = app.ok("create_router_network", 0, both.clone()).await;
    has(&made["router_network"], &json!({"router_id": router["id"], "network_id": network["id"], "status": "pending", "address": ""}));
    assert_eq!(made["networks"][0]["id"], network["id"]);
    app.call(&app.admin, "create_router_network", 0, both.clone()).await.refused(409);
    app.settle().await;
    let listed = app.ok("list_router_networks", 0, json!({"router_id": router["resource_id"], "tenant_id": tenant.id})).await;
    has(&listed["router"], &json!({"id": router["id"], "name": "edge"}));
    has(&listed["networks"][0], &json!({"id": network["id"], "status": "ready"}));
    app.call(&app.admin, "delete_router", 0, json!({"router_id": router["id"]})).await.refused(409);
    app.call(&app.admin, "delete_network", 0, json!({"network_id": network["id"]})).await.refused(409);
    let gone = app.ok("delete_router_network", 0, both.clone()).await;
    has(&gone["router_network"], &json!({"status": "deleting", "address": "10.9.1.1"}));
    assert_eq!(gone["networks"], json!([]));
    app.settle().await;
    app.call(&app.admin, "delete_router_network", 0, both).await.refused(404);
    app.ok("delete_network", 0, json!({"network_id": network["id"]})).await;
}
