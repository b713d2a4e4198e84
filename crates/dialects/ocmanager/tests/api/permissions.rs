//! Who may do what: every operation of the table by every kind of caller against the things of one tenant.
//! `TENANTRY_UPDATE_GENERATED=1` writes the table anew.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_dialect_ocmanager::operations;
use tenantry_domain::user::Role;
use tenantry_service::{group, tenant, user};

use crate::app::{App, Envelope as _, PASSWORD, User, operation, path};

/// What everything of the tenant is named after, so that a leak shows.
const MARK: &str = "devteam";

/// A tenant with a tenant below it, users and a link, and every kind of caller.
struct World {
    app: App,
    other: User,
    callers: [(&'static str, User); 8],
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        app.tenant(MARK).await;
        app.below(MARK, "devteam-below").await;
        app.tenant("elsewhere").await;
        app.ok("create_link", &[], json!({"name": "first", "href": "/x"})).await;
        let boss = app.user("devteam-boss", MARK, "tenant.admin").await;
        let other = Self::made_by(&app, &boss, "devteam-other").await;
        let member = Self::made_by(&app, &boss, "devteam-member").await;
        for user in [&other, &member] {
            app.ok_as(&boss.token, "create_assignment", &[MARK], json!({"userId": user.id, "roleId": "team.member"})).await;
        }
        let lead = Self::lead(&app, &boss).await;
        let callers = [
            ("anonymous", User { id: other.id.clone(), name: other.name.clone(), token: String::new() }),
            ("stranger", app.user("stranger", "elsewhere", "tenant.admin").await),
            ("member", app.login(&member.name).await),
            ("group admin", lead),
            ("tenant admin", boss),
            ("telecom", app.user("telecom", "root", "telecom").await),
            ("maintainer", app.user("maintainer", "root", "maintainer").await),
            ("platform admin", app.login("admin").await),
        ];
        Self { app, other, callers }
    }

    /// A user who belongs to the tenant, not logged in.
    async fn made_by(app: &App, boss: &User, name: &str) -> User {
        let made = app.ok_as(&boss.token, "create_user", &[], json!({"username": name, "password": PASSWORD})).await;
        User { id: made["id"].as_str().unwrap().to_owned(), name: name.to_owned(), token: String::new() }
    }

    /// The administrator of a group of the tenant, with the other user below it.
    async fn lead(app: &App, boss: &User) -> User {
        let ctx = app.ctx(&boss.token).await;
        let home = tenant::get_by_label(&ctx, MARK).await.unwrap();
        let team = group::create(&ctx, home.root_group.unwrap(), "team", "").await.unwrap();
        let lead = user::Create {
            username: Some("devteam-lead".to_owned()),
            password: Some(PASSWORD.to_owned()),
            role: Some(Role::Member),
            group: Some(team.id),
            group_admin: true,
            ..user::Create::default()
        };
        user::create(&ctx, home.id, &lead).await.unwrap();
        let named = user::UserFilter { username: Some("devteam-other".to_owned()), ..Default::default() };
        let other = user::list(&ctx, &named, &Default::default()).await.unwrap().items.pop().unwrap();
        user::place(&ctx, other.id, team.id, false).await.unwrap();
        app.login("devteam-lead").await
    }

    /// What goes is made for it: a user of the tenant below the group, a role, a tenant, a link.
    async fn victim(&self, id: &str, turn: usize) -> String {
        let name = format!("devteam-victim-{id}-{turn}").replace('_', "-");
        match id {
            "delete_user" => {
                let boss = &self.callers[4].1;
                Self::made_by(&self.app, boss, &name).await.id
            }
            "delete_tenant" => {
                self.app.below(MARK, &name).await;
                name
            }
            "delete_assignment" | "create_assignment" => {
                let boss = &self.callers[4].1;
                let user = Self::made_by(&self.app, boss, &name).await;
                if id == "delete_assignment" {
                    self.app.ok("create_assignment", &[MARK], json!({"userId": user.id, "roleId": "3"})).await;
                }
                user.id
            }
            "delete_link" => {
                self.app.ok("create_link", &[], json!({"name": name, "href": "/x"})).await;
                name
            }
            _ => String::new(),
        }
    }

    /// The names and ids of an operation's path: the tenant's things, the other user.
    fn names<'a>(&'a self, id: &str, victim: &'a str) -> Vec<&'a str> {
        let names = operation(id).path.split(['{', '}']).skip(1).step_by(2);
        let one = |name: &str| match (id, name) {
            ("delete_user", _) | ("delete_assignment", "userId") | ("delete_tenant" | "delete_link", _) => victim,
            (_, "tenantId") => MARK,
            (_, "userName" | "name") => self.other.name.as_str(),
            (_, "link") => "first",
            (id, "id") if id.contains("tenant") && !id.contains("user") || id.contains("assignment") || id == "list_children" => MARK,
            ("list_tenant_users", "id") => MARK,
            _ => self.other.id.as_str(),
        };
        names.map(one).collect()
    }

    /// Sends one caller's request; answers with the cell of the table.
    async fn cell(&self, id: &str, caller: &(&str, User), turn: usize, body: Option<Value>) -> String {
        let operation = operation(id);
        let victim = self.victim(id, turn).await;
        let body = body.unwrap_or_else(|| sent(id, turn, &self.other, &victim));
        let place = path(operation, &self.names(id, &victim));
        let answer = self.app.send(&caller.1.token, operation.method, &place, body.clone()).await;
        assert!(answer.status < 500, "{id} as {}: {}", caller.0, answer.body);
        let text = answer.body.to_string();
        let told = format!("{place}{body}").contains(MARK) || text.contains(&self.other.id) && place.contains(&self.other.id);
        if matches!(caller.0, "anonymous" | "stranger") && !told {
            assert!(!text.contains(MARK), "{id} tells a {} of the tenant: {text}", caller.0);
        }
        if caller.0 == "stranger" && id != "login" {
            assert!(!text.contains("\"email\"") || !text.contains(MARK), "{id} tells a stranger of the tenant's people: {text}");
        }
        assert!(!text.contains(PASSWORD) && !text.contains("argon2"), "{id}: {text}");
        match answer.codes() {
            (200, -1 | 200) => "200".to_owned(),
            (status, code) => format!("{status} {code}"),
        }
    }

    async fn row(&self, name: &str, id: &str, body: impl Fn(usize) -> Option<Value>) -> String {
        let mut row = format!("{name:<42}");
        for (turn, caller) in self.callers.iter().enumerate() {
            let _ = write!(row, "{:<16}", self.cell(id, caller, turn, body(turn)).await);
        }
        row.trim_end().to_owned() + "\n"
    }
}

/// What an operation is sent so that it is understood; nothing where nothing is required. Each caller makes a new thing.
fn sent(id: &str, turn: usize, other: &User, victim: &str) -> Value {
    let new = format!("new-{turn}");
    match id {
        "login" => json!({"username": other.name, "password": PASSWORD}),
        "create_user" => json!({"username": new, "password": PASSWORD}),
        "update_user" | "update_user_by_name" => json!({"phone": "1"}),
        "update_user_password" => json!({"password": PASSWORD}),
        "create_tenant" => json!({"id": new, "name": new}),
        "create_assignment" => json!({"userId": victim, "roleId": "team.member"}),
        "update_assignment" => json!({"userId": other.id, "roleId": "team.member"}),
        "create_link" => json!({"name": new, "href": "/x"}),
        "update_link" => json!({"description": new}),
        _ => Value::Null,
    }
}

/// What one operation can be asked for beside, and may be refused for.
fn variants(world: &World, turn: usize) -> Vec<(&'static str, &'static str, Value)> {
    let below = format!("below-{turn}");
    let grant = |role: &str| json!({"userId": world.other.id, "roleId": role});
    vec![
        ("create_user in the tenant", "create_user", json!({"username": below, "password": PASSWORD, "tenantId": MARK})),
        ("create_tenant below the tenant", "create_tenant", json!({"name": below, "parentId": MARK})),
        ("update_assignment tenant.admin", "update_assignment", grant("tenant.admin")),
        ("update_assignment team.member", "update_assignment", grant("team.member")),
        ("update_assignment telecom", "update_assignment", grant("telecom")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_what_is_as_the_table_says() {
    let world = World::new().await;
    let names: String = world.callers.iter().map(|(name, _)| format!("{name:<16}")).collect();
    let mut table = format!("{:<42}{}\n", "operation", names.trim_end());
    for operation in operations::ALL {
        // a session that ended is of no use to the operations that follow
        let own = if operation.id == "logout" { Some(World::new().await) } else { None };
        let world = own.as_ref().unwrap_or(&world);
        table += &world.row(&format!("{:<5}{}", operation.group, operation.id), operation.id, |_| None).await;
    }
    for (i, (name, id, _)) in variants(&world, 0).into_iter().enumerate() {
        table += &world.row(&format!("{:<5}{name}", ""), id, |turn| Some(variants(&world, turn)[i].2.clone())).await;
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permissions.txt"), &table);
}
