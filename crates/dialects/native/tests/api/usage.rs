//! Rate cards, usage, statements, and what happens when an account is empty.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_domain::cloud::{Power, ServerStatus, VolumeStatus};
use tenantry_domain::resource::{Kind, State, Status};
use tenantry_domain::usage::HOUR_MS;
use tenantry_domain::{Clock as _, Timestamp};
use tenantry_store::work::{Next, Queue, Seen, WorkKind};

use crate::clouds::World;

/// One step of every controller: servers run, volumes are there, and nothing is seen of the rest.
async fn settle(world: &World) {
    let store = &world.app.database.store;
    let next =
        Next { at: world.app.clock.now().plus(Duration::from_secs(1 << 30)), reason: String::new(), failed: false, queue: Queue::Pressing };
    for lease in store.work().claim(Queue::Pressing, "test", Duration::from_secs(60), 1000, &[]).await.unwrap() {
        let peer_id = format!("peer-{}", lease.object);
        let status = match lease.kind {
            WorkKind::Resource(Kind::Server) => {
                Status::Server(ServerStatus { peer_id, power: Some(Power::Running), ..ServerStatus::default() })
            }
            WorkKind::Resource(Kind::Volume) => Status::Volume(VolumeStatus { peer_id, size_gib: 5, condition: "in-use".to_owned() }),
            _ => {
                store.work().finish(&lease, &Seen::Nothing, &next).await.unwrap();
                continue;
            }
        };
        let seen = Seen::Resource { state: State::Ready, status: Some(status), generation: 1 };
        store.work().finish(&lease, &seen, &next).await.unwrap();
    }
}

#[tokio::test]
async fn what_runs_is_charged_by_the_rate_card_and_told_in_a_statement() {
    let mut world = World::new().await;
    let tenant = world.tenant;
    let app = &world.app;
    let unset = app.get("/datacenters/1/rates").await.body;
    assert_eq!((&unset["version"], &unset["rates"]["cpu"]), (&json!(0), &json!(0.0)));
    let rates = json!({"cpu": 0.05, "memory": 0.02, "storage": 0.0004});
    let set = app.send(&app.admin, "PUT", "/datacenters/1/rates", &[("if-match", "\"0\"")], rates.clone()).await;
    assert_eq!((set.status.as_u16(), &set.body["rates"]["storage"], &set.body["version"]), (200, &json!(0.0004), &json!(1)));
    assert_eq!(app.send(&app.admin, "PUT", "/datacenters/1/rates", &[("if-match", "\"0\"")], rates).await.status, 412);
    for (wrong, field) in [(json!({"gold": 1}), "gold"), (json!({"cpu": -1}), "not a rate"), (json!({"cpu": 0.000_000_1}), "not a rate")] {
        let refused = app.change("PUT", "/datacenters/1/rates", wrong).await;
        assert!(refused.status.is_client_error() && refused.body.to_string().contains(field), "{}", refused.body);
    }
    let hour = (app.clock.now().0 / HOUR_MS + 1) * HOUR_MS;
    app.clock.step_to(Timestamp(hour));
    settle(&world).await;
    app.clock.step_to(Timestamp(hour + 2 * HOUR_MS));
    // nobody was there for two hours
    world.app.admin = world.app.login("admin").await;
    let app = &world.app;
    tenantry_service::usage::turn(&app.services).await.unwrap();
    let month = month_of(hour);
    let statement = app.get(&format!("/tenants/{tenant}/statement?month={month}")).await.body;
    // two servers with a core and 2 GiB, a volume of 5 GiB, for two hours
    assert_eq!(statement["total"], json!(0.364), "{statement}");
    assert_eq!(statement["items"].as_array().unwrap().len(), 3, "{statement}");
    let records = app.get(&format!("/tenants/{tenant}/usage?month={month}")).await.body["items"].as_array().unwrap().len();
    assert_eq!(records, 6);
    let csv = app.get(&format!("/tenants/{tenant}/statement?month={month}&format=csv&limit=2")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let lines = csv.body.as_str().unwrap().lines().count();
    assert!(lines == 3 && csv.headers["link"].to_str().unwrap().contains("rel=\"next\""), "a head and two lines");
    let balance = app.get(&format!("/tenants/{tenant}/account")).await.body["balance"].clone();
    assert_eq!(balance, json!(-0.36), "what is less than a minor unit is carried on");
    for wrong in ["month=2026-13", "month=now", ""] {
        assert!(app.get(&format!("/tenants/{tenant}/statement?{wrong}")).await.status.is_client_error(), "{wrong}");
    }
}

fn month_of(at: i64) -> String {
    Timestamp(at).to_string()[..7].to_owned()
}

#[tokio::test]
async fn an_empty_account_stops_what_it_is_to_stop() {
    let mut world = World::new().await;
    let tenant = world.tenant;
    world.app.change("PUT", "/datacenters/1/rates", json!({"cpu": 10})).await;
    settle(&world).await;
    world.app.clock.step(Duration::from_secs(2 * 3600));
    world.app.admin = world.app.login("admin").await;
    let app = &world.app;
    tenantry_service::usage::turn(&app.services).await.unwrap();
    let policy = format!("/tenants/{tenant}/account/policy");
    assert_eq!(app.get(&policy).await.body, json!({"when_empty": "nothing"}));
    let volume = || json!({"tenant_id": tenant});
    assert_eq!(app.post("/volumes", volume()).await.status, 201);
    assert_eq!(app.change("PUT", &policy, json!({"when_empty": "party"})).await.status, 422);
    assert_eq!(app.change("PUT", &policy, json!({"when_empty": "suspend"})).await.status, 200);
    let refused = app.post("/volumes", volume()).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("balance_too_low")), "{}", refused.body);
    tenantry_service::usage::turn(&app.services).await.unwrap();
    let server = app.get(&format!("/servers/{}", world.server)).await.body;
    assert_eq!((&server["spec"]["power"], &server["state"]), (&json!("stopped"), &json!("updating")));
    let audit = app.get("/audit?limit=5").await.body;
    assert!(audit["items"].as_array().unwrap().iter().any(|r| r["detail"].as_str().unwrap_or_default().contains("account is empty")));
    let events = app.database.texts("SELECT change FROM events WHERE object = 'account'").await;
    assert_eq!(events, ["balance_empty"]);
    assert_eq!(app.change("PUT", &format!("/tenants/{tenant}/account"), json!({"balance": 100})).await.status, 200);
    assert_eq!(app.post("/volumes", volume()).await.status, 201);
    assert_eq!(app.send(&app.admin, "GET", &policy, &[], Value::Null).await.body, json!({"when_empty": "suspend"}));
}
