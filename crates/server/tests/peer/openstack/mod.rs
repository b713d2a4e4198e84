//! The OpenStack portal through the server's front door on a real OpenStack: what the cloud's own client lists is what Tenantry lists, whatever
//! happens to the server and to the cloud.

mod bad_days;
mod killed;
mod lists;
mod way;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tenantry_server::{Config, SystemClock};

use crate::common::{Answer, Server};

const PASSWORD: &str = "portal-peer-password";

/// A name that no other run uses.
fn unique(name: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The cloud that the environment names, with an administrator.
#[derive(Clone)]
struct Cloud {
    auth_url: String,
    password: String,
    /// OpenStack's own command line client.
    client: PathBuf,
}

impl Cloud {
    /// None, said on standard error, when the environment names none.
    fn of_environment() -> Option<Self> {
        let given = |name: &str| {
            let found = std::env::var(name).ok();
            if found.is_none() {
                let _ = std::io::stderr().write_all(format!("skipped: {name} names no cloud\n").as_bytes());
            }
            found
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        Some(Self {
            auth_url: given("TENANTRY_TEST_OPENSTACK")?,
            password: given("TENANTRY_TEST_OPENSTACK_PASSWORD")?,
            client: given("TENANTRY_TEST_OPENSTACK_CLIENT")?.into(),
        })
    }

    /// What a datacenter of this cloud is connected with, perhaps by a way of the test's own.
    fn connection(&self, name: &str, auth_url: &str) -> Value {
        let account = json!({"auth_url": auth_url, "username": "admin", "password": self.password, "project": "admin"});
        json!({"name": name, "kind": "openstack", "openstack": account})
    }

    /// What OpenStack's client prints as JSON for these commands in a project, a value for each that prints one.
    async fn client(&self, project: &str, commands: &[String]) -> Vec<Value> {
        let mut command = Command::new(&self.client);
        let settings = [
            ("OS_AUTH_URL", self.auth_url.as_str()),
            ("OS_IDENTITY_API_VERSION", "3"),
            ("OS_USERNAME", "admin"),
            ("OS_PASSWORD", &self.password),
            ("OS_PROJECT_NAME", project),
            ("OS_USER_DOMAIN_NAME", "Default"),
            ("OS_PROJECT_DOMAIN_NAME", "Default"),
            ("PYTHONWARNINGS", "ignore"),
        ];
        command.env_clear().envs(settings).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let lines = commands.join("\n") + "\n";
        let run = move || {
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        };
        let ended = tokio::task::spawn_blocking(run).await.unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(told.is_empty(), "{commands:?}: {told}");
        serde_json::Deserializer::from_slice(&ended.stdout).into_iter().map(Result::unwrap).collect()
    }

    async fn api(&self) -> Api {
        let http = Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": "admin", "domain": {"id": "default"}, "password": self.password});
        let scope = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
        let auth = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}});
        let answer = http.post(format!("{}/auth/tokens", self.auth_url)).json(&auth).send().await.unwrap();
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let catalog = answer.json::<Value>().await.unwrap()["token"]["catalog"].take();
        Api { http, identity: self.auth_url.clone(), token, catalog }
    }
}

/// The cloud as its administrator sees it, beside Tenantry.
struct Api {
    http: Client,
    identity: String,
    token: String,
    catalog: Value,
}

impl Api {
    async fn get(&self, service: &str, path: &str) -> Value {
        let entry = self.catalog.as_array().unwrap().iter().find(|entry| entry["type"] == service).unwrap();
        let base = entry["endpoints"][0]["url"].as_str().unwrap();
        let base = match service {
            "identity" => self.identity.clone(),
            "network" => format!("{base}/v2.0"),
            _ => base.to_owned(),
        };
        let answer = self.http.request(Method::GET, format!("{base}/{path}")).header("X-Auth-Token", &self.token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// The id of the project of that name, if there is one.
    async fn project(&self, name: &str) -> Option<String> {
        let found = self.get("identity", &format!("projects?name={name}")).await;
        found["projects"][0]["id"].as_str().map(str::to_owned)
    }

    /// The names of everything in a project that somebody made, by what it is.
    async fn contents(&self, project: &str) -> Vec<(&'static str, Value)> {
        let mut found = Vec::new();
        for (service, path, many) in [
            ("compute", "servers?all_tenants=true&project_id=PROJECT", "servers"),
            ("network", "networks?project_id=PROJECT", "networks"),
            ("network", "subnets?project_id=PROJECT", "subnets"),
            ("network", "routers?project_id=PROJECT", "routers"),
            ("network", "floatingips?project_id=PROJECT", "floatingips"),
            ("network", "ports?project_id=PROJECT", "ports"),
            // to ask for those of the project would make its default one
            ("network", "security-groups", "security_groups"),
            ("block-storage", "volumes/detail?all_tenants=true&project_id=PROJECT", "volumes"),
            ("block-storage", "snapshots?all_tenants=true&project_id=PROJECT", "snapshots"),
            ("identity", "role_assignments?scope.project.id=PROJECT", "role_assignments"),
        ] {
            let listed = self.get(service, &path.replace("PROJECT", project)).await;
            let of_project = |item: &&Value| many != "security_groups" || item["project_id"] == project;
            found.extend(listed[many].as_array().unwrap().iter().filter(of_project).map(|item| (many, item.clone())));
        }
        found
    }

    /// Nothing is left of a project: nothing in it, nobody with a role in it, and not itself.
    async fn is_empty_of(&self, name: &str, project: &str) {
        assert_eq!(self.contents(project).await, []);
        assert_eq!(self.project(name).await, None);
    }
}

/// A server whose only datacenter is the cloud, perhaps by a way of the test's own.
async fn server_on(cloud: &Cloud, auth_url: &str, configure: impl FnOnce(&mut Config)) -> Server {
    let configure = |config: &mut Config| {
        config.sandbox.create = false;
        config.tenants.default_cpu = 16;
        config.tenants.default_memory_gib = 32;
        config.tenants.wait_s = 60;
        configure(config);
    };
    let server = Server::start_with(Arc::new(SystemClock), configure).await;
    let connected = server.post("/api/v2/datacenters", cloud.connection("stack", auth_url)).await;
    assert_eq!(connected.status, 201, "{}", connected.body);
    server
}

/// A tenant of the portal, and its administrator's way of asking.
struct Tenant<'a> {
    server: &'a Server,
    id: i64,
    /// What its project is called.
    project: String,
    token: String,
}

impl<'a> Tenant<'a> {
    async fn open(server: &'a Server, name: &str, default: bool) -> Self {
        let name = unique(name);
        let new = json!({"name": name, "admin_password": PASSWORD, "default": default});
        let opened = object(server.post("/keystone/tenants", new).await, "tenant");
        assert_eq!((&opened["default"], &opened["reason"]), (&json!(default), &json!("")), "{opened}");
        let login = json!({"identification": format!("admin#{name}"), "password": PASSWORD});
        let token = object(server.send("", "POST", "/auth/login", Some(login)).await, "token").as_str().unwrap().to_owned();
        Self { server, id: opened["id"].as_i64().unwrap(), project: opened["label"].as_str().unwrap().to_owned(), token }
    }

    /// A request of the portal's dialect.
    async fn send(&self, method: &str, path: &str, mut body: Value) -> Answer {
        body["tenant_id"] = json!(self.id);
        self.server.send(&self.token, method, path, Some(body)).await
    }

    /// What a request makes or changes, when it is ready.
    async fn ready(&self, method: &str, path: &str, name: &str, body: Value) -> Value {
        let object = object(self.send(method, path, body).await, name);
        assert_eq!((&object["status"], &object["reason"]), (&json!("ready"), &json!("")), "{method} {path}: {object}");
        object
    }

    /// Everything of a kind, as the native API lists it.
    async fn natives(&self, collection: &str) -> Vec<Value> {
        let listed = self.server.get(&format!("/api/v2/{collection}?tenant_id={}&limit=100", self.id)).await.body;
        listed["items"].as_array().unwrap_or_else(|| panic!("{collection}: {listed}")).clone()
    }

    /// A server of the smallest size in these networks.
    fn new_server(name: &str, networks: &Value) -> Value {
        json!({"instance_name": name, "image_id": "cirros", "instance_type": "m1.tiny", "network_ids": networks, "virtual_server_type": 2})
    }

    fn new_network(name: &str, third: u8) -> Value {
        let (cidr, gateway) = (format!("10.7.{third}.0/24"), format!("10.7.{third}.1"));
        json!({"network_name": name, "cidr": cidr, "gateway": gateway})
    }

    /// Closes it with all that it has.
    async fn close(&self) {
        let path = format!("/api/v2/tenants/{}?cascade=true&wait=60", self.id);
        let mut last = Value::Null;
        for _ in 0..3 {
            let answer = self.server.delete(&path).await;
            if matches!(answer.status.as_u16(), 204 | 404) {
                return;
            }
            last = answer.body;
        }
        panic!("the tenant does not go: {last}");
    }
}

/// The object of an answer that was a success.
#[track_caller]
fn object(answer: Answer, name: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body[name].clone()
}
