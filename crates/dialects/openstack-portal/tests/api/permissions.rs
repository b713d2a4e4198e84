//! Who may do what: every operation of the table by every kind of caller against the things of one tenant.
//! `TENANTRY_UPDATE_GENERATED=1` writes the table anew.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::{Options, operations};
use tenantry_domain::user::Role;
use tenantry_service::{Life, Settings};

use crate::app::{App, Envelope as _, PASSWORD, Tenant, User, operation, path};
use crate::cloud_rows::{self, Things};

/// What everything of the tenant is named after, so that a leak shows.
const MARK: &str = "devteam";

/// A tenant with a group that somebody administers and somebody else is in, and every kind of caller.
struct World {
    app: App,
    tenant: Tenant,
    lab: i64,
    other: User,
    things: Things,
    callers: [(&'static str, User); 8],
}

impl World {
    async fn new() -> Self {
        // a tenant that is opened below gets what there is left of what is counted, and this one needs some; letting the cloud catch up takes days
        let days = Duration::from_secs(100 * 24 * 3600);
        let session_life = Life { absolute: days, idle: days };
        let settings = Settings { default_counts: Vec::new(), session_life, ..Settings::default() };
        let app = App::start_with(Options::default(), settings).await;
        let tenant = app.cloudy(MARK).await;
        app.tenant("elsewhere").await;
        let lab = app.group(tenant.root, "devteam-lab").await;
        let other = app.user(lab, "devteam-other", MARK, false).await;
        let things = Things::new(&app, tenant).await;
        let callers = [
            ("anonymous", User { id: other.id, ..User::default() }),
            ("stranger", app.login("admin#elsewhere").await),
            ("member", app.user(lab, "devteam-member", MARK, false).await),
            ("group admin", app.user(lab, "devteam-lead", MARK, true).await),
            ("tenant admin", app.login(&format!("admin#{MARK}")).await),
            ("telecom", app.staff("telly", Role::Telecom).await),
            ("maintainer", app.staff("manny", Role::Maintainer).await),
            ("platform admin", app.login("admin").await),
        ];
        Self { app, tenant, lab, other, things, callers }
    }

    /// Somebody in the lab who goes.
    async fn victim(&self, row: &str, turn: usize) -> i64 {
        let name = format!("devteam-{}-{turn}", row.replace(' ', "-"));
        let made = self.app.ok("create_user", 0, json!({"group_id": self.lab, "name": name, "password": PASSWORD})).await;
        crate::app::id(&made["user"])
    }

    /// The id in the path and the parameters of a row's request. What goes is made for it.
    async fn request(&self, row: &str, turn: usize, caller: &User) -> (i64, Value) {
        let (lab, root, other) = (self.lab, self.tenant.root, self.other.id);
        let new = format!("new-{turn}");
        match row {
            "create_session" => (0, json!({"identification": self.other.identification, "password": PASSWORD})),
            "create_tenant" => (0, json!({"name": new})),
            "create_tenant tenant_id" => (0, json!({"tenant_id": self.tenant.id, "description": "x"})),
            "update_tenant" => (self.tenant.id, json!({"customer_manager": "x"})),
            "update_tenant name" => (self.tenant.id, json!({"name": format!("{MARK}-{turn}")})),
            "update_tenant enabled" => (self.tenant.id, json!({"enabled": "true"})),
            "update_tenant disabled" => (self.tenant.id, json!({"enabled": "false"})),
            "get_tenant" => (self.tenant.id, Value::Null),
            "get_tenant of the root" => (1, Value::Null),
            "create_group" => (0, json!({"parent_group_id": lab, "name": new})),
            "create_group below the root group" => (0, json!({"parent_group_id": root, "name": new})),
            "get_group" => (lab, Value::Null),
            "update_group" => (lab, json!({"description": "x"})),
            "delete_group" => (self.app.group(lab, &format!("devteam-{turn}")).await, Value::Null),
            "create_user" => (0, json!({"group_id": lab, "name": new, "password": PASSWORD})),
            "create_user is_admin" => (0, json!({"group_id": lab, "name": format!("lead-{turn}"), "password": PASSWORD, "is_admin": true})),
            "create_user in the root group" => (0, json!({"group_id": root, "name": format!("root-{turn}"), "password": PASSWORD})),
            "create_user of the platform" => (0, json!({"group_id": 1, "name": format!("staff-{turn}"), "password": PASSWORD})),
            "update_user" => (other, json!({"group_id": lab, "description": "x"})),
            "update_user password" => (other, json!({"group_id": lab, "password": "another-password"})),
            "update_user enabled" => (other, json!({"group_id": lab, "enabled": turn.is_multiple_of(2)})),
            "update_user is_admin" => (self.victim(row, turn).await, json!({"group_id": lab, "is_admin": true})),
            "update_user to another group" => (self.victim(row, turn).await, json!({"group_id": root})),
            "update_user of the platform" => (1, json!({"group_id": 1, "description": "x"})),
            "list_users" => (0, json!({"group_id": lab})),
            "list_users user_id" => (0, json!({"user_id": other})),
            "list_users of the platform" => (0, json!({"group_id": 1})),
            "delete_user" => (0, json!({"user_id": self.victim(row, turn).await, "group_id": lab})),
            "delete_user from all groups" => (0, json!({"user_id": self.victim(row, turn).await})),
            "delete_session" | "list_tenants" => (0, Value::Null),
            _ => self.things.request(&self.app, row, turn, caller).await,
        }
    }

    /// Sends one caller's request; answers with the cell of the table.
    async fn cell(&self, row: &str, caller: &(&str, User), turn: usize) -> u16 {
        let operation = operation(row.split(' ').next().unwrap());
        let (id, body) = self.request(row, turn, &caller.1).await;
        let answer = self.app.send(&caller.1.token, operation.method, &path(operation, id), body.clone()).await;
        assert!(answer.status < 500, "{row} as {}: {}", caller.0, answer.body);
        if answer.status == 200 {
            crate::app::documented(operation, &answer);
        } else {
            answer.refused(answer.status);
        }
        self.things.clear(&self.app, row, &body, &answer).await;
        let text = answer.body.to_string();
        if matches!(caller.0, "anonymous" | "stranger") && !body.to_string().contains(MARK) {
            assert!(!text.contains(MARK), "{row} tells a {} of the tenant: {text}", caller.0);
        }
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{row}: {text}");
        answer.status
    }

    async fn row(&self, group: &str, row: &str) -> String {
        let mut line = format!("{:<42}", format!("{group:<5}{row}"));
        for (turn, caller) in self.callers.iter().enumerate() {
            let _ = write!(line, "{:<16}", self.cell(row, caller, turn).await);
        }
        line.trim_end().to_owned() + "\n"
    }
}

/// What an operation can be asked for beside, and may be refused for.
const VARIANTS: [&str; 15] = [
    "create_tenant tenant_id",
    "update_tenant name",
    "update_tenant enabled",
    "get_tenant of the root",
    "create_group below the root group",
    "create_user is_admin",
    "create_user in the root group",
    "create_user of the platform",
    "update_user enabled",
    "update_user is_admin",
    "update_user to another group",
    "update_user of the platform",
    "list_users user_id",
    "list_users of the platform",
    "delete_user from all groups",
];

/// What leaves nothing for the next: it is tried in a world of its own.
const ENDING: [&str; 3] = ["delete_session", "update_tenant disabled", "update_user password"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_what_is_as_the_table_says() {
    let world = World::new().await;
    let names: String = world.callers.iter().map(|(name, _)| format!("{name:<16}")).collect();
    let mut table = format!("{:<42}{}\n", "operation", names.trim_end());
    for operation in operations::ALL.iter().filter(|o| !ENDING.contains(&o.id)) {
        table += &world.row(operation.group, operation.id).await;
    }
    for variant in VARIANTS.into_iter().chain(cloud_rows::VARIANTS) {
        table += &world.row("", variant).await;
    }
    for ending in ENDING {
        let group = operations::ALL.iter().find(|o| o.id == ending).map_or("", |o| o.group);
        table += &World::new().await.row(group, ending).await;
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permissions.txt"), &table);
}
