//! The main job through the server's front door, on the sandbox: a tenant is opened, used, grown and closed; and what happens when it is asked wrongly.

#[expect(dead_code, reason = "a harness that the tests of both dialects share")]
mod common;

use common::Server;
use http::Request;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_opened_used_grown_and_closed() {
    let server = Server::start().await;
    let init = server.get("/api/v1/organization/init").await.data();
    assert_eq!(init["account"]["balance"], 500);
    let dc = init["dcList"][0]["id"].clone();
    let body =
        json!({"orgId": "1", "userId": 1, "name": "dev", "dcIdList": [dc], "cpuQuota": 4, "memQuota": 8, "budget": 100, "balance": 50});
    let made = server.post("/api/v1/organization/new", body).await.data();
    assert_eq!(made["dataCenters"][0]["namespace"], "dev");
    assert_eq!(made["dataCenters"][0]["status"], "ready", "{made}");
    assert_eq!(made["dataCenters"][0]["resourceQuota"], json!({"cpu": 4, "mem": 8}));
    assert_eq!(made["balance"], 50);
    let org = format!("/api/v1/organizations/{}", made["orgId"].as_str().unwrap());

    let disk = server.post(&format!("{org}/rbds/"), json!({"name": "data", "size": "10", "dcId": dc})).await.data();
    assert_eq!((disk["status"].as_str(), disk["size"].as_i64()), (Some("ready"), Some(10)));
    let disk_path = format!("{org}/rbds/{}", disk["id"]);
    assert_eq!(server.post(&disk_path, json!({"size": 20})).await.data()["size"], 20);
    assert_eq!(server.post(&disk_path, json!({"size": 5})).await.refusal(), (422, 1605));

    let release = json!({"name": "web", "image": "nginx:1", "dcId": dc, "ports": [80], "disks": [{"disk": "data", "path": "/data"}]});
    let deployments = format!("{org}/users/1/deployments");
    assert_eq!(server.post(&deployments, release.clone()).await.data()["status"], "succeeded");
    assert_eq!(server.post(&deployments, json!({"name": "note", "operation": "told the team"})).await.data()["status"], "recorded");
    let listed = server.get(&deployments).await.data();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(listed[0]["name"], "note", "newest first");
    let detail = server.get(&format!("{deployments}/{}", listed[1]["id"])).await.data();
    assert_eq!(detail["image"], "nginx:1");
    assert_eq!(server.delete(&format!("{deployments}/{}", listed[1]["id"])).await.refusal(), (405, 1705));
    assert_eq!(server.delete(&disk_path).await.refusal(), (409, 1703));

    let failing = json!({"name": "bad", "image": "does-not-exist", "dcId": dc});
    let failed = server.post(&deployments, failing).await.data();
    assert_eq!(failed["status"], "failed");
    assert!(failed["message"].as_str().unwrap().contains("cannot be pulled"));

    let grown =
        server.post("/api/v1/organization/update", json!({"orgName": "dev", "cpuQuota": 6, "memQuota": 8, "balance": 80})).await.data();
    assert_eq!((&grown["dataCenters"][0]["resourceQuota"]["cpu"], &grown["balance"]), (&json!(6), &json!(80)));
    assert_eq!(server.delete(&org).await.refusal(), (409, 1703));
    assert_eq!(server.delete(&format!("{org}?cascade=true")).await.data()["status"], "deleted");
    assert_eq!(server.get(&org).await.refusal(), (404, 1414));
    assert_eq!(server.post("/api/v1/organization/check", json!({"orgName": "dev", "orgId": "1"})).await.data(), json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_bought_in_one_piece_or_not_at_all() {
    let server = Server::start().await;
    let plan = server.post("/api/v1/quotas/", json!({"name": "small", "cpu": 2, "mem": 4, "storage": 10, "cost": 30.5})).await.data();
    server.post("/api/v1/organization/new", json!({"name": "shop", "dcIdList": [1], "balance": 50})).await.data();
    let buy = json!({"orgName": "shop", "quotaPkgId": plan["id"]});
    let bought = server.post("/api/v1/organization/update", buy.clone()).await.data();
    assert_eq!((&bought["balance"], &bought["dataCenters"][0]["resourceQuota"]["cpu"]), (&json!(19.5), &json!(2)));
    assert_eq!(server.post("/api/v1/organization/update", buy).await.refusal(), (409, 1702));
    let after = server.get("/api/v1/organization").await.data();
    assert_eq!(after["organizations"][0]["cpuQuota"], 2);
    assert_eq!(after["organizations"][0]["dcIdList"], "[1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_tenant_does_not_exist_and_a_member_changes_no_quota() {
    let server = Server::start().await;
    for name in ["one", "two"] {
        server.post("/api/v1/organization/new", json!({"name": name, "dcIdList": [1], "cpuQuota": 1, "memQuota": 1})).await.data();
    }
    for (org, email, role) in
        [(2, "member@one.example", "team.member"), (2, "admin@one.example", "tenant.admin"), (3, "admin@two.example", "tenant.admin")]
    {
        let user = json!({"email": email, "password": "a-good-password", "role": role});
        let made = server.post(&format!("/api/v1/organizations/{org}/users"), user).await.data();
        assert_eq!(made["password"], "");
        assert_eq!(made["username"], email);
    }
    let member = server.login("member@one.example", "a-good-password").await;
    let stranger = server.login("admin@two.example", "a-good-password").await;
    let admin = server.login("admin@one.example", "a-good-password").await;
    for (method, path, body) in [
        ("GET", "/api/v1/organizations/2", None),
        ("POST", "/api/v1/organizations/2", Some(json!({"description": "mine"}))),
        ("DELETE", "/api/v1/organizations/2", None),
        ("GET", "/api/v1/organizations/2/users", None),
        ("GET", "/api/v1/organizations/2/dcquotas", None),
        ("POST", "/api/v1/organizations/2/rbds", Some(json!({"name": "d", "size": 1, "dcId": 1}))),
    ] {
        assert_eq!(server.send(&stranger, method, path, body.clone()).await.refusal(), (404, 1414), "{method} {path}");
        assert_eq!(server.send("", method, path, body).await.refusal(), (401, 1402), "{method} {path}");
    }
    assert_eq!(server.send(&member, "GET", "/api/v1/organizations/2", None).await.data()["name"], "one");
    for token in [&member, &admin] {
        assert_eq!(server.send(token, "POST", "/api/v1/organizations/2", Some(json!({"cpuQuota": 9}))).await.refusal(), (403, 1700));
        assert_eq!(server.send(token, "POST", "/api/v1/organizations/2", Some(json!({"balance": 9}))).await.refusal(), (403, 1700));
        assert_eq!(
            server.send(token, "POST", "/api/v1/datacenters", Some(json!({"name": "x", "kind": "sandbox"}))).await.refusal(),
            (403, 1700)
        );
        assert_eq!(server.send(token, "GET", "/api/v1/organization", None).await.data()["organizations"].as_array().map(Vec::len), Some(1));
    }
    let raise = json!({"email": "x@one.example", "password": "a-good-password", "role": "system.admin"});
    assert_eq!(server.send(&admin, "POST", "/api/v1/organizations/2/users", Some(raise)).await.refusal(), (422, 1605));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_what_is_wrong_in_the_envelope() {
    let server = Server::start().await;
    server.post("/api/v1/organization/new", json!({"name": "taken", "dcIdList": [1]})).await.data();
    let new = "/api/v1/organization/new";
    for (body, refusal) in [
        (json!({"name": "Not_A_Label", "dcIdList": [1]}), (422, 1605)),
        (json!({"dcIdList": [1]}), (400, 1601)),
        (json!({"name": "x", "dcIdList": [99]}), (422, 1605)),
        (json!({"name": "x", "dcIdList": "nonsense"}), (422, 1605)),
        (json!({"name": "x", "dcIdList": [1], "cpuQuota": {}}), (422, 1605)),
        (json!({"name": "x", "dcIdList": [1], "cpuQuota": -1}), (422, 1605)),
        (json!({"name": "x", "dcIdList": [1], "cpuQuota": 1_000_000}), (409, 1701)),
        (json!({"name": "x", "balance": 1.001}), (422, 1605)),
        (json!({"name": "taken", "dcIdList": [1]}), (409, 1404)),
        (json!([1]), (422, 1605)),
    ] {
        let answer = server.post(new, body.clone()).await;
        assert_eq!(answer.refusal(), refusal, "{body}: {}", answer.body);
        assert!(answer.body["message"].as_str().is_some_and(|m| m.len() > 10) && answer.body["message"] == answer.body["msg"]);
    }
    let raw = |body: &str| {
        Request::builder().method("POST").uri(new).header("authorization", &server.token).body(body.to_owned().into()).unwrap()
    };
    assert_eq!(server.raw(raw("{\"name\":")).await.refusal(), (400, 1600));
    let duplicate = r#"{"orgName":"wrong","dcIdList":[1],"orgName":"taken","cpuQuota":"1"}"#;
    let request = Request::builder().method("POST").uri("/api/v1/organization/update").header("token", format!("admin_{}", server.token));
    assert_eq!(server.raw(request.body(duplicate.to_owned().into()).unwrap()).await.data()["orgName"], "taken");
    assert_eq!(server.raw(raw(&format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20)))).await.refusal(), (413, 1605));
    assert_eq!(server.post("/api/v1/organization/check", json!({"orgName": "taken"})).await.refusal(), (200, 1415));
    assert_eq!(server.get("/api/v1/organizations/abc").await.refusal(), (404, 1414));
    assert_eq!(server.get("/api/v1/organizations/").await.status.as_u16(), 200);
    assert_eq!(server.get("/api/v1/nothing").await.refusal(), (404, 1414));
    assert_eq!(server.send("0".repeat(64).as_str(), "GET", "/api/v1/organizations", None).await.refusal(), (401, 1402));
    let wrong = server.post("/api/v1/users/login", json!({"username": "admin", "password": "wrong-password"})).await;
    let unknown = server.post("/api/v1/users/login", json!({"username": "nobody", "password": "wrong-password"})).await;
    assert_eq!((wrong.refusal(), wrong.body["message"].clone()), ((401, 1401), unknown.body["message"].clone()));
    let down = json!({"name": "far", "endpoint": "https://127.0.0.1:1", "token": "secret-token"});
    let answer = server.post("/api/v1/datacenters", down).await;
    assert_eq!(answer.refusal(), (502, 1706));
    assert!(!answer.body.to_string().contains("secret-token"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_slowed_down_and_a_change_ends_other_sessions() {
    let server = Server::start().await;
    server.post("/api/v1/organization/new", json!({"name": "one"})).await.data();
    let user = json!({"email": "u@one.example", "password": "a-good-password"});
    let id = server.post("/api/v1/organizations/2/users", user).await.data()["id"].clone();
    let (first, second) = (server.login("u@one.example", "a-good-password").await, server.login("u@one.example", "a-good-password").await);
    let path = format!("/api/v1/user/{id}/password");
    let change = |old: &str| Some(json!({"oldPassword": old, "newPassword": "another-password"}));
    assert_eq!(server.send(&first, "POST", &path, change("wrong-password")).await.refusal(), (422, 1417));
    server.send(&first, "POST", &path, change("a-good-password")).await.data();
    assert_eq!(server.send(&second, "GET", "/api/v1/organizations/2", None).await.refusal(), (401, 1402));
    server.send(&first, "GET", "/api/v1/organizations/2", None).await.data();
    let mut last = (0, 0);
    for _ in 0..8 {
        last = server.post("/api/v1/users/login", json!({"username": "u@one.example", "password": "wrong"})).await.refusal();
    }
    assert_eq!(last, (429, 1704));
    server.send(&first, "POST", &format!("/api/v1/users/{id}/logout"), None).await.data();
    assert_eq!(server.send(&first, "GET", "/api/v1/organizations/2", None).await.refusal(), (401, 1402));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_documents_has_a_route_that_asks_for_a_token() {
    let server = Server::start().await;
    for operation in tenantry_dialect_container_cloud::operations::ALL {
        let path = operation.path.split(['{', '}']).enumerate().map(|(i, part)| if i % 2 == 1 { "1" } else { part }).collect::<String>();
        let answer = server.send("", operation.method, &path, None).await;
        let expected = if operation.id == "create_session" { (400, 1601) } else { (401, 1402) };
        assert_eq!(answer.refusal(), expected, "{} {} {path}: {}", operation.group, operation.method, answer.body);
    }
    let listed = server.get("/openapi/container-cloud.json").await.body;
    assert_eq!(listed["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
}
