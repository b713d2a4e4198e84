//! A20 to A24.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

const FIELDS: &str = "id:i name:s cpu:n mem:n storage:n cost:n";

#[tokio::test]
async fn a_quota_standard_is_made_read_changed_and_removed_with_every_field() {
    let app = App::empty(tenantry_dialect_container_cloud::Options::default()).await;
    let made = app.ok("create_quota", &[], json!({"name": "small", "cpu": "0.5", "mem": "1.5", "storage": 10, "cost": "30.50"})).await;
    has(&made, FIELDS);
    assert_eq!(
        (&made["name"], &made["cpu"], &made["mem"], &made["storage"], &made["cost"]),
        (&json!("small"), &json!(0.5), &json!(1.5), &json!(10), &json!(30.5))
    );
    let id = made["id"].as_i64().unwrap();
    assert_eq!(app.ok("get_quota", &[id], Value::Null).await, made);
    let changed = app.ok("update_quota", &[id], json!({"cost": 31})).await;
    has(&changed, FIELDS);
    assert_eq!((&changed["cost"], &changed["cpu"]), (&json!(31), &json!(0.5)));
    app.send(&app.admin, "PUT", &format!("/api/v1/quotas/{id}"), changed.clone()).await.data();
    app.ok("create_quota", &[], json!({"name": "large", "cpu": 8, "mem": 16, "storage": 100, "cost": 0})).await;
    let (all, total) = app.list("list_quotas", &[], "").await;
    has(&all[0], FIELDS);
    assert_eq!((all.as_array().unwrap().len(), total.as_str()), (2, "2"));
    let (page, total) = app.list("list_quotas", &[], "?page=2&pageSize=1").await;
    assert_eq!((page.as_array().unwrap().len(), total.as_str()), (1, "2"));
    assert_eq!(app.list("list_quotas", &[], "?name=large").await.0[0]["cpu"], 8);
    has(&app.ok("delete_quota", &[id], Value::Null).await, FIELDS);
    app.call(&app.admin, "get_quota", &[id], Value::Null).await.refused((404, 1414));
}
