//! The ocmanager dialect through the server's front door: its document, and a walk from nothing to a tree of tenants with people in it.

#[expect(dead_code, reason = "a harness that the tests of all dialects share")]
#[path = "../common/mod.rs"]
mod common;

use common::{PASSWORD, Server, request};
use serde_json::{Value, json};

const BASE: &str = "/ocmanager/v1/api";

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_present_one() {
    let server = Server::start().await;
    let document = server.get("/openapi/ocmanager.json").await.body;
    let present = serde_json::to_string_pretty(&document).unwrap() + "\n";
    tenantry_testkit::committed(concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/openapi/ocmanager.json"), &present);
}

/// The bare answer of a success.
async fn ok(server: &Server, token: &str, method: &str, place: &str, body: Option<Value>) -> Value {
    let answer = server.send(token, method, &format!("{BASE}{place}"), body).await;
    assert_eq!(answer.status.as_u16(), 200, "{method} {place}: {}", answer.body);
    answer.body
}

async fn login(server: &Server, username: &str, password: &str) -> String {
    let body = json!({"username": username, "password": password});
    let answer = ok(server, "", "POST", "/authc/login", Some(body)).await;
    answer["token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_of_tenants_is_opened_peopled_and_closed() {
    let server = Server::start().await;
    let admin = login(&server, "admin", PASSWORD).await;
    assert!(admin.starts_with("admin_") && admin.len() == "admin_".len() + 64);

    let project = ok(&server, &admin, "POST", "/tenant", Some(json!({"id": "research", "name": "Research", "parentId": "root"}))).await;
    assert_eq!((&project["metadata"]["name"], &project["status"]["phase"]), (&json!("research"), &json!("Active")), "the answer waits");
    let org = server.get("/api/v1/organizations").await.data();
    assert_eq!((&org[0]["name"], &org[0]["dcIdList"]), (&json!("Research"), &json!([1])), "the other dialects show the same tenant");

    let new = json!({"username": "boss", "password": "a-good-password", "email": "boss@research.example"});
    let boss_id = ok(&server, &admin, "POST", "/user", Some(new)).await["id"].clone();
    let grant = json!({"userId": boss_id, "roleId": "a12a84d0-524a-11e7-9dbb-fa163ed7d0ae"});
    ok(&server, &admin, "POST", "/tenant/research/user/role/assignment", Some(grant)).await;
    let boss = login(&server, "boss", "a-good-password").await;

    for id in ["physics", "biology"] {
        let project = ok(&server, &boss, "POST", "/tenant/", Some(json!({"id": id, "name": id, "parentId": "research"}))).await;
        assert_eq!(project["status"]["phase"], "Active", "{project}");
    }
    let member = ok(&server, &boss, "POST", "/user", Some(json!({"username": "m.curie", "password": "a-good-password"}))).await;
    let grant = json!({"userId": member["id"], "roleId": "team.member"});
    ok(&server, &boss, "POST", "/tenant/physics/user/role/assignment", Some(grant)).await;
    let curie = login(&server, "m.curie", "a-good-password").await;
    let reached = ok(&server, &curie, "GET", "/user/name/m.curie/all/tenants", None).await;
    assert_eq!(reached, json!([{"description": "", "id": "physics", "level": 3, "name": "physics"}]));
    let hidden = server.send(&curie, "GET", &format!("{BASE}/tenant/biology"), None).await;
    assert_eq!((hidden.status.as_u16(), &hidden.body["resCodel"]), (404, &json!(404)));
    let bare = curie.rsplit('_').next().unwrap();
    assert_eq!(
        server.send(bare, "GET", "/api/v1/organizations", None).await.data()[0]["name"],
        "physics",
        "a session holds in every dialect"
    );

    let blocked = server.send(&admin, "DELETE", &format!("{BASE}/tenant/research"), None).await;
    assert_eq!((blocked.status.as_u16(), &blocked.body["status"]), (409, &json!("delete tenant failed")));
    assert!(blocked.body["message"].as_str().unwrap().contains("tenant 'physics'"), "{}", blocked.body);
    for id in ["physics", "biology", "research"] {
        let gone = ok(&server, &admin, "DELETE", &format!("/tenant/{id}"), None).await;
        assert_eq!(gone, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200}));
    }
    assert_eq!(ok(&server, &admin, "GET", "/tenant", None).await.as_array().unwrap().len(), 1);
    ok(&server, &admin, "DELETE", "/authc/logout/admin", None).await;
    assert_eq!(server.send(&admin, "GET", &format!("{BASE}/user"), None).await.status.as_u16(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_document_has_a_route_that_asks_for_a_token() {
    let server = Server::start().await;
    for operation in tenantry_dialect_ocmanager::operations::ALL {
        let path = operation.path.split(['{', '}']).enumerate().map(|(i, part)| if i % 2 == 1 { "x" } else { part }).collect::<String>();
        let answer = server.send("", operation.method, &path, None).await;
        let expected = match operation.id {
            "login" => 400,
            "get_proxy_user" => 403,
            _ => 401,
        };
        assert_eq!(answer.status.as_u16(), expected, "{} {} {path}: {}", operation.group, operation.method, answer.body);
    }
    let large = Some(json!({"name": "x".repeat(2 << 20)}));
    let refused = server.raw(request(&server.token, "POST", &format!("{BASE}/tenant"), &[], large)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["resCodel"]), (413, &json!(413)));
}
