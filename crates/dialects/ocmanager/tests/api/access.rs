//! D13 to D18, D20: which user reaches which tenants.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, User, pluck};

/// root - one - two - three, beside it root - other; somebody with a role on `two`.
async fn tree() -> (App, User) {
    let app = App::start().await;
    app.tenant("one").await;
    app.below("one", "two").await;
    app.below("two", "three").await;
    app.tenant("other").await;
    let user = app.user("user003", "two", "team.member").await;
    (app, user)
}

#[tokio::test]
async fn a_user_reaches_the_tenants_of_a_role_and_all_below_them() {
    let (app, user) = tree().await;
    let reached = app.ok("list_tenants_of_user", &[&user.id], Value::Null).await;
    let two = json!({"description": "", "id": "two", "level": 3, "name": "two", "parentId": "one"});
    let three = json!({"description": "", "id": "three", "level": 4, "name": "three", "parentId": "two"});
    assert_eq!(reached, json!([two, three]));
    assert_eq!(app.ok("list_tenants_of_user_by_name", &["user003"], Value::Null).await, reached);
    let mut own = reached.clone();
    own[0].as_object_mut().unwrap().remove("parentId");
    assert_eq!(app.ok_as(&user.token, "list_tenants_of_user", &[&user.id], Value::Null).await, own, "what is above is not told");
    let all = app.ok("list_tenants_of_user_by_name", &["admin"], Value::Null).await;
    assert_eq!(pluck(&all, "id"), ["root", "one", "two", "three", "other"]);
    assert_eq!(all[0], json!({"description": "", "id": "root", "level": 1, "name": "root"}));
    assert_eq!(pluck(&app.asked("list_tenants_of_user_by_name", &["admin"], "?page=2&pageSize=2").await, "id"), ["two", "three"]);
    app.ok("create_user", &[], json!({"username": "new", "password": "a-test-password"})).await;
    let new = app.login("new").await;
    assert_eq!(app.ok_as(&new.token, "list_tenants_of_user", &[&new.id], Value::Null).await, json!([]));
    assert_eq!(app.ok("list_tenants_of_user_by_name", &["new"], Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_user_reaches_the_tenants_right_below_one() {
    let (app, user) = tree().await;
    let below = app.ok("list_children_of_user", &[&user.id, "two"], Value::Null).await;
    assert_eq!(below, json!([{"description": "", "id": "three", "level": 4, "name": "three", "parentId": "two"}]));
    assert_eq!(app.ok("list_children_of_user_by_name", &["user003", "two"], Value::Null).await, below);
    assert_eq!(pluck(&app.ok("list_children_of_user_by_name", &["user003", "one"], Value::Null).await, "id"), ["two"]);
    assert_eq!(app.ok("list_children_of_user_by_name", &["user003", "root"], Value::Null).await, json!([]));
    assert_eq!(pluck(&app.ok("list_children_of_user_by_name", &["admin", "root"], Value::Null).await, "id"), ["one", "other"]);
    app.call(&user.token, "list_children_of_user", &[&user.id, "one"], Value::Null).await.refused((404, 404));
}

#[tokio::test]
async fn users_are_shown_with_the_roles_that_they_hold() {
    let (app, user) = tree().await;
    app.ok("create_assignment", &["one"], json!({"userId": user.id, "roleId": "tenant.admin"})).await;
    app.ok("update_user", &[&user.id], json!({"description": "the third", "email": "a@com"})).await;
    let held = |role: &str, name: &str, tenant: &str, parent: &str| {
        json!({"roleId": role, "roleName": name, "tenantId": tenant, "tenantName": tenant, "userDescription": "the third",
            "userId": user.id, "userName": "user003", "parentTenantName": parent})
    };
    let whole = json!({
        "description": "the third", "email": "a@com", "id": user.id, "password": "", "username": "user003",
        "urv": [
            held("a12a84d0-524a-11e7-9dbb-fa163ed7d0ae", "tenant.admin", "one", "root"),
            held("a13dd087-524a-11e7-9dbb-fa163ed7d0ae", "team.member", "two", "one"),
        ],
    });
    assert_eq!(app.ok("get_user_with_tenants", &[&user.id], Value::Null).await, whole);
    let all = app.ok("list_users_with_tenants", &[], Value::Null).await;
    assert_eq!(pluck(&all, "username"), ["admin", "user003"]);
    assert_eq!(all[1], whole);
    let root = &all[0]["urv"][0];
    assert_eq!((&root["roleName"], &root["tenantId"], root.get("parentTenantName")), (&json!("system.admin"), &json!("root"), None));
    assert_eq!(pluck(&app.asked("list_users_with_tenants", &[], "?page=1&pageSize=1").await, "username"), ["admin"]);

    let other = app.user("boss", "two", "tenant.admin").await;
    let seen = app.ok_as(&other.token, "get_user_with_tenants", &[&user.id], Value::Null).await;
    assert_eq!(pluck(&seen["urv"], "tenantId"), ["two"], "a role elsewhere is not told");
    assert_eq!(seen["urv"][0].get("parentTenantName"), None);
}

#[tokio::test]
async fn nobody_was_let_into_a_service_instance_as_there_are_none() {
    let (app, user) = tree().await;
    assert_eq!(app.ok("list_assignments", &["user003", "two"], Value::Null).await, json!([]));
    app.call(&app.admin, "list_assignments", &["nobody", "two"], Value::Null).await.refused((404, 404));
    app.call(&app.admin, "list_assignments", &["user003", "none"], Value::Null).await.refused((404, 404));
    app.call(&user.token, "list_assignments", &["user003", "other"], Value::Null).await.refused((404, 404));
}
