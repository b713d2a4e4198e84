//! D44 to D48: links.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, pluck};

#[tokio::test]
async fn a_link_is_made_read_changed_and_removed_with_every_field() {
    let app = App::start().await;
    let example = json!({
        "blank": true, "description": "管理入口", "href": "#/console/tenant", "imageUrl": "home_tenant", "name": "多租户管理平台",
    });
    let made = app.ok("create_link", &[], example.clone()).await;
    assert_eq!(made, json!({"message": "Add successfully", "resCodel": 200, "status": "successful"}));
    let list = app.ok("list_links", &[], Value::Null).await;
    let id = list[0]["id"].as_i64().unwrap();
    let mut whole = example;
    whole["id"] = json!(id);
    assert_eq!(list, json!([whole]));
    let quoted = "%E5%A4%9A%E7%A7%9F%E6%88%B7%E7%AE%A1%E7%90%86%E5%B9%B3%E5%8F%B0";
    assert_eq!(app.ok("get_link", &[quoted], Value::Null).await, whole);
    assert_eq!(app.ok("get_link", &[&id.to_string()], Value::Null).await, whole);

    let change = json!({"blank": false, "description": "管理入口_change", "href": "#/console/tenant/change", "imageUrl": "home_tenant_change",
        "name": "多租户管理平台_change"});
    let changed = app.ok("update_link", &[&id.to_string()], change.clone()).await;
    assert_eq!(changed, json!({"message": "Update successfully", "resCodel": 200, "status": "successful"}));
    let after = app.ok("get_link", &[&id.to_string()], Value::Null).await;
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&after[field], value, "{field}");
    }
    app.ok("update_link", &[&format!("{quoted}_change")], json!({"blank": "1"})).await;
    assert_eq!(app.ok("get_link", &[&id.to_string()], Value::Null).await["blank"], true);

    let gone = app.ok("delete_link", &[&format!("{quoted}_change")], Value::Null).await;
    assert_eq!(gone, json!({"message": "Delete successfully", "resCodel": 200, "status": "successful"}));
    assert_eq!(app.ok("list_links", &[], Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_link_is_found_by_its_name_before_its_id_where_the_document_says_name() {
    let app = App::start().await;
    for name in ["first", "1"] {
        app.ok("create_link", &[], json!({"name": name, "href": "/x"})).await;
    }
    assert_eq!(app.ok("get_link", &["1"], Value::Null).await["name"], "1");
    app.ok("delete_link", &["1"], Value::Null).await;
    assert_eq!(pluck(&app.ok("list_links", &[], Value::Null).await, "name"), ["1"], "where it says id, the id goes first");
    app.ok("delete_link", &["1"], Value::Null).await;
    app.call(&app.admin, "delete_link", &["1"], Value::Null).await.refused((404, 404));
}

#[tokio::test]
async fn links_are_listed_in_pages_when_asked() {
    let app = App::start().await;
    for name in ["a", "b", "c"] {
        app.ok("create_link", &[], json!({"name": name, "href": "https://a.example", "imageUrl": ""})).await;
    }
    assert_eq!(pluck(&app.asked("list_links", &[], "?page=2&pageSize=2").await, "name"), ["c"]);
    let taken = app.call(&app.admin, "create_link", &[], json!({"name": "a", "href": "/x"})).await;
    taken.refused((409, 409));
}
