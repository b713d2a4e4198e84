//! People and programs: tenants with their first administrators, groups, roles, sessions, tokens, second factors, links, and why.

use std::time::Duration;

use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret};

use crate::common::{App, PASSWORD};

/// Logs in, and answers the whole answer.
async fn log_in(app: &App, username: &str, password: &str, code: Option<&str>) -> crate::common::Answer {
    let mut body = json!({"username": username, "password": password});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    app.send("", "POST", "/sessions", &[], body).await
}

fn token_of(answer: &crate::common::Answer) -> String {
    answer.body["token"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body)).to_owned()
}

async fn status(app: &App, token: &str, path: &str) -> u16 {
    app.send(token, "GET", path, &[], Value::Null).await.status.as_u16()
}

#[tokio::test]
async fn a_tenant_has_a_label_a_manager_and_its_first_administrator_and_can_be_shut() {
    let app = App::start().await;
    let new = json!({"name": "Acme & Sons", "label": "acme", "customer_manager": "Li Lei", "datacenter_ids": [1],
        "quota": {"cpu": 1, "memory_gib": 1, "storage_gib": 1}, "administrator": {"username": "boss", "password": PASSWORD, "email": "boss@acme.example"}});
    let made = app.post("/tenants", new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/tenants/{}", made.body["id"]);
    for (field, wanted) in
        [("name", json!("Acme & Sons")), ("label", json!("acme")), ("customer_manager", json!("Li Lei")), ("enabled", json!(true))]
    {
        assert_eq!(made.body[field], wanted, "{field}");
    }
    assert!(made.body["root_group_id"].is_i64(), "{}", made.body);
    assert_eq!(app.get(&format!("{path}/namespaces")).await.body["items"][0]["name"], "acme");
    let boss = token_of(&log_in(&app, "boss#acme", PASSWORD, None).await);
    let session = app.send(&boss, "GET", "/sessions/current", &[], Value::Null).await.body;
    let user = &session["user"];
    assert_eq!((&user["username"], &user["role"], &user["email"]), (&json!("boss"), &json!("tenant.admin"), &json!("boss@acme.example")));
    for (field, wanted) in
        [("must_change_password", json!(false)), ("second_factor", json!(false)), ("origin", json!("")), ("created_by", json!(1))]
    {
        assert_eq!(user[field], wanted, "{field}");
    }

    let own = app.send(&boss, "PATCH", &path, &[], json!({"enabled": false})).await;
    assert_eq!((own.status.as_u16(), &own.body["code"]), (409, &json!("conflict")), "{}", own.body);
    let renamed = app.change("PATCH", &path, json!({"name": "Acme", "customer_manager": "Han Mei", "enabled": false})).await.body;
    assert_eq!(
        (&renamed["name"], &renamed["label"], &renamed["customer_manager"], &renamed["enabled"]),
        (&json!("Acme"), &json!("acme"), &json!("Han Mei"), &json!(false))
    );
    assert_eq!(status(&app, &boss, "/sessions/current").await, 401);
    assert_eq!(log_in(&app, "boss#acme", PASSWORD, None).await.body["code"], "wrong_credentials");
    app.change("PATCH", &path, json!({"enabled": true})).await;
    assert_eq!(log_in(&app, "boss#acme", PASSWORD, None).await.status, 201);

    for (label, code) in [("Not A Label", "invalid_argument"), ("acme", "already_exists")] {
        let refused = app.post("/tenants", json!({"name": "Other", "label": label, "quota": {"cpu": 0, "memory_gib": 0}})).await.body;
        assert_eq!(refused["code"], code, "{refused}");
        assert_eq!(refused["field"], if code == "invalid_argument" { json!("label") } else { Value::Null }, "{refused}");
    }
    let weak = json!({"name": "weak", "quota": {"cpu": 0, "memory_gib": 0}, "administrator": {"username": "x", "password": "short"}});
    let refused = app.post("/tenants", weak).await.body;
    assert_eq!((&refused["code"], &refused["field"]), (&json!("invalid_argument"), &json!("administrator.password")));
    assert!(refused["detail"].as_str().unwrap().starts_with("'administrator.password' must have"), "{refused}");
    assert_eq!(app.get("/tenants?name=weak").await.body["items"], json!([]), "half of it is not made");
}

#[tokio::test]
async fn a_user_may_have_no_role_and_administrators_are_kept() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let made = app.post("/users", json!({"tenant_id": tenant, "username": "guest", "password": PASSWORD, "role": null})).await.body;
    assert_eq!((&made["role"], &made["enabled"]), (&Value::Null, &json!(true)), "{made}");
    let guest = app.login("guest").await;
    assert_eq!(status(&app, &guest, "/sessions/current").await, 200);
    assert_eq!(status(&app, &guest, "/tenants").await, 403, "without a role there is nothing to see");
    let path = format!("/users/{}", made["id"]);
    let member = app.change("PATCH", &path, json!({"role": "team.member"})).await.body;
    assert_eq!(member["role"], "team.member");
    assert_eq!(app.change("PATCH", &path, json!({"role": null})).await.body["role"], Value::Null);
    for change in [json!({"enabled": false}), json!({"role": null}), json!({"role": "telecom"})] {
        let last = app.change("PATCH", "/users/1", change.clone()).await;
        assert_eq!((last.status.as_u16(), &last.body["code"]), (409, &json!("conflict")), "{change}: {}", last.body);
    }
    assert_eq!(app.change("DELETE", "/tenants/1/roles/1", Value::Null).await.status, 409);
}

#[tokio::test]
async fn groups_are_a_tree_and_hold_people() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let root = app.get(&format!("/tenants/{tenant}")).await.body["root_group_id"].clone();
    let made = app.post("/groups", json!({"tenant_id": tenant, "name": "Design", "description": "draws"})).await;
    assert_eq!((made.status.as_u16(), &made.body["parent_id"], &made.headers["etag"]), (201, &root, &"\"1\"".parse().unwrap()));
    let path = made.headers["location"].to_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
    assert_eq!(app.get(&path).await.body, made.body);
    let id = made.body["id"].clone();
    let below = app.post("/groups", json!({"parent_id": id, "name": "Icons"})).await.body;
    assert_eq!((&below["tenant_id"], &below["parent_id"], &below["description"]), (&json!(tenant), &id, &json!("")));
    let taken = app.post("/groups", json!({"parent_id": id, "name": "icons"})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["code"]), (409, &json!("already_exists")));
    let both = app.post("/groups", json!({"parent_id": id, "tenant_id": tenant, "name": "x"})).await;
    assert_eq!((both.status.as_u16(), &both.body["field"]), (422, &json!("tenant_id")));

    let changed = app.change("PATCH", &path, json!({"name": "Drawing", "description": null})).await.body;
    assert_eq!((&changed["name"], &changed["description"], &changed["version"]), (&json!("Drawing"), &json!(""), &json!(2)));
    let stale = app.send(&app.admin, "PATCH", &path, &[("if-match", "\"1\"")], json!({"name": "x"})).await;
    assert_eq!((stale.status.as_u16(), &stale.body["code"]), (412, &json!("stale_version")));
    let kept = app.change("PATCH", &format!("/groups/{root}"), json!({"name": "x"})).await;
    assert_eq!((kept.status.as_u16(), &kept.body["field"]), (422, &json!("name")));

    app.user(tenant, "ann", "team.member").await;
    let ann = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let place = format!("{path}/members/{ann}");
    let dry = app.change("PUT", &format!("{place}?dry_run=true"), json!({"admin": true})).await.body;
    assert_eq!((&dry["dry_run"], &dry["result"]["admin"]), (&json!(true), &json!(true)));
    assert_eq!(app.get(&format!("{path}/members")).await.body["items"], json!([]));
    let put = app.change("PUT", &place, json!({"admin": true})).await;
    assert_eq!((put.status.as_u16(), &put.body["admin"], &put.body["user"]["username"]), (200, &json!(true), &json!("ann")));
    assert_eq!(app.get(&format!("{path}/members")).await.body["items"], json!([put.body]));
    assert_eq!(app.change("PUT", &place, json!({})).await.body["admin"], false);
    assert_eq!(app.get(&format!("/users?group_id={id}")).await.body["items"][0]["id"], ann);
    let of = |query: String| {
        let app = &app;
        async move {
            let found = app.get(&format!("/groups?{query}")).await.body;
            found["items"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(format!("tenant_id={tenant}")).await, ["dev", "Drawing", "Icons"]);
    assert_eq!(of(format!("parent_id={id}")).await, ["Icons"]);
    assert_eq!(of(format!("member={ann}")).await, ["dev", "Drawing"]);

    let full = app.change("DELETE", &path, Value::Null).await;
    assert_eq!((full.status.as_u16(), &full.body["code"]), (409, &json!("conflict")), "{}", full.body);
    assert_eq!(app.change("DELETE", &place, Value::Null).await.status, 204);
    assert_eq!(app.change("DELETE", &place, Value::Null).await.status, 404);
    assert_eq!(app.change("DELETE", &format!("/groups/{}", below["id"]), Value::Null).await.status, 204);
    assert_eq!(app.change("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.get(&path).await.status, 404);
    assert_eq!(app.change("DELETE", &format!("/groups/{root}"), Value::Null).await.status, 409);
}

#[tokio::test]
async fn a_role_is_given_on_a_tenant_listed_from_both_sides_and_taken_away() {
    let app = App::start().await;
    let (dev, qa) = (app.tenant("dev").await, app.tenant("qa").await);
    let ann = app.user(dev, "ann", "team.member").await;
    let id = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    assert_eq!(status(&app, &ann, &format!("/tenants/{qa}")).await, 404);
    let path = format!("/tenants/{qa}/roles/{id}");
    assert_eq!(app.change("PUT", &format!("{path}?dry_run=true"), json!({"role": "tenant.admin"})).await.body["action"], "grant");
    assert_eq!(status(&app, &ann, &format!("/tenants/{qa}")).await, 404, "it was only asked what would happen");
    let given = app.change("PUT", &path, json!({"role": "tenant.admin"})).await.body;
    assert_eq!(given, json!({"tenant_id": qa, "tenant_name": "qa", "user_id": id, "username": "ann", "role": "tenant.admin"}));
    assert_eq!(status(&app, &ann, &format!("/tenants/{qa}")).await, 200);
    assert_eq!(app.get(&format!("/tenants/{qa}/roles")).await.body["items"], json!([given]));
    let own = json!({"tenant_id": dev, "tenant_name": "dev", "user_id": id, "username": "ann", "role": "team.member"});
    let first = app.get(&format!("/users/{id}/roles?limit=1")).await.body;
    assert_eq!(first["items"], json!([own]));
    let rest = app.get(&format!("/users/{id}/roles?after={}", first["next"].as_str().unwrap())).await.body;
    assert_eq!((&rest["items"], &rest["next"]), (&json!([given]), &Value::Null));
    assert_eq!(app.get(&format!("/users?role_on={qa}")).await.body["items"][0]["id"], id);
    assert_eq!(app.change("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.change("DELETE", &path, Value::Null).await.status, 404);
    assert_eq!(status(&app, &ann, &format!("/tenants/{qa}")).await, 404);
    let staff = app.change("PUT", &path, json!({"role": "telecom"})).await;
    assert_eq!((staff.status.as_u16(), &staff.body["field"]), (422, &json!("role")), "{}", staff.body);
    assert_eq!(app.change("PUT", &path, json!({"role": "king"})).await.body["field"], "role");
}

#[tokio::test]
async fn staff_give_nobody_a_role_over_all_tenants() {
    let app = App::start().await;
    app.tenant("dev").await;
    let telecom = app.user(1, "telecom", "telecom").await;
    app.user(1, "keeper", "tenant.admin").await;
    let id = |name: &str| {
        let (app, name) = (&app, name.to_owned());
        async move { app.get(&format!("/users?username={name}")).await.body["items"][0]["id"].clone() }
    };
    let (own, keeper) = (id("telecom").await, id("keeper").await);
    for (method, path, body) in [
        ("PUT", format!("/tenants/1/roles/{own}"), json!({"role": "tenant.admin"})),
        ("PUT", format!("/tenants/1/roles/{keeper}"), json!({"role": "team.member"})),
        ("PUT", format!("/users/{keeper}/password"), json!({"new_password": "another-password"})),
        ("POST", "/users".to_owned(), json!({"tenant_id": 1, "username": "x", "password": PASSWORD, "role": "tenant.admin"})),
        ("PATCH", format!("/users/{own}"), json!({"role": "system.admin"})),
        ("DELETE", "/users/1".to_owned(), Value::Null),
    ] {
        let refused = app.send(&telecom, method, &path, &[], body).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("forbidden")), "{method} {path}: {}", refused.body);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let first = app.user(tenant, "ann", "team.member").await;
    let (second, third) = (app.login("ann").await, app.login("ann").await);
    let listed = app.send(&first, "GET", "/sessions", &[], Value::Null).await.body;
    let items = listed["items"].as_array().unwrap();
    let current: Vec<bool> = items.iter().map(|s| s["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false], "{listed}");
    for field in ["id", "user_id", "address", "client", "created_at", "last_used_at", "expires_at"] {
        assert!(!items[0][field].is_null(), "{field}: {listed}");
    }
    assert!(!listed.to_string().contains(&first));
    let two = &items[1]["id"];
    assert_eq!(app.send(&first, "DELETE", &format!("/sessions/{two}?dry_run=true"), &[], Value::Null).await.body["dry_run"], true);
    assert_eq!(status(&app, &second, "/sessions/current").await, 200);
    for replayed in [false, true] {
        let ended = app.send(&first, "DELETE", &format!("/sessions/{two}"), &[("idempotency-key", "end-1")], Value::Null).await;
        assert_eq!((ended.status.as_u16(), ended.headers.contains_key("idempotent-replayed")), (204, replayed), "{}", ended.body);
    }
    assert_eq!(status(&app, &second, "/sessions/current").await, 401);
    assert_eq!(app.send(&first, "DELETE", &format!("/sessions/{two}"), &[], Value::Null).await.status, 404);
    assert_eq!(app.send(&first, "DELETE", "/sessions", &[], Value::Null).await.status, 204);
    assert_eq!((status(&app, &third, "/sessions/current").await, status(&app, &first, "/sessions/current").await), (401, 200));

    let ann = items[0]["user_id"].clone();
    assert_eq!(app.get(&format!("/sessions?user_id={ann}")).await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.change("DELETE", &format!("/sessions?user_id={ann}"), Value::Null).await.status, 204);
    assert_eq!((status(&app, &first, "/sessions/current").await, app.get("/sessions/current").await.status.as_u16()), (401, 200));
    let audit = app.get("/audit?action=logout").await.body;
    assert_eq!((&audit["items"][0]["object"], &audit["items"][0]["object_id"]), (&json!("session"), &json!(ann.to_string())));
}

#[tokio::test]
async fn a_token_acts_within_its_scope_until_it_ends_and_its_secret_is_shown_once() {
    let app = App::start().await;
    let (tenant, other) = (app.tenant("dev").await, app.tenant("other").await);
    let body = json!({"name": "ci", "roles": ["team.member"], "tenant_ids": [tenant], "dialects": ["native"], "days": 2});
    let key = [("idempotency-key", "token-1")];
    let made = app.send(&app.admin, "POST", "/tokens", &key, body.clone()).await;
    assert_eq!((made.status.as_u16(), &made.headers["cache-control"]), (201, &"no-store".parse().unwrap()), "{}", made.body);
    let secret = made.body["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 64);
    let path = made.headers["location"].to_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
    let again = app.send(&app.admin, "POST", "/tokens", &key, body).await;
    assert_eq!((again.status.as_u16(), &again.headers["location"]), (303, &made.headers["location"]));
    let found = app.get(&path).await.body;
    assert_eq!(
        found,
        json!({"id": made.body["id"], "user_id": 1, "name": "ci", "roles": ["team.member"], "tenant_ids": [tenant], "dialects": ["native"],
            "created_at": "2026-01-01T00:00:00.000Z", "last_used_at": null, "expires_at": "2026-01-03T00:00:00.000Z"})
    );
    assert_eq!(app.get("/tokens").await.body["items"], json!([found]));

    let new_user = json!({"tenant_id": tenant, "username": "x", "password": PASSWORD});
    let disk = json!({"tenant_id": tenant, "datacenter_id": 1, "name": "d", "size_gib": 1});
    for (method, place, body, wanted) in [
        ("GET", format!("/tenants/{tenant}"), Value::Null, 200),
        ("GET", format!("/tenants/{other}"), Value::Null, 404),
        ("POST", "/disks".to_owned(), disk, 201),
        ("POST", "/users".to_owned(), new_user, 403),
        ("POST", "/tokens".to_owned(), json!({"name": "more"}), 403),
        ("GET", "/tokens".to_owned(), Value::Null, 403),
        ("GET", "/sessions".to_owned(), Value::Null, 403),
        ("DELETE", "/sessions".to_owned(), Value::Null, 403),
        ("DELETE", path.clone(), Value::Null, 403),
        ("POST", "/users/me/second-factor".to_owned(), json!({"password": PASSWORD}), 403),
        ("PUT", "/users/1/password".to_owned(), json!({"old_password": PASSWORD, "new_password": "another-password"}), 403),
    ] {
        let answer = app.send(&secret, method, &place, &[], body).await;
        assert_eq!(answer.status.as_u16(), wanted, "{method} {place}: {}", answer.body);
    }
    let rotated = app.post(&format!("{path}/rotate"), json!({"days": 1})).await;
    assert_eq!((rotated.status.as_u16(), &rotated.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    let fresh = rotated.body["secret"].as_str().unwrap().to_owned();
    assert_eq!((status(&app, &secret, "/tenants").await, status(&app, &fresh, "/tenants").await), (401, 200));
    app.clock.step(Duration::from_secs(24 * 3600));
    assert_eq!(status(&app, &fresh, "/tenants").await, 401);

    let admin = app.login("admin").await;
    let make = |body: Value| app.send(&admin, "POST", "/tokens", &[], body);
    for (body, field) in [
        (json!({"name": "x", "dialects": ["telnet"]}), "dialects"),
        (json!({"name": "x", "days": 0}), "days"),
        (json!({"name": "x", "days": 9999}), "days"),
        (json!({"name": "x", "roles": ["king"]}), "role"),
        (json!({"name": "x", "tenant_ids": (0..60).collect::<Vec<i64>>()}), "tenant_ids"),
    ] {
        let refused = make(body.clone()).await.body;
        assert_eq!((&refused["code"], &refused["field"]), (&json!("invalid_argument"), &json!(field)), "{body}: {refused}");
    }
    let foreign = make(json!({"name": "far", "dialects": ["container_cloud"]})).await.body["secret"].as_str().unwrap().to_owned();
    assert_eq!(status(&app, &foreign, "/tenants").await, 401, "it is for another dialect");
    assert_eq!(make(json!({"name": "far"})).await.body["code"], "already_exists");
    assert_eq!(app.send(&admin, "DELETE", &path, &[], Value::Null).await.status, 204);
    assert_eq!(app.send(&admin, "GET", &path, &[], Value::Null).await.status, 404);
}

/// What a device with this secret shows now.
fn code(app: &App, secret: &str) -> String {
    use tenantry_domain::Clock as _;
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp =
        Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30).with_skew(1).with_secret(secret).build();
    totp.unwrap().generate(u64::try_from(app.clock.now().0 / 1000).unwrap()).to_string()
}

#[tokio::test]
async fn a_second_factor_is_begun_confirmed_asked_for_and_removed() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let ann = app.user(tenant, "ann", "team.member").await;
    let own = "/users/me/second-factor";
    let send = |method: &'static str, path: String, body: Value| {
        let (app, ann) = (&app, &ann);
        async move { app.send(ann, method, &path, &[], body).await }
    };
    let get = || send("GET", own.to_owned(), Value::Null);
    assert_eq!(get().await.body, json!({"enabled": false, "recovery_codes_left": 0}));
    assert_eq!(send("POST", own.to_owned(), json!({"password": "wrong-password"})).await.body["code"], "wrong_old_password");
    let offered = send("POST", own.to_owned(), json!({"password": PASSWORD})).await;
    assert_eq!((offered.status.as_u16(), &offered.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    let secret = offered.body["secret"].as_str().unwrap().to_owned();
    assert!(offered.body["url"].as_str().unwrap().starts_with("otpauth://totp/Tenantry:ann?secret="), "{}", offered.body);
    assert_eq!(log_in(&app, "ann", PASSWORD, None).await.status, 201, "it is not asked for before it was confirmed");
    let wrong = send("POST", format!("{own}/confirm"), json!({"code": "abcdef"})).await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["code"]), (401, &json!("wrong_credentials")));
    let confirmed = send("POST", format!("{own}/confirm"), json!({"code": code(&app, &secret)})).await;
    assert_eq!((confirmed.status.as_u16(), &confirmed.headers["cache-control"]), (200, &"no-store".parse().unwrap()), "{}", confirmed.body);
    let recovery: Vec<String> = serde_json::from_value(confirmed.body["recovery_codes"].clone()).unwrap();
    assert_eq!(recovery.len(), 10);
    assert_eq!(get().await.body, json!({"enabled": true, "recovery_codes_left": 10}));
    assert_eq!(app.get("/users?username=ann").await.body["items"][0]["second_factor"], true);

    let refused = log_in(&app, "ann", PASSWORD, None).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (401, &json!("second_factor_required")));
    assert_eq!(log_in(&app, "ann", PASSWORD, Some(&code(&app, &secret))).await.status, 401, "the code that confirmed it is used up");
    app.clock.step(Duration::from_secs(30));
    let now = code(&app, &secret);
    assert_eq!(log_in(&app, "ann", "wrong-password", Some(&now)).await.body["code"], "wrong_credentials");
    assert_eq!(log_in(&app, "ann", PASSWORD, Some(&now)).await.status, 201);
    assert_eq!(log_in(&app, "ann", PASSWORD, Some(&now)).await.status, 401, "a code is good once");
    assert_eq!(log_in(&app, "ann", PASSWORD, Some(&recovery[0])).await.status, 201);
    assert_eq!(log_in(&app, "ann", PASSWORD, Some(&recovery[0])).await.status, 401);
    assert_eq!(get().await.body["recovery_codes_left"], 9);
    let renewed = send("POST", format!("{own}/recovery-codes"), json!({"password": PASSWORD})).await;
    let fresh: Vec<String> = serde_json::from_value(renewed.body["recovery_codes"].clone()).unwrap();
    assert!(fresh.len() == 10 && !fresh.contains(&recovery[1]));
    assert_eq!(send("POST", own.to_owned(), json!({"password": PASSWORD})).await.status, 409, "the confirmed one stays");
    assert_eq!(send("DELETE", own.to_owned(), json!({})).await.body["field"], "password");
    assert_eq!(send("DELETE", own.to_owned(), json!({"password": PASSWORD})).await.status, 204);
    assert_eq!(log_in(&app, "ann", PASSWORD, None).await.status, 201);
    let kept = app.get("/audit?limit=1000").await.body.to_string();
    assert!(!kept.contains(&secret) && !recovery.iter().chain(&fresh).any(|c| kept.contains(c.as_str())));
}

#[tokio::test]
async fn a_lost_device_is_helped_by_the_administrator_alone() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let (ann, bob) = (app.user(tenant, "ann", "team.member").await, app.user(tenant, "bob", "team.member").await);
    let offered = app.send(&ann, "POST", "/users/me/second-factor", &[], json!({"password": PASSWORD})).await.body;
    let first = json!({"code": code(&app, offered["secret"].as_str().unwrap())});
    assert_eq!(app.send(&ann, "POST", "/users/me/second-factor/confirm", &[], first).await.status, 200);
    let id = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let path = format!("/users/{id}/second-factor");
    assert_eq!(app.send(&bob, "DELETE", &path, &[], Value::Null).await.status, 403);
    assert_eq!(app.send(&ann, "DELETE", &path, &[], Value::Null).await.status, 400, "one's own takes the password");
    assert_eq!(log_in(&app, "ann", PASSWORD, None).await.body["code"], "second_factor_required");
    assert_eq!(app.change("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(log_in(&app, "ann", PASSWORD, None).await.status, 201);
}

#[tokio::test]
async fn who_got_a_password_changes_it_first() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let old = app.user(tenant, "ann", "tenant.admin").await;
    let id = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let path = format!("/users/{id}/password");
    assert_eq!(app.change("PUT", &path, json!({"new_password": "from-the-help-desk"})).await.status, 204);
    assert_eq!(status(&app, &old, "/sessions/current").await, 401, "a reset ends the sessions");
    let started = log_in(&app, "ann", "from-the-help-desk", None).await;
    assert_eq!(started.body["user"]["must_change_password"], true);
    let ann = token_of(&started);
    assert_eq!(status(&app, &ann, "/sessions/current").await, 200);
    for (method, place, body) in [
        ("GET", "/tenants", Value::Null),
        ("GET", "/sessions", Value::Null),
        ("POST", "/tokens", json!({"name": "x"})),
        ("GET", "/users/me/second-factor", Value::Null),
        ("GET", "/quota-plans", Value::Null),
    ] {
        let refused = app.send(&ann, method, place, &[], body).await;
        assert_eq!(refused.status, 403, "{method} {place}: {}", refused.body);
        assert!(refused.body["detail"].as_str().unwrap().contains("change it first"), "{}", refused.body);
    }
    let change = json!({"old_password": "from-the-help-desk", "new_password": PASSWORD});
    assert_eq!(app.send(&ann, "PUT", &path, &[], change).await.status, 204);
    assert_eq!(status(&app, &ann, "/tenants").await, 200, "the same session goes on");
    assert_eq!(app.send(&ann, "GET", "/sessions/current", &[], Value::Null).await.body["user"]["must_change_password"], false);
    assert_eq!(app.send(&ann, "DELETE", "/sessions/current", &[], Value::Null).await.status, 204);
}

#[tokio::test]
async fn guessing_a_password_with_somebodys_session_is_slowed_down() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let ann = app.user(tenant, "ann", "team.member").await;
    let id = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let path = format!("/users/{id}/password");
    let change = |old: &str| json!({"old_password": old, "new_password": "another-password"});
    for _ in 0..3 {
        assert_eq!(app.send(&ann, "PUT", &path, &[], change("wrong-password")).await.body["code"], "wrong_old_password");
        let factor = app.send(&ann, "POST", "/users/me/second-factor", &[], json!({"password": "wrong-password"})).await;
        assert_eq!(factor.body["code"], "wrong_old_password", "both count");
    }
    let slowed = app.send(&ann, "PUT", &path, &[], change(PASSWORD)).await;
    assert_eq!((slowed.status.as_u16(), &slowed.body["code"]), (429, &json!("too_many_requests")), "{}", slowed.body);
    app.clock.step(Duration::from_secs(2));
    assert_eq!(app.send(&ann, "PUT", &path, &[], change(PASSWORD)).await.status, 204);
}

#[tokio::test]
async fn links_are_seen_by_everybody_and_kept_by_staff() {
    let app = App::start().await;
    let tenant = app.tenant("dev").await;
    let ann = app.user(tenant, "ann", "team.member").await;
    let made =
        app.post("/links", json!({"name": "Manual", "href": "https://docs.example/", "image_url": "/book.png", "new_window": true})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    for (field, wanted) in [
        ("name", json!("Manual")),
        ("href", json!("https://docs.example/")),
        ("image_url", json!("/book.png")),
        ("new_window", json!(true)),
        ("description", json!("")),
        ("version", json!(1)),
    ] {
        assert_eq!(made.body[field], wanted, "{field}");
    }
    let path = format!("/links/{}", made.body["id"]);
    assert_eq!(app.send(&ann, "GET", &path, &[], Value::Null).await.body, made.body);
    assert_eq!(app.send(&ann, "GET", "/links", &[], Value::Null).await.body["items"], json!([made.body]));
    assert_eq!(app.send(&ann, "DELETE", &path, &[], Value::Null).await.status, 403);
    let changed = app.change("PATCH", &path, json!({"description": "how to", "image_url": null, "new_window": false})).await.body;
    assert_eq!(
        (&changed["description"], &changed["image_url"], &changed["new_window"], &changed["href"]),
        (&json!("how to"), &json!(""), &json!(false), &made.body["href"])
    );
    let stale = app.send(&app.admin, "DELETE", &path, &[("if-match", "\"1\"")], Value::Null).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let script = app.post("/links", json!({"name": "x", "href": "javascript:alert(1)"})).await.body;
    assert_eq!((&script["code"], &script["field"]), (&json!("invalid_argument"), &json!("href")));
    assert_eq!(app.post("/links", json!({"name": "Manual", "href": "/"})).await.body["code"], "already_exists");
    assert_eq!(app.change("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.get("/links").await.body["items"], json!([]));
}

#[tokio::test]
async fn it_is_told_why_something_is_allowed_or_not_to_those_who_may_ask() {
    let app = App::start().await;
    let (dev, other) = (app.tenant("dev").await, app.tenant("other").await);
    let (ann, boss) = (app.user(dev, "ann", "team.member").await, app.user(dev, "boss", "tenant.admin").await);
    let id = app.get("/users?username=ann").await.body["items"][0]["id"].clone();
    let ask = |token: &str, query: String| {
        let (app, token) = (&app, token.to_owned());
        async move { app.send(&token, "GET", &format!("/why?{query}"), &[], Value::Null).await }
    };
    let no = ask(&ann, "action=create&kind=user".to_owned()).await.body;
    assert_eq!(no["allowed"], false, "{no}");
    assert!(no["because"].as_str().unwrap().contains("tenant.admin"), "{no}");
    let yes = ask(&boss, format!("action=create&kind=user&tenant_id={dev}")).await.body;
    assert!(yes["allowed"] == true && yes["because"].as_str().unwrap().contains(&format!("tenant.admin on tenant {dev}")), "{yes}");
    let about = ask(&boss, format!("action=create&kind=disk&user_id={id}")).await.body;
    assert!(about["allowed"] == true && about["because"].as_str().unwrap().contains("team.member"), "{about}");
    let own = ask(&boss, format!("action=update&kind=user&user_id={id}&owner_id={id}")).await.body;
    assert!(own["because"].as_str().unwrap().contains("the user's own"), "{own}");
    assert_eq!(ask(&ann, "action=create&kind=disk&user_id=1".to_owned()).await.status, 404);
    assert_eq!(ask(&boss, format!("action=create&kind=disk&tenant_id={other}")).await.status, 404);
    for (query, field) in [("kind=user", "action"), ("action=fly&kind=user", "action"), ("action=read&kind=cow", "kind")] {
        assert_eq!(ask(&boss, query.to_owned()).await.body["field"], field, "{query}");
    }
}
