//! C48 to C52, and snapshots.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

#[tokio::test]
async fn a_volume_is_made_grown_listed_and_removed() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let new = json!({"tenant_id": tenant.id, "volume_size": "3", "volume_name": "数据", "volume_description": "d", "volume_type": "fast"});
    let asked = app.ok("create_volume", 0, new).await["volume"].take();
    let wanted = json!({"volume_name": "数据", "name": "数据", "volume_size": 3, "volume_description": "d", "volume_type": "fast",
        "tenant_id": tenant.id, "snapshot_id": null, "image_id": null});
    has(&asked, &wanted);
    app.settle().await;
    let made = app.ok("list_volumes", 0, json!({"tenant_id": tenant.id})).await["volumes"][0].take();
    has(&made, &wanted);
    has(&made, &json!({"id": asked["id"], "status": "ready", "condition": "available"}));
    let plain = app.ok("create_volume", 0, json!({"tenant_id": tenant.id})).await["volume"].take();
    has(&plain, &json!({"volume_size": 10, "volume_type": null}));
    app.settle().await;
    assert_eq!(app.ok("list_volumes", 0, Value::Null).await["volumes"].as_array().map(Vec::len), Some(2), "of every tenant, for staff");
    let grown = app.ok("update_volume", 0, json!({"volume_id": made["id"], "volume_size": 5})).await["volume"].take();
    has(&grown, &json!({"volume_size": 5}));
    app.settle().await;
    has(&app.ok("list_volumes", 0, json!({"volume_id": made["id"]})).await["volume"], &json!({"volume_size": 5, "status": "ready"}));
    app.call(&app.admin, "update_volume", 0, json!({"volume_id": made["id"], "volume_size": 4})).await.refused(422);
    let gone = app.ok("delete_volume", 0, json!({"tenant_id": tenant.id, "volume_id": made["id"]})).await["volume"].take();
    has(&gone, &json!({"id": made["id"], "status": "deleting"}));
    app.settle().await;
    app.call(&app.admin, "delete_volume", 0, json!({"tenant_id": tenant.id, "volume_id": made["id"]})).await.refused(404);
}

#[tokio::test]
async fn a_volume_is_attached_and_detached() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let [web, db] = [app.server(tenant, &network, "web", true).await, app.server(tenant, &network, "db", true).await];
    let volume = app.volume(tenant, "data").await;
    let both = json!({"tenant_id": tenant.id, "virtual_server_id": web["id"], "volume_id": volume["id"]});
    let asked = app.ok("create_attachment", 0, both.clone()).await["attachement"].take();
    has(&asked, &json!({"virtual_server_id": web["id"], "volume_id": volume["id"], "tenant_id": tenant.id}));
    app.settle().await;
    let listed = app.ok("list_attachments", 0, json!({"virtual_server_id": web["id"]})).await["attachements"].take();
    has(&listed[0], &json!({"id": asked["id"], "status": "ready"}));
    assert!(listed[0]["device"].as_str().unwrap().starts_with("/dev/"), "{listed}");
    assert_eq!(app.ok("list_attachments", 0, json!({"virtual_server_id": db["id"]})).await["attachements"], json!([]));
    let refused = app.call(&app.admin, "create_attachment", 0, both.clone()).await;
    refused.refused(409);
    assert!(refused.message().contains("attached"), "{}", refused.message());
    app.call(&app.admin, "delete_volume", 0, json!({"tenant_id": tenant.id, "volume_id": volume["id"]})).await.refused(409);
    let detach = |server: &Value| json!({"tenant_id": tenant.id, "virtual_server_id": server["id"], "attach_id": asked["id"]});
    app.call(&app.admin, "delete_attachment", 0, detach(&db)).await.refused(404);
    let gone = app.ok("delete_attachment", 0, detach(&web)).await["attachement"].take();
    has(&gone, &json!({"id": asked["id"], "status": "deleting"}));
    app.settle().await;
    app.call(&app.admin, "delete_attachment", 0, detach(&web)).await.refused(404);
    app.ok("create_attachment", 0, both).await;
}

#[tokio::test]
async fn a_snapshot_of_a_volume_is_made_used_and_removed() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let volume = app.volume(tenant, "data").await;
    let new = json!({"volume_id": volume["id"], "snapshot_name": "before", "snapshot_description": "d"});
    let asked = app.ok("create_snapshot", 0, new).await["snapshot"].take();
    has(
        &asked,
        &json!({"snapshot_name": "before", "name": "before", "snapshot_description": "d", "volume_id": volume["id"], "volume_size": 1}),
    );
    app.settle().await;
    let listed = app.ok("list_snapshots", 0, json!({"volume_id": volume["id"]})).await["snapshots"].take();
    has(&listed[0], &json!({"id": asked["id"], "status": "ready", "tenant_id": tenant.id}));
    app.call(&app.admin, "delete_volume", 0, json!({"tenant_id": tenant.id, "volume_id": volume["id"]})).await.refused(409);
    let copy = app.ok("create_volume", 0, json!({"tenant_id": tenant.id, "snapshot_id": asked["id"]})).await["volume"].take();
    has(&copy, &json!({"snapshot_id": asked["id"], "volume_size": 1}));
    app.settle().await;
    let gone = app.ok("delete_snapshot", 0, json!({"snapshot_id": asked["id"]})).await["snapshot"].take();
    has(&gone, &json!({"status": "deleting"}));
    app.settle().await;
    assert_eq!(app.ok("list_snapshots", 0, json!({"tenant_id": tenant.id})).await["snapshots"], json!([]));
}
