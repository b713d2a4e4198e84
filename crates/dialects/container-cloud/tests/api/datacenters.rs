//! A15 to A19.

use serde_json::{Value, json};

use crate::app::{App, DOWN, Envelope as _, has};

const FIELDS: &str = "id:i name:s kind:s endpoint:s comment:s capacity:o status:s";

#[tokio::test]
async fn a_datacenter_is_connected_read_changed_and_disconnected_with_every_field() {
    let app = App::start().await;
    let new = json!({
        "name": "far", "endpoint": "https://k8s.example:6443", "token": "secret-token", "ca": "secret-ca", "comment": "c",
        "capacity": {"cpu": "8", "mem": 16, "storage": null}, "overcommit": "1.5", "storageClass": "fast", "imageRegistry": "r.example",
        "domainSuffix": "apps.example",
    });
    let made = app.ok("create_datacenter", &[], new).await;
    has(&made, FIELDS);
    let wanted = json!({"name": "far", "kind": "kubernetes", "endpoint": "https://k8s.example:6443", "comment": "c", "overcommit": 1.5,
        "capacity": {"cpu": 8, "mem": 16, "storage": null}, "storageClass": "fast", "imageRegistry": "r.example",
        "domainSuffix": "apps.example", "version": "v1", "status": "healthy"});
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    assert!(!made.to_string().contains("secret"), "{made}");
    let id = made["id"].as_i64().unwrap();
    let read = app.ok("get_datacenter", &[id], Value::Null).await;
    assert_eq!((&read["name"], &read["capacity"]), (&made["name"], &made["capacity"]));
    let changed = app.ok("update_datacenter", &[id], json!({"comment": "d", "storageClass": "", "capacity": {"cpu": 10}})).await;
    has(&changed, FIELDS);
    assert_eq!(
        (&changed["comment"], &changed["storageClass"], &changed["domainSuffix"]),
        (&json!("d"), &Value::Null, &json!("apps.example"))
    );
    assert_eq!(changed["capacity"], json!({"cpu": 10, "mem": null, "storage": null}), "a capacity is given as a whole");
    assert_eq!(
        app.ok("update_datacenter", &[id], changed.clone()).await["capacity"],
        changed["capacity"],
        "what was read can be sent back"
    );
    for half in [json!({"endpoint": "https://elsewhere.example"}), json!({"token": "new-token"})] {
        app.call(&app.admin, "update_datacenter", &[id], half).await.refused((400, 1601));
    }
    let moved = json!({"endpoint": "https://elsewhere.example", "token": "new-token"});
    assert_eq!(app.ok("update_datacenter", &[id], moved).await["endpoint"], "https://elsewhere.example");
    has(&app.ok("delete_datacenter", &[id], Value::Null).await, FIELDS);
    app.call(&app.admin, "get_datacenter", &[id], Value::Null).await.refused((404, 1414));
}

#[tokio::test]
async fn datacenters_are_listed_in_pages_with_the_total() {
    let app = App::start().await;
    for name in ["b", "c"] {
        app.ok("create_datacenter", &[], json!({"name": name, "kind": "sandbox"})).await;
    }
    let (all, total) = app.list("list_datacenters", &[], "").await;
    has(&all[0], FIELDS);
    assert_eq!((all.as_array().unwrap().len(), total.as_str()), (3, "3"));
    let (page, total) = app.list("list_datacenters", &[], "/?page=2&pageSize=2").await;
    assert_eq!((&page[0]["name"], page.as_array().unwrap().len(), total.as_str()), (&json!("c"), 1, "3"));
    assert_eq!(app.list("list_datacenters", &[], "?name=b").await.1, "1");
}

#[tokio::test]
async fn a_tenant_sees_its_datacenters_and_not_where_they_are_or_what_is_wrong_there() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "other", "kind": "sandbox"})).await;
    let org = app.organization("dev").await;
    let member = app.user(org, "a@dev.example", "team.member").await;
    app.switch_off().await;
    let seen = app.ok("get_datacenter", &[1], Value::Null).await;
    assert_eq!((&seen["status"], seen["reason"].as_str().unwrap().is_empty()), (&json!("unhealthy"), false), "{seen}");
    let list = app.ok_as(&member.token, "list_datacenters", &[], Value::Null).await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    let own = &list[0];
    assert_eq!((&own["name"], &own["status"]), (&json!("local"), &json!("unhealthy")));
    let hidden = json!({"endpoint": "", "reason": "", "overcommit": null, "capacity": {"cpu": null, "mem": null, "storage": null}});
    for (field, value) in hidden.as_object().unwrap() {
        assert_eq!(&own[field], value, "{field}");
    }
    app.call(&member.token, "get_datacenter", &[2], Value::Null).await.refused((404, 1414));
}

#[tokio::test]
async fn a_datacenter_that_cannot_be_used_is_refused_with_the_reason_and_without_the_secret() {
    let app = App::start().await;
    let answer = app.call(&app.admin, "create_datacenter", &[], json!({"name": "far", "endpoint": DOWN, "token": "secret-token"})).await;
    answer.refused((502, 1706));
    assert!(answer.message().contains("does not answer") && !answer.body.to_string().contains("secret"), "{}", answer.body);
    app.organization("dev").await;
    let used = app.call(&app.admin, "delete_datacenter", &[1], Value::Null).await;
    used.refused((409, 1703));
    assert!(used.message().contains("dev"), "{}", used.message());
    app.call(&app.admin, "update_datacenter", &[1], json!({"capacity": {"cpu": 1}})).await.refused((409, 1701));
    app.call(&app.admin, "create_datacenter", &[], json!({"name": "local", "kind": "sandbox"})).await.refused((409, 1415));
}
