//! Who may do what: every operation of the table by every kind of caller against the things of one tenant.
//! `TENANTRY_UPDATE_GENERATED=1` writes the table anew.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_dialect_container_cloud::operations;

use crate::app::{App, Envelope as _, PASSWORD, User, operation, path};

/// What everything of the tenant is named after, so that a leak shows.
const MARK: &str = "devteam";

/// An organization with one of everything, and every kind of caller.
struct World {
    app: App,
    organization: i64,
    other: User,
    disk: i64,
    quota: i64,
    release: i64,
    datacenter: i64,
    callers: [(&'static str, User); 8],
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let datacenter = json!({"name": "devteam-dc", "kind": "sandbox", "comment": "of the devteam", "capacity": {"cpu": 100}});
        let datacenter = app.ok("create_datacenter", &[], datacenter).await["id"].as_i64().unwrap();
        let dcs = json!([1, datacenter]);
        let new = json!({"name": MARK, "dcIdList": dcs, "cpuQuota": 4, "memQuota": 8, "storageQuota": 50, "balance": 100});
        let organization = app.ok("create_organization", &[], new).await["id"].as_i64().unwrap();
        let elsewhere = app.organization("elsewhere").await;
        let other = app.user(organization, "other@devteam.example", "team.member").await;
        let disk = app.ok("create_disk", &[organization], json!({"name": "devteam-disk", "size": 1, "dcId": 1})).await;
        let quota = app.ok("create_dcquota", &[organization], json!({"dcId": datacenter, "cpuQuota": 5})).await;
        let record = json!({"name": "devteam-app", "operation": "told the devteam"});
        let release = app.ok_as(&other.token, "create_deployment", &[organization, other.id], record).await;
        app.ok("create_quota", &[], json!({"name": "small", "cpu": 1, "mem": 1, "storage": 1, "cost": 1})).await;
        let callers = [
            ("anonymous", User { id: other.id, ..User::default() }),
            ("stranger", app.user(elsewhere, "stranger@elsewhere.example", "tenant.admin").await),
            ("member", app.user(organization, "member@devteam.example", "team.member").await),
            ("group admin", app.group_administrator(organization, "lead@devteam.example").await),
            ("tenant admin", app.user(organization, "boss@devteam.example", "tenant.admin").await),
            ("telecom", app.user(1, "telecom@cloud.example", "telecom").await),
            ("maintainer", app.user(1, "maintainer@cloud.example", "maintainer").await),
            ("platform admin", User { id: 1, token: app.admin.clone() }),
        ];
        let id = |v: Value| v["id"].as_i64().unwrap();
        Self { app, organization, other, disk: id(disk), quota: id(quota), release: id(release), datacenter, callers }
    }

    /// The ids of an operation's path: the tenant's things; where a release is made, the caller; what goes is made for it.
    async fn ids(&self, id: &str, caller: &User, turn: usize) -> Vec<i64> {
        let operation = operation(id);
        let made = |v: Value| v["id"].as_i64().unwrap();
        let victim = match id {
            "delete_user" => made(self.app.ok("create_user", &[self.organization], body("create_user", turn + 20)).await),
            "delete_disk" => made(self.app.ok("create_disk", &[self.organization], body("create_disk", turn + 20)).await),
            _ => 0,
        };
        let names = operation.path.split(['{', '}']).skip(1).step_by(2);
        let one = |name: &str| match (name, operation.path.split('/').nth(5)) {
            ("orgId", _) => self.organization,
            ("userId", _) if id == "create_deployment" => caller.id,
            ("userId", _) if id == "delete_user" => victim,
            ("userId", _) => self.other.id,
            ("dcId", _) => self.datacenter,
            ("id", Some("rbds")) if id == "delete_disk" => victim,
            ("id", Some("rbds")) => self.disk,
            ("id", Some("dcquotas")) => self.quota,
            ("id", Some("users")) => self.release,
            _ => 1,
        };
        names.map(one).collect()
    }

    /// Sends one caller's request; answers with the cell of the table.
    async fn cell(&self, id: &str, caller: &(&str, User), turn: usize, query: &str, body: Value) -> String {
        let operation = operation(id);
        let sent = format!("{}{query}", path(operation, &self.ids(id, &caller.1, turn).await));
        let answer = self.app.send(&caller.1.token, operation.method, &sent, body.clone()).await;
        assert!(answer.status < 500, "{id} as {}: {}", caller.0, answer.body);
        let text = answer.body.to_string();
        let told = body.to_string().contains(MARK);
        if matches!(caller.0, "anonymous" | "stranger") && !told {
            assert!(!text.contains(MARK), "{id} tells a {} of the tenant: {text}", caller.0);
        }
        if !matches!(caller.0, "maintainer" | "platform admin") {
            assert!(!text.contains("sandbox:"), "{id} tells a {} where a datacenter is: {text}", caller.0);
        }
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{id}: {text}");
        let (status, code) = answer.codes();
        format!("{status} {code}")
    }

    async fn row(&self, name: &str, id: &str, query: &str, body: impl Fn(usize) -> Value) -> String {
        let mut row = format!("{name:<42}");
        for (turn, caller) in self.callers.iter().enumerate() {
            let _ = write!(row, "{:<16}", self.cell(id, caller, turn, query, body(turn)).await);
        }
        row.trim_end().to_owned() + "\n"
    }
}

/// What an operation is sent so that it is understood; nothing where nothing is required. Each caller makes a new thing.
fn body(id: &str, turn: usize) -> Value {
    let new = format!("new-{turn}");
    match id {
        "create_organization" => json!({"name": new, "cpuQuota": 0, "memQuota": 0, "storageQuota": 0}),
        "update_organization" => json!({"description": "x"}),
        "create_user" => json!({"email": format!("{new}@example.com"), "password": PASSWORD}),
        "update_user" => json!({"phone": "1"}),
        "create_session" => json!({"username": "other@devteam.example", "password": PASSWORD}),
        "update_password" => json!({"newPassword": "another-password"}),
        "create_datacenter" => json!({"name": new, "kind": "sandbox"}),
        "update_datacenter" | "update_quota" | "update_dcquota" => json!({"comment": "x"}),
        "create_quota" => json!({"name": new, "cpu": 1, "mem": 1, "storage": 1, "cost": 1}),
        "create_dcquota" => json!({"dcId": 1, "cpuQuota": 3}),
        "create_disk" => json!({"name": new, "size": 1, "dcId": 1}),
        "update_disk" => json!({"size": 2}),
        "create_deployment" => json!({"name": new, "operation": "a note"}),
        "check_organization_name" => json!({"orgName": "free"}),
        "open_organization" => json!({"name": format!("opened-{turn}"), "cpuQuota": 0, "memQuota": 0, "storageQuota": 0}),
        "resize_organization" => json!({"orgName": MARK, "cpuQuota": 5}),
        "close_organization" => json!({"orgName": MARK, "cascade": true}),
        _ => Value::Null,
    }
}

/// What one operation can be asked for beside, and may be refused for.
fn variants(turn: usize) -> Vec<(&'static str, &'static str, Value)> {
    let admin = json!({"email": "x@example.com", "password": PASSWORD, "role": "system.admin"});
    vec![
        ("create_organization below the tenant", "create_organization", json!({"name": format!("below-{turn}"), "parentId": 2})),
        ("create_organization with money", "create_organization", json!({"name": "rich", "balance": 1})),
        ("update_organization cpuQuota", "update_organization", json!({"cpuQuota": 5})),
        ("update_organization dcIdList", "update_organization", json!({"dcIdList": "1,2"})),
        ("update_organization budget", "update_organization", json!({"budget": 5})),
        ("update_organization balance", "update_organization", json!({"balance": 99})),
        ("update_organization quotaPkgId", "update_organization", json!({"quotaPkgId": 1})),
        ("create_user system.admin", "create_user", admin),
        ("update_user role", "update_user", json!({"role": "tenant.admin"})),
        ("update_user enabled", "update_user", json!({"enabled": false})),
        ("check_organization_name taken", "check_organization_name", json!({"orgName": MARK})),
        ("check_organization_name operator", "check_organization_name", json!({"orgName": "free", "orgId": "2"})),
        ("open_organization operator", "open_organization", json!({"name": format!("operated-{turn}"), "orgId": "2"})),
        ("resize_organization balance", "resize_organization", json!({"orgName": MARK, "balance": 98})),
    ]
}

/// What leaves nothing for the next: it is tried in a world of its own.
const REMOVES: [&str; 5] = ["delete_organization", "update_password", "delete_quota", "delete_dcquota", "close_organization"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_what_is_as_the_table_says() {
    let world = World::new().await;
    let names: String = world.callers.iter().map(|(name, _)| format!("{name:<16}")).collect();
    let mut table = format!("{:<42}{}\n", "operation", names.trim_end());
    for operation in operations::ALL {
        let query = if operation.id == "delete_organization" { "?cascade=true" } else { "" };
        let own = if REMOVES.contains(&operation.id) { Some(World::new().await) } else { None };
        let world = own.as_ref().unwrap_or(&world);
        table += &world.row(&format!("{:<5}{}", operation.group, operation.id), operation.id, query, |turn| body(operation.id, turn)).await;
    }
    let world = World::new().await;
    for (i, (name, id, _)) in variants(0).into_iter().enumerate() {
        table += &world.row(&format!("{:<5}{name}", ""), id, "", |turn| variants(turn)[i].2.clone()).await;
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permissions.txt"), &table);
}
