//! What is wrong is told in the envelope, by the status, and the message names the parameter.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tenantry_dialect_openstack_portal::operations::{self, Operation};
use tenantry_http::fields::{Field, Kind};

use crate::app::{App, Envelope as _, PASSWORD, path};
use crate::bad_input_in_clouds::cloud;

/// A world in which the id 2 is a tenant, its root group and its administrator, and 3 a group below with the user 3 in it.
async fn world() -> App {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    let lab = app.group(tenant.root, "lab").await;
    let user = app.user(lab, "ann", "shop", false).await;
    assert_eq!((tenant.id, tenant.root, lab, user.id), (2, 2, 3, 3));
    app
}

fn place(operation: &Operation) -> String {
    path(operation, 2)
}

/// A value of the right type.
fn right(field: &Field) -> Value {
    match field.kind {
        Kind::Integer => json!(2),
        Kind::Boolean => json!(false),
        _ => json!("x"),
    }
}

/// Values of wrong types.
fn wrong(field: &Field) -> Vec<Value> {
    match field.kind {
        Kind::Integer => vec![json!("x"), json!(1.5), json!([1]), json!({}), json!(true), json!("99999999999999999999")],
        Kind::Boolean => vec![json!("perhaps"), json!(2), json!([])],
        Kind::Texts => vec![json!({}), json!([{}]), json!([["x"]]), json!(true)],
        _ => vec![json!({}), json!(["x"])],
    }
}

/// A token for this operation: none for the login.
fn token<'a>(app: &'a App, operation: &Operation) -> &'a str {
    if operation.id == "create_session" { "" } else { &app.admin }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_from_one_with_wrong_values() {
    let app = world().await;
    let deep = "[".repeat(10_000);
    for operation in operations::ALL.iter().filter(|o| !o.takes.is_empty()) {
        let send =
            async |kind: &str, body: Vec<u8>| app.text(token(&app, operation), operation.method, &place(operation), kind, body).await;
        for body in ["{", "{\"name\":", "nonsense", "name=x", "{\"a\":1}{", "{'a':1}", "\u{0}", &deep] {
            send("application/json", body.into()).await.refused(400);
        }
        send("application/x-www-form-urlencoded", "{\"name\":".into()).await.refused(400);
        send("", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await.refused(400);
        for body in ["[1]", "1", "\"x\"", "null", "true"] {
            send("application/json", body.into()).await.refused(422);
        }
        for kind in ["application/json", "application/x-www-form-urlencoded"] {
            send(kind, format!("{{\"name\":\"{}\"}}", "x".repeat(3 << 20)).into()).await.refused(413);
        }
    }
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_refused_by_the_name_of_its_parameter() {
    let app = world().await;
    for operation in operations::ALL {
        for field in operation.takes {
            for value in wrong(field) {
                let answer = app.send(token(&app, operation), operation.method, &place(operation), json!({field.name: value})).await;
                answer.refused(422);
                assert!(answer.message().starts_with(&format!("'{}", field.name)), "{} {value}: {}", operation.id, answer.message());
            }
            if matches!(field.kind, Kind::Texts) {
                continue;
            }
            let twice = format!("{}?{name}=1&{name}=2", place(operation), name = field.name);
            app.send(token(&app, operation), operation.method, &twice, Value::Null).await.refused(422);
        }
    }
    let long = app.send(&app.admin, "POST", "/keystone/users", json!({"group_id": "x".repeat(100_000)})).await;
    assert!(long.message().len() < 400, "what was sent is not sent back at length");
}

#[tokio::test]
async fn a_missing_parameter_is_named_and_null_and_empty_are_missing() {
    let app = world().await;
    let required = |operation: &Operation| if operation.id == "list_users" { vec!["group_id"] } else { operation.required.to_vec() };
    for operation in operations::ALL {
        for missing in required(operation) {
            for instead in [None, Some(Value::Null), Some(json!(""))] {
                let mut whole: Map<String, Value> = operation
                    .takes
                    .iter()
                    .filter(|f| operation.required.contains(&f.name))
                    .map(|f| (f.name.to_owned(), right(f)))
                    .collect();
                whole.remove(missing);
                whole.extend(instead.map(|value| (missing.to_owned(), value)));
                let answer = app.send(token(&app, operation), operation.method, &place(operation), Value::Object(whole)).await;
                answer.refused(400);
                assert!(answer.message().contains(&format!("'{missing}'")), "{}: {}", operation.id, answer.message());
            }
        }
    }
}

#[tokio::test]
async fn an_id_of_nothing_is_not_found_whatever_it_looks_like() {
    let app = world().await;
    for operation in operations::ALL.iter().filter(|o| o.path.contains('{')) {
        for wrong in ["0", "-1", "4711", "99999999999999999999", "x", "1.0", "%ff", "%20", "1%2f2", "1'--", "%E7%BB%84"] {
            let body = if operation.id == "update_user" { json!({"group_id": 2}) } else { Value::Null };
            app.send(&app.admin, operation.method, &path(operation, wrong), body).await.refused(404);
        }
    }
    for (method, place, body) in [
        ("POST", "/keystone/tenants", json!({"tenant_id": 99})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 99, "name": "x"})),
        ("POST", "/keystone/users", json!({"group_id": 99, "name": "x", "password": PASSWORD})),
        ("PUT", "/keystone/users/3", json!({"group_id": 99})),
        ("GET", "/keystone/users", json!({"group_id": 99})),
        ("GET", "/keystone/users", json!({"user_id": -1})),
        ("DELETE", "/keystone/users", json!({"user_id": 99})),
        ("DELETE", "/keystone/users", json!({"user_id": 3, "group_id": 99})),
    ] {
        app.send(&app.admin, method, place, body).await.refused(404);
    }
}

#[tokio::test]
async fn a_path_or_a_method_that_does_not_exist_is_told_so_in_the_envelope() {
    let app = world().await;
    for prefix in ["/auth", "/keystone", "/nova", "/network", "/storage", "/ticket"] {
        for place in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/nothing"), format!("{prefix}/nothing/2/more/")] {
            for method in ["GET", "POST", "PUT", "DELETE"] {
                app.send(&app.admin, method, &place, Value::Null).await.refused(404);
            }
        }
    }
    for operation in operations::ALL {
        app.send(&app.admin, "PATCH", &place(operation), Value::Null).await.refused(405);
        let slash = format!("{}/", place(operation));
        assert_ne!(app.send("", operation.method, &slash, Value::Null).await.status, 404, "{slash}");
    }
    for (method, place) in
        [("GET", "/auth/login"), ("DELETE", "/keystone/tenants/2"), ("GET", "/keystone/groups"), ("GET", "/keystone/users/2")]
    {
        app.send(&app.admin, method, place, Value::Null).await.refused(405);
    }
}

/// What is well formed and wrong all the same. The table has status and message of each.
#[tokio::test]
async fn what_cannot_be_done_is_told_with_what_would_be_right() {
    let app = world().await;
    app.tenant("other").await;
    let in_cloud = cloud(&app).await;
    let mut table = String::new();
    for (method, place, body) in [
        ("POST", "/auth/login", json!({"identification": "admin#shop", "password": "x"})),
        ("POST", "/auth/login", json!({"identification": "admin#nowhere", "password": "x"})),
        ("POST", "/keystone/tenants", json!({"name": "shop"})),
        ("POST", "/keystone/tenants", json!({"name": "x".repeat(129)})),
        ("POST", "/keystone/tenants", json!({"name": " "})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_name": "a b"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_password": "short"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "admin_name": "administrator", "admin_password": "administrator"})),
        ("POST", "/keystone/tenants", json!({"name": "x", "description": "\u{7}"})),
        ("POST", "/keystone/tenants/2", json!({"name": "other"})),
        ("POST", "/keystone/tenants/2", json!({"tenant_id": 3})),
        ("POST", "/keystone/tenants/2", json!({"enabled": "perhaps"})),
        ("POST", "/keystone/tenants/1", json!({"enabled": "false"})),
        ("POST", "/keystone/tenants/1", json!({"name": "top"})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 2, "name": "LAB"})),
        ("POST", "/keystone/groups", json!({"parent_group_id": 2, "name": "x".repeat(129)})),
        ("PUT", "/keystone/groups/2", json!({"name": "another"})),
        ("PUT", "/keystone/groups/3", json!({"group_id": 2})),
        ("DELETE", "/keystone/groups/2", Value::Null),
        ("DELETE", "/keystone/groups/3", Value::Null),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "ann", "password": PASSWORD})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "a#b", "password": PASSWORD})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob", "password": "short"})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob-bobson", "password": "Bob-Bobson"})),
        ("POST", "/keystone/users", json!({"group_id": 2, "name": "bob", "password": PASSWORD, "description": "\u{7}"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "name": "admin"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "name": "a b"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "password": "short"})),
        ("PUT", "/keystone/users/3", json!({"group_id": 4})),
        ("PUT", "/keystone/users/3", json!({"group_id": 3, "user_id": 2})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "enabled": false})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "password": "another-password"})),
        ("PUT", "/keystone/users/1", json!({"group_id": 1, "password": "another-password", "old_password": "wrong"})),
        ("DELETE", "/keystone/users", json!({"user_id": 3, "group_id": 2})),
        ("DELETE", "/keystone/users", json!({"user_id": 1})),
        ("GET", "/ticket/user", Value::Null),
    ]
    .into_iter()
    .chain(in_cloud)
    {
        let answer = app.send(&app.admin, method, place, body.clone()).await;
        let body = if body.is_null() {
            String::new()
        } else {
            format!(" {}", body.to_string().replace(&"x".repeat(129), "xxx...").replace(&"x".repeat(127), ""))
        };
        let _ = writeln!(table, "{} {method} {place}{}\n    {}", answer.status, body.replace(PASSWORD, "..."), answer.message());
        assert!((400..500).contains(&answer.status), "{method} {place}{body}: {}", answer.body);
        answer.refused(answer.status);
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input.txt"), &table);
}
