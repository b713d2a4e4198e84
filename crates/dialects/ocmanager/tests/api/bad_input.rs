//! What is wrong is told in the document's shape, by status and code, and the message names the field.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tenantry_dialect_ocmanager::operations::{self, Field, Kind, Operation};
use tenantry_domain::page::PageRequest;
use tenantry_service::audit::{self, AuditFilter, AuditOrder};

use crate::app::{App, BASE, Envelope as _, PASSWORD, path};

/// A world with the tenant `dev`, the user `a` who works in it, and the link `home`.
async fn world() -> App {
    let app = App::start().await;
    app.tenant("dev").await;
    app.user("a", "dev", "team.member").await;
    app.ok("create_link", &[], json!({"name": "home", "href": "/x"})).await;
    app
}

/// Names and ids that exist, as far as the table knows them: what is tested here is refused before or after it is looked for.
fn names(operation: &Operation, user: &str) -> Vec<String> {
    let tenants = operation.path.starts_with("/ocmanager/v1/api/tenant");
    let one = |name: &str| match name {
        "tenantId" => "dev",
        "id" if tenants => "dev",
        "userName" | "name" => "a",
        "link" => "home",
        _ => user,
    };
    operation.path.split(['{', '}']).skip(1).step_by(2).map(one).map(str::to_owned).collect()
}

async fn user(app: &App) -> String {
    app.ok("get_user_by_name", &["a"], Value::Null).await["id"].as_str().unwrap().to_owned()
}

fn place(operation: &Operation, user: &str) -> String {
    let names = names(operation, user);
    path(operation, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A value of the right type.
fn right(field: &Field) -> Value {
    if matches!(field.kind, Kind::Boolean) { json!(false) } else { json!("x") }
}

/// Values of wrong types.
fn wrong(field: &Field) -> Vec<Value> {
    match field.kind {
        Kind::Boolean => vec![json!("perhaps"), json!(2), json!([])],
        _ => vec![json!({}), json!(["x"])],
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_from_one_with_wrong_values() {
    let app = world().await;
    let user = user(&app).await;
    let deep = "[".repeat(10_000);
    for operation in operations::ALL.iter().filter(|o| !o.takes.is_empty()) {
        let place = place(operation, &user);
        for body in ["{", "{\"name\":", "nonsense", "{\"a\":1}{", "{'a':1}", "\u{0}", &deep] {
            app.text(&app.admin, operation.method, &place, body.to_owned()).await.refused((400, 400));
        }
        app.text(&app.admin, operation.method, &place, vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await.refused((400, 400));
        for body in ["[1]", "1", "\"x\"", "null", "true"] {
            app.text(&app.admin, operation.method, &place, body).await.refused((422, 422));
        }
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(3 << 20));
        app.text(&app.admin, operation.method, &place, large).await.refused((413, 413));
    }
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_refused_by_the_name_of_its_field() {
    let app = world().await;
    let user = user(&app).await;
    for operation in operations::ALL {
        for field in operation.takes {
            for value in wrong(field) {
                let answer = app.send(&app.admin, operation.method, &place(operation, &user), json!({field.name: value})).await;
                assert_eq!(answer.codes(), (422, 422), "{} {}={value}: {}", operation.id, field.name, answer.body);
                assert!(answer.message().starts_with(&format!("'{}'", field.name)), "{} {value}: {}", operation.id, answer.message());
            }
        }
    }
}

#[tokio::test]
async fn a_missing_field_is_named_and_null_and_nothing_are_missing() {
    let app = world().await;
    let user = user(&app).await;
    for operation in operations::ALL {
        for missing in operation.required {
            for body in [None, Some(Value::Null), Some(json!(""))] {
                let mut whole: Map<String, Value> = Map::new();
                for field in operation.takes.iter().filter(|f| operation.required.contains(&f.name)) {
                    whole.insert(field.name.to_owned(), right(field));
                }
                whole.remove(*missing);
                whole.extend(body.map(|null| ((*missing).to_owned(), null)));
                let answer = app.send(&app.admin, operation.method, &place(operation, &user), Value::Object(whole)).await;
                answer.refused((400, 400));
                assert_eq!(answer.message(), format!("'{missing}' is required"), "{}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn a_name_of_nothing_is_not_found_whatever_it_looks_like() {
    let app = world().await;
    let user = user(&app).await;
    for operation in operations::ALL.iter().filter(|o| o.path.contains('{') && o.id != "logout") {
        let right = names(operation, &user);
        for wrong in ["none", "0", "00000000-0000-0000-0000-000000000000", "%ff", "%20", "a%2fb", "1'--", "%E7%BB%84", &"x".repeat(500)] {
            // one name that is wrong at a time: the others are those of the world
            for at in 0..right.len() {
                let names: Vec<&str> = right.iter().enumerate().map(|(i, name)| if i == at { wrong } else { name.as_str() }).collect();
                let body = json!({"userId": user, "roleId": "3", "password": PASSWORD});
                let body = if operation.id.contains("assignment") || operation.id == "update_user_password" { body } else { json!({}) };
                let body = if operation.takes.is_empty() { Value::Null } else { body };
                let answer = app.send(&app.admin, operation.method, &path(operation, &names), body).await;
                assert_eq!(answer.codes(), (404, 404), "{} {names:?}: {}", operation.id, answer.body);
                assert!(answer.message().len() < 300, "{}", answer.message());
            }
        }
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused() {
    let app = world().await;
    let user = user(&app).await;
    for operation in operations::ALL {
        for field in operation.asks {
            let wrong: &[&str] = match field.kind {
                Kind::Integer => &["x", "0", "-1", "1.5", "99999999999999999999"],
                _ => &["perhaps", "2"],
            };
            for value in wrong {
                let place = format!("{}?{}={value}", place(operation, &user), field.name);
                app.send(&app.admin, operation.method, &place, Value::Null).await.refused((422, 422));
            }
        }
    }
    assert_eq!(app.send(&app.admin, "GET", &format!("{BASE}/user?colour=red&page="), Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_path_or_a_method_that_does_not_exist_is_told_so() {
    let app = world().await;
    let user = user(&app).await;
    for place in
        ["", "/", "/nothing", "/user/id", "/user/a/b/c", "/tenant/dev/nothing", "/service", "/service/df", "/tenant/dev/service/instances"]
    {
        for method in ["GET", "POST"] {
            let answer = app.send(&app.admin, method, &format!("{BASE}{place}"), Value::Null).await;
            let known = matches!((place, method), ("/user/id", _));
            answer.refused(if known { (405, 405) } else { (404, 404) });
            assert_eq!(answer.body["status"], "request failed");
        }
    }
    for operation in operations::ALL {
        let place = place(operation, &user);
        app.send(&app.admin, "PATCH", &place, Value::Null).await.codes().0.eq(&405).then_some(()).unwrap();
        let slash = format!("{place}/");
        assert_ne!(app.send("", operation.method, &slash, Value::Null).await.status, 404, "{slash}");
    }
    let authc = app.send("", "GET", &format!("{BASE}/authc/login"), Value::Null).await;
    assert_eq!((authc.status, &authc.body["resCode"]), (405, &json!(405)));
}

#[tokio::test]
async fn every_failure_says_which_operation_failed() {
    let app = world().await;
    let user = user(&app).await;
    for operation in operations::ALL {
        let answer = app.send("", operation.method, &place(operation, &user), Value::Null).await;
        assert_eq!(answer.body["status"], operations::failed(operation), "{}", operation.id);
        let code = if operation.path.contains("/authc/") { "resCode" } else { "resCodel" };
        assert_eq!(answer.body[code], answer.status, "{}: {}", operation.id, answer.body);
    }
}

/// What is well formed and wrong all the same. The table has status, code and message of each.
#[tokio::test]
async fn what_cannot_be_done_is_told_with_what_would_be_right() {
    let app = world().await;
    let mut table = String::new();
    for (method, place, body) in [
        ("POST", "/authc/login", json!({"username": "admin", "password": "x"})),
        ("POST", "/user", json!({"username": "a", "password": PASSWORD})),
        ("POST", "/user", json!({"username": "a b", "password": PASSWORD})),
        ("POST", "/user", json!({"username": "b", "password": "short"})),
        ("POST", "/user", json!({"username": "somebody", "password": "somebody"})),
        ("POST", "/user", json!({"username": "b", "password": PASSWORD, "email": "no address"})),
        ("POST", "/user", json!({"username": "b", "password": PASSWORD, "description": "x".repeat(1001)})),
        ("POST", "/user", json!({"username": "b", "password": PASSWORD, "tenantId": "none"})),
        ("PUT", "/user/name/a", json!({"email": "no address"})),
        ("PUT", "/user/name/a", json!({"username": "b"})),
        ("PUT", "/user/name/a", json!({"password": PASSWORD})),
        ("PUT", "/user/a/password", json!({"password": "short"})),
        ("PUT", "/user/a/password", json!({"password": ""})),
        ("DELETE", "/user/a", Value::Null),
        ("GET", "/user/ldap", Value::Null),
        ("POST", "/tenant", json!({"name": "x", "id": "Not_A_Label"})),
        ("POST", "/tenant", json!({"name": "x", "id": "x".repeat(64)})),
        ("POST", "/tenant", json!({"name": "x", "id": "dev"})),
        ("POST", "/tenant", json!({"name": "dev", "id": "x"})),
        ("POST", "/tenant", json!({"name": "x", "parentId": "none"})),
        ("POST", "/tenant", json!({"name": "x\u{7}"})),
        ("POST", "/tenant", json!({"name": "x", "description": "x".repeat(1001)})),
        ("DELETE", "/tenant/root", Value::Null),
        ("POST", "/tenant/dev/user/role/assignment", json!({"userId": "a", "roleId": "king"})),
        ("POST", "/tenant/dev/user/role/assignment", json!({"userId": "a", "roleId": "2"})),
        ("POST", "/tenant/dev/user/role/assignment", json!({"userId": "nobody", "roleId": "2"})),
        ("POST", "/tenant/dev/user/role/assignment", json!({"userId": "admin", "roleId": "telecom"})),
        ("PUT", "/tenant/dev/user/role/assignment", json!({"userId": "admin", "roleId": "2"})),
        ("DELETE", "/tenant/root/user/admin/role/assignment", Value::Null),
        ("DELETE", "/tenant/dev/user/admin/role/assignment", Value::Null),
        ("GET", "/tenant/dev/user/nobody/role", Value::Null),
        ("GET", "/sso/user", Value::Null),
        ("POST", "/dashboard/link", json!({"name": "home", "href": "/x"})),
        ("POST", "/dashboard/link", json!({"name": "x", "href": "javascript:alert(1)"})),
        ("POST", "/dashboard/link", json!({"name": "x", "href": "/x", "imageUrl": "data:image/png;base64,x"})),
        ("PUT", "/dashboard/link/home", json!({"href": ""})),
        ("GET", "/service", Value::Null),
        ("PUT", "/role", Value::Null),
    ] {
        let answer = app.send(&app.admin, method, &format!("{BASE}{place}"), body.clone()).await;
        let (status, code) = answer.codes();
        let body = if body.is_null() { String::new() } else { format!(" {body}") };
        let body = body.replace(PASSWORD, "...").replace(&"x".repeat(1001), "xxx..").replace(&"x".repeat(64), "xx..");
        let message = answer.message().replace(&"x".repeat(64), "xx..");
        let _ = writeln!(table, "{status} {code} {method} {place}{body}\n    {}: {message}", answer.body["status"].as_str().unwrap());
        assert!((400..500).contains(&status), "{method} {place}{body}: {}", answer.body);
    }
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_input.txt"), &table);
}

#[tokio::test]
async fn what_is_tried_is_in_the_audit_also_when_it_could_not_be_read() {
    let app = world().await;
    app.text(&app.admin, "POST", &format!("{BASE}/tenant"), "{").await.refused((400, 400));
    app.send(&app.admin, "DELETE", &format!("{BASE}/tenant/root"), Value::Null).await.refused((409, 409));
    app.send(&app.admin, "DELETE", &format!("{BASE}/tenant/none"), Value::Null).await.refused((404, 404));
    let ctx = app.ctx(&app.admin).await;
    let records = audit::list(&ctx, &AuditFilter::default(), AuditOrder::Newest, &PageRequest::first(3)).await.unwrap().items;
    let told: Vec<_> = records.iter().map(|r| (r.action.as_str(), r.outcome.as_str(), r.dialect.as_str())).collect();
    assert_eq!(told, [("request", "refused", "ocmanager"), ("delete", "refused", "ocmanager"), ("request", "refused", "ocmanager")]);
}
