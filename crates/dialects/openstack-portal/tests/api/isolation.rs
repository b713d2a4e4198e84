//! Nobody learns of another tenant's things, by id, by UUID or by name.

use serde_json::{Value, json};

use crate::app::App;
use crate::cloud::{FLAVOR, IMAGE};

#[tokio::test]
async fn nobody_learns_of_another_tenants_things() {
    let app = App::start().await;
    let [own, other] = [app.cloudy("own").await, app.cloudy("secretive").await];
    let network = app.network(other, "secret-net", 1).await;
    let router = app.router(other, "secret-router").await;
    let volume = app.volume(other, "secret-volume").await;
    let server = app.server(other, &network, "secret-server", true).await;
    let (own_network, own_router) = (app.network(own, "front", 1).await, app.router(own, "edge").await);
    let (own_server, own_volume) = (app.server(own, &own_network, "web", true).await, app.volume(own, "data").await);
    let group = app.ok("create_security_group", 0, json!({"tenant_id": other.id, "name": "secret-group"})).await["security_group"].take();
    let both = json!({"tenant_id": other.id, "virtual_server_id": server["id"], "volume_id": volume["id"]});
    let attachment = app.ok("create_attachment", 0, both).await["attachement"].take();
    let ip = app.ok("create_floating_ip", 0, json!({"tenant_id": other.id})).await["floating_ip"].take();
    let snapshot =
        app.ok("create_snapshot", 0, json!({"volume_id": volume["id"], "snapshot_name": "secret-snapshot"})).await["snapshot"].take();
    app.settle().await;
    let boss = app.login("admin#own").await;
    let mut tried: Vec<(&str, Value)> = Vec::new();
    for id in [&network["id"], &network["resource_id"], &json!("secret-net")] {
        for tenant in [Value::Null, json!(own.id), json!(other.id)] {
            tried.push(("list_networks", json!({"network_id": id, "tenant_id": tenant})));
            tried.push(("delete_network", json!({"network_id": id, "tenant_id": tenant})));
        }
        tried.push(("create_router_network", json!({"router_id": own_router["id"], "network_id": id})));
        tried.push(("create_server", json!({"tenant_id": own.id, "image_id": IMAGE, "network_ids": [id], "instance_type": FLAVOR})));
    }
    for id in [&router["id"], &router["resource_id"], &json!("secret-router")] {
        for operation in ["list_routers", "delete_router", "list_router_networks"] {
            tried.push((operation, json!({"router_id": id})));
        }
        for operation in ["create_router_network", "delete_router_network"] {
            tried.push((operation, json!({"router_id": id, "network_id": own_network["id"]})));
        }
    }
    for tenant in [own.id, other.id] {
        let at = |more: Value| {
            let mut body = json!({"tenant_id": tenant});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        tried.extend([
            ("list_servers", at(json!({"virtual_server_id": server["id"]}))),
            ("delete_server", at(json!({"virtual_server_id": server["id"]}))),
            ("update_server", at(json!({"virtual_server_id": server["id"], "security_groups": "default"}))),
            ("get_console", at(json!({"server_id": server["id"]}))),
            ("get_console_log", at(json!({"server_id": server["id"]}))),
            ("list_volumes", at(json!({"volume_id": volume["id"]}))),
            ("update_volume", at(json!({"volume_id": volume["id"], "volume_size": 9}))),
            ("delete_volume", at(json!({"volume_id": volume["id"]}))),
            ("create_attachment", at(json!({"virtual_server_id": own_server["id"], "volume_id": volume["id"]}))),
            ("create_attachment", at(json!({"virtual_server_id": server["id"], "volume_id": own_volume["id"]}))),
            ("delete_attachment", at(json!({"virtual_server_id": own_server["id"], "attach_id": attachment["id"]}))),
            ("delete_attachment", at(json!({"virtual_server_id": server["id"], "attach_id": attachment["id"]}))),
            ("list_attachments", at(json!({"virtual_server_id": server["id"]}))),
            ("create_snapshot", at(json!({"volume_id": volume["id"]}))),
            ("list_snapshots", at(json!({"volume_id": volume["id"]}))),
            ("delete_snapshot", at(json!({"snapshot_id": snapshot["id"]}))),
            ("create_volume", at(json!({"snapshot_id": snapshot["id"]}))),
            ("create_security_group_rule", at(json!({"security_group_id": group["id"]}))),
            ("delete_security_group", at(json!({"security_group_id": group["id"]}))),
            ("create_floating_ip", at(json!({"server_id": server["id"]}))),
            ("update_floating_ip", at(json!({"floating_ip_id": ip["id"]}))),
            ("delete_floating_ip", at(json!({"floating_ip_id": ip["id"]}))),
        ]);
    }
    for operation in ["list_servers", "list_networks", "list_routers", "list_volumes", "list_security_groups", "list_images"] {
        tried.push((operation, json!({"tenant_id": other.id})));
    }
    for operation in ["list_floating_ips", "list_attachments", "list_snapshots", "list_external_networks"] {
        tried.push((operation, json!({"tenant_id": other.id})));
    }
    tried.push(("create_server_assignment", json!({"server_id": server["id"], "user_id": boss.id})));
    tried.push(("delete_server_assignment", json!({"server_id": server["id"]})));
    let named = json!({"tenant_id": own.id, "image_id": IMAGE, "network_ids": [own_network["id"]], "instance_type": FLAVOR, "security_groups": "secret-group"});
    tried.push(("create_server", named));
    for (operation, body) in tried {
        let answer = app.call(&boss.token, operation, 0, body.clone()).await;
        assert!(matches!(answer.status, 404 | 422), "{operation} {body}: {} {}", answer.status, answer.body);
        let asked = body.to_string();
        for secret in ["secret-net", "secret-router", "secret-volume", "secret-server", "secret-group", "secret-snapshot", "secretive"] {
            assert!(asked.contains(secret) || !answer.body.to_string().contains(secret), "{operation} {asked}: {}", answer.body);
        }
    }
    let answer = app.call(&boss.token, "run_server_command", server["id"].as_i64().unwrap(), Value::Null).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
    for list in
        ["list_servers", "list_networks", "list_routers", "list_volumes", "list_security_groups", "list_floating_ips", "list_snapshots"]
    {
        let listed = app.ok_as(&boss.token, list, 0, Value::Null).await;
        assert!(!listed.to_string().contains("secret"), "{list}: {listed}");
    }
}
