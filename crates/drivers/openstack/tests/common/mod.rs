//! A cloud that says whatever a test wants it to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tenantry_domain::cloud::{NetworkSpec, Power, SecurityGroupSpec, ServerNetwork, ServerSize, ServerSpec};
use tenantry_domain::datacenter::{DatacenterOptions, OpenstackAccount, OpenstackConnection};
use tenantry_domain::{ResourceId, Uid};
use tenantry_driver_api::cloud::{
    AttachmentWant, CloudPlace, FloatingIpWant, NetworkWant, RouterInterfaceWant, RouterWant, SecurityGroupWant, ServerWant, SnapshotWant,
    VolumeWant,
};
use tenantry_driver_api::{Guard, Place};
use tenantry_driver_openstack::OpenStack;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const PASSWORD: &str = "the-operators-secret-password";
pub(crate) const TOKEN: &str = "the-secret-token";
pub(crate) const LIMIT: Duration = Duration::from_millis(300);

pub(crate) fn uid() -> Uid {
    "00000000-0000-7000-8000-000000000001".parse().unwrap()
}

pub(crate) fn json(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// The catalog, with a service at another address if one is given.
pub(crate) fn catalog(uri: &str, other: Option<(&str, &str)>) -> Value {
    let entry = |kind: &str, path: &str| {
        let url = other.filter(|(other, _)| *other == kind).map_or_else(|| format!("{uri}{path}"), |(_, url)| url.to_owned());
        json!({"type": kind, "endpoints": [{"interface": "public", "region_id": "one", "url": url}]})
    };
    json!([entry("compute", "/compute/v2.1"), entry("network", "/network"), entry("block-storage", "/volume/v3"), entry("image", "/image")])
}

/// A token that is good for that many seconds.
pub(crate) fn token(catalog: &Value, life_s: u32, roles: &[&str]) -> ResponseTemplate {
    let roles: Vec<Value> = roles.iter().map(|name| json!({"name": name})).collect();
    let body = json!({"token": {
        "issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": format!("2026-01-01T{:02}:{:02}:{:02}.000000Z", life_s / 3600, life_s / 60 % 60, life_s % 60),
        "user": {"id": "admin-id"}, "roles": roles, "catalog": catalog,
        "project": {"id": "own", "domain": {"id": "default", "name": "Default"}},
    }});
    ResponseTemplate::new(201).insert_header("x-subject-token", TOKEN).set_body_json(body)
}

/// Keystone, which knows the project of the tenant. What the other services say is for the test.
pub(crate) async fn keystone(life_s: u32) -> MockServer {
    let server = MockServer::start().await;
    let given = token(&catalog(&server.uri(), None), life_s, &["admin", "member"]);
    Mock::given(method("POST")).and(path("/v3/auth/tokens")).respond_with(given).with_priority(5).mount(&server).await;
    let tags = ["tenantry".to_owned(), format!("tenantry-namespace:{}", uid()), format!("tenantry-tenant:{}", uid())];
    let projects = json!({"projects": [{"id": "p1", "name": "shop", "enabled": true, "tags": tags}], "links": {"next": null}});
    Mock::given(method("GET")).and(path("/v3/projects")).respond_with(json(projects)).with_priority(5).mount(&server).await;
    server
}

/// The same answer to everything but Keystone's.
pub(crate) async fn answering(template: ResponseTemplate) -> MockServer {
    let server = keystone(3600).await;
    Mock::given(path_regex("^/(compute|network|volume|image)")).respond_with(template).with_priority(9).mount(&server).await;
    server
}

/// How often a path was called.
pub(crate) async fn calls(server: &MockServer, method: &str, path: &str) -> usize {
    let received = server.received_requests().await.unwrap();
    received.iter().filter(|request| request.method.as_str() == method && request.url.path() == path).count()
}

/// Answers in turn, the last one for ever.
pub(crate) struct InTurn(pub(crate) Vec<ResponseTemplate>, AtomicUsize);

impl InTurn {
    pub(crate) fn new(answers: impl Into<Vec<ResponseTemplate>>) -> Self {
        Self(answers.into(), AtomicUsize::new(0))
    }
}

impl wiremock::Respond for InTurn {
    fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
        let at = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        self.0[at].clone()
    }
}

pub(crate) fn connection(uri: &str) -> OpenstackConnection {
    let account = OpenstackAccount::User {
        name: "admin".to_owned(),
        password: PASSWORD.to_owned(),
        domain: None,
        project: "admin".to_owned(),
        project_domain: None,
    };
    OpenstackConnection { auth_url: format!("{uri}/v3"), account, region: None, domain: None, interface: None, ca_pem: None }
}

pub(crate) fn driver(uri: &str) -> OpenStack {
    driver_of(&connection(uri))
}

pub(crate) fn driver_of(connection: &OpenstackConnection) -> OpenStack {
    let guard = Guard::new(&["127.0.0.0/8", "::1"]).unwrap();
    OpenStack::connect(connection, &DatacenterOptions::default(), &guard).unwrap()
}

pub(crate) fn at() -> CloudPlace {
    let place = Place { namespace: "shop".to_owned(), name: "web".to_owned(), uid: uid(), tenant_uid: uid() };
    CloudPlace { place, peer_id: String::new(), untried: false, unchanged: false, existed: false, repair: false }
}

pub(crate) fn network() -> NetworkWant {
    let spec = NetworkSpec {
        description: String::new(),
        cidr: "10.0.0.0/24".parse().unwrap(),
        gateway: Some("10.0.0.1".parse().unwrap()),
        dhcp: true,
        pool: None,
        dns: Vec::new(),
    };
    NetworkWant { at: at(), spec }
}

pub(crate) fn router() -> RouterWant {
    RouterWant { at: at(), description: String::new(), external_network: None }
}

pub(crate) fn interface() -> RouterInterfaceWant {
    RouterInterfaceWant { at: at(), router: "r1".to_owned(), network: "n1".to_owned(), subnet: "s1".to_owned() }
}

pub(crate) fn floating_ip() -> FloatingIpWant {
    FloatingIpWant { at: at(), description: String::new(), external_network: "x1".to_owned(), server: None }
}

pub(crate) fn group() -> SecurityGroupWant {
    SecurityGroupWant { at: at(), spec: SecurityGroupSpec { description: String::new(), rules: Vec::new() } }
}

pub(crate) fn server() -> ServerWant {
    let size =
        ServerSize { flavor_id: Some("f1".to_owned()), flavor: "small".to_owned(), cpu_millicores: 1000, memory_mib: 512, disk_gib: 1 };
    let spec = ServerSpec {
        image_id: "i1".to_owned(),
        image: "debian".to_owned(),
        size,
        networks: vec![ServerNetwork::Own(ResourceId(1))],
        security_groups: Vec::new(),
        availability_zone: None,
        user_data: None,
        power: Power::Running,
        reboots: 0,
        hard_reboot: false,
    };
    ServerWant { at: at(), spec, networks: vec!["n1".to_owned()], security_groups: Vec::new() }
}

pub(crate) fn volume() -> VolumeWant {
    VolumeWant { at: at(), size_gib: 1, description: String::new(), volume_type: None, snapshot: None, image: None }
}

pub(crate) fn snapshot() -> SnapshotWant {
    SnapshotWant { at: at(), description: String::new(), volume: "v1".to_owned() }
}

pub(crate) fn attachment() -> AttachmentWant {
    AttachmentWant { at: at(), server: "s1".to_owned(), volume: "v1".to_owned() }
}
