//! A35 to A37: appended and read, never changed.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

const FIELDS: &str = "id:i name:s operation:s comment:s dcId:i? image:s? replicas:i? status:s userId:i createdAt:s";

#[tokio::test]
async fn a_release_is_appended_carried_out_and_read_with_every_field() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let user = app.user(org, "a@dev.example", "team.member").await;
    app.ok_as(&user.token, "create_disk", &[org], json!({"name": "data", "size": 1, "dcId": 1})).await;
    let new = json!({
        "name": "web", "comment": "first", "dcId": "1", "image": "nginx:1", "replicas": "1", "ports": "80,443", "cpu": "0.5", "mem": 0.25,
        "environment": {"A": "1", "B": 2, "C": null}, "disks": [{"disk": "data", "path": "/data"}],
    });
    let made = app.ok_as(&user.token, "create_deployment", &[org, user.id], new).await;
    has(&made, FIELDS);
    let wanted = json!({"name": "web", "operation": "create", "comment": "first", "dcId": 1, "image": "nginx:1", "replicas": 1,
        "ports": [80, 443], "cpu": 0.5, "mem": 0.25, "environment": {"A": "1", "B": "2"}, "disks": [{"disk": "data", "path": "/data"}],
        "userId": user.id, "orgId": org, "status": "running"});
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    app.settle().await;
    let id = made["id"].as_i64().unwrap();
    let read = app.ok_as(&user.token, "get_deployment", &[org, user.id, id], Value::Null).await;
    has(&read, FIELDS);
    assert_eq!((&read["status"], read["endedAt"].is_string()), (&json!("succeeded"), true), "{read}");
    let ports = json!({"name": "web", "operation": "update", "dcId": 1, "ports": [8080]});
    let changed = app.ok_as(&user.token, "create_deployment", &[org, user.id], ports).await;
    assert_eq!((&changed["ports"], &changed["image"]), (&json!([8080]), &json!("nginx:1")), "what is not said stays");
    app.settle().await;
    let again = json!({"name": "web", "operation": "restart", "dcId": 1});
    assert_eq!(app.ok_as(&user.token, "create_deployment", &[org, user.id], again).await["image"], "nginx:1");
    app.settle().await;
    let gone = app.ok_as(&user.token, "create_deployment", &[org, user.id], json!({"name": "web", "operation": "delete", "dcId": 1})).await;
    assert_eq!((&gone["image"], &gone["replicas"], &gone["environment"]), (&Value::Null, &Value::Null, &json!({})));
    app.settle().await;
    let (list, total) = app.list("list_deployments", &[org, user.id], "").await;
    let operations: Vec<_> =
        list.as_array().unwrap().iter().map(|r| (r["operation"].as_str().unwrap(), r["status"].as_str().unwrap())).collect();
    assert_eq!(
        operations,
        [("delete", "succeeded"), ("restart", "succeeded"), ("update", "succeeded"), ("create", "succeeded")],
        "newest first"
    );
    assert_eq!(total, "4");
}

#[tokio::test]
async fn a_record_of_something_done_elsewhere_is_kept_as_it_is() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let made = app.ok("create_deployment", &[org, 1], json!({"name": "Some Thing", "operation": "told the team", "comment": "c"})).await;
    has(&made, FIELDS);
    assert_eq!((&made["status"], &made["dcId"], &made["image"]), (&json!("recorded"), &Value::Null, &Value::Null));
    let there = app.ok("create_deployment", &[org, 1], json!({"name": "elsewhere", "dcId": 1})).await;
    assert_eq!((&there["status"], &there["dcId"]), (&json!("recorded"), &json!(1)), "without an image nothing is carried out");
    app.ok("create_deployment", &[org, 1], json!({"name": "other"})).await;
    let (page, total) = app.list("list_deployments", &[org, 1], "?page=1&pageSize=1").await;
    assert_eq!((&page[0]["name"], total.as_str()), (&json!("other"), "3"));
    assert_eq!(app.list("list_deployments", &[org, 1], "?name=Some%20Thing").await.1, "1");
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let path = format!("/api/v1/organizations/{org}/users/1/deployments/{}", made["id"]);
        app.send(&app.admin, method, &path, json!({"name": "x"})).await.refused((405, 1705));
    }
    for method in ["PUT", "DELETE"] {
        app.send(&app.admin, method, &format!("/api/v1/organizations/{org}/users/1/deployments"), Value::Null).await.refused((405, 1705));
    }
}

#[tokio::test]
async fn nobody_releases_in_anothers_name_and_a_record_is_found_under_its_own_path_alone() {
    let app = App::start().await;
    let (org, other) = (app.organization("dev").await, app.organization("other").await);
    let user = app.user(org, "a@dev.example", "team.member").await;
    app.call(&app.admin, "create_deployment", &[org, user.id], json!({"name": "x"})).await.refused((403, 1700));
    app.call(&app.admin, "create_deployment", &[org, 99], json!({"name": "x"})).await.refused((404, 1414));
    app.call(&user.token, "create_deployment", &[other, user.id], json!({"name": "x"})).await.refused((404, 1414));
    let id = app.ok_as(&user.token, "create_deployment", &[org, user.id], json!({"name": "x"})).await["id"].as_i64().unwrap();
    app.call(&app.admin, "get_deployment", &[org, 1, id], Value::Null).await.refused((404, 1414));
    app.call(&app.admin, "get_deployment", &[other, user.id, id], Value::Null).await.refused((404, 1414));
}
