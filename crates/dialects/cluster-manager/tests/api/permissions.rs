//! Who may do what: every operation of the table by every kind of caller against the things of one tenant.
//! `TENANTRY_UPDATE_GENERATED=1` writes the table anew.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_dialect_cluster_manager::operations;
use tenantry_domain::TenantId;
use tenantry_domain::user::{Role, User};

use crate::app::{App, Envelope as _, PASSWORD, documented, operation, user_id};

/// What everything of the tenant is named after, so that a leak shows.
const MARK: &str = "devteam";

/// A tenant with somebody in it, and every kind of caller.
struct World {
    app: App,
    other: User,
    callers: [(&'static str, String); 8],
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let tenant = app.tenant(MARK, MARK).await.id;
        app.tenant("elsewhere", "elsewhere").await;
        let other = app.user(tenant, "devteam-other", Some(Role::Member), false).await;
        app.user(tenant, "devteam-member", Some(Role::Member), false).await;
        app.user(tenant, "devteam-lead", Some(Role::Member), true).await;
        app.user(TenantId::ROOT, "telly", Some(Role::Telecom), false).await;
        app.user(TenantId::ROOT, "manny", Some(Role::Maintainer), false).await;
        app.login("devteam-other", MARK).await;
        let callers = [
            ("anonymous", String::new()),
            ("stranger", app.login("admin", "elsewhere").await),
            ("member", app.login("devteam-member", MARK).await),
            ("group admin", app.login("devteam-lead", MARK).await),
            ("tenant admin", app.login("admin", MARK).await),
            ("telecom", app.login("telly", "").await),
            ("maintainer", app.login("manny", "").await),
            ("platform admin", app.admin.clone()),
        ];
        Self { app, other, callers }
    }

    /// What one caller is answered: status and code, and how many logs there are to be seen.
    async fn cell(&self, id: &str, query: &str, caller: &(&str, String)) -> String {
        let operation = operation(id);
        let body =
            if id == "create_token" { json!({"username": "devteam-other", "password": PASSWORD, "tenantname": MARK}) } else { Value::Null };
        let answer = self.app.send(&caller.1, operation.method, &format!("{}{query}", operation.path), body).await;
        assert!(answer.status < 500, "{id} as {}: {}", caller.0, answer.body);
        let text = answer.body.to_string();
        if matches!(caller.0, "anonymous" | "stranger") && id != "create_token" {
            assert!(!text.contains(MARK), "{id} tells a {} of the tenant: {text}", caller.0);
        }
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{id}: {text}");
        if answer.status != 200 {
            answer.refused((answer.status, answer.codes().1));
            return format!("{} {}", answer.status, answer.codes().1);
        }
        documented(operation, &answer);
        match answer.body["data"].as_array() {
            Some(logs) => format!("200 {}", if logs.is_empty() { "none" } else { "some" }),
            None => "200".to_owned(),
        }
    }

    async fn row(&self, group: &str, name: &str, id: &str, query: &str) -> String {
        let mut row = format!("{group:<5}{name:<37}");
        for caller in &self.callers {
            let _ = write!(row, "{:<16}", self.cell(id, query, caller).await);
        }
        row.trim_end().to_owned() + "\n"
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_what_is_as_the_table_says() {
    let world = World::new().await;
    let names: String = world.callers.iter().map(|(name, _)| format!("{name:<16}")).collect();
    let mut table = format!("{:<42}{}\n", "operation", names.trim_end());
    for operation in operations::ALL {
        table += &world.row(operation.group, operation.id, operation.id, "").await;
    }
    for (name, query) in [
        ("list_logs of the tenant's user", format!("?user_id={}", user_id(&world.other))),
        ("list_logs of the user's name", "?user_name=devteam-other".to_owned()),
        ("list_logs of the datacenter", format!("?cluster_id={}", world.app.cluster())),
        ("list_logs of the platform's admin", format!("?user_id={}", user_id(&world.app.administrator().await))),
    ] {
        table += &world.row("", name, "list_logs", &query).await;
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permissions.txt"), &table);
}
