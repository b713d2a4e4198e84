//! C07 to C10.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has, id};

#[tokio::test]
async fn a_group_is_made_read_with_its_children_changed_and_removed() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let new = json!({"parent_group_id": tenant.root.to_string(), "name": "研发", "description": "builds"});
    let made = app.ok("create_group", 0, new).await["group"].take();
    has(
        &made,
        &json!({"name": "研发", "description": "builds", "tenant_id": tenant.id, "parent_group_id": tenant.root, "children_set": []}),
    );
    let lab = id(&made);
    let inner = app.group(lab, "inner").await;
    let deeper = app.group(inner, "deeper").await;
    let children = |group: Value| group["group"]["children_set"].clone();
    let shown = json!([{"id": lab, "name": "研发", "description": "builds", "parent_group_id": tenant.root}]);
    assert_eq!(children(app.ok("get_group", tenant.root, Value::Null).await), shown);
    let shown = json!([{"id": inner, "name": "inner", "description": "", "parent_group_id": lab}]);
    assert_eq!(children(app.ok("get_group", lab, Value::Null).await), shown, "those right below, not deeper");

    let changed = app.ok("update_group", lab, json!({"group_id": lab, "name": "lab", "description": "x"})).await["group"].take();
    has(&changed, &json!({"id": lab, "name": "lab", "description": "x"}));
    let post = app.send(&app.admin, "POST", &format!("/keystone/groups/{lab}/"), json!({"description": "", "name": ""})).await;
    has(&post.body["group"], &json!({"name": "lab", "description": ""}));

    let full = app.call(&app.admin, "delete_group", inner, Value::Null).await;
    full.refused(409);
    assert!(full.message().contains("1 groups are below it"), "{}", full.message());
    for group in [deeper, inner] {
        has(&app.ok("delete_group", group, Value::Null).await["group"], &json!({"id": group, "children_set": []}));
        app.call(&app.admin, "get_group", group, Value::Null).await.refused(404);
    }
    app.call(&app.admin, "delete_group", tenant.root, Value::Null).await.refused(409);
}

#[tokio::test]
async fn a_get_of_a_group_changes_nothing_whatever_it_is_sent() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let before = app.ok("get_group", lab, Value::Null).await;
    assert_eq!(app.ok("get_group", lab, json!({"name": "other", "description": "other"})).await, before);
    assert_eq!(app.send(&app.admin, "GET", &format!("/keystone/groups/{lab}?name=other"), Value::Null).await.body, before);
    assert_eq!(app.ok("get_group", lab, Value::Null).await, before);
}

#[tokio::test]
async fn a_group_with_somebody_in_it_stays() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let user = app.user(lab, "ann", "shop", false).await;
    let full = app.call(&app.admin, "delete_group", lab, Value::Null).await;
    full.refused(409);
    assert!(full.message().contains("1 users are in it"), "{}", full.message());
    app.ok("delete_user", 0, json!({"user_id": user.id, "group_id": lab})).await;
    app.ok("delete_group", lab, Value::Null).await;
}

#[tokio::test]
async fn who_administers_a_group_manages_what_is_below_it() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let (lab, office) = (app.group(tenant.root, "lab").await, app.group(tenant.root, "office").await);
    let lead = app.user(lab, "lead", "shop", true).await;
    let below = app.ok_as(&lead.token, "create_group", 0, json!({"parent_group_id": lab, "name": "team"})).await;
    let team = id(&below["group"]);
    app.ok_as(&lead.token, "update_group", team, json!({"description": "mine"})).await;
    for (operation, group, body) in [
        ("create_group", 0, json!({"parent_group_id": tenant.root, "name": "mine"})),
        ("update_group", office, json!({"name": "mine"})),
        ("delete_group", office, Value::Null),
        ("create_user", 0, json!({"group_id": office, "name": "x", "password": crate::app::PASSWORD})),
    ] {
        app.call(&lead.token, operation, group, body).await.refused(403);
    }
    app.ok_as(&lead.token, "delete_group", team, Value::Null).await;
}
