//! What was taken away is gone on every server within a second.

use std::time::{Duration, Instant};

use serde_json::json;
use tenantry_testkit::TestDatabase;

use crate::common::{PASSWORD, Server};
use crate::{log_in, status, tenant, user};

/// The promise (issue 3): every server sees within it what one of them revoked.
const PROMISED: Duration = Duration::from_secs(1);

async fn who(server: &Server, token: &str) -> u16 {
    status(server, token, "GET", "/api/v2/sessions/current", None).await
}

/// Asks another server over and over while the promise runs, so that it remembers the session as long as it ever does; then the session is over.
async fn ends_elsewhere(other: &Server, token: &str, revoked: Instant, what: &str) {
    while revoked.elapsed() < PROMISED {
        who(other, token).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(who(other, token).await, 401, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_agree_within_a_second_on_who_is_logged_in() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let here = Server::start_on(database.store.clone()).await;
    let there = Server::start_on(database.another(None).await).await;
    assert_eq!(who(&there, &here.token).await, 200, "a session of one server is one of the other");
    let dev = tenant(&here, "dev").await;
    let below = here.post("/api/v2/tenants", json!({"name": "below", "parent_id": dev, "quota": {"cpu": 0, "memory_gib": 0}})).await;
    let below = below.body["id"].as_i64().unwrap();
    let ann = user(&here, dev, "ann", json!({})).await;
    user(&here, below, "bob", json!({})).await;
    let (first, second, bobs) = (log_in(&here, "ann").await, log_in(&there, "ann").await, log_in(&there, "bob").await);
    let token = here.send(&first, "POST", "/api/v2/tokens", Some(json!({"name": "ci"}))).await.body["secret"].as_str().unwrap().to_owned();
    for session in [&first, &second, &bobs] {
        assert_eq!((who(&here, session).await, who(&there, session).await), (200, 200));
    }
    assert_eq!(status(&there, &token, "GET", "/api/v2/tenants", None).await, 200);

    let listed = here.send(&first, "GET", "/api/v2/sessions", None).await.body;
    let other = listed["items"].as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].clone();
    assert_eq!(status(&here, &first, "DELETE", &format!("/api/v2/sessions/{other}"), None).await, 204);
    let revoked = Instant::now();
    assert_eq!(who(&here, &second).await, 401, "at once where it was ended");
    ends_elsewhere(&there, &second, revoked, "a session that was ended").await;
    assert_eq!(who(&there, &first).await, 200, "and no other");

    let disable = Some(json!({"enabled": false}));
    assert_eq!(status(&here, &here.token, "PATCH", &format!("/api/v2/users/{ann}"), disable.clone()).await, 200);
    let revoked = Instant::now();
    assert_eq!(who(&here, &first).await, 401, "at once where the user was disabled");
    ends_elsewhere(&there, &first, revoked, "a user who was disabled").await;
    assert_eq!(status(&there, &token, "GET", "/api/v2/tenants", None).await, 401, "and the tokens of that user");

    assert_eq!(who(&there, &bobs).await, 200);
    assert_eq!(status(&here, &here.token, "PATCH", &format!("/api/v2/tenants/{dev}"), disable).await, 200);
    let revoked = Instant::now();
    assert_eq!(who(&here, &bobs).await, 401, "at once where the tenant was disabled");
    ends_elsewhere(&there, &bobs, revoked, "a tenant above that was disabled").await;
    let answer = there.send("", "POST", "/api/v2/sessions", Some(json!({"username": "bob", "password": crate::GOOD}))).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (401, &json!("wrong_credentials")), "{}", answer.body);
    assert_eq!(who(&there, &there.login("admin", PASSWORD).await).await, 200, "everybody else goes on");
}
