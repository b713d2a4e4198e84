//! D04 to D12, D19: users.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_dialect_ocmanager::Options;
use tenantry_service::Settings;

use crate::app::{App, BASE, Envelope as _, PASSWORD, Staff, pluck};

/// The body of the document's own example.
fn example() -> Value {
    json!({
        "username": "createUser001",
        "email": "createUser001@com",
        "description": "createUser001 description",
        "password": "createUser001 password",
        "phone": "1234567890",
    })
}

#[tokio::test]
async fn a_user_is_made_read_changed_and_removed_with_every_field() {
    let app = App::start().await;
    let made = app.ok("create_user", &[], example()).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let created = made["createTime"].as_str().unwrap().to_owned();
    assert!(created.len() == 21 && created.ends_with(".0") && created.as_bytes()[10] == b' ', "{created}");
    let mut whole = json!({"createTime": created, "description": "createUser001 description", "email": "createUser001@com", "id": id,
        "password": "", "phone": "1234567890", "username": "createUser001"});
    assert_eq!(made, whole);
    assert_eq!(app.ok("get_user", &[&id], Value::Null).await, whole);
    assert_eq!(app.ok("get_user_by_name", &["createUser001"], Value::Null).await, whole);
    assert_eq!(app.ok("get_user_by_name", &["CREATEUSER001"], Value::Null).await, whole);

    let change = json!({"description": "11111 update", "email": "createUser001____update@com", "phone": "111111111"});
    whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    assert_eq!(app.ok("update_user", &[&id], change).await, whole);
    let change = json!({"description": "33333 update", "email": "createUser001____update333@com", "phone": "33333333"});
    whole.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    assert_eq!(app.ok("update_user_by_name", &["createUser001"], change).await, whole);
    whole["email"] = json!("");
    assert_eq!(app.ok("update_user", &[&id], json!({"email": ""})).await, whole);
    assert_eq!(app.ok("update_user", &[&id], whole.clone()).await, whole, "what was read can be sent back");
    app.call(&app.admin, "update_user", &[&id], json!({"username": "other"})).await.refused((422, 422));
    app.call(&app.admin, "update_user", &[&id], json!({"password": PASSWORD})).await.refused((422, 422));

    assert_eq!(pluck(&app.ok("list_users", &[], Value::Null).await, "username"), ["admin", "createUser001"]);
    let gone = app.ok("delete_user", &[&id], Value::Null).await;
    assert_eq!(gone, json!({"message": id, "resCodel": 200, "status": "delete user success"}));
    app.call(&app.admin, "get_user", &[&id], Value::Null).await.refused((404, 404));
    assert_eq!(pluck(&app.ok("list_users", &[], Value::Null).await, "username"), ["admin"]);
}

#[tokio::test]
async fn users_are_listed_whole_or_in_pages() {
    let app = App::start().await;
    for name in ["a", "b", "c"] {
        app.ok("create_user", &[], json!({"username": name, "password": PASSWORD})).await;
    }
    let names = |list: &Value| pluck(list, "username").join(" ");
    for (query, wanted) in
        [("", "admin a b c"), ("/", "admin a b c"), ("?page=1&pageSize=3", "admin a b"), ("?page=2&pageSize=3", "c"), ("?page=9", "")]
    {
        assert_eq!(names(&app.asked("list_users", &[], query).await), wanted, "{query}");
    }
}

#[tokio::test]
async fn whom_a_tenants_administrator_makes_belongs_to_that_tenant() {
    let app = App::start().await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    app.ok_as(&boss.token, "create_user", &[], example()).await;
    assert_eq!(pluck(&app.ok_as(&boss.token, "list_users", &[], Value::Null).await, "username"), ["boss", "createUser001"]);
    app.tenant("ops").await;
    let named = json!({"username": "named", "password": PASSWORD, "tenantId": "ops"});
    app.call(&boss.token, "create_user", &[], named.clone()).await.refused((404, 404));
    app.ok("create_assignment", &["ops"], json!({"userId": boss.id, "roleId": "2"})).await;
    let unclear = app.call(&boss.token, "create_user", &[], json!({"username": "x", "password": PASSWORD})).await;
    unclear.refused((409, 409));
    assert!(unclear.message().contains("dev") && unclear.message().contains("ops"), "{}", unclear.message());
    app.ok_as(&boss.token, "create_user", &[], named).await;
}

#[tokio::test]
async fn who_has_no_role_sees_and_changes_oneself_alone() {
    let app = App::start().await;
    app.ok("create_user", &[], json!({"username": "new", "password": PASSWORD})).await;
    let new = app.login("new").await;
    assert_eq!(app.ok_as(&new.token, "get_user", &[&new.id], Value::Null).await["username"], "new");
    let changed = app.ok_as(&new.token, "update_user", &[&new.id], json!({"phone": "1"})).await;
    assert_eq!(changed["phone"], "1");
    app.call(&new.token, "get_user_by_name", &["admin"], Value::Null).await.refused((404, 404));
    app.call(&new.token, "list_users", &[], Value::Null).await.refused((403, 403));
    app.call(&new.token, "create_user", &[], example()).await.refused((403, 403));
    app.call(&new.token, "delete_user", &[&new.id], Value::Null).await.refused((403, 4004));
}

#[tokio::test]
async fn who_was_not_made_by_the_caller_is_neither_changed_nor_removed() {
    let app = App::start().await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    let guest = app.user("guest", "dev", "team.member").await;
    for (id, names, body) in [
        ("update_user", [guest.id.as_str()], json!({"phone": "1"})),
        ("update_user_by_name", ["guest"], json!({"phone": "1"})),
        ("update_user_password", ["guest"], json!({"password": "another-password"})),
        ("delete_user", [&guest.id], Value::Null),
    ] {
        let refused = app.call(&boss.token, id, &names, body).await;
        refused.refused((403, 4004));
        assert!(refused.message().starts_with("the user 'guest' was not created by you"), "{}", refused.message());
        assert_eq!(refused.body["status"], format!("{} failed", id.replace('_', " ")));
    }
    app.call(&guest.token, "delete_user", &[&boss.id], Value::Null).await.refused((403, 4004));
    let admin = app.login("admin").await;
    app.call(&boss.token, "delete_user", &[&admin.id], Value::Null).await.refused((404, 404));
}

#[tokio::test]
async fn a_name_of_several_users_is_told_apart_by_the_id() {
    let app = App::start().await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    let twin = json!({"username": "twin", "password": PASSWORD});
    let first = app.ok("create_user", &[], twin.clone()).await;
    let second = app.ok_as(&boss.token, "create_user", &[], twin).await;
    let (first, second) = (first["id"].as_str().unwrap(), second["id"].as_str().unwrap());
    assert_eq!(app.ok_as(&boss.token, "get_user_by_name", &["twin"], Value::Null).await["id"], second, "boss sees one of them");
    let unclear = app.call(&app.admin, "get_user_by_name", &["twin"], Value::Null).await;
    unclear.refused((409, 409));
    for part in [&format!("{first} of root"), &format!("{second} of dev"), "by the id"] {
        assert!(unclear.message().contains(part), "{}", unclear.message());
    }
    let done = app.ok("update_user_password", &[second], json!({"password": "another-password"})).await;
    assert_eq!(done["message"], "twin");
    assert_eq!(app.ok("check_user_is_admin", &[first], Value::Null).await["userName"], "twin");
}

#[tokio::test]
async fn a_password_is_changed_by_an_administrator_or_with_the_old_one_or_right_after_logging_in() {
    let app = App::start().await;
    app.ok("create_user", &[], json!({"username": "username001", "password": PASSWORD})).await;
    let user = app.login("username001").await;
    let other = app.login("username001").await;
    let change = |new: &str| json!({"password": new});
    let done = app.ok_as(&user.token, "update_user_password", &["username001"], change("1234567890")).await;
    assert_eq!(done, json!({"message": "username001", "resCodel": 200, "status": "update user password success"}));
    app.call(&other.token, "get_user", &[&user.id], Value::Null).await.refused((401, 401));

    app.clock.step(Duration::from_secs(10 * 60 + 1));
    let late = app.call(&user.token, "update_user_password", &["username001"], change("0987654321")).await;
    late.refused((400, 400));
    assert!(late.message().contains("'oldPassword'"), "{}", late.message());
    let wrong = json!({"password": "0987654321", "oldPassword": "wrong"});
    app.call(&user.token, "update_user_password", &["username001"], wrong).await.refused((422, 422));
    let right = json!({"password": "0987654321", "oldPassword": "1234567890"});
    app.ok_as(&user.token, "update_user_password", &["username001"], right).await;

    app.ok("update_user_password", &["username001"], change(PASSWORD)).await;
    app.call(&user.token, "get_user", &[&user.id], Value::Null).await.refused((401, 401));
    app.login("username001").await;
    let short = app.call(&app.admin, "update_user_password", &["username001"], change("short")).await;
    short.refused((422, 422));
    assert!(short.message().starts_with("'password' must have"), "{}", short.message());
}

#[tokio::test]
async fn whether_a_user_runs_the_platform_is_told_of_those_whom_one_sees() {
    let app = App::start().await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    assert_eq!(app.ok("check_user_is_admin", &["admin"], Value::Null).await, json!({"admin": true, "userName": "admin"}));
    assert_eq!(app.ok("check_user_is_admin", &["boss"], Value::Null).await["admin"], false);
    app.call(&boss.token, "check_user_is_admin", &["admin"], Value::Null).await.refused((404, 404));
    app.ok("create_assignment", &["root"], json!({"userId": boss.id, "roleId": "system.admin"})).await;
    assert_eq!(app.ok_as(&boss.token, "check_user_is_admin", &["boss"], Value::Null).await["admin"], true);
}

#[tokio::test]
async fn the_people_of_a_directory_are_listed_where_there_is_one() {
    let app = App::start().await;
    let none = app.call(&app.admin, "list_directory_users", &[], Value::Null).await;
    none.refused((409, 409));
    assert!(none.message().contains("no directory is configured"), "{}", none.message());
    let directories = vec![Staff(&["ethanwang", "admin", "user001"]), Staff(&["user001", "zhaoyimtest"])];
    let settings = || Settings { directory: true, ..Settings::default() };
    let app = App::with_directories(Options::default(), settings(), directories).await;
    // also who has not logged in yet, one directory after the other
    let all = json!(["ethanwang", "admin", "user001", "user001", "zhaoyimtest"]);
    assert_eq!(app.ok("list_directory_users", &[], Value::Null).await, all);
    let page =
        async |n: u64, size: u64| app.send(&app.admin, "GET", &format!("{BASE}/user/ldap?page={n}&pageSize={size}"), Value::Null).await;
    assert_eq!(page(2, 2).await.body, json!(["user001", "user001"]));
    assert_eq!(page(3, 2).await.body, json!(["zhaoyimtest"]));
    assert_eq!(page(9, 2).await.body, json!([]));
    page(100, 1000).await.refused((422, 422));
    for name in ["ethanwang", "user001"] {
        app.add_directory_user(name).await;
    }
    // a tenant's people see those who have come to it, and not who else there is
    app.datacenter(&app.admin).await;
    app.tenant("dev").await;
    let boss = app.user("boss", "dev", "tenant.admin").await;
    assert_eq!(app.ok_as(&boss.token, "list_directory_users", &[], Value::Null).await, json!([]));
    let down = App::with_directories(Options::default(), settings(), vec![Staff(&["ethanwang"]), Staff(&[])]).await;
    let refused = down.call(&down.admin, "list_directory_users", &[], Value::Null).await;
    refused.refused((502, 502));
    assert!(refused.message().contains("'staff-1'"), "{}", refused.message());
    app.call(&app.admin, "update_user_password", &["user001"], json!({"password": PASSWORD})).await.refused((409, 409));
}

#[tokio::test]
async fn a_fixed_word_goes_before_a_name_in_its_place() {
    let app = App::start().await;
    for name in ["ldap", "with", "is", "name", "id", "password"] {
        app.ok("create_user", &[], json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(app.ok("get_user_by_name", &[name], Value::Null).await["username"], *name);
        assert_eq!(app.ok("check_user_is_admin", &[name], Value::Null).await["userName"], *name);
    }
    app.ok("update_user_password", &["ldap"], json!({"password": "another-password"})).await;
    let trap = app.send(&app.admin, "PUT", "/ocmanager/v1/api/user/name/password", json!({"phone": "7"})).await;
    assert_eq!((trap.status, &trap.body["username"]), (200, &json!("password")));
    app.call(&app.admin, "get_user", &["with"], Value::Null).await.refused((404, 404));
}
