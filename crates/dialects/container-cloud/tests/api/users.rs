//! A07 to A14.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, PASSWORD, has};

const FIELDS: &str = "id:i name:s username:s email:s phone:s comment:s orgId:i role:s enabled:b createdAt:s";

#[tokio::test]
async fn a_user_is_made_read_changed_and_removed_with_every_field() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let new =
        json!({"email": "a@dev.example", "password": PASSWORD, "phone": 12345, "comment": "c", "role": "tenant.admin", "enabled": "true"});
    let made = app.ok("create_user", &[org], new).await;
    has(&made, FIELDS);
    let wanted = json!({"name": "a@dev.example", "username": "a@dev.example", "email": "a@dev.example", "phone": "12345", "comment": "c",
        "orgId": org, "role": "tenant.admin", "enabled": true, "password": ""});
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let id = made["id"].as_i64().unwrap();
    assert_eq!(app.ok("get_user", &[org, id], Value::Null).await, made);
    let changed = app.ok("update_user", &[org, id], json!({"name": "A", "phone": "1", "role": "team.member", "password": ""})).await;
    has(&changed, FIELDS);
    assert_eq!(
        (&changed["name"], &changed["phone"], &changed["role"], &changed["email"]),
        (&json!("A"), &json!("1"), &json!("team.member"), &made["email"])
    );
    let put =
        app.send(&app.admin, "PUT", &format!("/api/v1/organizations/{org}/users/{id}"), json!({"email": "", "comment": ""})).await.data();
    assert_eq!((&put["email"], &put["comment"]), (&json!(""), &json!("")));
    assert_eq!(app.ok("update_user", &[org, id], put.clone()).await["name"], "A", "what was read can be sent back");
    has(&app.ok("delete_user", &[org, id], Value::Null).await, FIELDS);
    app.call(&app.admin, "get_user", &[org, id], Value::Null).await.refused((404, 1414));
}

#[tokio::test]
async fn a_login_name_beside_the_address_and_the_users_are_listed_in_pages() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    for name in ["ann", "bob", "bill"] {
        app.ok("create_user", &[org], json!({"username": name, "email": format!("{name}@dev.example"), "password": PASSWORD})).await;
    }
    app.ok("create_user", &[org], json!({"name": "nobody", "password": PASSWORD})).await;
    let (all, total) = app.list("list_users", &[org], "").await;
    has(&all[0], FIELDS);
    assert_eq!((all.as_array().unwrap().len(), total.as_str(), &all[3]["username"]), (4, "4", &json!("nobody")));
    let (page, total) = app.list("list_users", &[org], "?page=2&pageSize=3").await;
    assert_eq!((page.as_array().unwrap().len(), total.as_str()), (1, "4"));
    assert_eq!(app.list("list_users", &[org], "?name=b").await.1, "2");
    assert_eq!(app.login("ann@dev.example").await.id, app.login("ann").await.id, "both names log in");
}

#[tokio::test]
async fn a_session_is_opened_and_ended() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let user = app.user(org, "a@dev.example", "team.member").await;
    let session = app.ok_as("", "create_session", &[], json!({"username": "a@dev.example", "password": PASSWORD})).await;
    has(&session, "sessionId:s userId:i userName:s orgId:i");
    assert_eq!((&session["userId"], &session["userName"], &session["orgId"]), (&json!(user.id), &json!("a@dev.example"), &json!(org)));
    let token = session["sessionId"].as_str().unwrap();
    assert!(token.len() == 64 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')), "{token}");
    app.ok_as("", "create_session", &[], json!({"email": "a@dev.example", "name": "A", "password": PASSWORD})).await;
    app.call(token, "delete_session", &[1], Value::Null).await.refused((404, 1414));
    assert_eq!(app.ok_as(token, "delete_session", &[user.id], Value::Null).await, json!({"userId": user.id}));
    app.call(token, "get_organization", &[org], Value::Null).await.refused((401, 1402));
    app.call(&user.token, "get_organization", &[org], Value::Null).await.data();
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_or_by_an_administrator() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let user = app.user(org, "a@dev.example", "team.member").await;
    let boss = app.user(org, "boss@dev.example", "tenant.admin").await;
    let change = |old: &str| json!({"oldPassword": old, "newPassword": "another-password"});
    app.call(&user.token, "update_password", &[user.id], change("wrong")).await.refused((422, 1417));
    app.call(&user.token, "update_password", &[user.id], json!({"newPassword": "another-password"})).await.refused((400, 1601));
    app.call(&user.token, "update_password", &[user.id], json!({"oldPassword": PASSWORD})).await.refused((400, 1601));
    app.call(&user.token, "update_password", &[user.id], json!({"oldPassword": PASSWORD, "newPassword": "short"}))
        .await
        .refused((422, 1605));
    assert_eq!(app.ok_as(&user.token, "update_password", &[user.id], change(PASSWORD)).await, json!({"userId": user.id}));
    let both = json!({"oldPassword": "another-password", "password": "another-password", "newPassword": PASSWORD});
    app.ok_as(&user.token, "update_password", &[user.id], both).await;
    let plural = format!("/api/v1/users/{}/password", user.id);
    app.send(&user.token, "PUT", &plural, json!({"password": PASSWORD, "newPassword": "another-password"})).await.data();
    app.ok_as(&boss.token, "update_password", &[user.id], json!({"newPassword": PASSWORD})).await;
    app.call(&user.token, "get_organization", &[org], Value::Null).await.refused((401, 1402));
    app.login("a@dev.example").await;
}

#[tokio::test]
async fn nobody_is_changed_through_another_organizations_path() {
    let app = App::start().await;
    let (dev, other) = (app.organization("dev").await, app.organization("other").await);
    let user = app.user(dev, "a@dev.example", "team.member").await;
    for (id, body) in [("get_user", Value::Null), ("update_user", json!({"name": "x"})), ("delete_user", Value::Null)] {
        app.call(&app.admin, id, &[other, user.id], body).await.refused((404, 1414));
    }
    app.call(&user.token, "update_user", &[dev, user.id], json!({"role": "tenant.admin"})).await.refused((403, 1700));
    app.call(&user.token, "update_user", &[dev, user.id], json!({"phone": "2"})).await.data();
}
