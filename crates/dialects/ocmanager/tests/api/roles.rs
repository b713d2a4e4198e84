//! D27, D35 to D38, D42: roles on tenants.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, PASSWORD, pluck};

const TENANT_ADMIN: &str = "a12a84d0-524a-11e7-9dbb-fa163ed7d0ae";
const MEMBER: &str = "a13dd087-524a-11e7-9dbb-fa163ed7d0ae";

#[tokio::test]
async fn roles_are_listed_with_what_they_may_do() {
    let app = App::start().await;
    let roles = app.ok("list_roles", &[], Value::Null).await;
    assert_eq!(pluck(&roles, "rolename"), ["system.admin", "tenant.admin", "team.member", "telecom", "maintainer"]);
    assert_eq!(pluck(&roles, "id")[..3], ["a10170cb-524a-11e7-9dbb-fa163ed7d0ae", TENANT_ADMIN, MEMBER]);
    assert!(roles[2]["permission"].as_str().unwrap().contains("disk:create,read"), "{}", roles[2]);
    assert!(!roles[3]["permission"].as_str().unwrap().contains("disk:create"), "{}", roles[3]);
}

#[tokio::test]
async fn a_role_is_given_read_changed_and_taken_away() {
    let app = App::start().await;
    app.tenant("tenant1").await;
    let made = app
        .ok(
            "create_user",
            &[],
            json!({"username": "user1", "password": PASSWORD, "description": "u1", "email": "a@163.com", "phone": "123"}),
        )
        .await;
    let id = made["id"].as_str().unwrap();
    let given = app.ok("create_assignment", &["tenant1"], json!({"userId": id, "roleId": MEMBER})).await;
    assert_eq!(given, json!({"roleId": MEMBER, "tenantId": "tenant1", "userId": id}));
    let again = app.ok("create_assignment", &["tenant1"], json!({"userId": "user1", "roleId": "3"})).await;
    assert_eq!(again, given, "a name and a number do too, and doing it again is fine");
    let other = app.call(&app.admin, "create_assignment", &["tenant1"], json!({"userId": id, "roleId": "2"})).await;
    other.refused((409, 409));
    assert!(other.message().contains("team.member") && other.message().contains("PUT"), "{}", other.message());

    let users = app.ok("list_tenant_users", &["tenant1"], Value::Null).await;
    let row = json!({"roleId": MEMBER, "roleName": "team.member", "tenantId": "tenant1", "userDescription": "u1", "userEmail": "a@163.com",
        "userId": id, "userName": "user1", "userPassword": "", "userPhone": "123"});
    assert_eq!(users, json!([row]));

    let changed = app.ok("update_assignment", &["tenant1"], json!({"userId": id, "roleId": "tenant.admin"})).await;
    assert_eq!(changed, json!({"roleId": TENANT_ADMIN, "tenantId": "tenant1", "userId": id}));
    let role = app.ok("get_role_of_user", &["tenant1", "user1"], Value::Null).await;
    assert_eq!(role, json!({"roleId": TENANT_ADMIN, "tenantId": "tenant1", "userId": id, "userName": "user1"}));
    assert_eq!(app.ok("list_tenant_users", &["tenant1"], Value::Null).await[0]["roleName"], "tenant.admin");

    let gone = app.ok("delete_assignment", &["tenant1", id], Value::Null).await;
    assert_eq!(gone, json!({"message": id, "resCodel": 200, "status": "delete success"}));
    assert_eq!(app.ok("list_tenant_users", &["tenant1"], Value::Null).await, json!([]));
    for (id_, names, body) in [
        ("delete_assignment", vec!["tenant1", id], Value::Null),
        ("update_assignment", vec!["tenant1"], json!({"userId": id, "roleId": MEMBER})),
        ("get_role_of_user", vec!["tenant1", "user1"], Value::Null),
    ] {
        let none = app.call(&app.admin, id_, &names, body).await;
        none.refused((404, 404));
        assert_eq!(none.message(), "'user1' has no role on the tenant 'tenant1'");
    }
}

#[tokio::test]
async fn a_role_above_holds_below() {
    let app = App::start().await;
    app.tenant("above").await;
    app.below("above", "below").await;
    let user = app.user("user1", "above", MEMBER).await;
    for token in [&app.admin, &user.token] {
        let role = app.ok_as(token, "get_role_of_user", &["below", "user1"], Value::Null).await;
        assert_eq!((&role["roleId"], &role["tenantId"]), (&json!(MEMBER), &json!("below")));
    }
    assert_eq!(
        app.ok("list_tenant_users", &["below"], Value::Null).await,
        json!([]),
        "the list has those with a role on the tenant itself"
    );
    app.ok("create_assignment", &["below"], json!({"userId": user.id, "roleId": TENANT_ADMIN})).await;
    assert_eq!(app.ok("get_role_of_user", &["below", "user1"], Value::Null).await["roleId"], TENANT_ADMIN, "the nearest counts");
}

#[tokio::test]
async fn staff_are_made_on_the_root_tenant_and_by_platform_administrators_alone() {
    let app = App::start().await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    app.call(&app.admin, "update_assignment", &["dev"], json!({"userId": boss.id, "roleId": "telecom"})).await.refused((422, 422));
    app.call(&boss.token, "create_assignment", &["root"], json!({"userId": boss.id, "roleId": "1"})).await.refused((404, 404));
    let telecom = app.user("telecom", "root", "telecom").await;
    app.call(&telecom.token, "update_assignment", &["root"], json!({"userId": telecom.id, "roleId": "1"})).await.refused((403, 403));
    let admin = app.login("admin").await;
    let last = app.call(&app.admin, "delete_assignment", &["root", &admin.id], Value::Null).await;
    last.refused((409, 409));
    assert!(last.message().contains("platform administrator"), "{}", last.message());
}
