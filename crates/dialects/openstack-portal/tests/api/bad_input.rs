//! What is wrong is told in the envelope, by the status, and the message names the parameter.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tenantry_dialect_openstack_portal::operations::{self, Operation};
use tenantry_http::fields::{Field, Kind};

use crate::app::{App, Envelope as _, PASSWORD, Tenant, path};
use crate::cloud::{FLAVOR, IMAGE};

/// A world in which the id 2 is a tenant, its root group and its administrator, and 3 a group below with the user 3 in it.
async fn world() -> App {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let user = app.user(lab, "ann", "shop", false).await;
    assert_eq!((tenant.id, tenant.root, lab, user.id), (2, 2, 3, 3));
    app
}

fn place(operation: &Operation) -> String {
    path(operation, 2)
}

/// A value of the right type.
fn right(field: &Field) -> Value {
    match field.kind {
        Kind::Integer => json!(2),
        Kind::Boolean => json!(false),
        _ => json!("x"),
    }
}

/// Values of wrong types.
fn wrong(field: &Field) -> Vec<Value> {
    match field.kind {
        Kind::Integer => vec![json!("x"), json!(1.5), json!([1]), json!({}), json!(true), json!("99999999999999999999")],
        Kind::Boolean => vec![json!("perhaps"), json!(2), json!([])],
        Kind::Texts => vec![json!({}), json!([{}]), json!([["x"]]), json!(true)],
        _ => vec![json!({}), json!(["x"])],
    }
}

/// A token for this operation: none for the login.
fn token<'a>(app: &'a App, operation: &Operation) -> &'a str {
    if operation.id == "create_session" { "" } else { &app.admin }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_from_one_with_wrong_values() {
    let app = world().await;
    let deep = "[".repeat(10_000);
    for operation in operations::ALL.iter().filter(|o| !o.takes.is_empty()) {
        let send =
            async |kind: &str, body: Vec<u8>| app.text(token(&app, operation), operation.method, &place(operation), kind, body).await;
        for body in ["{", "{\"name\":", "nonsense", "name=x", "{\"a\":1}{", "{'a':1}", "\u{0}", &deep] {
            send("application/json", body.into()).await.refused(400);
        }
        send("application/x-www-form-urlencoded", "{\"name\":".into()).await.refused(400);
        send("", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await.refused(400);
        for body in ["[1]", "1", "\"x\"", "null", "true"] {
            send("application/json", body.into()).await.refused(422);
        }
        for kind in ["application/json", "application/x-www-form-urlencoded"] {
            send(kind, format!("{{\"name\":\"{}\"}}", "x".repeat(3 << 20)).into()).await.refused(413);
        }
    }
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_refused_by_the_name_of_its_parameter() {
    let app = world().await;
    for operation in operations::ALL {
        for field in operation.takes {
            for value in wrong(field) {
                let answer = app.send(token(&app, operation), operation.method, &place(operation), json!({field.name: value})).await;
                answer.refused(422);
                assert!(answer.message().starts_with(&format!("'{}", field.name)), "{} {value}: {}", operation.id, answer.message());
            }
            if matches!(field.kind, Kind::Texts) {
                continue;
            }
            let twice = format!("{}?{name}=1&{name}=2", place(operation), name = field.name);
            app.send(token(&app, operation), operation.method, &twice, Value::Null).await.refused(422);
        }
    }
    let long = app.send(&app.admin, "POST", "/keystone/users", json!({"group_id": "x".repeat(100_000)})).await;
    assert!(long.message().len() < 400, "what was sent is not sent back at length");
}

#[tokio::test]
async fn a_missing_parameter_is_named_and_null_and_empty_are_missing() {
    let app = world().await;
    let required = |operation: &Operation| if operation.id == "list_users" { vec!["group_id"] } else { operation.required.to_vec() };
    for operation in operations::ALL {
        for missing in required(operation) {
            for instead in [None, Some(Value::Null), Some(json!(""))] {
                let mut whole: Map<String, Value> = operation
                    .takes
                    .iter()
                    .filter(|f| operation.required.contains(&f.name))
                    .map(|f| (f.name.to_owned(), right(f)))
                    .collect();
                whole.remove(missing);
                whole.extend(instead.map(|value| (missing.to_owned(), value)));
                let answer = app.send(token(&app, operation), operation.method, &place(operation), Value::Object(whole)).await;
                answer.refused(400);
                assert!(answer.message().contains(&format!("'{missing}'")), "{}: {}", operation.id, answer.message());
            }
        }
    }
}

#[tokio::test]
async fn an_id_of_nothing_is_not_found_whatever_it_looks_like() {
    let app = world().await;
    for operation in operations::ALL.iter().filter(|o| o.path.contains('{')) {
        for wrong in ["0", "-1", "4711", "99999999999999999999", "x", "1.0", "%ff", "%20", "1%2f2", "1'--", "%E7%BB%84"] {
            let body = if operation.id == "update_user" { json!({"group_id": 2}) } else { Value::Null };
            app.send(&app.admin, operation.method, &path(operation, wrong), body).await.refused(404);
        }
    }
    for (method, place, body) in [
        ("POST", "/keystone/tenants", json!({"tenant_id": 99})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 99, "name": "x"})),
        ("POST", "/keystone/users", json!({"group_id": 99, "name": "x", "password": PASSWORD})),
        ("PUT", "/keystone/users/3", json!({"group_id": 99})),
        ("GET", "/keystone/users", json!({"group_id": 99})),
        ("GET", "/keystone/users", json!({"user_id": -1})),
        ("DELETE", "/keystone/users", json!({"user_id": 99})),
        ("DELETE", "/keystone/users", json!({"user_id": 3, "group_id": 99})),
    ] {
        app.send(&app.admin, method, place, body).await.refused(404);
    }
}

#[tokio::test]
async fn a_path_or_a_method_that_does_not_exist_is_told_so_in_the_envelope() {
    let app = world().await;
    for prefix in ["/auth", "/keystone", "/nova", "/network", "/storage", "/ticket"] {
        for place in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/nothing"), format!("{prefix}/nothing/2/more/")] {
            for method in ["GET", "POST", "PUT", "DELETE"] {
                app.send(&app.admin, method, &place, Value::Null).await.refused(404);
            }
        }
    }
    for operation in operations::ALL {
        app.send(&app.admin, "PATCH", &place(operation), Value::Null).await.refused(405);
        let slash = format!("{}/", place(operation));
        assert_ne!(app.send("", operation.method, &slash, Value::Null).await.status, 404, "{slash}");
    }
    for (method, place) in
        [("GET", "/auth/login"), ("DELETE", "/keystone/tenants/2"), ("GET", "/keystone/groups"), ("GET", "/keystone/users/2")]
    {
        app.send(&app.admin, method, place, Value::Null).await.refused(405);
    }
}

/// What is wrong about servers, networks and volumes of tenant 2: the network 3 with the server 5 in it, which has the volume 6, and the router 4.
async fn cloud(app: &App) -> Vec<(&'static str, &'static str, Value)> {
    let tenant = Tenant { id: 2, root: 2 };
    app.room(tenant).await;
    let (network, router) = (app.network(tenant, "front", 1).await, app.router(tenant, "edge").await);
    let (server, volume) = (app.server(tenant, &network, "web", true).await, app.volume(tenant, "data").await);
    let made = [&network["resource_id"], &router["resource_id"], &server["id"], &volume["id"]].map(|id| id.as_i64().unwrap());
    assert_eq!(made, [3, 4, 5, 6]);
    app.ok("create_attachment", 0, json!({"tenant_id": 2, "virtual_server_id": 5, "volume_id": 6})).await;
    app.settle().await;
    let network = |field: &str, value: &str| {
        let mut body = json!({"tenant_id": 2, "network_name": "n", "cidr": "192.168.22.0/24", "gateway": "192.168.22.1"});
        body[field] = json!(value);
        body
    };
    let range = |first: &str, last: &str| {
        let mut body = network("dhcp_start_ip", first);
        body["dhcp_end_ip"] = json!(last);
        body
    };
    let server = |field: &str, value: Value| {
        let mut body = json!({"tenant_id": 2, "image_id": IMAGE, "network_ids": "3", "instance_type": FLAVOR, "instance_name": "s"});
        body[field] = value;
        body
    };
    let volume = |field: &str, value: Value| json!({"tenant_id": 2, field: value});
    let rule = |field: &str, value: Value| json!({"security_group_id": 8, "protocol": "tcp", field: value});
    app.ok("create_security_group", 0, json!({"tenant_id": 2, "name": "web"})).await;
    vec![
        ("POST", "/network/network", network("network_name", &"x".repeat(256))),
        ("POST", "/network/network", network("network_name", "front")),
        ("POST", "/network/network", network("cidr", "192.168.22.0")),
        ("POST", "/network/network", network("cidr", "192.168.22.7/24")),
        ("POST", "/network/network", network("cidr", "192.168.22.0/31")),
        ("POST", "/network/network", network("cidr", "127.0.0.0/24")),
        ("POST", "/network/network", network("cidr", "10.9.0.0/16")),
        ("POST", "/network/network", network("gateway", "192.168.23.1")),
        ("POST", "/network/network", network("gateway", "nowhere")),
        ("POST", "/network/network", network("gateway", "192.168.22.255")),
        ("POST", "/network/network", network("dns", "198.18.0.1, ns1")),
        ("POST", "/network/network", network("dhcp_start_ip", "192.168.22.9")),
        ("POST", "/network/network", range("192.168.22.90", "192.168.22.9")),
        ("POST", "/network/network", range("192.168.22.1", "192.168.22.9")),
        ("POST", "/network/network", range("192.168.22.9", "192.168.23.9")),
        ("POST", "/network/network", network("description", "\u{7}")),
        ("POST", "/network/network", network("datacenter_id", "9")),
        ("GET", "/network/network", Value::Null),
        ("GET", "/network/network", json!({"tenant_id": 99})),
        ("GET", "/network/network", json!({"network_id": "front"})),
        ("GET", "/network/network", json!({"network_id": 3, "tenant_id": 3})),
        ("DELETE", "/network/network", json!({"network_id": 3})),
        ("POST", "/network/router", json!({"tenant_id": 2, "name": "r", "external_network_id": "nowhere"})),
        ("POST", "/network/router", json!({"tenant_id": 2, "name": "edge", "external_network_id": "public"})),
        ("POST", "/network/router", json!({"name": "r", "external_network_id": "public"})),
        ("DELETE", "/network/router", json!({"router_id": 3})),
        ("POST", "/network/router_network", json!({"router_id": 4, "network_id": 99})),
        ("DELETE", "/network/router_network", json!({"router_id": 4, "network_id": 3})),
        ("POST", "/nova/servers", server("image_id", json!("nothing"))),
        ("POST", "/nova/servers", server("network_ids", json!(["3", "99"]))),
        ("POST", "/nova/servers", server("network_ids", json!([]))),
        ("POST", "/nova/servers", server("instance_type", json!("m9.huge"))),
        ("POST", "/nova/servers", json!({"tenant_id": 2, "image_id": IMAGE, "network_ids": "3", "cpu": "0", "memory": "512"})),
        ("POST", "/nova/servers", json!({"tenant_id": 2, "image_id": IMAGE, "network_ids": "3", "cpu": "1", "memory": "0"})),
        ("POST", "/nova/servers", json!({"tenant_id": 2, "image_id": IMAGE, "network_ids": "3", "cpu": "1"})),
        ("POST", "/nova/servers", json!({"tenant_id": 2, "image_id": IMAGE, "network_ids": "3", "cpu": "64", "memory": "512"})),
        ("POST", "/nova/servers", server("instance_name", json!("x".repeat(256)))),
        ("POST", "/nova/servers", server("instance_name", json!("web"))),
        ("POST", "/nova/servers", server("availability_zone", json!("mars"))),
        ("POST", "/nova/servers", server("availability_zone", json!("maintenance"))),
        ("POST", "/nova/servers", server("security_groups", json!(["nothing"]))),
        ("POST", "/nova/servers", server("virtual_server_type", json!(3))),
        ("POST", "/nova/servers", server("instance_type", json!("m1.xlarge"))),
        ("POST", "/nova/servers", server("tenant_id", json!(3))),
        ("DELETE", "/nova/servers", json!({"tenant_id": 3, "virtual_server_id": 5})),
        ("GET", "/nova/command/start/5", Value::Null),
        ("POST", "/nova/command/explode/5", Value::Null),
        ("GET", "/nova/command/stop/6", Value::Null),
        ("POST", "/nova/virtual_server_assign", json!({"server_id": 5, "user_id": 3})),
        ("POST", "/nova/virtual_server_assign", json!({"server_id": 5, "user_id": 99})),
        ("GET", "/nova/console_log", json!({"server_id": 5, "lines": 0})),
        ("GET", "/nova/images", json!({"tenant_id": 2, "datacenter_id": 9})),
        ("POST", "/storage/volumes", volume("volume_size", json!(0))),
        ("POST", "/storage/volumes", volume("volume_size", json!(-1))),
        ("POST", "/storage/volumes", volume("volume_size", json!(1000))),
        ("POST", "/storage/volumes", volume("volume_name", json!("data"))),
        ("POST", "/storage/volumes", volume("volume_name", json!("\u{7}"))),
        ("POST", "/storage/volumes", volume("volume_description", json!("\u{7}"))),
        ("POST", "/storage/volumes", volume("volume_type", json!("golden"))),
        ("POST", "/storage/volumes", volume("image_id", json!("nothing"))),
        ("POST", "/storage/volumes", volume("snapshot_id", json!(99))),
        ("PUT", "/storage/volumes", json!({"volume_id": 6, "volume_size": 0})),
        ("DELETE", "/storage/volumes", json!({"tenant_id": 2, "volume_id": 6})),
        ("POST", "/storage/server_attach", json!({"tenant_id": 2, "virtual_server_id": 5, "volume_id": 6})),
        ("POST", "/storage/server_attach", json!({"tenant_id": 2, "virtual_server_id": 6, "volume_id": 6})),
        ("DELETE", "/storage/server_attach", json!({"tenant_id": 2, "virtual_server_id": 5, "attach_id": 99})),
        ("POST", "/nova/security_groups", json!({"tenant_id": 2, "name": "default"})),
        ("POST", "/nova/security_group_rules", rule("direction", json!("in"))),
        ("POST", "/nova/security_group_rules", rule("protocol", json!("gre"))),
        ("POST", "/nova/security_group_rules", rule("port_range_min", json!(70_000))),
        ("POST", "/nova/security_group_rules", rule("remote_ip_prefix", json!("everywhere"))),
        ("DELETE", "/nova/security_group_rules", rule("port_range_min", json!(22))),
        ("POST", "/network/floating_ip", json!({"tenant_id": 2, "external_network_id": "nowhere"})),
        ("PUT", "/network/floating_ip", json!({"floating_ip_id": 5})),
    ]
}

/// What is well formed and wrong all the same. The table has status and message of each.
#[tokio::test]
async fn what_cannot_be_done_is_told_with_what_would_be_right() {
    let app = world().await;
    app.tenant("other").await;
    let in_cloud = cloud(&app).await;
    let mut table = String::new();
    for (method, place, body) in [
        ("POST", "/auth/login", json!({"identification": "admin#shop", "password": "x"})),
        ("POST", "/auth/login", json!({"identification": "admin#nowhere", "password": "x"})),
        ("POST", "/keystone/tenants", json!({"name": "shop"})),
        ("POST", "/keystone/tenants", json!({"name": "x".repeat(129)})),
        ("POST", "/keystone/tenants", json!({"name": " "})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_name": "a b"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_password": "short"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_name": "administrator", "admin_password": "administrator"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "description": "\u{7}"})),
        ("POST", "/keystone/tenants/2", json!({"name": "other"})),
        ("POST", "/keystone/tenants/2", json!({"tenant_id": 3})),
        ("POST", "/keystone/tenants/2", json!({"enabled": "perhaps"})),
        ("POST", "/keystone/tenants/1", json!({"enabled": "false"})),
        ("POST", "/keystone/tenants/1", json!({"name": "top"})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 2, "name": "LAB"})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 2, "name": "x".repeat(129)})),
        ("PUT", "/keystone/groups/2", json!({"name": "another"})),
        ("PUT", "/keystone/groups/3", json!({"group_id": 2})),
        ("DELETE", "/keystone/groups/2", Value::Null),
        ("DELETE", "/keystone/groups/3", Value::Null),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "ann", "password": PASSWORD})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "a#b", "password": PASSWORD})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob", "password": "short"})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob-bobson", "password": "Bob-Bobson"})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob", "password": PASSWORD, "description": "\u{7}"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "name": "admin"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "name": "a b"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "password": "short"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 4})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "user_id": 2})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "enabled": false})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "password": "another-password"})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "password": "another-password", "old_password": "wrong"})),
        ("DELETE", "/keystone/users", json!({"user_id": 3, "group_id": 2})),
        ("DELETE", "/keystone/users", json!({"user_id": 1})),
        ("GET", "/ticket/user", Value::Null),
    ]
    .into_iter()
    .chain(in_cloud)
    {
        let answer = app.send(&app.admin, method, place, body.clone()).await;
        let body = if body.is_null() {
            String::new()
        } else {
            format!(" {}", body.to_string().replace(&"x".repeat(129), "xxx...").replace(&"x".repeat(127), ""))
        };
        let _ = writeln!(table, "{} {method} {place}{}\n    {}", answer.status, body.replace(PASSWORD, "..."), answer.message());
        assert!((400..500).contains(&answer.status), "{method} {place}{body}: {}", answer.body);
        answer.refused(answer.status);
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input.txt"), &table);
}
