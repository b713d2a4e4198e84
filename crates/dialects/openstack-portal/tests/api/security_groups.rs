//! Security groups and their rules.

use serde_json::json;

use crate::app::{App, Envelope as _, has};

#[tokio::test]
async fn a_security_group_gets_rules_and_loses_them() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let made = app.ok("create_security_group", 0, json!({"tenant_id": tenant.id, "name": "web", "description": "d"})).await;
    let group = made["security_group"]["id"].clone();
    has(&made["security_group"], &json!({"name": "web", "description": "d", "rules": [], "tenant_id": tenant.id}));
    app.settle().await;
    let http = json!({"security_group_id": group, "protocol": "TCP", "port_range_min": "80"});
    let ssh = json!({"security_group_id": group, "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 23,
        "remote_ip_prefix": "203.0.113.0/24"});
    for rule in [&http, &ssh, &http] {
        app.ok("create_security_group_rule", 0, rule.clone()).await;
        app.settle().await;
    }
    let listed = app.ok("list_security_groups", 0, json!({"tenant_id": tenant.id})).await["security_groups"].take();
    let mut rules = listed[0]["rules"].as_array().unwrap().clone();
    rules.sort_by_key(|r| r["port_range_min"].as_i64());
    assert_eq!(rules.len(), 2, "{rules:?}");
    has(
        &rules[0],
        &json!({"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 23, "remote_ip_prefix": "203.0.113.0/24"}),
    );
    has(&rules[1], &json!({"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": "0.0.0.0/0"}));
    has(&listed[0], &json!({"status": "ready", "reason": ""}));
    let left = app.ok("delete_security_group_rule", 0, http.clone()).await["security_group"]["rules"].take();
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    app.call(&app.admin, "delete_security_group_rule", 0, http).await.refused(404);
    app.settle().await;
    let gone = app.ok("delete_security_group", 0, json!({"security_group_id": group})).await["security_group"].take();
    has(&gone, &json!({"status": "deleting"}));
    app.settle().await;
    assert_eq!(app.ok("list_security_groups", 0, json!({"tenant_id": tenant.id})).await["security_groups"], json!([]));
}
