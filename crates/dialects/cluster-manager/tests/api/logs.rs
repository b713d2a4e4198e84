//! E35: the logs, with all their filters.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, TenantId};
use tenantry_service::{disk, user};

use crate::app::{App, Envelope as _, PASSWORD, documented, operation, tenant_id, user_id};

/// `operateType` of each log.
fn operations(logs: &[Value]) -> Vec<&str> {
    logs.iter().map(|l| l["operateType"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn logs_are_listed_with_every_field_and_their_count() {
    let app = App::start().await;
    let cluster = app.cluster();
    let answer = app.send(&app.admin, "GET", "/v1/logs?count=true&queryType=cluster", Value::Null).await;
    documented(operation("list_logs"), &answer);
    let admin = app.administrator().await;
    let log = &answer.body["data"][0];
    let wanted = json!({
        "_id": log["_id"], "clusterName": "local", "clusterId": cluster, "operateType": "create_cluster", "queryType": "cluster",
        "userName": "admin", "user_id": user_id(&admin), "tenant_id": log["tenant_id"], "status": "success", "comments": log["comments"],
        "time_create": "2026-01-01T00:00:01Z", "time_update": "2026-01-01T00:00:01Z",
    });
    assert_eq!(log, &wanted);
    assert!(log["_id"].as_str().unwrap().starts_with("6955b901"), "the second in which it was written: {log}");
    assert!(log["comments"].as_str().unwrap().contains("local"), "{log}");
    assert_eq!((&answer.body["count"], answer.count()), (&json!(1), Some("1")));
    let without = app.send(&app.admin, "GET", "/v1/logs?queryType=cluster", Value::Null).await;
    assert_eq!((without.body.get("count"), without.count()), (None, None), "it was not asked for");
    assert!(!app.send(&app.admin, "GET", "/v1/logs", Value::Null).await.body.to_string().contains(PASSWORD));
}

#[tokio::test]
async fn every_filter_finds_its_own() {
    let app = App::start().await;
    let cluster = app.cluster();
    let tenant = app.tenant("one", "one").await;
    let ann = app.user(tenant.id, "ann", Some(Role::Member), false).await;
    let token = app.login("ann", "one").await;
    disk::create(&app.ctx(&token).await, tenant.id, DatacenterId(1), "data", 1).await.unwrap();
    let refused = disk::create(&app.ctx(&token).await, tenant.id, DatacenterId(1), "huge", 1000).await;
    assert!(refused.is_err());

    let by_user = app.logs(&app.admin, &format!("?user_id={}", user_id(&ann))).await;
    assert_eq!(operations(&by_user), ["login", "create_disk", "create_disk"]);
    let statuses: Vec<&Value> = by_user.iter().map(|l| &l["status"]).collect();
    assert_eq!(statuses, ["success", "success", "fail"]);
    assert!(by_user.iter().all(|l| l["tenant_id"] == tenant_id(&tenant) && l["userName"] == "ann"), "{by_user:?}");
    assert_eq!((&by_user[1]["clusterId"], &by_user[1]["clusterName"]), (&json!(cluster), &json!("local")));
    assert_eq!(app.logs(&app.admin, "?user_name=ann").await, by_user);
    assert_eq!(operations(&app.logs(&app.admin, "?user_name=ann&queryType=disk").await), ["create_disk", "create_disk"]);
    assert_eq!(operations(&app.logs(&app.admin, "?queryType=tenant").await), ["create_tenant"]);
    let of_cluster = app.logs(&app.admin, &format!("?cluster_id={cluster}&user_name=ann&limit=5")).await;
    assert_eq!(of_cluster, by_user[1..=1], "{of_cluster:?}");
    assert!(app.logs(&app.admin, &format!("?cluster_id={cluster}")).await.len() > 1);
    assert!(app.logs(&app.admin, "?queryType=host&user_name=").await.is_empty(), "there are no hosts yet");
    assert!(!app.logs(&app.admin, "?queryType=&user_name=&user_id=&cluster_id=&sort=&skip=&limit=").await.is_empty(), "empty is absent");
}

#[tokio::test]
async fn an_id_with_another_time_or_of_nobody_finds_nothing() {
    let app = App::start().await;
    let admin = user_id(&app.administrator().await);
    assert!(!app.logs(&app.admin, &format!("?user_id={}", admin.to_uppercase())).await.is_empty());
    let number = &admin[8..];
    for wrong in [format!("00000000{number}"), format!("ffffffff{number}"), format!("{}00000000000000ff", &admin[..8]), "f".repeat(24)] {
        for field in ["user_id", "cluster_id"] {
            let answer = app.send(&app.admin, "GET", &format!("/v1/logs?count=1&{field}={wrong}"), Value::Null).await;
            assert_eq!((&answer.body, answer.count()), (&json!({"success": true, "count": 0, "data": []}), Some("0")), "{field}={wrong}");
        }
    }
}

#[tokio::test]
async fn logs_are_sorted_and_paged() {
    let app = App::start().await;
    for (i, name) in ["ann", "bob", "cid", "dan", "eve"].into_iter().enumerate() {
        app.clock.step(Duration::from_secs(i as u64));
        app.user(TenantId::ROOT, name, None, false).await;
    }
    let whole = app.logs(&app.admin, "?queryType=user").await;
    assert_eq!(whole.len(), 5);
    assert!(whole.windows(2).all(|w| w[0]["time_update"].as_str() <= w[1]["time_update"].as_str()), "oldest first: {whole:?}");
    let backwards: Vec<Value> = whole.iter().rev().cloned().collect();
    for (query, wanted) in [
        ("sort=time_update", &whole[..]),
        ("sort=-time_update", &backwards),
        ("sort=-time_create", &backwards),
        ("limit=0", &whole),
        ("limit=2", &whole[..2]),
        ("limit=2&skip=1", &whole[1..3]),
        ("limit=2&skip=4", &whole[4..]),
        ("skip=5", &[]),
        ("skip=3&limit=0", &whole[3..]),
        ("sort=-time_update&skip=1&limit=1", &backwards[1..2]),
        ("limit=99999999", &whole),
    ] {
        assert_eq!(app.logs(&app.admin, &format!("?queryType=user&{query}")).await, wanted, "{query}");
    }
    let page = app.send(&app.admin, "GET", "/v1/logs?queryType=user&limit=2&skip=1&count=true", Value::Null).await;
    assert_eq!((&page.body["count"], page.count(), page.body["data"].as_array().unwrap().len()), (&json!(5), Some("5"), 2));
}

#[tokio::test]
async fn more_than_a_page_of_the_database_is_put_together_without_gap_or_repeat() {
    let app = App::start().await;
    app.records(2100).await;
    let logs = app.logs(&app.admin, "?queryType=request").await;
    assert_eq!(logs.len(), 2100);
    let ids: std::collections::BTreeSet<&str> = logs.iter().map(|l| l["_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2100);
    assert_eq!(app.logs(&app.admin, "?queryType=request&limit=1001&skip=50").await, logs[50..1051]);
}

#[tokio::test]
async fn what_is_gone_has_no_id_and_keeps_its_name() {
    let app = App::start().await;
    let tenant = app.tenant("one", "one").await;
    let ann = app.user(tenant.id, "ann", None, false).await;
    app.login("ann", "one").await;
    let before = app.logs(&app.admin, "?user_name=ann").await;
    assert_eq!(before[0]["user_id"], user_id(&ann));
    let ctx = app.ctx(&app.admin).await;
    user::delete(&ctx, None, ann.id, None).await.unwrap();
    let after = app.logs(&app.admin, "?user_name=ann").await;
    assert_eq!((&after[0]["user_id"], &after[0]["userName"], &after[0]["_id"]), (&json!(""), &json!("ann"), &before[0]["_id"]));
    assert!(app.logs(&app.admin, &format!("?user_id={}", user_id(&ann))).await.is_empty());
}
