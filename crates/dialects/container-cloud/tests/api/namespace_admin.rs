//! B01 to B05: document 2.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

#[tokio::test]
async fn init_gives_what_the_page_for_a_new_organization_shows() {
    let app = App::start().await;
    app.ok("create_quota", &[], json!({"name": "small", "cpu": 100, "mem": 200, "cost": 200})).await;
    let data = app.ok("prepare_organization", &[], Value::Null).await;
    has(&data, "dcList:l account:o quotaPkg:l");
    has(&data["dcList"][0], "id:i name:s");
    has(&data["quotaPkg"][0], "cpu:n mem:n cost:n");
    assert_eq!(data["account"], json!({"budget": 500, "balance": 500}), "the gift of a first look");
    assert_eq!(app.ok("prepare_organization", &[], Value::Null).await["account"]["balance"], 500, "once");
}

#[tokio::test]
async fn check_says_whether_a_name_is_free() {
    let app = App::start().await;
    app.organization("taken").await;
    assert_eq!(app.ok("check_organization_name", &[], json!({"orgName": "free", "orgId": "1"})).await, Value::Null);
    let taken = app.call(&app.admin, "check_organization_name", &[], json!({"orgName": "taken", "orgId": 1})).await;
    taken.refused((200, 1415));
    app.call(&app.admin, "check_organization_name", &[], json!({"orgName": "Not A Label"})).await.refused((422, 1605));
    app.call(&app.admin, "check_organization_name", &[], json!({"orgId": "1"})).await.refused((400, 1601));
    app.call(&app.admin, "check_organization_name", &[], json!({"orgName": "free", "orgId": "99"})).await.refused((404, 1414));
}

#[tokio::test]
async fn new_opens_an_organization_with_its_namespaces() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "second", "kind": "sandbox"})).await;
    let body = json!({"orgId": "1", "userId": 1, "name": "dev", "dcIdList": [1, 2], "cpuQuota": 4, "memQuota": 8, "budget": 1111, "balance": 1111});
    let made = app.ok("open_organization", &[], body).await;
    has(&made, "orgId:s orgName:s budget:n balance:n dataCenters:l");
    has(&made["dataCenters"][0], "dcId:i namespace:s resourceQuota:o");
    has(&made["dataCenters"][0]["resourceQuota"], "cpu:n mem:n");
    assert_eq!((&made["orgName"], &made["budget"], &made["balance"]), (&json!("dev"), &json!(1111), &json!(1111)));
    let places: Vec<_> =
        made["dataCenters"].as_array().unwrap().iter().map(|d| (&d["dcId"], &d["namespace"], &d["resourceQuota"])).collect();
    let quota = json!({"cpu": 4, "mem": 8});
    assert_eq!(places, [(&json!(1), &json!("dev"), &quota), (&json!(2), &json!("dev"), &quota)]);
    let id: i64 = made["orgId"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.ok("get_organization", &[id], Value::Null).await["dcIdList"], json!([1, 2]));
    let zeros =
        json!({"orgId": "1", "userId": 1, "name": "zeros", "dcIdList": [1], "cpuQuota": 0, "memQuota": 0, "budget": 0, "balance": 0});
    assert_eq!(app.ok("open_organization", &[], zeros).await["balance"], 0, "the document's own example");
    let planned = json!({"name": "planned", "budget": 100, "balance": 0});
    let planned = app.ok("open_organization", &[], planned).await;
    assert_eq!((&planned["budget"], &planned["balance"]), (&json!(100), &json!(0)), "money planned is not money given");
}

#[tokio::test]
async fn update_buys_resources_for_the_organization_that_is_named() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "second", "kind": "sandbox"})).await;
    app.organization("dev").await;
    app.settle().await;
    // a key twice, as the document has it: the last counts
    let body = r#"{"orgId": "1", "userId": 1, "orgName": "wrong", "dcIdList": [1, 2], "orgName": "dev", "cpuQuota": 10, "memQuota": 20,
        "budget": 10000, "balance": 10000}"#;
    let changed = app.text(&app.admin, "POST", "/api/v1/organization/update", body).await.data();
    has(&changed, "orgId:s orgName:s budget:n balance:n dataCenters:l");
    assert_eq!((&changed["orgName"], &changed["balance"]), (&json!("dev"), &json!(10000)));
    assert_eq!(changed["dataCenters"][1]["resourceQuota"], json!({"cpu": 10, "mem": 20}));
    app.settle().await;
    let by_name = app.ok("resize_organization", &[], json!({"name": "dev", "dcIdList": "2"})).await;
    assert_eq!(by_name["dataCenters"][0]["status"], "deleting", "{by_name}");
    app.settle().await;
    let settled = app.send(&app.admin, "PUT", "/api/v1/organization/update", json!({"orgName": "dev"})).await.data();
    assert_eq!((settled["dataCenters"].as_array().unwrap().len(), &settled["dataCenters"][0]["dcId"]), (1, &json!(2)));
    app.call(&app.admin, "resize_organization", &[], json!({"orgName": "nobody"})).await.refused((404, 1414));
    app.call(&app.admin, "resize_organization", &[], json!({"cpuQuota": 1})).await.refused((400, 1601));
}

#[tokio::test]
async fn organizations_are_listed_as_the_page_shows_them_and_removed_by_its_button() {
    let app = App::start().await;
    for name in ["a", "b"] {
        app.organization(name).await;
    }
    let (data, total) = app.list("list_organization_accounts", &[], "").await;
    let first = &data["organizations"][0];
    has(first, "id:i name:s cpuQuota:n memQuota:n balance:n createdAt:s dcIdList:s");
    assert_eq!((&first["dcIdList"], &first["dcList"], total.as_str()), (&json!("[1]"), &json!([1]), "2"));
    let (page, total) = app.list("list_organization_accounts", &[], "?page=2&pageSize=1").await;
    assert_eq!((&page["organizations"][0]["name"], total.as_str()), (&json!("b"), "2"));
    app.ok("resize_organization", &[], json!({"orgName": "a", "dcIdList": first["dcIdList"]})).await;
    app.settle().await;
    let closing = app.ok("close_organization", &[], json!({"orgName": "a", "orgId": "1", "op": 1})).await;
    has(&closing, "id:i name:s status:s");
    app.settle().await;
    assert_eq!(app.list("list_organization_accounts", &[], "").await.1, "1");
    app.call(&app.admin, "close_organization", &[], json!({"orgName": "a"})).await.refused((404, 1414));
}
