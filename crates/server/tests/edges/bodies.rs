//! A body that is larger than the configuration allows is refused in each dialect's form.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use serde_json::json;
use tenantry_server::SystemClock;

use crate::common::Server;

const LIMIT: usize = 1000;

/// A JSON object of this many bytes.
fn body(length: usize) -> String {
    let empty = r#"{"description":""}"#.len();
    format!(r#"{{"description":"{}"}}"#, "x".repeat(length - empty))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_told_so_in_each_dialects_form() {
    let server = Server::start_with(Arc::new(SystemClock), |config| config.server.body_limit_bytes = LIMIT).await;
    let send = |path: &str, length: usize, declared: bool| {
        let mut request = Request::builder().method("POST").uri(path).header("authorization", &server.token);
        if declared {
            request = request.header("content-length", length);
        }
        server.raw(request.body(Body::from(body(length))).unwrap())
    };
    for declared in [false, true] {
        for path in ["/api/v2/tenants", "/api/v2/sessions", "/api/v2/disks?dry_run=true"] {
            let problem = send(path, LIMIT + 1, declared).await;
            assert_eq!((problem.status.as_u16(), &problem.body["code"]), (413, &json!("body_too_large")), "{path}: {}", problem.body);
            assert_eq!(problem.headers["content-type"], "application/problem+json");
        }
        for path in ["/api/v1/organizations", "/api/v1/organization/new/", "/api/v1/users/login"] {
            let envelope = send(path, LIMIT + 1, declared).await;
            assert_eq!((envelope.refusal(), &envelope.body["data"]), ((413, 1605), &json!(null)), "{path}: {}", envelope.body);
        }
        assert_eq!(send("/api/v2/tenants", LIMIT, declared).await.status, 400, "as large as is allowed: only the name is missing");
        assert_eq!(send("/api/v1/organizations", LIMIT, declared).await.refusal(), (400, 1601));
    }
    let keyed = Request::builder().method("POST").uri("/api/v2/tenants").header("authorization", &server.token);
    let keyed = keyed.header("idempotency-key", "k-1").body(Body::from(body(LIMIT + 1))).unwrap();
    assert_eq!(server.raw(keyed).await.status, 413);
}
