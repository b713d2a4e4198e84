//! Servers, networks and volumes through the whole server: answers with finished things, and the record of what was done.

use http::StatusCode;
use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::operations;

use crate::common::{Answer, Server, request};
use crate::{PASSWORD, login, object};

/// The object of an answer that was a success, and as documented.
#[track_caller]
fn documented(answer: Answer, operation_id: &str, name: &str) -> Value {
    let operation = operations::ALL.iter().find(|o| o.id == operation_id).unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{operation_id}: {}", answer.body);
    let differences = operation.gives.differences(operation_id, &answer.body);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    answer.body[name].clone()
}

#[track_caller]
fn has(object: &Value, wanted: &Value) {
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&object[name], value, "{name} of {object}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_client_gets_finished_things() {
    let server = Server::start().await;
    let new = json!({"name": "shop", "admin_password": PASSWORD, "default": true});
    let tenant = object(server.post("/keystone/tenants", new).await, "tenant");
    has(&tenant, &json!({"default": true, "reason": ""}));
    let boss = login(&server, "admin#shop").await;
    let send = async |method: &str, path: &str, body: Value| server.send(&boss, method, path, Some(body)).await;
    let id = &tenant["id"];

    let networks = documented(send("GET", "/network/network", json!({})).await, "list_networks", "networks");
    assert_eq!(networks[0]["name"], "default");
    let new = json!({"tenant_id": id, "network_name": "front", "cidr": "192.168.22.0/24", "gateway": "192.168.22.1"});
    let network = documented(send("POST", "/network/network", new).await, "create_network", "network");
    has(&network, &json!({"status": "ready", "id": network["uuid"]}));
    let externals = documented(send("GET", "/network/external_network", json!({})).await, "list_external_networks", "external_networks");
    let new = json!({"name": "edge", "external_network_id": externals[0]["id"]});
    let router = documented(send("POST", "/network/router", new).await, "create_router", "router");
    has(&router, &json!({"status": "ready"}));
    let both = json!({"router_id": router["id"], "network_id": network["id"]});
    let connected = documented(send("POST", "/network/router_network", both).await, "create_router_network", "router_network");
    has(&connected, &json!({"status": "ready", "address": "192.168.22.1"}));

    let new = json!({"tenant_id": id, "image_id": "cirros-0.6.3", "network_ids": [network["id"]], "cpu": "1", "memory": "512"});
    let made = documented(send("POST", "/nova/servers", new).await, "create_server", "server");
    has(&made, &json!({"status": "ready", "condition": "ACTIVE", "power": "running", "network_ids": [network["id"]]}));
    for (command, power) in [("stop", "stopped"), ("start", "running"), ("pause", "paused"), ("unpause", "running"), ("reboot", "running")]
    {
        let path = format!("/nova/command/{command}/{}", made["id"]);
        let after = documented(server.send(&boss, "GET", &path, None).await, "run_server_command", "server");
        has(&after, &json!({"status": "ready", "power": power}));
    }

    let volume = documented(send("POST", "/storage/volumes", json!({"tenant_id": id, "volume_size": 1})).await, "create_volume", "volume");
    has(&volume, &json!({"status": "ready", "condition": "available"}));
    let both = json!({"tenant_id": id, "virtual_server_id": made["id"], "volume_id": volume["id"]});
    let attached = documented(send("POST", "/storage/server_attach", both).await, "create_attachment", "attachement");
    has(&attached, &json!({"status": "ready"}));
    let detach = json!({"tenant_id": id, "virtual_server_id": made["id"], "attach_id": attached["id"]});
    let detached = documented(send("DELETE", "/storage/server_attach", detach).await, "delete_attachment", "attachement");
    has(&detached, &json!({"id": attached["id"], "status": "deleted"}));
    let gone = json!({"tenant_id": id, "virtual_server_id": made["id"]});
    has(&documented(send("DELETE", "/nova/servers", gone).await, "delete_server", "server"), &json!({"status": "deleted", "reason": ""}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_by_get_leaves_one_record_whoever_tried_it() {
    let server = Server::start().await;
    let new = json!({"name": "shop", "admin_password": PASSWORD, "default": true});
    let tenant = object(server.post("/keystone/tenants", new).await, "tenant");
    object(server.post("/keystone/tenants", json!({"name": "other", "admin_password": PASSWORD})).await, "tenant");
    let (boss, stranger) = (login(&server, "admin#shop").await, login(&server, "admin#other").await);
    let new = json!({"tenant_id": tenant["id"], "image_id": "cirros-0.6.3", "default": true, "instance_type": "m1.tiny"});
    let made = object(server.send(&boss, "POST", "/nova/servers", Some(new)).await, "server");
    let cookie = format!("tenantry_session={boss}");
    let evil = [("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("host", "cloud.example")];
    for (turn, (method, token, word, headers, status, outcomes)) in [
        ("GET", boss.as_str(), "stop", &[][..], 200, &["allowed"][..]),
        ("GET", &boss, "stop", &[], 409, &["refused"]),
        ("GET", &stranger, "start", &[], 404, &["refused"]),
        ("GET", &boss, "explode", &[], 422, &["refused"]),
        ("GET", "", "start", &evil, 403, &[]),
        ("GET", "", "start", &[], 401, &[]),
        ("POST", &boss, "start", &[], 200, &["allowed"]),
        ("POST", &boss, "start", &[], 409, &["refused"]),
        ("POST", &stranger, "stop", &[], 404, &["refused"]),
    ]
    .into_iter()
    .enumerate()
    {
        let own = format!("command-{turn}");
        let mut headers = headers.to_vec();
        headers.push(("x-request-id", &own));
        let path = format!("/nova/command/{word}/{}", made["id"]);
        let mut request = request(token, method, &path, &headers, None);
        if token.is_empty() {
            request.headers_mut().remove("authorization");
        }
        let answer = server.raw(request).await;
        assert_eq!(answer.status.as_u16(), status, "{turn}: {}", answer.body);
        let listed = server.get("/api/v2/audit?limit=30").await.body;
        let records = listed["items"].as_array().unwrap().iter().filter(|r| r["request_id"] == json!(own));
        let found: Vec<&str> = records.map(|r| r["outcome"].as_str().unwrap()).collect();
        assert_eq!(found, outcomes, "{turn} {method} {word}");
    }
}
