//! Parameters come in a JSON body, a form or the query string, for every method.

use serde_json::{Map, Value, json};

use crate::app::{App, PASSWORD, documented, id, operation, path};

const FORM: &str = "application/x-www-form-urlencoded";

fn urlencoded(parameters: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters.iter().map(|(k, v)| (k, text(v)))).finish()
}

/// An operation of the administrator with its parameters in this place.
async fn send_in(app: &App, place: &str, operation_id: &str, id: i64, parameters: Value) -> Value {
    let operation = operation(operation_id);
    let at = path(operation, id);
    let all = parameters.as_object().unwrap();
    let (first, rest): (Vec<_>, Vec<_>) = all.clone().into_iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let [first, rest] = [first, rest].map(|half| half.into_iter().map(|(_, pair)| pair).collect::<Map<_, _>>());
    let token = if operation_id == "create_session" { "" } else { &app.admin };
    let answer = match place {
        "json" => app.text(token, operation.method, &at, "application/json; charset=utf-8", parameters.to_string()).await,
        "form" => app.text(token, operation.method, &at, FORM, urlencoded(all)).await,
        "query" => app.text(token, operation.method, &format!("{at}/?{}", urlencoded(all)), "", "").await,
        _ => app.text(token, operation.method, &format!("{at}?{}", urlencoded(&first)), FORM, urlencoded(&rest)).await,
    };
    documented(operation, &answer);
    answer.body
}

#[tokio::test]
async fn operations_on_servers_networks_and_volumes_take_their_parameters_in_every_place() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    for (turn, place) in ["json", "form", "query", "query and form"].into_iter().enumerate() {
        let send = async |operation_id: &str, id: i64, parameters: Value| send_in(&app, place, operation_id, id, parameters).await;
        let (cidr, gateway) = (format!("10.9.{turn}.0/24"), format!("10.9.{turn}.1"));
        let new = json!({"tenant_id": tenant.id, "network_name": format!("net {turn}"), "cidr": cidr, "gateway": gateway, "dhcp_enabled": "false"});
        let network = send("create_network", 0, new).await["network"]["resource_id"].clone();
        let new = json!({"tenant_id": tenant.id, "name": format!("r {turn}"), "external_network_id": "public"});
        let router = send("create_router", 0, new).await["router"]["resource_id"].clone();
        let both = json!({"tenant_id": tenant.id, "router_id": router, "network_id": network});
        send("create_router_network", 0, both.clone()).await;
        send("list_router_networks", 0, json!({"tenant_id": tenant.id, "router_id": router})).await;
        let new = json!({"tenant_id": tenant.id, "image_id": "cirros-0.6.3", "network_ids": network.to_string(), "cpu": "1", "memory": "64",
            "security_groups": "default", "virtual_server_type": "1"});
        let server = send("create_server", 0, new).await["server"]["id"].clone();
        let user = app.user(tenant.root, &format!("user-{turn}"), "shop", false).await;
        send("create_server_assignment", 0, json!({"server_id": server, "user_id": user.id})).await;
        send("delete_server_assignment", 0, json!({"server_id": server})).await;
        let volume = send("create_volume", 0, json!({"tenant_id": tenant.id, "volume_size": 1})).await["volume"]["id"].clone();
        let attached = json!({"tenant_id": tenant.id, "virtual_server_id": server, "volume_id": volume});
        let attachment = send("create_attachment", 0, attached).await["attachement"]["id"].clone();
        app.settle().await;
        send("run_server_command", server.as_i64().unwrap(), json!({"hard": "false"})).await;
        let detached = json!({"tenant_id": tenant.id, "virtual_server_id": server, "attach_id": attachment});
        send("delete_attachment", 0, detached).await;
        send("delete_server", 0, json!({"tenant_id": tenant.id, "virtual_server_id": server})).await;
        send("delete_router_network", 0, both).await;
        app.settle().await;
        send("delete_volume", 0, json!({"tenant_id": tenant.id, "volume_id": volume})).await;
        send("delete_router", 0, json!({"tenant_id": tenant.id, "router_id": router})).await;
        send("delete_network", 0, json!({"tenant_id": tenant.id, "network_id": network})).await;
        for list in ["list_networks", "list_routers", "list_servers", "list_volumes", "list_external_networks"] {
            send(list, 0, json!({"tenant_id": tenant.id, "colour": "red"})).await;
        }
        app.settle().await;
    }
}

#[tokio::test]
async fn every_operation_takes_its_parameters_in_every_place() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    for (turn, place) in ["json", "form", "query", "query and form"].into_iter().enumerate() {
        let send = async |operation_id: &str, id: i64, parameters: Value| send_in(&app, place, operation_id, id, parameters).await;
        send("create_session", 0, json!({"identification": "admin#shop", "password": PASSWORD})).await;
        let new = json!({"name": format!("第 {turn} & co"), "description": "a=b", "admin_password": PASSWORD, "default": "false"});
        let opened = send("create_tenant", 0, new).await["tenant"].take();
        assert_eq!((&opened["name"], &opened["description"]), (&json!(format!("第 {turn} & co")), &json!("a=b")));
        let change = json!({"enabled": "false", "description": "x"});
        assert_eq!(send("update_tenant", id(&opened), change).await["tenant"]["enabled"], false);
        let change = json!({"tenant_id": opened["id"], "enabled": "true"});
        assert_eq!(send("create_tenant", 0, change).await["tenant"]["enabled"], true);
        let new = json!({"parent_group_id": tenant.root, "name": format!("group {turn}"), "description": "d"});
        let group = id(&send("create_group", 0, new).await["group"]);
        assert_eq!(send("update_group", group, json!({"description": "changed"})).await["group"]["description"], "changed");
        let new = json!({"group_id": group, "name": format!("user-{turn}"), "password": PASSWORD, "is_admin": true, "enabled": 1});
        let user = send("create_user", 0, new).await["user"].take();
        assert_eq!((&user["is_admin"], &user["enabled"]), (&json!(true), &json!(true)));
        let change = json!({"group_id": group, "is_admin": false, "description": "d"});
        assert_eq!(send("update_user", id(&user), change).await["user"]["is_admin"], false);
        assert_eq!(send("list_users", 0, json!({"group_id": group})).await["users"][0]["id"], user["id"]);
        assert_eq!(send("list_users", 0, json!({"user_id": user["id"]})).await["user"]["id"], user["id"]);
        assert_eq!(send("delete_user", 0, json!({"user_id": user["id"], "group_id": group})).await["user"]["groups"], json!([]));
        send("delete_user", 0, json!({"user_id": user["id"]})).await;
        for operation in ["get_tenant", "get_group", "delete_group"] {
            send(operation, if operation == "get_tenant" { tenant.id } else { group }, json!({"colour": "red"})).await;
        }
        send("list_tenants", 0, json!({"colour": "red"})).await;
    }
}

#[tokio::test]
async fn the_body_counts_before_the_query_and_json_is_known_by_its_looks() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let at = format!("/keystone/tenants/{}?description=query&customer_manager=query", tenant.id);
    for kind in ["", FORM, "text/plain", "application/json"] {
        let answer = app.text(&app.admin, "POST", &at, kind, " {\"description\":\"body\",\"customer_manager\":null}\n").await;
        assert_eq!(
            (&answer.body["tenant"]["description"], &answer.body["tenant"]["customer_manager"]),
            (&json!("body"), &json!("query")),
            "{kind}: {}",
            answer.body
        );
    }
}
