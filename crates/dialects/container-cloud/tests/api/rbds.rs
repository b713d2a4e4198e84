//! A30 to A34.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

const FIELDS: &str = "id:i name:s size:i dcId:i status:s orgId:i createdAt:s";

#[tokio::test]
async fn a_disk_is_made_grown_and_removed_with_every_field() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let made = app.ok("create_disk", &[org], json!({"name": "data", "size": "10", "dcId": "1"})).await;
    has(&made, FIELDS);
    assert_eq!((&made["name"], &made["size"], &made["dcId"], &made["orgId"]), (&json!("data"), &json!(10), &json!(1), &json!(org)));
    let id = made["id"].as_i64().unwrap();
    app.settle().await;
    let read = app.ok("get_disk", &[org, id], Value::Null).await;
    has(&read, FIELDS);
    assert_eq!((&read["status"], &read["reason"]), (&json!("ready"), &json!("")), "{read}");
    let grown = app.ok("update_disk", &[org, id], json!({"name": "data", "size": 20, "dcId": 1})).await;
    has(&grown, FIELDS);
    assert_eq!((&grown["size"], &grown["status"]), (&json!(20), &json!("updating")));
    app.settle().await;
    let (list, total) = app.list("list_disks", &[org], "").await;
    has(&list[0], FIELDS);
    assert_eq!((&list[0]["size"], &list[0]["status"], total.as_str()), (&json!(20), &json!("ready"), "1"));
    app.send(&app.admin, "PUT", &format!("/api/v1/organizations/{org}/rbds/{id}"), list[0].clone()).await.data();
    let going = app.ok("delete_disk", &[org, id], Value::Null).await;
    assert_eq!(going["status"], "deleting");
    app.settle().await;
    app.call(&app.admin, "get_disk", &[org, id], Value::Null).await.refused((404, 1414));
}

#[tokio::test]
async fn a_disk_does_not_shrink_move_or_change_its_name_and_stays_within_its_quota() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    let id = app.ok("create_disk", &[org], json!({"name": "data", "size": 10, "dcId": 1})).await["id"].as_i64().unwrap();
    for (body, codes) in [
        (json!({"size": 9}), (422, 1605)),
        (json!({"size": 51}), (409, 1701)),
        (json!({"size": 0}), (422, 1605)),
        (json!({"size": 11, "name": "other"}), (422, 1605)),
        (json!({"size": 11, "dcId": 2}), (422, 1605)),
        (json!({}), (400, 1601)),
    ] {
        app.call(&app.admin, "update_disk", &[org, id], body).await.refused(codes);
    }
    app.call(&app.admin, "create_disk", &[org], json!({"name": "data", "size": 1, "dcId": 1})).await.refused((409, 1415));
    app.call(&app.admin, "create_disk", &[org], json!({"name": "more", "size": 41, "dcId": 1})).await.refused((409, 1701));
    for name in ["b", "c"] {
        app.ok("create_disk", &[org], json!({"name": name, "size": 1, "dcId": 1})).await;
    }
    let (page, total) = app.list("list_disks", &[org], "?page=2&pageSize=2").await;
    assert_eq!((page.as_array().unwrap().len(), total.as_str()), (1, "3"));
    assert_eq!(app.list("list_disks", &[org], "/?name=b").await.1, "1");
}
