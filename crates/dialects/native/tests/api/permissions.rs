//! Who may do what: every operation of the document, called by everybody that there is.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_testkit::cloud::make_ready;

use crate::clouds::World;
use crate::common;
use crate::golden;

/// Something of each kind that others need not, and something of each kind that is on its way out.
struct Spare {
    network: i64,
    router: i64,
    group: i64,
    volume: i64,
    leaving: Vec<(&'static str, i64)>,
}

impl World {
    /// Makes everything ready, and gives the tenant room for what is spare.
    async fn settled(&self) -> Spare {
        let room = json!({"quota": {"cpu": 8, "memory_gib": 16, "storage_gib": 100}});
        let given = self.app.change("PATCH", &format!("/tenants/{}", self.tenant), room).await;
        assert_eq!(given.status, 200, "{}", given.body);
        make_ready(&self.app.database.store).await;
        Spare::new(self).await
    }
}

impl Spare {
    async fn new(world: &World) -> Self {
        let app = &world.app;
        let make = async |path: &str, mut body: Value| {
            if !["/router-interfaces", "/attachments", "/snapshots"].contains(&path) {
                body["tenant_id"] = json!(world.tenant);
            }
            let made = app.post(path, body).await;
            assert_eq!(made.status, 201, "{path}: {}", made.body);
            made.body["id"].as_i64().unwrap()
        };
        let (network, router) = (make("/networks", lan("spare", 97)).await, make("/routers", json!({"name": "spare"})).await);
        let group = make("/security-groups", json!({"name": "spare"})).await;
        let volume = make("/volumes", json!({"name": "spare", "size_gib": 1})).await;
        let mut leaving = vec![
            ("disks", make("/disks", json!({"datacenter_id": 1, "name": "leaving", "size_gib": 1})).await),
            ("apps", make("/apps", json!({"datacenter_id": 1, "name": "leaving", "image": "nginx:1"})).await),
            ("router-interfaces", make("/router-interfaces", json!({"router_id": router, "network_id": network})).await),
            ("attachments", make("/attachments", json!({"server_id": world.server, "volume_id": volume})).await),
            ("snapshots", make("/snapshots", json!({"volume_id": volume, "name": "leaving"})).await),
            ("floating-ips", make("/floating-ips", json!({})).await),
            ("networks", make("/networks", lan("leaving", 98)).await),
            ("routers", make("/routers", json!({"name": "leaving"})).await),
            ("security-groups", make("/security-groups", json!({"name": "leaving"})).await),
            ("volumes", make("/volumes", json!({"name": "leaving", "size_gib": 1})).await),
        ];
        let server = json!({"name": "leaving", "image_id": "debian", "flavor": "small", "network_ids": ["shared"]});
        leaving.push(("servers", make("/servers", server).await));
        for (collection, id) in &leaving {
            let removed = app.change("DELETE", &format!("/{collection}/{id}"), Value::Null).await;
            assert_eq!(removed.status, 202, "{collection}: {}", removed.body);
        }
        Self { network, router, group, volume, leaving }
    }
}

fn lan(name: &str, second: u8) -> Value {
    json!({"name": name, "cidr": format!("10.{second}.0.0/24")})
}

/// What an operation is sent so that it is understood; `{}` suffices where nothing is required.
fn body(operation: &str, world: &World, spare: &Spare, other: &Value) -> Value {
    let tenant = world.tenant;
    match operation {
        "create_tenant" => json!({"name": "new", "parent_id": tenant, "quota": {"cpu": 0, "memory_gib": 0, "storage_gib": 0}}),
        "update_account" => json!({"balance": 5}),
        "update_account_policy" => json!({"when_empty": "suspend"}),
        "update_rates" => json!({"cpu": 0.05}),
        "create_purchase" => json!({"quota_plan_id": 1}),
        "create_quota" => json!({"datacenter_id": 1, "quota": {"cpu": 8}}),
        "create_user" => json!({"tenant_id": tenant, "username": "new", "password": "a-good-password"}),
        "update_password" => json!({"new_password": "a-good-password"}),
        "create_datacenter" => json!({"name": "new", "kind": "sandbox"}),
        "create_quota_plan" => json!({"name": "new", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 1}),
        "create_disk" => json!({"tenant_id": tenant, "datacenter_id": 1, "name": "new", "size_gib": 1}),
        "update_disk" => json!({"size_gib": 2}),
        "create_app" => json!({"tenant_id": tenant, "datacenter_id": 1, "name": "new", "image": "nginx"}),
        "create_registry" => json!({"name": "new", "url": "https://registry.example"}),
        "create_group" => json!({"name": "new", "tenant_id": tenant}),
        "update_tenant_role" => json!({"role": "team.member"}),
        "create_token" => json!({"name": "new"}),
        "begin_second_factor" | "renew_recovery_codes" | "delete_second_factor" => json!({"password": common::PASSWORD}),
        "confirm_second_factor" => json!({"code": "000000"}),
        "begin_sign_on" => json!({"redirect_uri": "http://127.0.0.1:1/callback"}),
        "finish_sign_on" => json!({"state": "unknown", "secret": "a.b", "code": "c"}),
        "create_password_reset" => json!({"username": "other"}),
        "confirm_password_reset" => json!({"token": "unknown", "new_password": "a-good-password"}),
        "create_link" => json!({"name": "new", "href": "/docs"}),
        "create_network" => json!({"tenant_id": tenant, "name": "new", "cidr": "10.99.0.0/24"}),
        "create_router" | "create_security_group" => json!({"tenant_id": tenant, "name": "new"}),
        "create_volume" | "create_floating_ip" => json!({"tenant_id": tenant}),
        "create_server" => json!({"tenant_id": tenant, "image_id": "debian", "flavor": "small", "network_ids": ["shared"]}),
        "update_server" => json!({"security_groups": []}),
        "update_volume" => json!({"size_gib": 9}),
        "update_floating_ip" => json!({"server_id": null}),
        "command_server" => json!({"command": "stop"}),
        "assign_server" => json!({"user_id": other}),
        "create_router_interface" => json!({"router_id": world.router, "network_id": spare.network}),
        "create_attachment" => json!({"server_id": world.server, "volume_id": spare.volume}),
        "create_snapshot" => json!({"volume_id": world.volume}),
        "adopt_place" => json!({"name": "old-shop"}),
        "adopt_resource" => json!({"kind": "volume", "peer_id": "old-volume"}),
        _ => json!({}),
    }
}

/// The query that makes an operation one on somebody else's things.
fn query(operation: &str, tenant: i64, other: &Value) -> String {
    match operation {
        "get_kubeconfig" => "datacenter_id=1".to_owned(),
        "list_usage" | "get_statement" => "month=2026-11".to_owned(),
        "get_why" => format!("action=update&kind=tenant&tenant_id={tenant}"),
        "delete_tenant" => "cascade=true".to_owned(),
        "list_sessions" | "list_tokens" | "end_sessions" => format!("user_id={other}"),
        _ => String::new(),
    }
}

/// What who has to change the password may do all the same.
const FIRST_OF_ALL: [&str; 10] = [
    "create_session",
    "get_session",
    "delete_session",
    "list_login_methods",
    "open_sign_on",
    "return_from_sign_on",
    "begin_sign_on",
    "finish_sign_on",
    "create_password_reset",
    "confirm_password_reset",
];

/// Who calls, and whose things they call about.
struct Cast<'a> {
    world: &'a World,
    spare: &'a Spare,
    callers: Vec<(&'static str, String)>,
    other: &'a Value,
}

impl Cast<'_> {
    /// What every operation answers to everybody. `place` leads to the thing of an operation's path; none leaves the operation out.
    async fn table(&self, place: impl Fn(&str) -> Option<String>) -> String {
        let head = self.callers.iter().map(|(n, _)| format!("{n:<16}")).collect::<String>();
        let mut table = format!("{:<26}{}\n", "operation", head.trim_end());
        for (path, item) in self.world.app.document["paths"].as_object().unwrap() {
            let Some(place) = place(path.strip_prefix("/api/v2").unwrap()) else { continue };
            for (method, operation) in item.as_object().unwrap() {
                table += &self.row(operation["operationId"].as_str().unwrap(), &method.to_uppercase(), &place).await;
            }
        }
        table
    }

    async fn row(&self, id: &str, method: &str, place: &str) -> String {
        let dry = if method == "GET" { "" } else { "&dry_run=true" };
        let mut row = format!("{id:<26}");
        for (caller, token) in &self.callers {
            let sent = if method == "GET" { Value::Null } else { body(id, self.world, self.spare, self.other) };
            if id == "create_password_reset" {
                // asking often is slowed down
                self.world.app.clock.step(Duration::from_secs(60));
            }
            let answer =
                self.world.app.send(token, method, &format!("{place}?{}{dry}", query(id, self.world.tenant, self.other)), &[], sent).await;
            let status = answer.status.as_u16();
            assert!(status < 500, "{id}: {}", answer.body);
            if *caller == "must change" && !FIRST_OF_ALL.contains(&id) {
                let told = answer.body["detail"].as_str().unwrap_or_default();
                assert!(status == 403 && told.contains("tenantry password"), "{id}: {status} {}", answer.body);
            }
            let _ = write!(row, "{status:<16}");
        }
        format!("{}\n", row.trim_end())
    }
}

#[tokio::test]
async fn who_may_do_what_is_as_the_table_says() {
    let world = World::new().await;
    let spare = world.settled().await;
    let (app, tenant, elsewhere) = (&world.app, world.tenant, world.app.tenant("elsewhere").await);
    let place = json!({"tenant_id": tenant, "datacenter_id": 1});
    let with = |more: Value| {
        let mut all = place.as_object().unwrap().clone();
        all.extend(more.as_object().unwrap().clone());
        Value::Object(all)
    };
    let disk = app.post("/disks", with(json!({"name": "data", "size_gib": 1}))).await.body["id"].clone();
    let made = app.post("/apps", with(json!({"name": "web", "image": "nginx:1"}))).await;
    let release = made.headers["x-release-id"].to_str().unwrap().to_owned();
    app.post("/quota-plans", json!({"name": "small", "cpu": 1, "memory_gib": 1, "storage_gib": 1, "cost": 0})).await;
    app.post("/registries", json!({"name": "hub", "url": "https://registry.example"})).await;
    app.post("/links", json!({"name": "manual", "href": "/docs"})).await;
    let namespace = app.get(&format!("/namespaces?tenant_id={tenant}")).await.body["items"][0]["id"].clone();
    let quota = app.get(&format!("/tenants/{tenant}/quotas")).await.body["items"][0]["id"].clone();
    let group = app.post("/groups", json!({"tenant_id": tenant, "name": "team"})).await.body["id"].clone();
    let inside = |name: &str, admin: bool| json!({"tenant_id": tenant, "username": name, "password": common::PASSWORD, "group_id": group, "group_admin": admin});
    let other = app.post("/users", inside("other", false)).await.body["id"].clone();
    let others = app.login("other").await;
    let token = app.send(&others, "POST", "/tokens", &[], json!({"name": "ci"})).await.body["id"].clone();
    let session = app.get(&format!("/sessions?user_id={other}")).await.body["items"][0]["id"].clone();
    assert_eq!(app.post("/users", inside("lead", true)).await.status, 201);
    let mut late = inside("late", false);
    late["must_change_password"] = json!(true);
    late["role"] = json!("tenant.admin");
    assert_eq!(app.post("/users", late).await.status, 201);
    let callers = vec![
        ("anonymous", String::new()),
        ("stranger", app.user(elsewhere, "stranger", "tenant.admin").await),
        ("member", app.user(tenant, "member", "team.member").await),
        ("group admin", app.login("lead").await),
        ("tenant admin", app.user(tenant, "boss", "tenant.admin").await),
        ("telecom", app.user(1, "telecom", "telecom").await),
        ("maintainer", app.user(1, "maintainer", "maintainer").await),
        ("platform admin", app.admin.clone()),
        ("must change", app.login("late").await),
    ];
    let objects = [
        ("tenants", json!(tenant)),
        ("users", other.clone()),
        ("disks", disk),
        ("apps", made.body["id"].clone()),
        ("namespaces", namespace),
        ("releases", json!(release.parse::<i64>().unwrap())),
        ("groups", group),
        ("tokens", token),
        ("sessions", session),
    ];
    let free = [("networks", spare.network), ("routers", spare.router), ("security-groups", spare.group), ("volumes", spare.volume)];
    let shared = free.into_iter().chain(world.ids()).map(|(collection, id)| (collection, json!(id)));
    let objects: Vec<(&str, Value)> = objects.into_iter().chain(shared).collect();
    let place = |path: &str| {
        let collection = path.split('/').nth(1).unwrap();
        let leaving = spare.leaving.iter().find(|(c, _)| *c == collection && path.ends_with("/forget"));
        if let Some((_, id)) = leaving {
            return Some(path.replace("{id}", &id.to_string()));
        }
        if path == "/servers/{id}/assignment" {
            return Some(path.replace("{id}", &world.private.to_string()));
        }
        let object = objects.iter().find(|(c, _)| *c == collection).map_or(json!(1), |(_, id)| id.clone());
        let place = path.replace("{id}", &object.to_string()).replace("{quota_id}", &quota.to_string());
        let name = if path.starts_with("/sign-ons") { "company" } else { "staff" };
        Some(place.replace("{user_id}", &other.to_string()).replace("{name}", name))
    };
    golden("permissions.txt", &Cast { world: &world, spare: &spare, callers, other: &other }.table(place).await);
}

#[tokio::test]
async fn a_private_server_is_seen_by_administrators_and_by_who_has_it() {
    let world = World::new().await;
    let spare = world.settled().await;
    let (app, tenant, elsewhere) = (&world.app, world.tenant, world.app.tenant("elsewhere").await);
    let mine = app.user(tenant, "mine", "team.member").await;
    let user = app.get("/users?username=mine").await.body["items"][0]["id"].clone();
    let given = app.change("PUT", &format!("/servers/{}/assignment", world.private), json!({"user_id": user})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let volume = app.post("/volumes", json!({"tenant_id": tenant, "name": "mine"})).await.body["id"].clone();
    let attachment = app.post("/attachments", json!({"server_id": world.private, "volume_id": volume})).await.body;
    assert_eq!((&attachment["private"], &attachment["assigned_to"]), (&json!(true), &user), "{attachment}");
    let lead = json!({"tenant_id": tenant, "username": "lead", "password": common::PASSWORD, "group_admin": true});
    assert_eq!(app.post("/users", lead).await.status, 201);
    let callers = vec![
        ("anonymous", String::new()),
        ("stranger", app.user(elsewhere, "stranger", "tenant.admin").await),
        ("member", app.user(tenant, "member", "team.member").await),
        ("assigned", mine.clone()),
        ("group admin", app.login("lead").await),
        ("tenant admin", app.user(tenant, "boss", "tenant.admin").await),
        ("telecom", app.user(1, "telecom", "telecom").await),
        ("maintainer", app.user(1, "maintainer", "maintainer").await),
        ("platform admin", app.admin.clone()),
    ];
    let place = |path: &str| match path.split('/').nth(1) {
        Some("servers") if path.contains("{id}") => Some(path.replace("{id}", &world.private.to_string())),
        Some("attachments") if path.contains("{id}") => Some(path.replace("{id}", &attachment["id"].to_string())),
        _ => None,
    };
    let member = callers[2].1.clone();
    golden("private_permissions.txt", &Cast { world: &world, spare: &spare, callers, other: &user }.table(place).await);
    let seen = async |token: &str| app.send(token, "GET", "/servers", &[], Value::Null).await.body["items"].as_array().unwrap().len();
    assert_eq!((seen(&member).await, seen(&mine).await, seen(&app.admin).await), (2, 3, 3), "a list tells nobody more");
    let blind = json!({"server_id": world.private, "volume_id": world.volume});
    assert_eq!(app.send(&member, "POST", "/attachments", &[], blind).await.status, 404);
}
