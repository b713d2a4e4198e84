//! A01 to A06.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

const FIELDS: &str = "id:i name:s description:s cpuQuota:n memQuota:n budget:n balance:n dcIdList:l createdAt:s";

#[tokio::test]
async fn an_organization_is_opened_and_read_with_every_field() {
    let app = App::start().await;
    let new = json!({
        "name": "dev", "description": "the developers", "dcIdList": "1", "cpuQuota": "4", "memQuota": 8.5, "storageQuota": "50",
        "budget": "100.50", "balance": 50, "somethingElse": [1],
    });
    let made = app.ok("create_organization", &[], new).await;
    has(&made, FIELDS);
    let wanted = json!({"name": "dev", "description": "the developers", "dcIdList": [1], "cpuQuota": 4, "memQuota": 8.5, "budget": 100.5,
        "balance": 50, "storageQuota": 50, "parentId": 1, "status": "active"});
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let id = made["id"].as_i64().unwrap();
    assert_eq!(app.ok("get_organization", &[id], Value::Null).await, made);
}

#[tokio::test]
async fn organizations_are_listed_in_pages_with_the_total_and_without_the_root() {
    let app = App::start().await;
    for name in ["a", "b", "c"] {
        app.organization(name).await;
    }
    let names = |list: &Value| list.as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap().to_owned()).collect::<String>();
    let (all, total) = app.list("list_organizations", &[], "").await;
    has(&all[0], FIELDS);
    assert_eq!((names(&all).as_str(), total.as_str()), ("abc", "3"));
    for (query, wanted) in [("?page=1&pageSize=2", "ab"), ("?page=2&pageSize=2", "c"), ("?page=3&pageSize=2", ""), ("/?name=b", "b")] {
        assert_eq!(names(&app.list("list_organizations", &[], query).await.0), wanted, "{query}");
    }
}

#[tokio::test]
async fn an_organization_is_changed_by_post_and_by_put() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "second", "kind": "sandbox"})).await;
    let org = app.organization("dev").await;
    let change = json!({"name": "dev", "description": "changed", "cpuQuota": "6", "balance": "12.34", "dcIdList": "[1, 2]"});
    let changed = app.ok("update_organization", &[org], change).await;
    has(&changed, FIELDS);
    assert_eq!(
        (&changed["description"], &changed["cpuQuota"], &changed["balance"], &changed["dcIdList"], &changed["memQuota"]),
        (&json!("changed"), &json!(6), &json!(12.34), &json!([1, 2]), &json!(8))
    );
    let path = format!("/api/v1/organizations/{org}/");
    let put = app.send(&app.admin, "PUT", &path, json!({"budget": 7})).await.data();
    assert_eq!((&put["budget"], &put["description"]), (&json!(7), &json!("changed")));
    let back = app.ok("get_organization", &[org], Value::Null).await;
    assert_eq!(app.ok("update_organization", &[org], back.clone()).await["cpuQuota"], 6, "what was read can be sent back");
    app.call(&app.admin, "update_organization", &[org], json!({"name": "other"})).await.refused((422, 1605));
}

#[tokio::test]
async fn a_package_is_bought_and_paid() {
    let app = App::start().await;
    let plan = app.ok("create_quota", &[], json!({"name": "small", "cpu": 2, "mem": 4, "storage": 10, "cost": "30.25"})).await;
    let org = app.organization("shop").await;
    app.ok("update_organization", &[org], json!({"balance": 100})).await;
    let bought = app.ok("update_organization", &[org], json!({"quotaPkgId": plan["id"], "count": "2"})).await;
    assert_eq!((&bought["balance"], &bought["cpuQuota"], &bought["memQuota"]), (&json!(39.5), &json!(8), &json!(16)));
    app.call(&app.admin, "update_organization", &[org], json!({"quotaPkgId": plan["id"], "count": 2})).await.refused((409, 1702));
}

#[tokio::test]
async fn the_datacenters_of_an_organization_are_listed_with_its_namespaces() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "other", "kind": "sandbox"})).await;
    let org = app.organization("dev").await;
    app.settle().await;
    let (list, total) = app.list("list_organization_datacenters", &[org], "").await;
    assert_eq!((list.as_array().unwrap().len(), total.as_str()), (1, "1"));
    has(&list[0], "id:i name:s kind:s comment:s status:s namespace:o");
    assert_eq!(
        (&list[0]["name"], &list[0]["namespace"]["name"], &list[0]["namespace"]["status"]),
        (&json!("local"), &json!("dev"), &json!("ready"))
    );
}

#[tokio::test]
async fn an_organization_is_closed_with_what_is_inside_only_when_asked() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    app.ok("create_disk", &[org], json!({"name": "data", "size": 1, "dcId": 1})).await;
    app.settle().await;
    let blocked = app.call(&app.admin, "delete_organization", &[org], Value::Null).await;
    blocked.refused((409, 1703));
    assert!(blocked.message().contains("disk 'data'"), "{}", blocked.message());
    let (closing, _) = app.list("delete_organization", &[org], "?cascade=1").await;
    has(&closing, "id:i name:s status:s");
    assert_eq!((&closing["id"], &closing["status"]), (&json!(org), &json!("closing")));
    app.settle().await;
    app.call(&app.admin, "get_organization", &[org], Value::Null).await.refused((404, 1414));
    app.ok("check_organization_name", &[], json!({"orgName": "dev"})).await;
}
