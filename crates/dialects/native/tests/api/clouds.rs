//! Clouds of virtual servers: everything is asked for, shown, changed, listed by what it belongs to, tried out and taken apart. Nothing
//! settles here; `crates/server/tests/clouds.rs` watches it become real.

use std::fmt::Write as _;

use axum::body::Body;
use serde_json::{Value, json};

use crate::common::{Answer, App};
use crate::golden;

/// A tenant with one of everything: the path of each.
pub struct World {
    pub app: App,
    pub tenant: i64,
    pub network: i64,
    pub router: i64,
    pub interface: i64,
    pub group: i64,
    pub server: i64,
    pub private: i64,
    pub volume: i64,
    pub attachment: i64,
    pub snapshot: i64,
    pub address: i64,
}

impl World {
    pub async fn new() -> Self {
        let app = App::start().await;
        let tenant = app.tenant("dev").await;
        let make = async |path: &str, body: Value| {
            let made = app.post(path, body).await;
            assert_eq!(made.status, 201, "{path}: {}", made.body);
            let id = made.body["id"].as_i64().unwrap();
            assert_eq!(made.headers["location"], format!("/api/v2{path}/{id}"), "{path}");
            assert_eq!(made.headers["etag"], "\"1\"", "{path}");
            let shown = app.get(&format!("{path}/{id}")).await;
            assert_eq!((shown.status.as_u16(), &shown.body, &shown.headers["etag"]), (200, &made.body, &made.headers["etag"]), "{path}");
            id
        };
        let network = json!({"tenant_id": tenant, "name": "inner", "cidr": "192.168.22.0/24", "dns": ["9.9.9.9"],
            "pool": {"first": "192.168.22.10", "last": "192.168.22.99"}});
        let network = make("/networks", network).await;
        let router = make("/routers", json!({"tenant_id": tenant, "name": "edge", "external_network": "public"})).await;
        let interface = make("/router-interfaces", json!({"router_id": router, "network_id": network})).await;
        let rules = json!([{"direction": "ingress", "protocol": "tcp", "ports": {"first": 22, "last": 22}, "remote": "203.0.113.0/24"},
            {"direction": "egress"}]);
        let group = make("/security-groups", json!({"tenant_id": tenant, "name": "ssh", "rules": rules})).await;
        let server = json!({"tenant_id": tenant, "name": "web", "image_id": "debian", "flavor": "small",
            "network_ids": [network, "shared"], "security_groups": ["ssh", "default"]});
        let server = make("/servers", server).await;
        let private = json!({"tenant_id": tenant, "image_id": "image-1", "cpu": 1, "memory_gib": 2, "default_network": true, "private": true,
            "user_data": "#cloud-config\npassword: hunter22", "availability_zone": "nova"});
        let private = make("/servers", private).await;
        let volume = make("/volumes", json!({"tenant_id": tenant, "name": "data", "size_gib": 5, "volume_type": "standard"})).await;
        let attachment = make("/attachments", json!({"server_id": server, "volume_id": volume})).await;
        let snapshot = make("/snapshots", json!({"volume_id": volume, "name": "before"})).await;
        let address = make("/floating-ips", json!({"tenant_id": tenant, "external_network": "public", "server_id": server})).await;
        Self { app, tenant, network, router, interface, group, server, private, volume, attachment, snapshot, address }
    }

    /// Of each collection the one that there is (of several, the first that was made).
    pub fn ids(&self) -> [(&'static str, i64); 9] {
        [
            ("networks", self.network),
            ("routers", self.router),
            ("router-interfaces", self.interface),
            ("security-groups", self.group),
            ("servers", self.server),
            ("volumes", self.volume),
            ("attachments", self.attachment),
            ("snapshots", self.snapshot),
            ("floating-ips", self.address),
        ]
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let found = self.app.get(query).await;
        assert_eq!(found.status, 200, "{query}: {}", found.body);
        found.body["items"].as_array().unwrap().iter().map(|i| i["id"].to_string()).collect()
    }

    async fn delete(&self, path: &str) -> Answer {
        self.app.change("DELETE", path, Value::Null).await
    }
}

#[tokio::test]
async fn what_was_asked_for_is_shown_as_it_was_asked_for() {
    let world = World::new().await;
    let spec = async |path: String| world.app.get(&path).await.body["spec"].clone();
    assert_eq!(
        spec(format!("/networks/{}", world.network)).await,
        json!({"description": "", "cidr": "192.168.22.0/24", "gateway": "192.168.22.1", "dhcp": true, "dns": ["9.9.9.9"],
            "pool": {"first": "192.168.22.10", "last": "192.168.22.99"}})
    );
    assert_eq!(spec(format!("/routers/{}", world.router)).await, json!({"description": "", "external_network": "id-public"}));
    assert_eq!(
        spec(format!("/router-interfaces/{}", world.interface)).await,
        json!({"router_id": world.router, "network_id": world.network})
    );
    assert_eq!(
        spec(format!("/security-groups/{}", world.group)).await["rules"],
        json!([{"direction": "ingress", "protocol": "tcp", "ports": {"first": 22, "last": 22}, "remote": "203.0.113.0/24"},
            {"direction": "egress", "protocol": null, "ports": null, "remote": "0.0.0.0/0"}])
    );
    assert_eq!(
        spec(format!("/servers/{}", world.server)).await,
        json!({"image_id": "image-1", "image": "debian", "flavor_id": "flavor-1", "flavor": "small", "cpu": 1, "memory_gib": 2, "disk_gib": 20,
            "networks": [{"network_id": world.network, "shared": null}, {"network_id": null, "shared": "id-shared"}],
            "security_groups": [{"security_group_id": world.group, "name": null}, {"security_group_id": null, "name": "default"}],
            "availability_zone": null, "user_data": false, "power": "running", "reboots": 0})
    );
    let private = world.app.get(&format!("/servers/{}", world.private)).await.body;
    for (field, wanted) in [("private", json!(true)), ("assigned_to", Value::Null), ("origin", json!("made")), ("kind", json!("server"))] {
        assert_eq!(private[field], wanted, "{field}");
    }
    assert_eq!((&private["spec"]["user_data"], &private["spec"]["availability_zone"]), (&json!(true), &json!("nova")));
    assert!(!private.to_string().contains("hunter22"), "{private}");
    assert_eq!(
        private["status"],
        json!({"peer_id": "", "power": null, "condition": "", "addresses": [], "availability_zone": "", "reboots": 0, "fault": "", "repaired": []})
    );
    assert_eq!(world.names("/networks?name=default").await.len(), 1, "the default network was made with the server");
    assert_eq!(spec(format!("/snapshots/{}", world.snapshot)).await, json!({"volume_id": world.volume, "size_gib": 5, "description": ""}));
    assert_eq!(
        spec(format!("/floating-ips/{}", world.address)).await,
        json!({"description": "", "external_network": "id-public", "server_id": world.server})
    );
    let used = world.app.get(&format!("/tenants/{}/quotas", world.tenant)).await.body["items"][0]["used"].clone();
    assert_eq!(
        used,
        json!({"cpu": 2, "memory_gib": 4, "storage_gib": 10, "servers": 2, "volumes": 1, "networks": 2, "routers": 2, "floating_ips": 1, "instances": 0})
    );
}

#[tokio::test]
async fn lists_show_what_belongs_to_something() {
    let world = World::new().await;
    let World { tenant, network, router, interface, group, server, private, volume, attachment, snapshot, address, .. } = &world;
    for (query, wanted) in [
        (format!("/servers?tenant_id={tenant}"), vec![server, private]),
        (format!("/servers?tenant_id={tenant}&sort=-id"), vec![private, server]),
        (format!("/servers?network_id={network}"), vec![server]),
        (format!("/servers?security_group_id={group}"), vec![server]),
        ("/servers?name=web".to_owned(), vec![server]),
        ("/servers?state=failed".to_owned(), vec![]),
        ("/servers?peer_id=x".to_owned(), vec![]),
        (format!("/router-interfaces?router_id={router}"), vec![interface]),
        (format!("/router-interfaces?network_id={network}"), vec![interface]),
        (format!("/attachments?server_id={server}"), vec![attachment]),
        (format!("/attachments?volume_id={volume}"), vec![attachment]),
        (format!("/attachments?server_id={private}"), vec![]),
        (format!("/snapshots?volume_id={volume}"), vec![snapshot]),
        (format!("/volumes?snapshot_id={snapshot}"), vec![]),
        (format!("/floating-ips?server_id={server}"), vec![address]),
        ("/volumes?datacenter_id=1&limit=1".to_owned(), vec![volume]),
    ] {
        let wanted: Vec<String> = wanted.into_iter().map(i64::to_string).collect();
        assert_eq!(world.names(&query).await, wanted, "{query}");
    }
    assert_eq!(world.app.get("/servers?tenant_id=99").await.status, 404);
    let both = world.app.get(&format!("/attachments?server_id={server}&volume_id={volume}")).await;
    assert_eq!((both.status.as_u16(), &both.body["field"]), (422, &json!("volume_id")), "{}", both.body);
}

#[tokio::test]
async fn a_change_is_one_of_a_version() {
    let world = World::new().await;
    for (collection, id, change, at, wanted) in [
        ("networks", world.network, json!({"description": "the inner one", "dns": []}), "/spec/description", json!("the inner one")),
        ("networks", world.network, json!({"description": null, "dhcp": false}), "/spec/dhcp", json!(false)),
        ("routers", world.router, json!({"external_network": null}), "/spec/external_network", Value::Null),
        ("routers", world.router, json!({"external_network": "id-public"}), "/spec/external_network", json!("id-public")),
        ("security-groups", world.group, json!({"rules": []}), "/spec/rules", json!([])),
        (
            "servers",
            world.server,
            json!({"security_groups": [world.group]}),
            "/spec/security_groups/0/security_group_id",
            json!(world.group),
        ),
        ("volumes", world.volume, json!({"size_gib": 9}), "/spec/size_gib", json!(9)),
        ("floating-ips", world.address, json!({"server_id": null}), "/spec/server_id", Value::Null),
        ("floating-ips", world.address, json!({"server_id": world.server}), "/spec/server_id", json!(world.server)),
    ] {
        let path = format!("/{collection}/{id}");
        let before = world.app.get(&path).await;
        let dry = world.app.change("PATCH", &format!("{path}?dry_run=true"), change.clone()).await;
        assert_eq!((dry.status.as_u16(), dry.body.pointer(&format!("/result{at}"))), (200, Some(&wanted)), "{path}: {}", dry.body);
        assert_eq!(world.app.get(&path).await.body, before.body, "{path} was only tried out");
        let tag = before.headers["etag"].to_str().unwrap().to_owned();
        let changed = world.app.send(&world.app.admin, "PATCH", &path, &[("if-match", &tag)], change.clone()).await;
        assert_eq!((changed.status.as_u16(), changed.body.pointer(at)), (200, Some(&wanted)), "{path}: {}", changed.body);
        let stale = world.app.send(&world.app.admin, "PATCH", &path, &[("if-match", &tag)], change).await;
        assert_eq!((stale.status.as_u16(), &stale.body["code"]), (412, &json!("stale_version")), "{path}: {}", stale.body);
    }
    for path in [format!("/servers/{}/commands", world.server), format!("/servers/{}", world.server)] {
        let (method, body) = if path.ends_with("commands") { ("POST", json!({"command": "stop"})) } else { ("DELETE", Value::Null) };
        let stale = world.app.send(&world.app.admin, method, &path, &[("if-match", "\"99\"")], body).await;
        assert_eq!(stale.status, 412, "{path}: {}", stale.body);
    }
    let grown = world.app.change("PATCH", &format!("/volumes/{}?dry_run=true", world.volume), json!({"size_gib": 12})).await.body;
    assert_eq!((&grown["quota"][0]["storage_gib"], &grown["quota"][0]["volumes"]), (&json!(3), &json!(0)), "{grown}");
    let shrunk = world.app.change("PATCH", &format!("/volumes/{}", world.volume), json!({"size_gib": 1})).await;
    assert_eq!((shrunk.status.as_u16(), &shrunk.body["field"]), (422, &json!("size_gib")), "{}", shrunk.body);
}

#[tokio::test]
async fn what_is_needed_stays_and_connections_go_along_when_asked() {
    let world = World::new().await;
    let held = world.delete(&format!("/networks/{}", world.network)).await;
    assert_eq!((held.status.as_u16(), &held.body["code"]), (409, &json!("conflict")), "{}", held.body);
    assert!(held.body["blockers"].as_array().unwrap().contains(&json!("server 'web'")), "{}", held.body);
    let held = world.delete(&format!("/routers/{}", world.router)).await;
    assert_eq!(held.status, 409, "{}", held.body);
    let plan = world.delete(&format!("/routers/{}?cascade=true&dry_run=true", world.router)).await;
    assert_eq!((plan.status.as_u16(), &plan.body["removes"][0]["kind"]), (200, &json!("router")), "{}", plan.body);
    assert_eq!(plan.body["quota"][0]["routers"], json!(-1), "{}", plan.body);
    for path in [
        format!("/routers/{}?cascade=true", world.router),
        format!("/snapshots/{}", world.snapshot),
        format!("/servers/{}", world.server),
        format!("/servers/{}", world.private),
        format!("/volumes/{}?cascade=true", world.volume),
        format!("/security-groups/{}", world.group),
        format!("/networks/{}", world.network),
        format!("/floating-ips/{}", world.address),
    ] {
        let gone = world.delete(&path).await;
        assert_eq!((gone.status.as_u16(), &gone.body["state"]), (202, &json!("deleting")), "{path}: {}", gone.body);
    }
    for path in [format!("/router-interfaces/{}", world.interface), format!("/attachments/{}", world.attachment)] {
        assert_eq!(world.app.get(&path).await.body["state"], "deleting", "{path} went along");
        assert_eq!(world.app.post(&format!("{path}/retry"), json!({})).await.status, 200, "{path}");
        assert_eq!(world.app.post(&format!("{path}/forget?dry_run=true"), json!({})).await.status, 200, "{path}");
        assert_eq!(world.app.post(&format!("{path}/forget"), json!({})).await.status, 204, "{path}");
        assert_eq!(world.app.get(&path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn something_new_can_be_tried_out_and_is_made_once_by_a_key() {
    let world = World::new().await;
    let tenant = world.tenant;
    let server = json!({"tenant_id": tenant, "name": "once", "image_id": "debian", "flavor": "small", "network_ids": ["shared"], "user_data": "secret"});
    for (path, body) in [
        ("/servers", server.clone()),
        ("/networks", json!({"tenant_id": tenant, "name": "more", "cidr": "10.9.0.0/24"})),
        ("/routers", json!({"tenant_id": tenant, "name": "more"})),
        ("/security-groups", json!({"tenant_id": tenant, "name": "more"})),
        ("/volumes", json!({"tenant_id": tenant})),
        ("/snapshots", json!({"volume_id": world.volume})),
        ("/floating-ips", json!({"tenant_id": tenant})),
    ] {
        let before = world.app.get(path).await.body;
        let dry = world.app.post(&format!("{path}?dry_run=true"), body.clone()).await;
        assert_eq!(
            (dry.status.as_u16(), &dry.body["dry_run"], &dry.body["action"]),
            (200, &json!(true), &json!("create")),
            "{path}: {}",
            dry.body
        );
        assert_eq!(world.app.get(path).await.body, before, "{path}");
    }
    let key = [("idempotency-key", "once")];
    let first = world.app.send(&world.app.admin, "POST", "/servers", &key, server.clone()).await;
    let second = world.app.send(&world.app.admin, "POST", "/servers", &key, server).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16(), &first.body), (201, 201, &second.body), "{}", second.body);
    assert!(second.headers.contains_key("idempotent-replayed"));
    assert_eq!(world.names("/servers?name=once").await.len(), 1);
    let taken = world.app.post("/volumes", json!({"tenant_id": tenant, "name": "data"})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["code"]), (409, &json!("already_exists")), "{}", taken.body);
    let large = world.app.post("/volumes", json!({"tenant_id": tenant, "size_gib": 500})).await;
    assert_eq!((large.status.as_u16(), &large.body["code"]), (409, &json!("quota_exceeded")), "{}", large.body);
}

#[tokio::test]
async fn a_server_is_commanded_looked_at_and_assigned_only_as_it_can_be() {
    let world = World::new().await;
    let path = format!("/servers/{}", world.server);
    let early = world.app.post(&format!("{path}/commands"), json!({"command": "stop"})).await;
    assert_eq!((early.status.as_u16(), &early.body["code"]), (409, &json!("conflict")), "{}", early.body);
    for (method, at) in [("POST", "console"), ("GET", "console-log?lines=5")] {
        let early = world.app.change(method, &format!("{path}/{at}"), Value::Null).await;
        assert_eq!((early.status.as_u16(), &early.body["code"]), (409, &json!("conflict")), "{at}: {}", early.body);
    }
    world.app.user(world.tenant, "ann", "team.member").await;
    let ann = world.app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let shared = world.app.change("PUT", &format!("{path}/assignment"), json!({"user_id": ann})).await;
    assert_eq!((shared.status.as_u16(), &shared.body["code"]), (409, &json!("conflict")), "{}", shared.body);
    let place = format!("/servers/{}/assignment", world.private);
    let dry = world.app.change("PUT", &format!("{place}?dry_run=true"), json!({"user_id": ann})).await.body;
    assert_eq!((&dry["action"], &dry["result"]["assigned_to"]), (&json!("grant"), &ann), "{dry}");
    let stranger = world.app.change("PUT", &place, json!({"user_id": 1})).await;
    assert!(matches!(stranger.status.as_u16(), 200 | 422), "{}", stranger.body);
    let given = world.app.change("PUT", &place, json!({"user_id": ann})).await;
    assert_eq!((given.status.as_u16(), &given.body["assigned_to"], &given.body["private"]), (200, &ann, &json!(true)), "{}", given.body);
    let taken = world.app.change("DELETE", &place, Value::Null).await;
    assert_eq!((taken.status.as_u16(), &taken.body["assigned_to"], &taken.body["private"]), (200, &Value::Null, &json!(true)));
}

#[tokio::test]
async fn what_is_offered_is_listed_and_what_nobody_manages_is_taken_over() {
    let world = World::new().await;
    let at = |tail: &str| format!("/tenants/{}/{tail}", world.tenant);
    let catalog = world.app.get(&at("catalog?datacenter_id=1")).await.body;
    assert_eq!(
        catalog,
        json!({"flavors": [{"id": "flavor-1", "name": "small", "cpu": 1, "memory_gib": 2, "disk_gib": 20, "public": true}],
            "images": [{"id": "image-1", "name": "debian", "condition": "active", "size_bytes": 1_073_741_824, "min_disk_gib": 5, "min_memory_gib": 0.5}],
            "zones": [{"name": "nova", "available": true}],
            "networks": [{"id": "id-public", "name": "public", "cidrs": ["203.0.113.0/24"], "external": true, "shared": false},
                {"id": "id-shared", "name": "shared", "cidrs": ["203.0.113.0/24"], "external": false, "shared": true}],
            "volume_types": ["standard"]})
    );
    assert_eq!(world.app.get(&at("catalog?datacenter_id=9")).await.body["field"], "datacenter_id");
    let unmanaged = world.app.get(&at("unmanaged")).await.body;
    assert_eq!(
        unmanaged,
        json!({"items": [{"kind": "volume", "peer_id": "old-volume", "name": "old", "summary": "7 GiB, available"}], "next": null})
    );
    assert_eq!(world.app.get(&at("unmanaged?limit=1&datacenter_id=1")).await.body, unmanaged);
    let wanted = json!({"kind": "volume", "peer_id": "old-volume", "name": "archive"});
    let dry = world.app.post(&at("adopt?dry_run=true"), wanted.clone()).await.body;
    assert_eq!((&dry["action"], &dry["quota"][0]["storage_gib"]), (&json!("adopt"), &json!(7)), "{dry}");
    let adopted = world.app.post(&at("adopt"), wanted.clone()).await;
    assert_eq!(adopted.status, 201, "{}", adopted.body);
    let path = adopted.headers["location"].to_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
    assert_eq!(path, format!("/volumes/{}", adopted.body["id"]));
    let shown = world.app.get(&path).await.body;
    assert_eq!(
        (&shown["name"], &shown["origin"], &shown["spec"]["size_gib"], &shown["status"]["peer_id"]),
        (&json!("archive"), &json!("adopted"), &json!(7), &json!("old-volume"))
    );
    let again = world.app.post(&at("adopt"), wanted).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("conflict")), "{}", again.body);
    for (body, code) in
        [(json!({"kind": "castle", "peer_id": "x"}), "invalid_argument"), (json!({"kind": "disk", "peer_id": "x"}), "invalid_argument")]
    {
        let refused = world.app.post(&at("adopt"), body).await.body;
        assert_eq!((&refused["code"], &refused["field"]), (&json!(code), &json!("kind")), "{refused}");
    }
}

#[tokio::test]
async fn bad_input_names_the_argument_and_says_what_would_be_right() {
    let world = World::new().await;
    let app = &world.app;
    let mut table = String::new();
    for (method, path, body) in [
        ("POST", "/servers", "{}"),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian"}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small"}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"gentoo","flavor":"small","network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"huge","network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small","cpu":1,"network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","cpu":1,"network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","cpu":0.5,"memory_gib":1,"network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","cpu":64,"memory_gib":1,"network_ids":["inner"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small","network_ids":["outer"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small","network_ids":[true]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small","network_ids":["inner"],"availability_zone":"mars"}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"image_id":"debian","flavor":"small","network_ids":["inner"],"security_groups":["none"]}"#),
        ("POST", "/servers", r#"{"tenant_id":2,"datacenter_id":9,"image_id":"debian","flavor":"small","network_ids":["inner"]}"#),
        ("POST", "/servers/1/commands", "{}"),
        ("POST", "/servers/1/commands", r#"{"command":"dance"}"#),
        ("POST", "/servers/1/commands", r#"{"command":"stop","hard":true}"#),
        ("PUT", "/servers/1/assignment", "{}"),
        ("GET", "/servers/1/console-log?lines=0", ""),
        ("PATCH", "/servers/1", "{}"),
        ("GET", "/servers?colour=red", ""),
        ("GET", "/servers?network_id=x", ""),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x"}"#),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x","cidr":"10.0.0.1/24"}"#),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x","cidr":"192.168.22.0/25"}"#),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x","cidr":"10.0.0.0/24","gateway":"10.0.1.1"}"#),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x","cidr":"10.0.0.0/24","pool":{"first":"10.0.0.9","last":"10.0.0.5"}}"#),
        ("POST", "/networks", r#"{"tenant_id":2,"name":"x","cidr":"10.0.0.0/24","dns":["ns1"]}"#),
        ("POST", "/routers", r#"{"tenant_id":2,"name":"x","external_network":"nowhere"}"#),
        ("POST", "/routers", r#"{"tenant_id":2,"name":""}"#),
        ("POST", "/router-interfaces", r#"{"router_id":1}"#),
        ("POST", "/router-interfaces", r#"{"router_id":99,"network_id":99}"#),
        ("POST", "/security-groups", r#"{"tenant_id":2,"name":"default"}"#),
        ("POST", "/security-groups", r#"{"tenant_id":2,"name":"x","rules":[{"direction":"up"}]}"#),
        ("POST", "/security-groups", r#"{"tenant_id":2,"name":"x","rules":[{"direction":"ingress","ports":{"first":1,"last":2}}]}"#),
        (
            "POST",
            "/security-groups",
            r#"{"tenant_id":2,"name":"x","rules":[{"direction":"ingress","protocol":"tcp","ports":{"first":0,"last":2}}]}"#,
        ),
        ("POST", "/volumes", r#"{"tenant_id":2,"size_gib":0}"#),
        ("POST", "/volumes", r#"{"tenant_id":2,"size_gib":1,"image_id":"debian"}"#),
        ("POST", "/volumes", r#"{"tenant_id":2,"snapshot_id":99}"#),
        ("POST", "/volumes", r#"{"tenant_id":2,"snapshot_id":1,"image_id":"debian"}"#),
        ("POST", "/volumes", r#"{"tenant_id":2,"volume_type":"gold"}"#),
        ("POST", "/attachments", r#"{"server_id":1}"#),
        ("POST", "/snapshots", "{}"),
        ("POST", "/floating-ips", r#"{"tenant_id":2,"external_network":"shared"}"#),
        ("PATCH", "/floating-ips/1", "{}"),
        ("POST", "/tenants/2/adopt", r#"{"kind":"volume"}"#),
        ("GET", "/tenants/2/catalog?datacenter_id=x", ""),
    ] {
        let answer = app.raw(&app.admin, method, path, &[], Body::from(body)).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}: {}", answer.body);
        let (field, code) = (answer.body["field"].as_str().unwrap_or("-"), answer.body["code"].as_str().unwrap());
        let detail = answer.body["detail"].as_str().unwrap();
        let _ = writeln!(table, "{} {code} {field} <- {method} {path} {body}\n    {detail}", answer.status.as_u16());
    }
    golden("cloud_bad_input.txt", &table);
}
