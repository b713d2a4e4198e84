//! Places that nobody manages: who sees them, and what is said of those that cannot be taken over.

use serde_json::{Value, json};

use crate::common::App;

#[tokio::test]
async fn places_are_listed_page_by_page_and_tell_what_keeps_them_from_being_taken_over() {
    let app = App::start().await;
    let listed = app.get("/datacenters/1/unmanaged").await.body;
    let items = listed["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|place| (place["name"].as_str().unwrap(), place["adoptable"].as_bool().unwrap())).collect();
    assert_eq!((names, &listed["next"]), (vec![("Old Shop", false), ("old-shop", true), ("theirs", false)], &Value::Null), "{listed}");
    assert!(items[0]["why_not"].as_str().unwrap().contains("rename it there first"), "{listed}");
    assert_eq!((&items[1]["peer_id"], &items[1]["since"], &items[1]["why_not"]), (&json!("id-old-shop"), &Value::Null, &json!("")));
    assert!(items[2]["why_not"].as_str().unwrap().contains("another Tenantry"), "{listed}");
    let mut after = String::new();
    for (name, last) in [("Old Shop", false), ("old-shop", false), ("theirs", true)] {
        let page = app.get(&format!("/datacenters/1/unmanaged?limit=1{after}")).await.body;
        assert_eq!((&page["items"][0]["name"], page["next"].is_null()), (&json!(name), last), "{page}");
        after = format!("&after={}", page["next"].as_str().unwrap_or_default());
    }
    assert_eq!(app.get("/datacenters/1/unmanaged?prefix=th").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.get("/datacenters/9/unmanaged").await.status, 404);
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_taken_and_takes_nothing_over() {
    let app = App::start().await;
    let dry = app.post("/datacenters/1/adopt?dry_run=true", json!({"name": "old-shop", "quota": {"cpu": 3}})).await.body;
    assert_eq!(
        (&dry["action"], &dry["object"], &dry["result"]["origin"]),
        (&json!("adopt"), &json!("namespace"), &json!("adopted")),
        "{dry}"
    );
    assert_eq!((&dry["quota"][0]["cpu"], &dry["quota"][0]["tenant_id"]), (&json!(3), &json!(1)), "{dry}");
    assert_eq!(app.get("/tenants?name=old-shop").await.body["items"], json!([]));
    let taken = app.post("/datacenters/1/adopt", json!({"name": "old-shop", "may_remove": true})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["origin"]), (201, &json!("adopted_to_remove")), "{}", taken.body);
    assert_eq!(taken.headers["location"], format!("/api/v2/namespaces/{}", taken.body["id"]));
}

#[tokio::test]
async fn who_may_maintain_but_not_open_tenants_takes_over_only_for_those_that_are_there() {
    let app = App::start().await;
    let maintainer = app.user(1, "maintainer", "maintainer").await;
    let adopt = async |body: Value| app.send(&maintainer, "POST", "/datacenters/1/adopt", &[], body).await;
    assert_eq!(app.send(&maintainer, "GET", "/datacenters/1/unmanaged", &[], Value::Null).await.status, 200);
    let refused = adopt(json!({"name": "old-shop"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("forbidden")), "{}", refused.body);
    let quota = json!({"cpu": 1, "memory_gib": 1});
    let tenant = app.post("/tenants", json!({"name": "Shop", "label": "old-shop", "quota": quota})).await.body["id"].clone();
    let taken = adopt(json!({"name": "old-shop"})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["tenant_id"]), (201, &tenant), "{}", taken.body);
}
