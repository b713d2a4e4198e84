//! Many requests at the same moment, through both dialects: exactly as many are admitted as there is room for, and the others are told why
//! in their own form.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::common::{Answer, Server, request};
use crate::tenant;

/// Whether it was done; when not, it must have been refused with this code of the container cloud or of the native API.
#[track_caller]
fn done(answer: &Answer, refused: (i64, &str)) -> bool {
    if answer.status.is_success() {
        assert!(answer.body.get("code").is_none_or(|code| *code == 0), "{}", answer.body);
        return true;
    }
    let code = &answer.body["code"];
    assert!(answer.status == 409 && (*code == refused.0 || *code == refused.1), "{}: {}", answer.status, answer.body);
    let told = if *code == refused.0 { &answer.body["message"] } else { &answer.body["detail"] };
    assert!(told.as_str().is_some_and(|t| t.len() > 10), "{}", answer.body);
    false
}

/// Each of `count` requests to each of two places, all at the same moment.
fn both(
    server: &Server,
    count: usize,
    old: &dyn Fn(usize) -> (String, Value),
    native: &dyn Fn(usize) -> (String, Value),
) -> Vec<Request<Body>> {
    (0..count).flat_map(|i| [old(i), native(i)]).map(|(path, body)| request(&server.token, "POST", &path, &[], Some(body))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_want_a_name_at_the_same_moment_one_gets_it() {
    let server = Server::start().await;
    let old = |_| ("/api/v1/organization/new".to_owned(), json!({"name": "wanted", "dcIdList": [1], "cpuQuota": 1, "memQuota": 1}));
    let native = |_| {
        let body = json!({"name": "wanted", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}});
        ("/api/v2/tenants?wait=30".to_owned(), body)
    };
    let answers = server.at_once(both(&server, 4, &old, &native)).await;
    assert_eq!(answers.iter().filter(|a| done(a, (1404, "already_exists"))).count(), 1);
    assert_eq!(server.get("/api/v2/namespaces").await.body["items"].as_array().map(Vec::len), Some(1));

    let old = |_| ("/api/v1/organizations/2/users".to_owned(), json!({"email": "a@dev.example", "password": "a-good-password"}));
    let native = |_| {
        let body = json!({"tenant_id": 2, "username": "A@dev.example", "password": "a-good-password"});
        ("/api/v2/users".to_owned(), body)
    };
    let answers = server.at_once(both(&server, 2, &old, &native)).await;
    assert_eq!(answers.iter().filter(|a| done(a, (1415, "already_exists"))).count(), 1);
    assert_eq!(server.get("/api/v2/users?tenant_id=2").await.body["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_disks_are_admitted_as_fit_into_the_quota() {
    let server = Server::start().await;
    let id = tenant(&server, "dev", json!({"cpu": 1, "memory_gib": 1, "storage_gib": 23})).await;
    let old = |i| (format!("/api/v1/organizations/{id}/rbds"), json!({"name": format!("old-{i}"), "size": 5, "dcId": 1}));
    let native = |i| {
        let body = json!({"tenant_id": id, "datacenter_id": 1, "name": format!("native-{i}"), "size_gib": 5});
        ("/api/v2/disks?wait=30".to_owned(), body)
    };
    let answers = server.at_once(both(&server, 8, &old, &native)).await;
    assert_eq!(answers.iter().filter(|a| done(a, (1701, "quota_exceeded"))).count(), 4);
    assert_eq!(server.get("/api/v2/disks").await.body["items"].as_array().map(Vec::len), Some(4));
    let quota = server.get(&format!("/api/v2/tenants/{id}/quotas")).await.body["items"][0].clone();
    assert_eq!((&quota["used"]["storage_gib"], &quota["quota"]["storage_gib"]), (&json!(20), &json!(23)), "{quota}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_as_many_packages_are_sold_as_the_balance_pays_for() {
    let server = Server::start().await;
    let plan = json!({"name": "small", "cpu": 1, "memory_gib": 2, "storage_gib": 0, "cost": 20});
    let plan = server.post("/api/v2/quota-plans", plan).await.body["id"].clone();
    let id = tenant(&server, "shop", json!({"cpu": 1, "memory_gib": 1, "storage_gib": 0})).await;
    let balance = json!({"balance": 70.5});
    assert_eq!(server.send(&server.token, "PUT", &format!("/api/v2/tenants/{id}/account"), Some(balance)).await.status, 200);
    let old = |_| ("/api/v1/organization/update".to_owned(), json!({"orgName": "shop", "quotaPkgId": plan}));
    let native = |_| (format!("/api/v2/tenants/{id}/purchases"), json!({"quota_plan_id": plan}));
    let answers = server.at_once(both(&server, 5, &old, &native)).await;
    assert_eq!(answers.iter().filter(|a| done(a, (1702, "balance_too_low"))).count(), 3);
    let after = server.get(&format!("/api/v2/tenants/{id}")).await.body;
    assert_eq!(
        (&after["balance"], after["quota"]["cpu"].as_f64(), after["quota"]["memory_gib"].as_f64()),
        (&json!(10.5), Some(4.0), Some(7.0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_opened_at_the_same_moment_share_what_the_one_above_has() {
    let server = Server::start().await;
    let above = tenant(&server, "above", json!({"cpu": 7, "memory_gib": 100, "storage_gib": 100})).await;
    let old = |i| {
        let body =
            json!({"name": format!("old-{i}"), "parentId": above, "dcIdList": "[1]", "cpuQuota": 2, "memQuota": 1, "storageQuota": 1});
        ("/api/v1/organizations".to_owned(), body)
    };
    let native = |i| {
        let quota = json!({"cpu": 2, "memory_gib": 1, "storage_gib": 1});
        ("/api/v2/tenants".to_owned(), json!({"name": format!("native-{i}"), "parent_id": above, "datacenter_ids": [1], "quota": quota}))
    };
    let answers = server.at_once(both(&server, 4, &old, &native)).await;
    assert_eq!(answers.iter().filter(|a| done(a, (1701, "quota_exceeded"))).count(), 3);
    assert_eq!(server.get(&format!("/api/v2/tenants?parent_id={above}")).await.body["items"].as_array().map(Vec::len), Some(3));
}
