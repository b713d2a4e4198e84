//! C11 to C14.

use serde_json::{Value, json};
use tenantry_domain::{GroupId, UserId};
use tenantry_service::user;

use crate::app::{App, Envelope as _, PASSWORD, has, id};

const OTHER: &str = "another-password";

fn names(list: &Value) -> Vec<&str> {
    list["users"].as_array().unwrap().iter().map(|u| u["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_user_is_made_in_a_group_with_every_field() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let new =
        json!({"group_id": lab.to_string(), "name": "安", "password": PASSWORD, "description": "d", "enabled": "true", "is_admin": 1});
    let made = app.ok("create_user", 0, new).await["user"].take();
    let wanted = json!({"name": "安", "description": "d", "password": "", "tenant_id": tenant.id, "role": "team.member", "enabled": true,
        "group_id": lab, "is_admin": true, "groups": [{"group_id": lab, "is_admin": true}]});
    has(&made, &wanted);
    assert_eq!(app.login("安#shop").await.id, id(&made));
    let plain = app.ok("create_user", 0, json!({"group_id": lab, "name": "bob", "password": PASSWORD, "enabled": "false"})).await;
    has(&plain["user"], &json!({"enabled": false, "is_admin": false, "description": ""}));
    app.call("", "create_session", 0, json!({"identification": "bob#shop", "password": PASSWORD})).await.refused(401);
}

#[tokio::test]
async fn names_are_unique_inside_a_tenant_alone() {
    let app = App::start().await;
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let lab = app.group(one.root, "lab").await;
    let first = app.user(one.root, "ann", "one", false).await;
    let second = app.user(two.root, "ann", "two", false).await;
    assert_ne!(first.id, second.id);
    app.call(&app.admin, "create_user", 0, json!({"group_id": lab, "name": "ANN", "password": PASSWORD})).await.refused(409);
}

#[tokio::test]
async fn a_user_of_the_platform_is_made_without_a_role() {
    let app = App::start().await;
    let other = app.tenant("shop").await;
    let root = app.ok("get_tenant", 1, Value::Null).await["tenant"]["root_group_id"].as_i64().unwrap();
    let made = app.ok("create_user", 0, json!({"group_id": root, "name": "newcomer", "password": PASSWORD})).await["user"].take();
    has(&made, &json!({"tenant_id": 1, "role": null}));
    let newcomer = app.login("newcomer").await;
    app.call(&newcomer.token, "get_tenant", other.id, Value::Null).await.refused(403);
}

#[tokio::test]
async fn a_user_is_changed_and_what_is_not_sent_stays() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let user = app.user(lab, "ann", "shop", true).await;
    let change = json!({"group_id": lab, "user_id": user.id, "name": "anna", "description": "d"});
    let changed = app.ok("update_user", user.id, change).await["user"].take();
    has(&changed, &json!({"name": "anna", "description": "d", "enabled": true, "is_admin": true, "group_id": lab}));
    let post = app.send(&app.admin, "POST", &format!("/keystone/users/{}", user.id), json!({"group_id": lab, "is_admin": "false"})).await;
    has(&post.body["user"], &json!({"name": "anna", "description": "d", "is_admin": false}));
    app.ok("update_user", user.id, json!({"group_id": lab, "password": OTHER})).await;
    app.call(&user.token, "get_group", lab, Value::Null).await.refused(401);
    let login = json!({"identification": "anna#shop", "password": OTHER});
    app.ok_as("", "create_session", 0, login.clone()).await;
    has(&app.ok("update_user", user.id, json!({"group_id": lab, "enabled": "0"})).await["user"], &json!({"enabled": false}));
    app.call("", "create_session", 0, login).await.refused(401);
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let (lab, office) = (app.group(tenant.root, "lab").await, app.group(tenant.root, "office").await);
    let user = app.user(lab, "ann", "shop", false).await;
    app.user(lab, "bob", "shop", false).await;
    for wrong in [json!({"password": "short"}), json!({"name": "bob"}), json!({"name": "a b"})] {
        let mut change = json!({"group_id": office, "description": "changed", "is_admin": true});
        change.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(matches!(app.call(&app.admin, "update_user", user.id, change).await.status, 409 | 422), "{wrong}");
    }
    let found = app.ok("list_users", 0, json!({"user_id": user.id})).await["user"].take();
    has(&found, &json!({"name": "ann", "description": "", "groups": [{"group_id": lab, "is_admin": false}]}));
    app.login("ann#shop").await;
}

#[tokio::test]
async fn a_user_is_moved_out_of_all_other_groups() {
    let app = App::start().await;
    let (tenant, elsewhere) = (app.tenant("shop").await, app.tenant("elsewhere").await);
    let (lab, office) = (app.group(tenant.root, "lab").await, app.group(tenant.root, "office").await);
    let user = app.user(lab, "ann", "shop", true).await;
    user::place(&app.ctx(&app.admin).await, UserId(user.id), GroupId(tenant.root), false).await.unwrap();
    let seen = app.ok("list_users", 0, json!({"group_id": lab})).await;
    let both = json!([{"group_id": tenant.root, "is_admin": false}, {"group_id": lab, "is_admin": true}]);
    has(&seen["users"][0], &json!({"group_id": lab, "is_admin": true, "groups": both}));
    let stays = app.ok("update_user", user.id, json!({"group_id": tenant.root, "description": "x"})).await;
    has(&stays["user"], &json!({"group_id": tenant.root, "is_admin": false, "groups": both}));
    let moved = app.ok("update_user", user.id, json!({"group_id": office})).await;
    has(&moved["user"], &json!({"group_id": office, "is_admin": false, "groups": [{"group_id": office, "is_admin": false}]}));
    app.call(&app.admin, "update_user", user.id, json!({"group_id": elsewhere.root})).await.refused(422);
    let lead = app.user(office, "lead", "shop", true).await;
    app.call(&lead.token, "update_user", user.id, json!({"group_id": lab})).await.refused(403);
    app.ok_as(&lead.token, "update_user", user.id, json!({"group_id": office, "is_admin": "true"})).await;
}

#[tokio::test]
async fn ones_own_password_takes_the_old_one() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let user = app.user(tenant.root, "ann", "shop", false).await;
    let change = |old: Value| json!({"group_id": tenant.root, "password": OTHER, "old_password": old});
    app.call(&user.token, "update_user", user.id, change(Value::Null)).await.refused(400);
    app.call(&user.token, "update_user", user.id, change(json!("wrong"))).await.refused(422);
    app.ok_as(&user.token, "update_user", user.id, change(json!(PASSWORD))).await;
    app.ok_as(&user.token, "update_user", user.id, json!({"group_id": tenant.root, "description": "mine"})).await;
    for change in [json!({"enabled": false}), json!({"is_admin": true})] {
        let mut change = change;
        change["group_id"] = json!(tenant.root);
        app.call(&user.token, "update_user", user.id, change).await.refused(403);
    }
}

#[tokio::test]
async fn the_users_of_a_group_are_listed_and_one_is_shown_to_administrators() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let lead = app.user(lab, "lead", "shop", true).await;
    let ann = app.user(lab, "ann", "shop", false).await;
    let listed = app.ok_as(&ann.token, "list_users", 0, json!({"group_id": lab})).await;
    assert_eq!(names(&listed), ["lead", "ann"]);
    has(&listed["users"][0], &json!({"id": lead.id, "group_id": lab, "is_admin": true}));
    assert_eq!(names(&app.ok("list_users", 0, json!({"group_id": tenant.root})).await), ["admin"], "those of the group itself");
    let both = json!({"user_id": ann.id, "group_id": 4711});
    for token in [&app.admin, &lead.token, &ann.token] {
        let found = app.ok_as(token, "list_users", 0, both.clone()).await;
        assert!(found.get("users").is_none());
        has(&found["user"], &json!({"id": ann.id, "group_id": lab, "is_admin": false}));
    }
    app.call(&ann.token, "list_users", 0, json!({"user_id": lead.id})).await.refused(403);
}

#[tokio::test]
async fn a_user_is_taken_out_of_a_group_and_stays_with_the_tenant() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let ann = app.user(lab, "ann", "shop", true).await;
    let out = app.ok("delete_user", 0, json!({"user_id": ann.id.to_string(), "group_id": lab.to_string()})).await;
    has(&out["user"], &json!({"id": ann.id, "group_id": null, "is_admin": false, "groups": []}));
    app.call(&app.admin, "delete_user", 0, json!({"user_id": ann.id, "group_id": lab})).await.refused(404);
    assert!(names(&app.ok("list_users", 0, json!({"group_id": lab})).await).is_empty());
    app.ok_as(&app.login("ann#shop").await.token, "get_tenant", tenant.id, Value::Null).await;
    has(&app.ok("update_user", ann.id, json!({"group_id": lab})).await["user"], &json!({"group_id": lab, "is_admin": false}));
}

#[tokio::test]
async fn a_user_is_removed_from_all_groups_and_so_for_good() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let ann = app.user(lab, "ann", "shop", false).await;
    let gone = app.ok("delete_user", 0, json!({"user_id": ann.id})).await;
    has(&gone["user"], &json!({"id": ann.id, "name": "ann", "groups": []}));
    app.call(&ann.token, "list_tenants", 0, Value::Null).await.refused(401);
    app.call("", "create_session", 0, json!({"identification": "ann#shop", "password": PASSWORD})).await.refused(401);
    app.call(&app.admin, "list_users", 0, json!({"user_id": ann.id})).await.refused(404);
    app.user(lab, "ann", "shop", false).await;
}

#[tokio::test]
async fn the_administrator_of_a_group_reaches_nobody_who_is_stronger_elsewhere() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let (lab, office) = (app.group(tenant.root, "lab").await, app.group(tenant.root, "office").await);
    let team = app.group(lab, "team").await;
    let lead = app.user(lab, "lead", "shop", true).await;
    let ctx = app.ctx(&app.admin).await;
    let both = app.user(lab, "both", "shop", false).await;
    user::place(&ctx, UserId(both.id), GroupId(office), true).await.unwrap();
    let guest = app.user(lab, "guest", "shop", false).await;
    user::place(&ctx, UserId(guest.id), GroupId(office), false).await.unwrap();
    let below = app.user(team, "below", "shop", true).await;
    let boss = app.login("admin#shop").await;
    for (operation, body) in [
        ("update_user", json!({"group_id": lab, "password": OTHER})),
        ("update_user", json!({"group_id": lab, "enabled": false})),
        ("delete_user", json!({"user_id": both.id})),
    ] {
        app.call(&lead.token, operation, both.id, body).await.refused(403);
    }
    app.call(&lead.token, "delete_user", 0, json!({"user_id": guest.id})).await.refused(403);
    app.call(&lead.token, "delete_user", 0, json!({"user_id": boss.id})).await.refused(403);
    app.ok_as(&lead.token, "delete_user", 0, json!({"user_id": guest.id, "group_id": lab})).await;
    app.ok_as(&lead.token, "update_user", below.id, json!({"group_id": team, "is_admin": false})).await;
    app.ok_as(&lead.token, "delete_user", 0, json!({"user_id": below.id})).await;
}
