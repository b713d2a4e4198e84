//! A session that has expired is none any more, in every dialect.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tenantry_testkit::TestClock;

use crate::common::{PASSWORD, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_it_expires_and_then_nowhere() {
    let clock = Arc::new(TestClock::new(1));
    let server = Server::start_with(Arc::clone(&clock) as _, |config| config.session.life_h = 2).await;
    let asked = server.get("/api/v2/sessions/current").await;
    assert_eq!(asked.body["expires_at"], "2026-01-01T02:00:00.000Z");
    clock.step(Duration::from_secs(2 * 3600 - 1));
    assert_eq!(server.get("/api/v2/tenants").await.status, 200);
    server.get("/api/v1/organizations").await.data();

    clock.step(Duration::from_secs(1));
    for (method, path) in
        [("GET", "/api/v2/tenants"), ("GET", "/api/v2/sessions/current"), ("POST", "/api/v2/tenants"), ("GET", "/api/v2/events")]
    {
        let problem = server.send(&server.token, method, path, None).await;
        assert_eq!((problem.status.as_u16(), &problem.body["code"]), (401, &json!("unauthenticated")), "{method} {path}: {}", problem.body);
        assert_eq!(
            (&problem.headers["content-type"], &problem.headers["www-authenticate"]),
            (&"application/problem+json".parse().unwrap(), &"Bearer".parse().unwrap())
        );
        assert!(!problem.body.to_string().contains(&server.token));
    }
    for (method, path) in [("GET", "/api/v1/organizations"), ("POST", "/api/v1/organization/new"), ("POST", "/api/v1/users/1/logout")] {
        assert_eq!(server.send(&server.token, method, path, None).await.refusal(), (401, 1402), "{method} {path}");
    }
    let again = server.login("admin", PASSWORD).await;
    assert_eq!(server.send(&again, "GET", "/api/v2/tenants", None).await.status, 200);
}
