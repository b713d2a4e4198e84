//! C17, and looking into a server.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use tenantry_testkit::dialect::Answer;

use crate::app::{App, Envelope as _, documented, has, id, operation, path};

/// A command by GET, as the document has it.
async fn command(app: &App, server: &Value, command: &str, query: &str) -> Answer {
    app.send(&app.admin, "GET", &format!("/nova/command/{command}/{}{query}", id(server)), Value::Null).await
}

#[tokio::test]
async fn every_command_does_what_it_says_and_is_refused_where_it_does_not_apply() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let server = app.server(tenant, &network, "web", true).await;
    for (word, query, power, condition) in [
        ("pause", "", "paused", "PAUSED"),
        ("unpause", "", "running", "ACTIVE"),
        ("suspend", "/?", "suspended", "SUSPENDED"),
        ("resume", "", "running", "ACTIVE"),
        ("reboot", "", "running", "ACTIVE"),
        ("stop", "", "stopped", "SHUTOFF"),
        ("reboot", "?hard=true", "running", "ACTIVE"),
        ("stop", "", "stopped", "SHUTOFF"),
        ("start", "?hard=0", "running", "ACTIVE"),
    ] {
        let answer = command(&app, &server, word, query).await;
        documented(operation("run_server_command"), &answer);
        app.settle().await;
        has(&app.seen(&server).await, &json!({"power": power, "condition": condition, "status": "ready"}));
    }
    for (state, wrong) in
        [("running", ["unpause", "start", "resume"].as_slice()), ("stopped", &["pause", "unpause", "stop", "suspend", "resume", "reboot"])]
    {
        for word in wrong {
            let refused = command(&app, &server, word, "").await;
            refused.refused(409);
            assert!(refused.message().contains(&format!("is {state}")), "{word}: {}", refused.message());
        }
        if state == "running" {
            assert_eq!(app.send(&app.admin, "POST", &format!("/nova/command/stop/{}", id(&server)), Value::Null).await.status, 200);
            command(&app, &server, "start", "").await.refused(409);
            app.settle().await;
        }
    }
    for (word, status) in [("explode", 422), ("STOP", 422)] {
        command(&app, &server, word, "").await.refused(status);
    }
}

#[tokio::test]
async fn a_command_by_get_is_as_safe_as_one_by_post() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let server = app.server(tenant, &network, "web", true).await;
    let request = |method: &str, headers: &[(&str, &str)]| {
        let mut request =
            Request::builder().method(method).uri(path(operation("run_server_command"), id(&server))).header("host", "cloud.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let cookie = format!("tenantry_session={}", app.admin);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("referer", "https://evil.example/page?cloud.example"),
    ] {
        for method in ["GET", "POST"] {
            let answer = app.raw(request(method, &[("cookie", &cookie), (name, value)])).await;
            answer.refused(403);
        }
    }
    app.settle().await;
    has(&app.seen(&server).await, &json!({"power": "running"}));
    app.bare(request("HEAD", &[("cookie", &cookie)]), 405).await;
    has(&app.seen(&server).await, &json!({"status": "ready"}));
    let own = [("cookie", cookie.as_str()), ("referer", "https://cloud.example/servers")];
    assert_eq!(app.raw(request("GET", &own)).await.status, 200);
    app.settle().await;
    has(&app.seen(&server).await, &json!({"power": "stopped"}));
}

#[tokio::test]
async fn a_servers_console_is_looked_at() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let server = app.server(tenant, &network, "web", true).await;
    let console = app.call(&app.admin, "get_console", 0, json!({"server_id": server["id"]})).await;
    documented(operation("get_console"), &console);
    assert_eq!(console.headers["cache-control"], "no-store");
    assert!(console.body["console"]["url"].as_str().unwrap().contains("://"), "{}", console.body);
    let asked = json!({"server_id": server["id"], "lines": "2", "tenant_id": tenant.id});
    let log = app.ok("get_console_log", 0, asked).await["console_log"].take();
    assert!((1..=2).contains(&log["output"].as_str().unwrap().lines().count()), "{log}");
    for lines in [0, -1, 1_000_000] {
        app.call(&app.admin, "get_console_log", 0, json!({"server_id": server["id"], "lines": lines})).await.refused(422);
    }
}
