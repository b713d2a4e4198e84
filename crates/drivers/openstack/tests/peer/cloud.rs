//! The cloud under test: the driver on it, and its API as somebody else would use it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tenantry_domain::cloud::{Catalog, NetworkSpec, Power, SecurityGroupSpec, ServerNetwork, ServerSize, ServerSpec};
use tenantry_domain::datacenter::{DatacenterOptions, OpenstackAccount, OpenstackConnection};
use tenantry_domain::quota::Limits;
use tenantry_domain::{ResourceId, Uid};
use tenantry_driver_api::cloud::{
    CloudNetworks as _, CloudPlace, NetworkWant, Offers as _, RouterInterfaceWant, RouterWant, SecurityGroupWant, ServerWant, VolumeWant,
};
use tenantry_driver_api::{Deletion, Guard, NamespaceWant, Namespaces as _, Place, Result, Rollout};
use tenantry_driver_openstack::OpenStack;

pub(crate) const ROUNDS: u32 = 240;
pub(crate) const PAUSE: Duration = Duration::from_millis(250);
static COUNT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn uid() -> Uid {
    Uid(uuid::Uuid::from_u128((u128::from(std::process::id()) << 64) + u128::from(COUNT.fetch_add(1, Ordering::Relaxed))))
}

pub(crate) fn unique(name: &str) -> String {
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The administrator's connection to the cloud that the environment names; none, said on standard error, when it names none.
pub(crate) fn connection() -> Option<OpenstackConnection> {
    let (Ok(auth_url), Ok(password)) = (std::env::var("TENANTRY_TEST_OPENSTACK"), std::env::var("TENANTRY_TEST_OPENSTACK_PASSWORD")) else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_OPENSTACK names no cloud\n");
        return None;
    };
    let account =
        OpenstackAccount::User { name: "admin".to_owned(), password, domain: None, project: "admin".to_owned(), project_domain: None };
    Some(OpenstackConnection { auth_url, account, region: None, domain: None, interface: None, ca_pem: None })
}

pub(crate) fn connect(connection: &OpenstackConnection) -> OpenStack {
    let options = DatacenterOptions { private_flavors: true, ..DatacenterOptions::default() };
    OpenStack::connect(connection, &options, &Guard::new(&["127.0.0.0/8", "::1"]).unwrap()).unwrap()
}

/// The services' APIs with an administrator's token, beside the driver.
pub(crate) struct Api {
    http: Client,
    pub(crate) auth_url: String,
    token: String,
    catalog: Value,
    pub(crate) user: String,
}

impl Api {
    pub(crate) async fn login(auth_url: &str, password: &str, scope: Value) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().unwrap();
        let user = json!({"name": "admin", "domain": {"id": "default"}, "password": password});
        let auth = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": scope}}});
        let answer = http.post(format!("{auth_url}/auth/tokens")).json(&auth).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let (catalog, user) = (body["token"]["catalog"].clone(), body["token"]["user"]["id"].as_str().unwrap().to_owned());
        Self { http, auth_url: auth_url.to_owned(), token, catalog, user }
    }

    pub(crate) async fn call(&self, method: Method, service: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let base = if service == "identity" {
            self.auth_url.clone()
        } else {
            let entry = self.catalog.as_array().unwrap().iter().find(|entry| entry["type"] == service).unwrap();
            let url = entry["endpoints"][0]["url"].as_str().unwrap();
            if service == "network" { format!("{url}/v2.0") } else { url.to_owned() }
        };
        let mut request = self.http.request(method, format!("{base}/{path}")).header("X-Auth-Token", &self.token);
        request = request.header("OpenStack-API-Version", if service == "compute" { "compute 2.72" } else { "volume 3.59" });
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, service: &str, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, service, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn post(&self, service: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, service, path, Some(body)).await;
        assert!(status < 300, "{path}: {status}: {answer}");
        answer
    }

    pub(crate) async fn put(&self, service: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::PUT, service, path, Some(body)).await;
        assert!(status < 300, "{path}: {status}: {answer}");
        answer
    }

    pub(crate) async fn delete(&self, service: &str, path: &str) {
        let (status, answer) = self.call(Method::DELETE, service, path, None).await;
        assert!(status < 300, "{path}: {status}: {answer}");
    }

    /// The API inside a project.
    pub(crate) async fn let_in(&self, project: &str, password: &str) -> Self {
        let roles = self.get("identity", "roles?name=member").await;
        let role = roles["roles"][0]["id"].as_str().unwrap();
        self.put("identity", &format!("projects/{project}/users/{}/roles/{role}", self.user), json!({})).await;
        Self::login(&self.auth_url, password, json!({"id": project})).await
    }

    /// Waits until a server is what is said.
    pub(crate) async fn server_is(&self, id: &str, status: &str) {
        for _ in 0..ROUNDS {
            let (code, server) = self.call(Method::GET, "compute", &format!("servers/{id}"), None).await;
            let rests = server["server"]["OS-EXT-STS:task_state"].is_null();
            if (code == 404 && status == "gone") || (rests && server["server"]["status"] == status) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the server {id} does not become {status}");
    }
}

/// A tenant's project in the cloud, and what it can choose from.
pub(crate) struct Scene {
    pub(crate) connection: OpenstackConnection,
    pub(crate) driver: OpenStack,
    pub(crate) want: NamespaceWant,
    pub(crate) catalog: Catalog,
    /// The project's id.
    pub(crate) project: String,
    pub(crate) api: Api,
}

impl Scene {
    /// A new project; none without a cloud.
    pub(crate) async fn begin(name: &str) -> Option<Self> {
        let connection = connection()?;
        Some(Self::begin_as(name, connection.clone(), &connection).await)
    }

    /// A new project made by one account, looked at by the administrator.
    pub(crate) async fn begin_as(name: &str, connection: OpenstackConnection, admin: &OpenstackConnection) -> Self {
        let OpenstackAccount::User { password, .. } = &admin.account else { unreachable!() };
        let driver = connect(&connection);
        let want = NamespaceWant { name: unique(name), uid: uid(), tenant_uid: uid(), limits: Limits::NONE, adopt: false, existed: false };
        driver.ensure_namespace(&want).await.unwrap();
        let catalog = driver.catalog(&want.name).await.unwrap();
        let api = Api::login(&admin.auth_url, password, json!({"name": "admin", "domain": {"id": "default"}})).await;
        let found = api.get("identity", &format!("projects?name={}", want.name)).await;
        let project = found["projects"][0]["id"].as_str().unwrap().to_owned();
        Self { connection, driver, want, catalog, project, api }
    }

    /// The API inside the project, as an administrator who was let in.
    pub(crate) async fn inside(&self) -> Api {
        let OpenstackAccount::User { password, .. } = &connection().unwrap().account else { unreachable!() };
        self.api.let_in(&self.project, password).await
    }

    pub(crate) fn at(&self, name: &str) -> CloudPlace {
        let place = Place { namespace: self.want.name.clone(), name: name.to_owned(), uid: uid(), tenant_uid: self.want.tenant_uid };
        CloudPlace { place, peer_id: String::new(), untried: false, unchanged: false, existed: false, repair: false }
    }

    pub(crate) fn network(&self, name: &str) -> NetworkWant {
        let spec = NetworkSpec {
            description: "inner".to_owned(),
            cidr: "10.9.0.0/24".parse().unwrap(),
            gateway: Some("10.9.0.1".parse().unwrap()),
            dhcp: true,
            pool: None,
            dns: vec!["9.9.9.9".parse().unwrap()],
        };
        NetworkWant { at: self.at(name), spec }
    }

    pub(crate) fn external(&self) -> String {
        self.catalog.networks.iter().find(|network| network.external).unwrap().id.clone()
    }

    pub(crate) fn router(&self, name: &str) -> RouterWant {
        RouterWant { at: self.at(name), description: String::new(), external_network: Some(self.external()) }
    }

    pub(crate) fn group(&self, name: &str, rules: Vec<tenantry_domain::cloud::SecurityRule>) -> SecurityGroupWant {
        SecurityGroupWant { at: self.at(name), spec: SecurityGroupSpec { description: "who may come in".to_owned(), rules } }
    }

    pub(crate) fn volume(&self, name: &str, size_gib: i64) -> VolumeWant {
        VolumeWant { at: self.at(name), size_gib, description: String::new(), volume_type: None, snapshot: None, image: None }
    }

    /// A server of the smallest flavor in these networks.
    pub(crate) fn server(&self, name: &str, networks: &[&str]) -> ServerWant {
        let flavor = self.catalog.flavors.iter().min_by_key(|flavor| flavor.memory_mib).unwrap();
        let image = self.catalog.images.iter().find(|image| image.condition == "active").unwrap();
        let spec = ServerSpec {
            image_id: image.id.clone(),
            image: image.name.clone(),
            size: ServerSize {
                flavor_id: Some(flavor.id.clone()),
                flavor: flavor.name.clone(),
                cpu_millicores: flavor.cpu_millicores,
                memory_mib: flavor.memory_mib,
                disk_gib: flavor.disk_gib,
            },
            networks: networks.iter().map(|_| ServerNetwork::Own(ResourceId(1))).collect(),
            security_groups: Vec::new(),
            availability_zone: None,
            user_data: Some("#cloud-config\n".to_owned()),
            power: Power::Running,
            reboots: 0,
            hard_reboot: false,
        };
        let networks = networks.iter().map(|id| (*id).to_owned()).collect();
        ServerWant { at: self.at(name), spec, networks, security_groups: Vec::new() }
    }

    /// A network behind a router with an external gateway: the wants, with the peer's ids in them.
    pub(crate) async fn connected(&self) -> (NetworkWant, RouterWant, RouterInterfaceWant) {
        let (mut network, mut router) = (self.network("net"), self.router("router"));
        let seen = complete("network", async || self.driver.ensure_network(&network).await).await;
        network.at.peer_id = seen.peer_id.clone();
        router.at.peer_id = complete("router", async || self.driver.ensure_router(&router).await).await.peer_id;
        let interface = RouterInterfaceWant {
            at: self.at("interface"),
            router: router.at.peer_id.clone(),
            network: seen.peer_id,
            subnet: seen.subnet_id,
        };
        complete("interface", async || self.driver.ensure_router_interface(&interface).await).await;
        (network, router, interface)
    }

    /// Removes what [`Scene::connected`] made.
    pub(crate) async fn disconnect(&self, (network, router, interface): &(NetworkWant, RouterWant, RouterInterfaceWant)) {
        gone("interface", async || self.driver.delete_router_interface(interface).await).await;
        gone("router", async || self.driver.delete_router(&router.at).await).await;
        gone("network", async || self.driver.delete_network(&network.at).await).await;
    }

    /// Removes the project, which must be empty, and looks whether it is.
    pub(crate) async fn end(self) {
        gone("project", async || self.driver.delete_namespace(&self.want.name, self.want.uid).await).await;
        let found = self.api.get("identity", &format!("projects?name={}", self.want.name)).await;
        assert_eq!(found["projects"], json!([]));
        for (service, path, many) in [
            ("compute", "flavors?is_public=None", "flavors"),
            ("network", "ports?fields=id&project_id=PROJECT", "ports"),
            // to ask for those of the project would make its default one
            ("network", "security-groups?fields=project_id", "security_groups"),
        ] {
            let left = self.api.get(service, &path.replace("PROJECT", &self.project)).await;
            let left = left[many].as_array().unwrap().iter().filter(|l| many == "ports" || l.to_string().contains(&self.project));
            assert_eq!(left.count(), 0, "{many}");
        }
    }
}

/// Ensures until it is complete.
pub(crate) async fn complete<S: Debug>(what: &str, ensure: impl AsyncFn() -> Result<(S, Rollout)>) -> S {
    let mut last = String::new();
    for _ in 0..ROUNDS {
        match ensure().await {
            Ok((status, Rollout::Complete)) => return status,
            Ok((_, Rollout::Progressing(why))) => last = why,
            Err(error) if !error.permanent() => last = error.message,
            other => panic!("{what}: {other:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{what} does not come to rest: {last}");
}

/// Looks until it is told that somebody changed it.
pub(crate) async fn told<S: Debug>(part: &str, ensure: impl AsyncFn() -> Result<(S, Rollout)>) {
    let mut last = None;
    for _ in 0..ROUNDS {
        match ensure().await.unwrap() {
            (_, Rollout::Drifted(why)) if why.contains(part) => return,
            (_, Rollout::Progressing(why)) => last = Some(why),
            other => panic!("{part}: {other:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{part} is not told: {last:?}");
}

/// Deletes until it is gone.
pub(crate) async fn gone(what: &str, delete: impl AsyncFn() -> Result<Deletion>) {
    let mut last = String::new();
    for _ in 0..ROUNDS {
        match delete().await {
            Ok(Deletion::Gone) => return,
            Ok(Deletion::InProgress(why)) => last = why,
            Err(error) if !error.permanent() => last = error.message,
            Err(error) => panic!("{what}: {error:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{what} does not go: {last}");
}
