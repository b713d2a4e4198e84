//! What is wrong is told in the envelope, by status and code, and the message names the field.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tenantry_dialect_container_cloud::operations::{self, Field, Kind, Operation};

use crate::app::{App, Envelope as _, PASSWORD, path};

/// A world in which the id 2 is an organization with a user, a disk, a quota and a release; 1 is a datacenter, a quota standard and the root.
async fn world() -> App {
    let app = App::start().await;
    let org = app.organization("dev").await;
    assert_eq!(org, 2);
    app.user(org, "a@dev.example", "team.member").await;
    app.ok("create_disk", &[org], json!({"name": "data", "size": 1, "dcId": 1})).await;
    app.ok("create_deployment", &[org, 1], json!({"name": "note"})).await;
    app.ok("create_quota", &[], json!({"name": "small", "cpu": 1, "mem": 1, "storage": 1, "cost": 1})).await;
    app
}

/// Ids that exist, or nearly: what is tested here is refused before it is looked for.
fn place(operation: &Operation) -> String {
    path(operation, &[2, if operation.id == "create_deployment" { 1 } else { 2 }, 1])
}

/// A value of the right type.
fn right(field: &Field) -> Value {
    match field.kind {
        Kind::Text | Kind::Time => json!("x"),
        Kind::Integer | Kind::Id | Kind::Number => json!(1),
        Kind::Boolean => json!(false),
        Kind::Texts | Kind::Integers | Kind::Many(_) => json!([]),
        Kind::Map | Kind::One(_) => json!({}),
    }
}

/// Values of wrong types.
fn wrong(field: &Field) -> Vec<Value> {
    match field.kind {
        Kind::Text | Kind::Time => vec![json!({}), json!(["x"])],
        Kind::Integer | Kind::Id => vec![json!("x"), json!(1.5), json!([1]), json!({}), json!(true), json!("99999999999999999999")],
        Kind::Number => vec![json!("much"), json!("NaN"), json!("1e999"), json!([1]), json!({}), json!(true)],
        Kind::Boolean => vec![json!("perhaps"), json!(2), json!([])],
        Kind::Integers | Kind::Texts => vec![json!({}), json!("a,b"), json!([1.5]), json!([[1]]), json!(true)],
        Kind::Many(_) => vec![json!("x"), json!([1]), json!([{}]), json!({})],
        Kind::Map | Kind::One(_) => vec![json!("x"), json!(1)],
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_from_one_with_wrong_values() {
    let app = world().await;
    let deep = "[".repeat(10_000);
    for operation in operations::ALL.iter().filter(|o| !o.takes.is_empty()) {
        for body in ["{", "{\"name\":", "nonsense", "{\"a\":1}{", "{'a':1}", "\u{0}", &deep] {
            let answer = app.text(&app.admin, operation.method, &place(operation), body.to_owned()).await;
            assert_eq!(answer.codes(), (400, 1600), "{} {}: {}", operation.id, &body[..body.len().min(20)], answer.body);
        }
        app.text(&app.admin, operation.method, &place(operation), vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}'])
            .await
            .refused((400, 1600));
        for body in ["[1]", "1", "\"x\"", "null", "true"] {
            let answer = app.text(&app.admin, operation.method, &place(operation), body).await;
            assert_eq!(answer.codes(), (422, 1605), "{} {body}: {}", operation.id, answer.body);
        }
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(3 << 20));
        app.text(&app.admin, operation.method, &place(operation), large).await.refused((413, 1605));
    }
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_refused_by_the_name_of_its_field() {
    let app = world().await;
    for operation in operations::ALL {
        for field in operation.takes.iter().filter(|f| f.name != "userId") {
            for value in wrong(field) {
                let answer = app.send(&app.admin, operation.method, &place(operation), json!({field.name: value})).await;
                assert_eq!(answer.codes(), (422, 1605), "{} {}={value}: {}", operation.id, field.name, answer.body);
                assert!(answer.message().starts_with(&format!("'{}", field.name)), "{} {value}: {}", operation.id, answer.message());
            }
        }
    }
    let long = app.send(&app.admin, "POST", "/api/v1/quotas", json!({"cpu": "x".repeat(100_000)})).await;
    assert!(long.message().len() < 400, "what was sent is not sent back at length");
}

#[tokio::test]
async fn a_missing_field_is_named_and_null_is_missing() {
    let app = world().await;
    for operation in operations::ALL {
        for missing in operation.required {
            for body in [None, Some(Value::Null)] {
                let mut whole: Map<String, Value> = Map::new();
                for field in operation.takes.iter().filter(|f| operation.required.contains(&f.name)) {
                    whole.insert(field.name.to_owned(), right(field));
                }
                whole.remove(*missing);
                whole.extend(body.map(|null| ((*missing).to_owned(), null)));
                if operation.id == "create_user" {
                    whole.insert("email".to_owned(), json!("x@dev.example"));
                }
                let answer = app.send(&app.admin, operation.method, &place(operation), Value::Object(whole)).await;
                assert_eq!(answer.codes(), (400, 1601), "{} without {missing}: {}", operation.id, answer.body);
                assert!(answer.message().contains(&format!("'{missing}'")), "{}: {}", operation.id, answer.message());
            }
        }
    }
    let empty = app.text(&app.admin, "POST", "/api/v1/organizations", "").await;
    empty.refused((400, 1601));
}

#[tokio::test]
async fn an_id_of_nothing_is_not_found_whatever_it_looks_like() {
    let app = world().await;
    for operation in operations::ALL.iter().filter(|o| o.path.contains('{')) {
        let names = operation.path.matches('{').count();
        for wrong in ["0", "-1", "4711", "99999999999999999999", "x", "1.0", "%ff", "%20", "1%2f2", "1'--", "%E7%BB%84"] {
            // one id that is wrong at a time: the others are those of the world
            for at in 0..names {
                let ids: Vec<&str> = (0..names).map(|i| if i == at { wrong } else { "2" }).collect();
                let mut ids = ids.into_iter();
                let part = |(i, text)| if i % 2 == 1 { ids.next().unwrap() } else { text };
                let place: String = operation.path.split(['{', '}']).enumerate().map(part).collect();
                let mut body =
                    json!({"name": "x", "size": 9, "dcId": 1, "newPassword": PASSWORD, "email": "n@dev.example", "password": PASSWORD});
                if operation.id != "create_user" {
                    body.as_object_mut().unwrap().remove("password");
                }
                let body = if operation.takes.is_empty() { Value::Null } else { body };
                let answer = app.send(&app.admin, operation.method, &place, body).await;
                // releases of a user who is gone are still listed
                let listed = operation.id == "list_deployments" && at == 1 && wrong.parse::<i64>().is_ok();
                let wanted = if listed { (200, 0) } else { (404, 1414) };
                assert_eq!(answer.codes(), wanted, "{} {place}: {}", operation.id, answer.body);
            }
        }
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused() {
    let app = world().await;
    for operation in operations::ALL {
        for field in operation.asks {
            let wrong: &[&str] = match field.kind {
                Kind::Integer => &["x", "0", "-1", "1.5", "99999999999999999999"],
                Kind::Boolean => &["perhaps", "2"],
                _ => continue,
            };
            for value in wrong {
                let place = format!("{}?{}={value}", place(operation), field.name);
                let answer = app.send(&app.admin, operation.method, &place, Value::Null).await;
                assert_eq!(answer.codes(), (422, 1605), "{place}: {}", answer.body);
            }
        }
    }
    app.send(&app.admin, "GET", "/api/v1/organizations?colour=red&page=&pageSize=", Value::Null).await.data();
}

#[tokio::test]
async fn a_path_or_a_method_that_does_not_exist_is_told_so_in_the_envelope() {
    let app = world().await;
    for place in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/organizations/2/nothing", "/api/v1/organization/nothing/more"] {
        for method in ["GET", "POST", "DELETE"] {
            app.send(&app.admin, method, place, Value::Null).await.refused((404, 1414));
        }
    }
    for operation in operations::ALL {
        app.send(&app.admin, "PATCH", &place(operation), Value::Null).await.refused((405, 1705));
        let slash = format!("{}/", place(operation));
        assert_ne!(app.send("", operation.method, &slash, Value::Null).await.status, 404, "{slash}");
    }
}

/// What is well formed and wrong all the same. The table has status, code and message of each.
#[tokio::test]
async fn what_cannot_be_done_is_told_with_what_would_be_right() {
    let app = world().await;
    app.ok("create_datacenter", &[], json!({"name": "second", "kind": "sandbox"})).await;
    app.ok("open_organization", &[], json!({"name": "shop", "dcIdList": [1]})).await;
    let orgs = "/api/v1/organizations";
    let mut table = String::new();
    for (method, place, body) in [
        ("POST", orgs, json!({"name": "Not_A_Label"})),
        ("POST", orgs, json!({"name": "dev"})),
        ("POST", orgs, json!({"name": "x", "dcIdList": [99]})),
        ("POST", orgs, json!({"name": "x", "cpuQuota": -1})),
        ("POST", orgs, json!({"name": "x", "memQuota": "1e300"})),
        ("POST", orgs, json!({"name": "x", "dcIdList": [1], "cpuQuota": 1000})),
        ("POST", orgs, json!({"name": "x", "balance": 1.001})),
        ("POST", orgs, json!({"name": "x", "balance": -1})),
        ("POST", orgs, json!({"name": "x", "parentId": 99})),
        ("POST", &format!("{orgs}/2"), json!({"quotaPkgId": 99})),
        ("POST", &format!("{orgs}/2"), json!({"quotaPkgId": 1, "count": 0})),
        ("POST", &format!("{orgs}/2"), json!({"dcIdList": []})),
        ("POST", &format!("{orgs}/1"), json!({"cpuQuota": 1})),
        ("DELETE", &format!("{orgs}/1"), Value::Null),
        ("POST", &format!("{orgs}/2/users"), json!({"email": "a@dev.example", "password": PASSWORD})),
        ("POST", &format!("{orgs}/3/users"), json!({"email": "A@DEV.example", "password": PASSWORD})),
        ("POST", &format!("{orgs}/2/users"), json!({"email": "no address", "password": PASSWORD})),
        ("POST", &format!("{orgs}/2/users"), json!({"email": "b@dev.example", "password": "short"})),
        ("POST", &format!("{orgs}/2/users"), json!({"email": "b@dev.example", "password": "b@dev.example"})),
        ("POST", &format!("{orgs}/2/users"), json!({"email": "b@dev.example", "password": PASSWORD, "role": "king"})),
        ("POST", &format!("{orgs}/2/users"), json!({"password": PASSWORD})),
        ("POST", &format!("{orgs}/2/users/2"), json!({"password": PASSWORD})),
        ("DELETE", &format!("{orgs}/1/users/1"), Value::Null),
        ("POST", &format!("{orgs}/1/users/1"), json!({"enabled": false})),
        ("POST", "/api/v1/datacenters", json!({"name": "x"})),
        ("POST", "/api/v1/datacenters", json!({"name": "x", "endpoint": "https://x.example"})),
        ("POST", "/api/v1/datacenters", json!({"name": "x", "kind": "moon"})),
        ("POST", "/api/v1/datacenters", json!({"name": "second", "kind": "sandbox"})),
        ("POST", "/api/v1/datacenters", json!({"name": "x", "kind": "sandbox", "overcommit": 0})),
        ("POST", "/api/v1/datacenters", json!({"name": "x", "kind": "sandbox", "capacity": {"cpu": -1}})),
        ("POST", "/api/v1/datacenters/2", json!({"kind": "kubernetes", "kubeconfig": "x"})),
        ("DELETE", "/api/v1/datacenters/1", Value::Null),
        ("POST", "/api/v1/quotas", json!({"name": "small"})),
        ("POST", "/api/v1/quotas", json!({"name": "x", "cost": -1})),
        ("POST", "/api/v1/quotas", json!({"name": ""})),
        ("POST", &format!("{orgs}/2/dcquotas"), json!({"dcId": 99})),
        ("POST", &format!("{orgs}/1/dcquotas"), json!({"dcId": 1})),
        ("POST", &format!("{orgs}/2/rbds"), json!({"name": "x", "size": 1, "dcId": 2})),
        ("POST", &format!("{orgs}/2/rbds"), json!({"name": "x", "size": 1, "dcId": 99})),
        ("POST", &format!("{orgs}/2/rbds"), json!({"name": "x", "size": -1, "dcId": 1})),
        ("POST", &format!("{orgs}/2/rbds"), json!({"name": "X!", "size": 1, "dcId": 1})),
        ("POST", &format!("{orgs}/2/rbds"), json!({"name": "x", "size": 100, "dcId": 1})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "Web", "image": "x", "dcId": 1})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "image": "x", "dcId": 1, "ports": [0]})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "image": "x", "dcId": 1, "ports": [65536]})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "image": "x", "dcId": 1, "replicas": -1})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "image": "x", "dcId": 1, "cpu": 100})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "image": "x", "dcId": 99})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "a plain record", "dcId": 99})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "operation": "update", "dcId": 1, "ports": [80]})),
        (
            "POST",
            &format!("{orgs}/2/users/1/deployments"),
            json!({"name": "web", "image": "x", "dcId": 1, "disks": [{"disk": "none", "path": "/x"}]}),
        ),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "operation": "fly", "image": "x", "dcId": 1})),
        ("POST", &format!("{orgs}/2/users/1/deployments"), json!({"name": "web", "operation": "restart", "dcId": 1})),
        ("POST", "/api/v1/organization/update", json!({"orgName": "shop", "quotaPkgId": 1})),
        ("POST", "/api/v1/organization/delete", json!({"orgName": "dev"})),
        ("POST", "/api/v1/users/login", json!({"username": "admin", "password": "x"})),
    ] {
        let answer = app.send(&app.admin, method, place, body.clone()).await;
        let (status, code) = answer.codes();
        let body = if body.is_null() { String::new() } else { format!(" {body}") };
        let place = place.strip_prefix("/api/v1").unwrap();
        let _ = writeln!(table, "{status} {code} {method} {place}{}\n    {}", body.replace(PASSWORD, "..."), answer.message());
        assert!((400..500).contains(&status) && code > 1000, "{method} {place}{body}: {}", answer.body);
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input.txt"), &table);
}
