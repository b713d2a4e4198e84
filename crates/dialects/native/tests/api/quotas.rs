//! Quotas of everything that is limited: processors, memory, storage, and what is counted.

use serde_json::{Value, json};

use crate::common::App;

#[tokio::test]
async fn what_is_counted_is_limited_like_the_rest() {
    let app = App::start().await;
    let quota = json!({"cpu": 4, "memory_gib": 8, "storage_gib": 50, "servers": 2, "networks": 1});
    let made = app.post("/tenants", json!({"name": "dev", "datacenter_ids": [1], "quota": quota})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let tenant = made.body["id"].as_i64().unwrap();
    let whole = |servers: Value, networks: Value, addresses: Value| {
        json!({"cpu": 4, "memory_gib": 8, "storage_gib": 50, "servers": servers, "volumes": null, "networks": networks, "routers": null,
            "floating_ips": addresses, "instances": null})
    };
    assert_eq!(made.body["quota"], whole(json!(2), json!(1), Value::Null));
    let network = |name: &str, third: u8| json!({"tenant_id": tenant, "name": name, "cidr": format!("10.0.{third}.0/24")});
    assert_eq!(app.post("/networks", network("one", 1)).await.status, 201);
    let full = app.post("/networks", network("two", 2)).await;
    assert_eq!((full.status.as_u16(), &full.body["code"]), (409, &json!("quota_exceeded")), "{}", full.body);
    let raised = app.change("PATCH", &format!("/tenants/{tenant}"), json!({"quota": {"networks": 2}})).await;
    assert_eq!(raised.body["quota"], whole(json!(2), json!(2), Value::Null), "{}", raised.body);
    assert_eq!(app.post("/networks", network("two", 2)).await.status, 201);

    let place = format!("/tenants/{tenant}/quotas");
    let own = app.post(&place, json!({"datacenter_id": 1, "quota": {"networks": 3, "floating_ips": 0}})).await;
    assert_eq!((own.status.as_u16(), &own.body["quota"]), (201, &whole(json!(2), json!(3), json!(0))), "{}", own.body);
    assert_eq!(own.body["used"]["networks"], 2);
    let none = app.post("/floating-ips", json!({"tenant_id": tenant})).await;
    assert_eq!((none.status.as_u16(), &none.body["code"]), (409, &json!("quota_exceeded")), "{}", none.body);
    let path = format!("{place}/{}", own.body["id"]);
    let dry = app.change("PATCH", &format!("{path}?dry_run=true"), json!({"quota": {"floating_ips": 4}})).await.body;
    assert_eq!((&dry["quota"][0]["floating_ips"], &dry["quota"][0]["cpu"]), (&json!(4), &json!(0)), "{dry}");
    let free = app.change("PATCH", &path, json!({"quota": {"floating_ips": null, "servers": null}})).await.body;
    assert_eq!(free["quota"], whole(Value::Null, json!(3), Value::Null), "{free}");
    assert_eq!(app.post("/floating-ips", json!({"tenant_id": tenant})).await.status, 201);
    for (quota, field) in [
        (json!({"networks": 1}), Value::Null),
        (json!({"networks": -1}), json!("quota.networks")),
        (json!({"networks": 1.5}), json!("quota.networks")),
        (json!({"castles": 1}), json!("quota.castles")),
        (json!({"cpu": null}), json!("quota.cpu")),
    ] {
        let refused = app.change("PATCH", &path, json!({"quota": quota})).await;
        assert!(refused.status.is_client_error() && refused.body["field"] == field, "{quota}: {}", refused.body);
    }
}

#[tokio::test]
async fn what_a_datacenter_has_a_tenant_cannot_have_without_a_number() {
    let app = App::start().await;
    let limited = app.change("PATCH", "/datacenters/1", json!({"capacity": {"servers": 5}})).await;
    assert_eq!(limited.body["capacity"]["servers"], 5, "{}", limited.body);
    let quota = |servers: Value| json!({"cpu": 1, "memory_gib": 1, "storage_gib": 1, "servers": servers});
    let open = |name: &str, servers: Value| json!({"name": name, "datacenter_ids": [1], "quota": quota(servers)});
    let boundless = app.post("/tenants", open("dev", Value::Null)).await;
    assert_eq!((boundless.status.as_u16(), &boundless.body["field"]), (422, &json!("servers")), "{}", boundless.body);
    assert_eq!(app.post("/tenants", open("dev", json!(3))).await.status, 201);
    let more = app.post("/tenants", open("qa", json!(3))).await;
    assert_eq!((more.status.as_u16(), &more.body["code"]), (409, &json!("quota_exceeded")), "{}", more.body);
}
