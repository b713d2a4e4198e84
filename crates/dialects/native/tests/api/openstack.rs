//! Datacenters that are OpenStack clouds: how they are reached is taken, checked, kept, and never shown.

use serde_json::{Value, json};
use tenantry_domain::DatacenterId;
use tenantry_domain::datacenter::{Connection, OpenstackAccount};

use crate::common::App;

const SECRET: &str = "correct-horse-battery";

fn user() -> Value {
    json!({"auth_url": "https://cloud.example/v3", "username": "tenantry", "password": SECRET, "project": "admin", "region": "north",
        "interface": "internal"})
}

#[tokio::test]
async fn a_cloud_is_connected_by_a_user_or_an_application_credential_and_its_secrets_stay_inside() {
    let app = App::start().await;
    let credential =
        json!({"auth_url": "https://cloud.example/v3", "application_credential_id": "abc", "application_credential_secret": SECRET});
    for (name, openstack) in [("east", user()), ("west", credential)] {
        let options = json!({"repair_drift": true, "private_flavors": true, "external_network": "public"});
        let new = json!({"name": name, "kind": "openstack", "openstack": openstack, "options": options, "capacity": {"servers": 10}});
        let dry = app.post("/datacenters?dry_run=true", new.clone()).await;
        assert_eq!((dry.status.as_u16(), dry.body.to_string().contains(SECRET)), (200, false), "{}", dry.body);
        let made = app.send(&app.admin, "POST", "/datacenters", &[("idempotency-key", name)], new.clone()).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let again = app.send(&app.admin, "POST", "/datacenters", &[("idempotency-key", name)], new).await;
        assert_eq!(again.body, made.body);
        for (field, wanted) in [("kind", "openstack"), ("endpoint", "https://cloud.example/v3")] {
            assert_eq!(made.body[field], wanted, "{field}");
        }
        let options = &made.body["options"];
        assert_eq!(
            (&options["repair_drift"], &options["private_flavors"], &options["external_network"]),
            (&json!(true), &json!(true), &json!("public"))
        );
        for path in [format!("/datacenters/{}", made.body["id"]), "/datacenters".to_owned(), "/audit".to_owned()] {
            assert!(!app.get(&path).await.body.to_string().contains(SECRET), "{path}");
        }
    }
    let listed = app.get("/datacenters?kind=openstack").await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
}

#[tokio::test]
async fn a_change_keeps_the_credentials_and_new_ones_are_whole() {
    let app = App::start().await;
    let made = app.post("/datacenters", json!({"name": "east", "kind": "openstack", "openstack": user()})).await.body;
    let (id, path) = (DatacenterId(made["id"].as_i64().unwrap()), format!("/datacenters/{}", made["id"]));
    let account = async || match app.database.store.datacenters().connection(id).await.unwrap().1 {
        Connection::Openstack(connection) => (connection.auth_url, connection.account),
        other => panic!("{other:?}"),
    };
    let password = |(url, account): (String, OpenstackAccount)| match account {
        OpenstackAccount::User { password, .. } => (url, password),
        OpenstackAccount::ApplicationCredential { .. } => panic!("another account"),
    };
    let changed = app.change("PATCH", &path, json!({"comment": "the large one", "options": {"repair_drift": true}})).await;
    assert_eq!((changed.status.as_u16(), &changed.body["comment"]), (200, &json!("the large one")), "{}", changed.body);
    assert_eq!(password(account().await), ("https://cloud.example/v3".to_owned(), SECRET.to_owned()));
    // a stored password never goes to an address that somebody names without knowing it
    let mut elsewhere = user();
    elsewhere["auth_url"] = json!("https://elsewhere.example/v3");
    elsewhere.as_object_mut().unwrap().remove("password");
    let refused = app.change("PATCH", &path, json!({"openstack": elsewhere})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["field"]), (400, &json!("openstack.password")), "{}", refused.body);
    assert_eq!(password(account().await).0, "https://cloud.example/v3");
    elsewhere["password"] = json!("another-password");
    assert_eq!(app.change("PATCH", &path, json!({"openstack": elsewhere})).await.status, 200);
    assert_eq!(password(account().await), ("https://elsewhere.example/v3".to_owned(), "another-password".to_owned()));
}

#[tokio::test]
async fn half_a_connection_is_refused_by_the_argument_that_is_missing() {
    let app = App::start().await;
    let without = |field: &str| {
        let mut all = user();
        all.as_object_mut().unwrap().remove(field);
        all
    };
    let with = |field: &str, value: &str| {
        let mut all = user();
        all[field] = json!(value);
        all
    };
    for (openstack, status, field) in [
        (Value::Null, 400, "openstack"),
        (without("auth_url"), 400, "openstack.auth_url"),
        (without("username"), 400, "openstack.username"),
        (without("password"), 400, "openstack.password"),
        (without("project"), 400, "openstack.project"),
        (with("application_credential_id", "abc"), 422, "openstack"),
        (with("interface", "secret"), 422, "openstack.interface"),
        (with("colour", "red"), 422, "openstack.colour"),
        (json!({"auth_url": "https://x", "application_credential_id": "abc"}), 400, "openstack.application_credential_secret"),
    ] {
        let refused = app.post("/datacenters", json!({"name": "east", "kind": "openstack", "openstack": openstack})).await;
        assert_eq!((refused.status.as_u16(), &refused.body["field"]), (status, &json!(field)), "{}", refused.body);
        assert!(!refused.body.to_string().contains(SECRET), "{}", refused.body);
    }
}
