//! `Idempotency-Key`: what a client that lost the answer gets when it sends the request again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tenantry_testkit::TestClock;

use crate::common::{Answer, PASSWORD, Server, request};
use crate::plain_tenant;

fn replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some_and(|v| v == "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hung_up_before_the_answer_is_shown_the_place() {
    let server = Server::start_with(Arc::new(tenantry_server::SystemClock), |config| config.sandbox.latency_ms = 300).await;
    let body = json!({"name": "cut", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}, "balance": 10});
    let send = || request(&server.token, "POST", "/api/v2/tenants?wait=30", &[("idempotency-key", "k-1")], Some(body.clone()));
    let committed = async { while server.get("/api/v2/tenants?name=cut").await.body["items"] == json!([]) {} };
    tokio::select! {
        answer = server.raw(send()) => panic!("answered before the datacenter can have: {}", answer.body),
        () = committed => {}
    }

    let again = server.raw(send()).await;
    assert_eq!((again.status.as_u16(), replayed(&again)), (303, true), "{}", again.body);
    let place = again.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(place, "/api/v2/tenants/2");
    let made = server.get(&format!("{place}?wait=30")).await.body;
    assert_eq!((&made["name"], &made["balance"]), (&json!("cut"), &json!(10)));
    assert_eq!(server.get(&format!("{place}/namespaces")).await.body["items"][0]["state"], "ready");
    assert_eq!(server.get(&format!("{place}/account/lines")).await.body["items"].as_array().map(Vec::len), Some(1), "booked once");
    assert_eq!(server.get("/api/v2/tenants?name=cut").await.body["items"].as_array().map(Vec::len), Some(1));
    let other = request(&server.token, "POST", "/api/v2/tenants?wait=30", &[("idempotency-key", "k-1")], Some(json!({"name": "other"})));
    assert_eq!(server.raw(other).await.body["code"], "invalid_argument", "another request with the same key");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_for_a_day_and_to_nobody_else() {
    let clock = Arc::new(TestClock::new(1));
    let mut server = Server::start_with(Arc::clone(&clock) as _, |_| ()).await;
    let tenant = plain_tenant(&server, "dev", 1).await;
    let path = format!("/api/v2/tenants/{tenant}");
    let body = json!({"balance": 50});
    let put = |token: &str| request(token, "PUT", &format!("{path}/account"), &[("idempotency-key", "k-1")], Some(body.clone()));
    let first = server.raw(put(&server.token)).await;
    assert_eq!((first.status.as_u16(), replayed(&first), &first.body["balance"]), (200, false, &json!(50)));
    server.send(&server.token, "PUT", &format!("{path}/account"), Some(json!({"balance": 70}))).await;
    let again = server.raw(put(&server.token)).await;
    assert_eq!(
        (again.status.as_u16(), replayed(&again), &again.body, &again.headers["etag"]),
        (200, true, &first.body, &first.headers["etag"])
    );
    assert_eq!(server.get(&path).await.body["balance"], 70, "nothing was done twice");

    let colleague = json!({"tenant_id": 1, "username": "colleague", "password": PASSWORD, "role": "system.admin"});
    assert_eq!(server.post("/api/v2/users", colleague).await.status, 201);
    let colleague = server.login("colleague", PASSWORD).await;
    let theirs = server.raw(put(&colleague)).await;
    assert_eq!((theirs.status.as_u16(), replayed(&theirs)), (200, false), "a key is its user's own");

    let delete = |token: &str| request(token, "DELETE", &path, &[("idempotency-key", "k-2")], None);
    let gone = server.raw(delete(&server.token)).await;
    let repeated = server.raw(delete(&server.token)).await;
    assert_eq!((gone.status, replayed(&repeated), &repeated.body), (repeated.status, true, &gone.body));
    server.get(&format!("{path}?wait=30")).await;

    clock.step(Duration::from_secs(24 * 3600 + 1));
    server.token = server.login("admin", PASSWORD).await;
    let late = server.raw(delete(&server.token)).await;
    assert_eq!((late.status.as_u16(), replayed(&late), &late.body["code"]), (404, false, &json!("not_found")));
}
