//! A25 to A29.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has};

const FIELDS: &str = "id:i orgId:i dcId:i dcName:s cpuQuota:n memQuota:n storageQuota:n cpuUsed:n memUsed:n storageUsed:n";

#[tokio::test]
async fn a_datacenter_quota_is_set_read_changed_and_taken_back_with_every_field() {
    let app = App::start().await;
    app.ok("create_datacenter", &[], json!({"name": "second", "kind": "sandbox"})).await;
    let org = app.organization("dev").await;
    app.ok("create_disk", &[org], json!({"name": "data", "size": 7, "dcId": 1})).await;
    let made = app.ok("create_dcquota", &[org], json!({"dcId": "2", "cpuQuota": "1.5", "memQuota": 2})).await;
    has(&made, FIELDS);
    assert_eq!(
        (&made["dcId"], &made["dcName"], &made["cpuQuota"], &made["memQuota"], &made["storageQuota"], &made["orgId"]),
        (&json!(2), &json!("second"), &json!(1.5), &json!(2), &json!(50), &json!(org))
    );
    let id = made["id"].as_i64().unwrap();
    assert_eq!(app.ok("get_dcquota", &[org, id], Value::Null).await, made);
    let (all, total) = app.list("list_dcquotas", &[org], "").await;
    has(&all[0], FIELDS);
    assert_eq!((&all[0]["storageUsed"], &all[1]["storageUsed"], total.as_str()), (&json!(7), &json!(0), "2"));
    assert_eq!(app.list("list_dcquotas", &[org], "/?page=2&pageSize=1").await.0, json!([made]));
    let changed = app.ok("update_dcquota", &[org, id], json!({"cpu": 3, "mem": "4", "storage": 5})).await;
    has(&changed, FIELDS);
    assert_eq!((&changed["cpuQuota"], &changed["memQuota"], &changed["storageQuota"]), (&json!(3), &json!(4), &json!(5)));
    let both = app.ok("update_dcquota", &[org, id], json!({"cpuQuota": 2, "cpu": 9, "dcId": 2})).await;
    assert_eq!(both["cpuQuota"], 2, "the name of the answer counts");
    assert_eq!(app.ok("update_dcquota", &[org, id], both.clone()).await["cpuQuota"], 2, "what was read can be sent back");
    app.call(&app.admin, "update_dcquota", &[org, id], json!({"dcId": 1})).await.refused((422, 1605));
    app.call(&app.admin, "create_dcquota", &[org], json!({"dcId": 2})).await.refused((409, 1415));
    has(&app.ok("delete_dcquota", &[org, id], Value::Null).await, FIELDS);
    let back = app.ok("get_dcquota", &[org, id], Value::Null).await;
    assert_eq!((&back["cpuQuota"], &back["overridden"]), (&json!(4), &json!(false)), "the organization's totals hold again");
    assert_eq!(app.ok("get_organization", &[org], Value::Null).await["dcIdList"], json!([1, 2]), "the namespace stays");
}

#[tokio::test]
async fn a_datacenter_quota_is_bounded_by_what_there_is_and_what_is_taken() {
    let app = App::start().await;
    let org = app.organization("dev").await;
    app.ok("create_disk", &[org], json!({"name": "data", "size": 7, "dcId": 1})).await;
    let id = app.ok("list_dcquotas", &[org], Value::Null).await[0]["id"].as_i64().unwrap();
    app.call(&app.admin, "update_dcquota", &[org, id], json!({"cpuQuota": 101})).await.refused((409, 1701));
    app.call(&app.admin, "update_dcquota", &[org, id], json!({"storageQuota": 6})).await.refused((409, 1701));
    let other = app.organization("other").await;
    app.call(&app.admin, "get_dcquota", &[other, id], Value::Null).await.refused((404, 1414));
}
