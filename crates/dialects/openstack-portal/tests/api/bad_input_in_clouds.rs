//! What is told about wrong input of servers, networks and volumes.

use serde_json::{Value, json};

use crate::app::{App, Tenant};
use crate::cloud::{FLAVOR, IMAGE};

/// What is wrong about servers, networks and volumes of tenant 2: the network 3 with the server 5 in it, which has the volume 6, and the router 4.
pub async fn cloud(app: &App) -> Vec<(&'static str, &'static str, Value)> {
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
