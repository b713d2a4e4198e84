//! Putting Tenantry over a project of a real OpenStack in which somebody works, made through its own API.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::common::Server;

/// The cloud's API as somebody uses it who has nothing to do with Tenantry.
struct Somebody {
    http: Client,
    auth_url: String,
    password: String,
    token: String,
    catalog: Value,
    user: Value,
}

impl Somebody {
    async fn login(auth_url: &str, password: &str, project: Value) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": "admin", "domain": {"id": "default"}, "password": password});
        let auth = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": project}}});
        let answer = http.post(format!("{auth_url}/auth/tokens")).json(&auth).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let (catalog, user) = (body["token"]["catalog"].clone(), body["token"]["user"]["id"].clone());
        Self { http, auth_url: auth_url.to_owned(), password: password.to_owned(), token, catalog, user }
    }

    async fn call(&self, method: Method, service: &str, path: &str, body: Value) -> (u16, Value) {
        let base = match service {
            "identity" => self.auth_url.clone(),
            _ => {
                let entry = self.catalog.as_array().unwrap().iter().find(|entry| entry["type"] == service).unwrap();
                let url = entry["endpoints"][0]["url"].as_str().unwrap();
                if service == "network" { format!("{url}/v2.0") } else { url.to_owned() }
            }
        };
        let request = self.http.request(method, format!("{base}/{path}")).header("X-Auth-Token", &self.token);
        let answer = if body.is_null() { request } else { request.json(&body) }.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn make(&self, service: &str, path: &str, one: &str, body: Value) -> Value {
        let (status, made) = self.call(Method::POST, service, path, json!({one: body})).await;
        assert!(status < 300, "{path}: {status}: {made}");
        made[one].clone()
    }

    async fn there(&self, service: &str, path: &str) -> Option<Value> {
        let (status, found) = self.call(Method::GET, service, path, Value::Null).await;
        assert!(status == 200 || status == 404, "{path}: {status}: {found}");
        (status == 200).then_some(found)
    }

    /// The same in a project that they made.
    async fn inside(&self, project: &str) -> Self {
        let found = self.there("identity", "roles?name=member").await.unwrap();
        let role = found["roles"][0]["id"].as_str().unwrap();
        let path = format!("projects/{project}/users/{}/roles/{role}", self.user.as_str().unwrap());
        assert_eq!(self.call(Method::PUT, "identity", &path, Value::Null).await.0, 204);
        Self::login(&self.auth_url, &self.password, json!({"id": project})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_with_what_lives_in_it_is_taken_over_and_outlives_the_tenant() {
    let (Ok(auth_url), Ok(password)) = (std::env::var("TENANTRY_TEST_OPENSTACK"), std::env::var("TENANTRY_TEST_OPENSTACK_PASSWORD")) else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_OPENSTACK names no cloud\n");
        return;
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let name = format!("running-{}", std::process::id());
    let admin = Somebody::login(&auth_url, &password, json!({"name": "admin", "domain": {"id": "default"}})).await;
    let project = admin.make("identity", "projects", "project", json!({"name": name, "domain_id": "default", "tags": ["theirs"]})).await;
    let project = project["id"].as_str().unwrap();
    let inside = admin.inside(project).await;
    let network = inside.make("network", "networks", "network", json!({"name": "lan"})).await["id"].as_str().unwrap().to_owned();
    let subnet = json!({"network_id": network, "ip_version": 4, "cidr": "10.70.0.0/24"});
    inside.make("network", "subnets", "subnet", subnet).await;
    let volume =
        inside.make("block-storage", "volumes", "volume", json!({"name": "data", "size": 1})).await["id"].as_str().unwrap().to_owned();
    crate::until(async || {
        let found = inside.there("block-storage", &format!("volumes/{volume}")).await.unwrap();
        (found["volume"]["status"] == "available").then_some(())
    })
    .await;

    let server = Server::start().await;
    let cloud = json!({"auth_url": auth_url, "username": "admin", "password": password, "project": "admin"});
    let capacity = json!({"cpu": 64, "memory_gib": 256, "storage_gib": 1000});
    let made =
        server.post("/api/v2/datacenters", json!({"name": "cloud", "kind": "openstack", "openstack": cloud, "capacity": capacity})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let datacenter = &made.body["id"];
    let unmanaged = format!("/api/v2/datacenters/{datacenter}/unmanaged?prefix={name}");
    let listed = server.get(&unmanaged).await.body;
    assert_eq!((&listed["items"][0]["name"], &listed["items"][0]["peer_id"]), (&json!(name), &json!(project)), "{listed}");
    let adopt = format!("/api/v2/datacenters/{datacenter}/adopt?wait=60");
    let refused = server.post(&adopt, json!({"name": name, "quota": {"networks": 0}})).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("at least networks: 1"), "{}", refused.body);
    let taken = server.post(&adopt, json!({"name": name})).await;
    assert_eq!((taken.status.as_u16(), &taken.body["state"]), (201, &json!("ready")), "{}", taken.body);
    assert_eq!(server.get(&unmanaged).await.body["items"], json!([]));
    let tenant = &taken.body["tenant_id"];
    let inventory = server.get(&format!("/api/v2/tenants/{tenant}/unmanaged")).await.body;
    assert_eq!(inventory["items"].as_array().unwrap().len(), 2, "{inventory}");
    for (kind, peer_id) in [("network", &network), ("volume", &volume)] {
        let body = json!({"kind": kind, "peer_id": peer_id});
        let adopted = server.post(&format!("/api/v2/tenants/{tenant}/adopt?wait=60"), body).await;
        assert_eq!((adopted.status.as_u16(), &adopted.body["state"]), (201, &json!("ready")), "{kind}: {}", adopted.body);
    }
    let own = server.post("/api/v2/volumes?wait=60", json!({"tenant_id": tenant, "name": "own", "size_gib": 1})).await;
    assert_eq!(own.body["state"], "ready", "{}", own.body);
    let own = own.body["status"]["peer_id"].as_str().unwrap();

    let closed = server.delete(&format!("/api/v2/tenants/{tenant}?cascade=true&wait=60")).await;
    assert_eq!(closed.status, 204, "{}", closed.body);
    assert_eq!(inside.there("block-storage", &format!("volumes/{own}")).await, None, "what Tenantry made is gone");
    let left = inside.there("block-storage", &format!("volumes/{volume}")).await.unwrap();
    assert_eq!(left["volume"]["metadata"], json!({}), "{left}");
    let left = inside.there("network", &format!("networks/{network}")).await.unwrap();
    assert!(!left.to_string().contains("tenantry"), "{left}");
    let left = admin.there("identity", &format!("projects/{project}")).await.unwrap();
    assert_eq!((&left["project"]["tags"], &left["project"]["enabled"]), (&json!(["theirs"]), &json!(true)), "{left}");
    assert_eq!(server.get(&unmanaged).await.body["items"], listed["items"], "and can be taken over again");

    for (service, path) in [("block-storage", format!("volumes/{volume}")), ("network", format!("networks/{network}"))] {
        crate::until(async || (inside.call(Method::DELETE, service, &path, Value::Null).await.0 == 404).then_some(())).await;
    }
    assert_eq!(admin.call(Method::DELETE, "identity", &format!("projects/{project}"), Value::Null).await.0, 204);
}
