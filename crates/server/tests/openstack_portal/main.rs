//! The OpenStack portal's dialect through the server's front door: its document, and the way of a tenant's people from the first login to the last.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[expect(dead_code, reason = "a harness that the tests of all dialects share")]
#[path = "../common/mod.rs"]
mod common;

mod cloud;

use common::{Server, request};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tenantry_dialect_openstack_portal::operations::{self, Operation};

const PASSWORD: &str = "portal-test-password";

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_present_one() {
    let server = Server::start().await;
    let document = server.get("/openapi/openstack-portal.json").await.body;
    let present = serde_json::to_string_pretty(&document).unwrap() + "\n";
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/openapi/openstack-portal.json"), &present);
}

/// The object of an answer that was a success.
#[track_caller]
fn object(answer: common::Answer, name: &str) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body[name].clone()
}

async fn login(server: &Server, identification: &str) -> String {
    let body = json!({"identification": identification, "password": PASSWORD});
    object(server.send("", "POST", "/auth/login", Some(body)).await, "token").as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_people_manage_themselves_until_the_tenant_is_disabled() {
    let server = Server::start().await;
    let new = json!({"name": "客户 One", "customer_manager": "Li", "admin_name": "boss", "admin_password": PASSWORD, "default": true});
    let tenant = object(server.post("/keystone/tenants/", new).await, "tenant");
    assert_eq!((&tenant["label"], &tenant["default"], &tenant["enabled"]), (&json!("one"), &json!(true), &json!(true)));
    let opened = server.get(&format!("/api/v1/organizations/{}/datacenters", tenant["id"])).await.data();
    assert_eq!((&opened[0]["namespace"]["name"], &opened[0]["namespace"]["status"]), (&json!("one"), &json!("ready")), "it was waited for");

    let boss = login(&server, "boss#客户 One").await;
    let group = json!({"parent_group_id": tenant["root_group_id"], "name": "lab"});
    let lab = object(server.send(&boss, "POST", "/keystone/groups", Some(group)).await, "group");
    let user = |group: &Value, name: &str, is_admin: bool| {
        Some(json!({"group_id": group, "name": name, "password": PASSWORD, "is_admin": is_admin}))
    };
    object(server.send(&boss, "POST", "/keystone/users", user(&lab["id"], "lead", true)).await, "user");
    let lead = login(&server, "lead#客户 One").await;
    object(server.send(&lead, "POST", "/keystone/users", user(&lab["id"], "ann", false)).await, "user");
    let refused = server.send(&lead, "POST", "/keystone/users", user(&tenant["root_group_id"], "bob", false)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]["code"]), (403, &json!(403)));
    let ann = login(&server, "ann#客户 One").await;
    let users = server.send(&ann, "GET", &format!("/keystone/users?group_id={}", lab["id"]), None).await;
    assert_eq!(object(users, "users").as_array().map(Vec::len), Some(2));

    // one token for all dialects, in the cookie too
    assert_eq!(server.send(&ann, "GET", "/api/v2/sessions/current", None).await.body["user"]["username"], "ann");
    let cookie = format!("tenantry_session={ann}");
    let with_cookie = request("", "GET", "/keystone/tenants", &[("cookie", &cookie)], None);
    assert_eq!(object(server.raw(with_cookie).await, "tenants")[0]["name"], "客户 One");

    let own = server.send(&boss, "POST", "/keystone/tenants", Some(json!({"tenant_id": tenant["id"], "enabled": "false"}))).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "nobody locks themselves out: {}", own.body);
    let path = format!("/keystone/tenants/{}", tenant["id"]);
    assert_eq!(object(server.post(&path, json!({"enabled": "false"})).await, "tenant")["enabled"], false);
    for token in [&boss, &lead, &ann] {
        for place in ["/keystone/tenants", "/api/v1/organizations", "/api/v2/sessions/current"] {
            assert_eq!(server.send(token, "GET", place, None).await.status, StatusCode::UNAUTHORIZED, "{place}");
        }
    }
    let again = json!({"identification": "ann#客户 One", "password": PASSWORD});
    assert_eq!(server.send("", "POST", "/auth/login", Some(again)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(object(server.post(&path, json!({"enabled": "true"})).await, "tenant")["enabled"], true);
    login(&server, "ann#客户 One").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_and_what_is_refused_is_in_the_audit() {
    let server = Server::start().await;
    let tenant = object(server.post("/keystone/tenants", json!({"name": "one", "admin_password": PASSWORD})).await, "tenant");
    let boss = login(&server, "admin#one").await;
    let user = json!({"group_id": tenant["root_group_id"], "name": "ann", "password": PASSWORD});
    let ann = object(server.send(&boss, "POST", "/keystone/users", Some(user)).await, "user");
    let change = json!({"group_id": 1, "description": "x"});
    assert_eq!(server.send(&boss, "PUT", &format!("/keystone/users/{}", ann["id"]), Some(change)).await.status, StatusCode::NOT_FOUND);
    let stranger = json!({"group_id": 1, "name": "x", "password": PASSWORD});
    assert_eq!(server.send(&boss, "POST", "/keystone/users", Some(stranger)).await.status, StatusCode::NOT_FOUND);
    let unreadable = server.send(&boss, "POST", "/keystone/groups", Some(json!({"parent_group_id": "x"}))).await;
    assert_eq!(unreadable.status, StatusCode::UNPROCESSABLE_ENTITY);
    object(server.send(&boss, "GET", "/auth/logout", None).await, "user");
    let listed = server.get("/api/v2/audit?limit=100").await.body;
    let seen: Vec<String> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["dialect"] == "openstack_portal")
        .map(|r| ["action", "object", "outcome"].map(|f| r[f].as_str().unwrap_or_default()).join(" "))
        .collect();
    for wanted in [
        "create tenant allowed",
        "create user allowed",
        "login session allowed",
        "update user refused",
        "create user refused",
        "logout session allowed",
        "request request refused",
    ] {
        assert!(seen.iter().any(|s| s == wanted), "no '{wanted}' in {seen:?}");
    }
    assert!(!listed.to_string().contains(PASSWORD), "a password is in the audit");
}

/// Sends a request with an id of its own; answers with its status and the outcomes that the audit has of it.
async fn recorded(server: &Server, token: &str, operation: &Operation, turn: usize, body: &str) -> (u16, Vec<Value>) {
    let path: String = operation.path.split(['{', '}']).enumerate().map(|(i, part)| if i % 2 == 1 { "2" } else { part }).collect();
    let id = format!("portal-{turn}-{}-{}", operation.id, body.len());
    let request = Request::builder().method(operation.method).uri(path).header("authorization", token).header("x-request-id", &id);
    let answer = server.raw(request.body(body.to_owned().into()).unwrap()).await;
    let listed = server.get("/api/v2/audit?limit=20").await.body;
    let records = listed["items"].as_array().unwrap().iter().filter(|r| r["request_id"] == json!(id));
    (answer.status.as_u16(), records.map(|r| r["outcome"].clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_leaves_one_record_whoever_tried_it() {
    let server = Server::start().await;
    object(server.post("/keystone/tenants", json!({"name": "one", "admin_password": PASSWORD})).await, "tenant");
    object(server.post("/keystone/tenants", json!({"name": "two", "admin_password": PASSWORD})).await, "tenant");
    let (own, stranger) = (login(&server, "admin#one").await, login(&server, "admin#two").await);
    let body = |id: &str| match id {
        "create_session" => json!({"identification": "admin#one", "password": PASSWORD}),
        "create_tenant" => json!({"tenant_id": 2, "description": "x"}),
        "create_group" => json!({"parent_group_id": 2, "name": "lab"}),
        "create_user" => json!({"group_id": 2, "name": "ann", "password": PASSWORD}),
        "update_user" => json!({"group_id": 2, "description": "x"}),
        "delete_user" => json!({"user_id": 2}),
        _ => json!({"description": "x"}),
    };
    for operation in operations::ALL.iter().filter(|o| o.method != "GET") {
        for (turn, token) in [&own, &stranger].into_iter().enumerate() {
            for sent in ["{".to_owned(), body(operation.id).to_string()] {
                let (status, outcomes) = recorded(&server, token, operation, turn, &sent).await;
                let outcome = if status == 200 { "allowed" } else { "refused" };
                assert_eq!(outcomes, [json!(outcome)], "{} {sent} by {turn}: {status}", operation.id);
            }
        }
        let (status, outcomes) = recorded(&server, "", operation, 2, "{").await;
        assert!(matches!(status, 400 | 401) && outcomes.is_empty(), "{}: who is not logged in fills no audit", operation.id);
    }
}
