//! What is wrong is told in the envelope, by status and code, and the message names the field.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenantry_dialect_cluster_manager::operations;

use crate::app::{App, Envelope as _, PASSWORD};

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_from_one_with_wrong_values() {
    let app = App::start().await;
    let deep = "[".repeat(10_000);
    for operation in operations::ALL.iter().filter(|o| !o.takes.is_empty()) {
        for body in ["{", "{\"name\":", "nonsense", "{\"a\":1}{", "{'a':1}", "\u{0}", &deep] {
            app.text("", operation.method, operation.path, body.to_owned()).await.refused((400, "E12002"));
        }
        app.text("", operation.method, operation.path, vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await.refused((400, "E12002"));
        for body in ["[1]", "1", "\"x\"", "null", "true"] {
            app.text("", operation.method, operation.path, body).await.refused((422, "E12002"));
        }
        for field in operation.takes {
            for value in [json!({}), json!(["x"])] {
                let answer = app.send("", operation.method, operation.path, json!({field.name: value})).await;
                answer.refused((422, "E12002"));
                assert!(answer.message().starts_with(&format!("'{}", field.name)), "{}", answer.message());
            }
        }
        for missing in operation.required {
            let whole = operation.required.iter().filter(|f| f != &missing).map(|f| ((*f).to_owned(), json!("x")));
            for empty in [None, Some(Value::Null), Some(json!(""))] {
                let mut body: serde_json::Map<String, Value> = whole.clone().collect();
                body.extend(empty.map(|value| ((*missing).to_owned(), value)));
                let answer = app.send("", operation.method, operation.path, Value::Object(body)).await;
                answer.refused((400, "E12002"));
                assert_eq!(answer.message(), format!("'{missing}' is required"));
            }
        }
        let large = format!("{{\"username\":\"{}\"}}", "x".repeat(3 << 20));
        app.text("", operation.method, operation.path, large).await.refused((413, "E12002"));
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_told_in_the_envelope() {
    let app = App::start().await;
    for token in ["", &app.admin] {
        for path in ["/v1", "/v1/", "/v1/cluster", "/v1/cluster/59bb43f8284ae3000bf663ea/hosts", "/v1/logs/1", "/v1/%ff", "/v1/token/x/y"] {
            app.send(token, "GET", path, Value::Null).await.refused((404, "E12002"));
        }
        for (method, path) in
            [("GET", "/v1/token"), ("DELETE", "/v1/token"), ("POST", "/v1/logs"), ("PUT", "/v1/logs/"), ("PATCH", "/v1/logs")]
        {
            app.send(token, method, path, Value::Null).await.refused((405, "E12002"));
        }
    }
}

#[tokio::test]
async fn wrong_values_are_refused_as_the_table_says() {
    let app = App::start().await;
    let mut table = String::new();
    for query in [
        "count=perhaps",
        "count=2",
        "skip=x",
        "skip=-1",
        "skip=1.5",
        "skip=100001",
        "skip=99999999999999999999",
        "limit=x",
        "limit=-1",
        "sort=name",
        "sort=time_update,-time_create",
        "user_id=1",
        "user_id=59bb43f8284ae3000bf663eg",
        "user_id=%2B9bb43f8284ae3000bf663ea",
        "cluster_id=local",
        "cluster_id=59bb43f8284ae3000bf663ea0",
    ] {
        let answer = app.send(&app.admin, "GET", &format!("/v1/logs?{query}"), Value::Null).await;
        answer.refused((answer.status, "E12002"));
        let _ = writeln!(table, "{} {} GET /logs?{query}\n    {}", answer.status, answer.codes().1, answer.message());
    }
    for body in [
        json!({}),
        json!({"username": "admin"}),
        json!({"username": " ", "password": PASSWORD}),
        json!({"username": "admin", "password": "wrong"}),
        json!({"username": "admin", "password": PASSWORD, "tenantname": "nowhere"}),
        json!({"username": "admin", "password": PASSWORD, "tenantname": {"name": "root"}}),
        json!({"username": "admin", "password": PASSWORD, "code": [1]}),
    ] {
        let answer = app.send("", "POST", "/v1/token", body.clone()).await;
        answer.refused((answer.status, answer.codes().1));
        let body = body.to_string().replace(PASSWORD, "...");
        let _ = writeln!(table, "{} {} POST /token {body}\n    {}", answer.status, answer.codes().1, answer.message());
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input.txt"), &table);
}

#[tokio::test]
async fn too_many_wrong_passwords_are_slowed_down() {
    let app = App::start().await;
    let mut last = None;
    for _ in 0..9 {
        last = Some(app.send("", "POST", "/v1/token", json!({"username": "admin", "password": "wrong", "tenantname": "root"})).await);
    }
    let last = last.unwrap();
    last.refused((429, "E12004"));
    let wait = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    app.clock.step(std::time::Duration::from_secs(wait));
    app.login("admin", "root").await;
}
