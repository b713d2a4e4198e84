//! A real Kubernetes API server, with its controllers and nodes: the suite of every container platform, and what is Kubernetes' own.
//! `make test-peers` starts it.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::datacenter::{Connection, DatacenterOptions};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, Mount};
use tenantry_domain::user::Role;
use tenantry_driver_api::conformance::{Capabilities, Hooks, Patience, run};
use tenantry_driver_api::{
    AppWant, Apps as _, Credentials as _, Deletion, DiskWant, Disks as _, DriverErrorKind, Guard, Inspect as _, NamespaceWant,
    Namespaces as _, Place, PlaceQuery, Places as _, Result, Rollout,
};
use tenantry_driver_kubernetes::Kubernetes;

const PATIENCE: Patience = Patience { rounds: 240, pause: Duration::from_millis(250) };
static COUNT: AtomicU64 = AtomicU64::new(1);

/// Talks to the API server as kubectl would.
struct Kubectl {
    client: Client,
    namespace: String,
}

impl Kubectl {
    async fn new(kubeconfig: &str) -> Self {
        let parsed = Kubeconfig::from_yaml(kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await.unwrap();
        Self { namespace: config.default_namespace.clone(), client: Client::try_from(config).unwrap() }
    }

    async fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", content_type).body(Body::from(bytes)).unwrap();
        let answer = self.client.send(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.into_body().collect_bytes().await.unwrap()).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "application/json", &Value::Null).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send("POST", path, "application/json", body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send("PATCH", path, "application/merge-patch+json", body).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.send("DELETE", path, "application/json", &Value::Null).await
    }
}

/// A guard that lets tests go where their clusters are.
fn loopback() -> Guard {
    Guard::new(&["127.0.0.0/8", "::1"]).unwrap()
}

/// A cluster, and the driver under test on it.
struct Cluster {
    kubeconfig: String,
    kubectl: Kubectl,
    driver: Kubernetes,
}

impl Cluster {
    /// The cluster that the environment names; none, said on standard error, when it names none.
    async fn find() -> Option<Self> {
        let Ok(path) = std::env::var("TENANTRY_TEST_KUBECONFIG") else {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_KUBECONFIG names no kubeconfig\n");
            return None;
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = std::fs::read_to_string(path).unwrap();
        let connection = Connection::Kubernetes { kubeconfig: Some(kubeconfig.clone()), endpoint: None, ca_pem: None, token: None };
        let driver = Kubernetes::connect(&connection, &DatacenterOptions::default(), &loopback()).await.unwrap();
        Some(Self { kubectl: Kubectl::new(&kubeconfig).await, driver, kubeconfig })
    }

    /// The driver with a bearer token in place of the administrator's certificate.
    async fn with_token(&self, token: &str) -> Kubernetes {
        let parsed = Kubeconfig::from_yaml(&self.kubeconfig).unwrap();
        let cluster = parsed.clusters[0].cluster.clone().unwrap();
        let ca = BASE64.decode(cluster.certificate_authority_data.unwrap()).unwrap();
        let connection = Connection::Kubernetes {
            kubeconfig: None,
            endpoint: cluster.server,
            ca_pem: Some(String::from_utf8(ca).unwrap()),
            token: Some(token.to_owned()),
        };
        Kubernetes::connect(&connection, &DatacenterOptions::default(), &loopback()).await.unwrap()
    }

    /// A namespace that is made, and is looked at from now on.
    async fn namespace(&self, name: &str) -> NamespaceWant {
        let limits = Limits::compute(Some(2000), Some(2048), Some(8 * 1024));
        let want = NamespaceWant { name: unique(name), uid: uid(), tenant_uid: uid(), limits, adopt: false, existed: false };
        self.driver.ensure_namespace(&want).await.unwrap();
        NamespaceWant { existed: true, ..want }
    }

    async fn repaired(&self, want: &NamespaceWant) -> Vec<String> {
        self.driver.ensure_namespace(want).await.unwrap().repaired
    }

    async fn removed(&self, want: &NamespaceWant) {
        until("the namespace is gone", async || self.driver.delete_namespace(&want.name, want.uid).await == Ok(Deletion::Gone)).await;
    }
}

#[async_trait]
impl Hooks for Cluster {
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()> {
        let (status, body) = self.kubectl.post("/api/v1/namespaces", &json!({"metadata": {"name": name}})).await;
        assert_eq!(status, 201, "{body}");
        Ok(())
    }

    fn uid(&self) -> Uid {
        uid()
    }
}

fn uid() -> Uid {
    Uid(uuid::Uuid::from_u128((u128::from(std::process::id()) << 64) + u128::from(COUNT.fetch_add(1, Ordering::Relaxed))))
}

fn unique(name: &str) -> String {
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn place(want: &NamespaceWant, name: &str) -> Place {
    Place { namespace: want.name.clone(), name: name.to_owned(), uid: uid(), tenant_uid: want.tenant_uid }
}

fn app(want: &NamespaceWant, name: &str) -> AppWant {
    let spec = AppSpec {
        image: "web:1".to_owned(),
        replicas: 1,
        ports: vec![8080],
        environment: [].into(),
        disks: Vec::new(),
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    };
    AppWant { place: place(want, name), spec, image_registry: None }
}

/// Looks until it is so.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..PATIENCE.rounds {
        if holds().await {
            return;
        }
        tokio::time::sleep(PATIENCE.pause).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_cluster_is_a_container_platform() {
    let Some(cluster) = Cluster::find().await else { return };
    let capabilities = Capabilities { can_grow: false, enforces_quota: true, images: ["web:1".to_owned(), "web:2".to_owned()] };
    let names =
        run(&cluster.driver, capabilities, &unique("suite"), &cluster, PATIENCE).await.unwrap_or_else(|failures| panic!("{failures}"));
    assert!(names.len() >= 14, "{names:?}");
}

/// What of an object is ours.
fn ours(object: &Value) -> BTreeMap<&str, &Value> {
    let parts = ["spec", "rules", "roleRef", "subjects"].into_iter().map(|key| (key, &object[key]));
    parts.chain([("labels", &object["metadata"]["labels"])]).collect()
}

#[tokio::test]
async fn whatever_of_a_namespace_is_removed_or_changed_is_repaired_and_named() {
    let Some(cluster) = Cluster::find().await else { return };
    let want = cluster.namespace("drift").await;
    assert_eq!(cluster.repaired(&want).await, Vec::<String>::new());
    let kubectl = &cluster.kubectl;
    let core = format!("/api/v1/namespaces/{}", want.name);
    let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", want.name);
    let policy = format!("/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies/tenantry-default", want.name);
    let everybody = json!([{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}]);
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let no_labels = json!({"metadata": {"labels": {"tenantry.io/uid": null, "app.kubernetes.io/managed-by": null}}});
    let (admin, member) = ("tenantry-admin", "tenantry-member");
    let cases: Vec<(String, String, Vec<Value>)> = vec![
        (
            format!("{core}/resourcequotas/tenantry"),
            "ResourceQuota tenantry".into(),
            vec![json!({"spec": {"hard": {"requests.cpu": "100"}}}), json!({"spec": {"hard": {"limits.memory": null}}}), no_labels.clone()],
        ),
        (
            format!("{core}/limitranges/tenantry"),
            "LimitRange tenantry".into(),
            vec![
                json!({"spec": {"limits": []}}),
                json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]}}),
                json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "500m", "memory": "512Mi"},
                    "defaultRequest": {"cpu": "100m", "memory": "128Mi"}, "max": {"cpu": "500m"}}]}}),
                no_labels.clone(),
            ],
        ),
        (
            policy,
            "NetworkPolicy tenantry-default".into(),
            vec![
                json!({"spec": {"podSelector": {"matchLabels": {"guarded": "yes"}}}}),
                json!({"spec": {"ingress": [{}]}}),
                json!({"spec": {"ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}]}]}}),
                json!({"spec": {"policyTypes": ["Ingress"]}}),
                no_labels.clone(),
            ],
        ),
        (
            format!("{rbac}/rolebindings/{member}"),
            format!("RoleBinding {member}"),
            vec![json!({"subjects": everybody}), json!({"subjects": null}), no_labels.clone()],
        ),
        (format!("{rbac}/rolebindings/{admin}"), format!("RoleBinding {admin}"), vec![no_labels.clone()]),
        (format!("{rbac}/roles/{member}"), format!("Role {member}"), vec![json!({"rules": all}), json!({"rules": []}), no_labels.clone()]),
        (format!("{rbac}/roles/{admin}"), format!("Role {admin}"), vec![json!({"rules": all})]),
        (format!("{core}/serviceaccounts/{member}"), format!("ServiceAccount {member}"), vec![no_labels.clone()]),
        (format!("{core}/serviceaccounts/{admin}"), format!("ServiceAccount {admin}"), vec![no_labels.clone()]),
    ];
    for (path, title, changes) in &cases {
        let (status, before) = kubectl.get(path).await;
        assert_eq!(status, 200, "{before}");
        let mut drifts = vec![(kubectl.delete(path).await, "removed".to_owned())];
        for change in std::iter::once(None).chain(changes.iter().map(Some)) {
            if let Some(change) = change {
                drifts.push((kubectl.patch(path, change).await, change.to_string()));
            }
            let ((status, answer), what) = drifts.pop().unwrap();
            assert_eq!(status, 200, "{title}: {what}: {answer}");
            assert_eq!(cluster.repaired(&want).await, [title.as_str()], "{what}");
            let (_, after) = kubectl.get(path).await;
            assert_eq!(ours(&after), ours(&before), "{title}: {what}");
            assert_eq!(cluster.repaired(&want).await, Vec::<String>::new(), "{title}: {what}");
        }
    }
    // a binding keeps the role that it was made with, so one to another role is made anew
    let path = format!("{rbac}/rolebindings/{member}");
    let (_, before) = kubectl.get(&path).await;
    kubectl.delete(&path).await;
    let other = json!({"metadata": {"name": member, "labels": before["metadata"]["labels"]}, "subjects": before["subjects"],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}});
    let (status, answer) = kubectl.post(&format!("{rbac}/rolebindings"), &other).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(cluster.repaired(&want).await, [format!("RoleBinding {member}")]);
    assert_eq!(ours(&kubectl.get(&path).await.1), ours(&before));
    cluster.removed(&want).await;
}

#[tokio::test]
async fn the_labels_of_a_namespace_are_repaired_and_another_owner_is_respected() {
    let Some(cluster) = Cluster::find().await else { return };
    let want = cluster.namespace("labels").await;
    let path = format!("/api/v1/namespaces/{}", want.name);
    let before = cluster.kubectl.get(&path).await.1;
    let labels = |value: Value| json!({"metadata": {"labels": value}});
    let all_gone = json!({"tenantry.io/uid": null, "tenantry.io/tenant-uid": null, "app.kubernetes.io/managed-by": null});
    for change in [
        json!({"tenantry.io/tenant-uid": null}),
        json!({"app.kubernetes.io/managed-by": "Helm"}),
        json!({"tenantry.io/uid": null}),
        json!({"tenantry.io/uid": "broken"}),
        all_gone.clone(),
    ] {
        assert_eq!(cluster.kubectl.patch(&path, &labels(change.clone())).await.0, 200);
        assert_eq!(cluster.repaired(&want).await, [format!("Namespace {}", want.name)], "{change}");
        assert_eq!(ours(&cluster.kubectl.get(&path).await.1), ours(&before), "{change}");
    }
    // another Tenantry's label is another owner's
    cluster.kubectl.patch(&path, &labels(json!({"tenantry.io/uid": uid().to_string()}))).await;
    let error = cluster.driver.ensure_namespace(&want).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::NotOurs, "{error}");
    assert_eq!(cluster.driver.delete_namespace(&want.name, want.uid).await, Ok(Deletion::Gone));
    assert!(cluster.kubectl.get(&path).await.1["metadata"]["deletionTimestamp"].is_null());
    // one that lost its labels is still removed, since what is in it is ours
    cluster.kubectl.patch(&path, &labels(all_gone)).await;
    assert!(matches!(cluster.driver.delete_namespace(&want.name, want.uid).await, Ok(Deletion::InProgress(_))));
    cluster.removed(&want).await;
    assert_eq!(cluster.kubectl.get(&path).await.0, 404);
}

#[tokio::test]
async fn the_kubeconfig_of_each_role_reaches_its_namespace_and_nothing_else() {
    let Some(cluster) = Cluster::find().await else { return };
    let (own, other) = (cluster.namespace("own").await, cluster.namespace("other").await);
    let labels = json!({"app": "x"});
    let pod = json!({"containers": [{"name": "c", "image": "web:1"}]});
    for role in Role::OF_TENANTS {
        let given = cluster.driver.kubeconfig(&own.name, own.tenant_uid, role).await.unwrap();
        assert!(given.expires_in_s >= 600 && given.expires_in_s <= 86_400);
        let kubectl = Kubectl::new(&given.yaml).await;
        assert_eq!(kubectl.namespace, own.name);
        let is_admin = role != Role::Member;
        let name = unique("thing");
        let named = json!({"metadata": {"name": name}});
        let core = |want: &NamespaceWant, what: &str| format!("/api/v1/namespaces/{}/{what}", want.name);
        let at = |group: &str, want: &NamespaceWant, what: &str| format!("/apis/{group}/v1/namespaces/{}/{what}", want.name);
        let rbac = |want: &NamespaceWant, what: &str| at("rbac.authorization.k8s.io", want, what);
        let policies = |want: &NamespaceWant, what: &str| at("networking.k8s.io", want, &format!("networkpolicies{what}"));
        let with_spec = |spec: &Value| json!({"metadata": {"name": name}, "spec": spec});
        let deployment =
            with_spec(&json!({"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}));
        // an account's first token is good at once, and its role when the API server has seen it
        until("the role is in force", async || kubectl.get(&core(&own, "pods")).await.0 == 200).await;
        for (path, body) in [
            (core(&own, "pods"), with_spec(&pod)),
            (at("apps", &own, "deployments"), deployment.clone()),
            (core(&own, "configmaps"), named.clone()),
            (core(&own, "secrets"), named.clone()),
        ] {
            let (status, answer) = kubectl.post(&path, &body).await;
            assert_eq!(status, 201, "{role:?}: {path}: {answer}");
        }
        for path in [core(&own, "resourcequotas/tenantry"), core(&own, "limitranges/tenantry"), policies(&own, ""), core(&own, "")] {
            let (status, answer) = kubectl.get(path.trim_end_matches('/')).await;
            assert_eq!(status, 200, "{role:?}: {path}: {answer}");
        }
        let scale = kubectl.patch(&at("apps", &own, &format!("deployments/{name}/scale")), &json!({"spec": {"replicas": 0}})).await;
        assert_eq!(scale.0, 200, "{role:?}: {}", scale.1);
        for (path, allowed) in [
            (rbac(&own, "rolebindings"), is_admin),
            ("/api/v1/namespaces".to_owned(), false),
            ("/api/v1/nodes".to_owned(), false),
            ("/api/v1/pods".to_owned(), false),
            (format!("/api/v1/namespaces/{}", other.name), false),
            (core(&other, "pods"), false),
            (core(&other, "secrets"), false),
            (core(&other, "resourcequotas"), false),
            ("/api/v1/namespaces/kube-system/secrets".to_owned(), false),
        ] {
            let (status, answer) = kubectl.get(&path).await;
            assert_eq!(status, if allowed { 200 } else { 403 }, "{role:?}: {path}: {answer}");
        }
        let more = json!({"spec": {"hard": {"requests.cpu": "100"}}});
        for (path, change) in [
            (core(&own, "resourcequotas/tenantry"), more),
            (core(&own, "limitranges/tenantry"), json!({"spec": {"limits": []}})),
            (policies(&own, "/tenantry-default"), json!({"spec": {"egress": [{}]}})),
            (rbac(&own, "roles/tenantry-member"), json!({"rules": []})),
            (rbac(&own, "rolebindings/tenantry-member"), json!({"subjects": []})),
            (format!("/api/v1/namespaces/{}", own.name), json!({"metadata": {"labels": {"tenantry.io/uid": null}}})),
        ] {
            for (doing, (status, answer)) in [("change", kubectl.patch(&path, &change).await), ("delete", kubectl.delete(&path).await)] {
                assert_eq!(status, 403, "{role:?}: {doing} {path}: {answer}");
            }
        }
        let to_admin = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"});
        for (path, body, allowed) in [
            (core(&own, "serviceaccounts"), named.clone(), is_admin),
            (core(&own, "resourcequotas"), named.clone(), false),
            (policies(&own, ""), with_spec(&json!({"podSelector": {}, "egress": [{}]})), false),
            (rbac(&own, "rolebindings"), json!({"metadata": {"name": name}, "roleRef": to_admin}), false),
            (core(&own, "serviceaccounts/tenantry-admin/token"), json!({"spec": {}}), false),
            (core(&other, "pods"), with_spec(&pod), false),
            (at("apps", &other, "deployments"), deployment, false),
            ("/api/v1/namespaces".to_owned(), named, false),
        ] {
            let (status, answer) = kubectl.post(&path, &body).await;
            assert_eq!(status, if allowed { 201 } else { 403 }, "{role:?}: {path}: {answer}");
        }
    }
    let gone = cluster.driver.kubeconfig(&unique("nowhere"), own.tenant_uid, Role::Member).await.err().unwrap();
    assert_eq!(gone.kind, DriverErrorKind::Conflict, "{gone}");
    let old = cluster.driver.kubeconfig(&own.name, own.tenant_uid, Role::TenantAdmin).await.unwrap();
    cluster.removed(&own).await;
    cluster.removed(&other).await;
    let kubectl = Kubectl::new(&old.yaml).await;
    until("a kubeconfig ends with its namespace", async || kubectl.get(&format!("/api/v1/namespaces/{}/pods", own.name)).await.0 == 401)
        .await;
}

#[tokio::test]
async fn a_delete_that_a_finalizer_blocks_says_so() {
    let Some(cluster) = Cluster::find().await else { return };
    let want = cluster.namespace("held").await;
    let (path, kubectl) = (format!("/api/v1/namespaces/{}", want.name), &cluster.kubectl);
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    let let_go = json!({"metadata": {"finalizers": null}});
    let disk = DiskWant { place: place(&want, "data"), size_gib: 1, storage_class: None };
    until("the disk is made", async || cluster.driver.ensure_disk(&disk).await.is_ok()).await;
    let claim = format!("{path}/persistentvolumeclaims/data");
    kubectl.patch(&claim, &hold).await;
    let said = |answer: Result<Deletion>| match answer {
        Ok(Deletion::InProgress(why)) => why,
        other => panic!("{other:?}"),
    };
    let why = said(cluster.driver.delete_disk(&disk.place).await);
    assert!(why.contains("'data'") && why.contains("example.com/hold"), "{why}");
    let again = cluster.driver.ensure_disk(&disk).await.unwrap_err();
    assert!(again.kind == DriverErrorKind::Conflict && !again.permanent(), "{again}");
    kubectl.patch(&claim, &let_go).await;
    until("the disk is gone", async || cluster.driver.delete_disk(&disk.place).await == Ok(Deletion::Gone)).await;

    // something in the namespace is held, and then the namespace itself
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    assert_eq!(kubectl.post(&format!("{path}/configmaps"), &held).await.0, 201);
    assert_eq!(kubectl.patch(&path, &json!({"metadata": {"finalizers": ["example.com/keep"]}})).await.0, 200);
    let delete = async || cluster.driver.delete_namespace(&want.name, want.uid).await;
    assert!(said(delete().await).contains("being removed"));
    until("what holds its contents is named", async || said(delete().await).contains("example.com/hold")).await;
    for existed in [false, true] {
        let error = cluster.driver.ensure_namespace(&NamespaceWant { existed, ..want.clone() }).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Conflict && error.message.contains("being removed"), "{error:?}");
    }
    let error = cluster.driver.ensure_disk(&disk).await.unwrap_err();
    assert!(!error.permanent(), "{error:?}");
    kubectl.patch(&format!("{path}/configmaps/held"), &let_go).await;
    until("what holds the namespace is named", async || said(delete().await).contains("example.com/keep")).await;
    kubectl.patch(&path, &let_go).await;
    cluster.removed(&want).await;
}

#[tokio::test]
async fn an_app_that_does_not_fit_the_quota_is_stuck_and_says_so() {
    let Some(cluster) = Cluster::find().await else { return };
    let want = cluster.namespace("full").await;
    let mut large = app(&want, "large");
    large.spec.cpu_millicores = 1500;
    large.spec.replicas = 2;
    until("the quota is named", async || match cluster.driver.ensure_app(&large).await {
        Ok((_, Rollout::Stuck(why))) => why.contains("exceeded quota"),
        Ok((_, Rollout::Complete)) => panic!("3 cores fit into 2"),
        _ => false,
    })
    .await;
    large.spec.replicas = 1;
    until("one copy fits", async || matches!(cluster.driver.ensure_app(&large).await, Ok((_, Rollout::Complete)))).await;
    let used = cluster.driver.ensure_namespace(&want).await.unwrap().used;
    assert_eq!(used[tenantry_domain::Metric::Cpu], 1500, "{used:?}");
    cluster.removed(&want).await;
}

/// A permission as the check names it, as a rule.
fn rule(permission: &str) -> Value {
    let (verb, what) = permission.split_once(' ').unwrap();
    let (group, resource) = what.split_once('/').filter(|(g, _)| *g == "apps" || g.contains('.')).unwrap_or(("", what));
    json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
}

#[tokio::test]
async fn the_check_names_what_is_missing_and_with_it_all_of_the_driver_works() {
    let Some(cluster) = Cluster::find().await else { return };
    let kubectl = &cluster.kubectl;
    let wrong = cluster.with_token("no-such-token").await.check().await;
    assert!(!wrong.healthy && wrong.message.contains("credentials") && !wrong.message.contains("no-such-token"), "{wrong:?}");
    let name = unique("operator");
    let home = format!("/api/v1/namespaces/{name}");
    assert_eq!(kubectl.post("/api/v1/namespaces", &json!({"metadata": {"name": name}})).await.0, 201);
    assert_eq!(kubectl.post(&format!("{home}/serviceaccounts"), &json!({"metadata": {"name": "operator"}})).await.0, 201);
    let (status, answer) = kubectl.post(&format!("{home}/serviceaccounts/operator/token"), &json!({"spec": {"audiences": []}})).await;
    assert_eq!(status, 201, "{answer}");
    let token = answer["status"]["token"].as_str().unwrap();
    let driver = cluster.with_token(token).await;

    let nothing = driver.check().await;
    assert!(!nothing.healthy && nothing.peer_version.starts_with('v'), "{nothing:?}");
    let needed = nothing.missing_permissions;
    for permission in ["create namespaces", "patch resourcequotas", "create serviceaccounts/token", "patch apps/deployments"] {
        assert!(needed.iter().any(|p| p == permission), "{permission}: {needed:?}");
    }
    assert!(!nothing.message.contains(token));
    let want = NamespaceWant {
        name: unique("operated"),
        uid: uid(),
        tenant_uid: uid(),
        limits: Limits::compute(Some(2000), Some(2048), Some(8 * 1024)),
        adopt: false,
        existed: false,
    };
    let error = driver.ensure_namespace(&want).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Forbidden && error.message.contains("namespaces"), "{error:?}");

    // all but one of them: that one is named
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    let rules = |without: &str| needed.iter().filter(|p| *p != without).map(|p| rule(p)).collect::<Vec<_>>();
    let lacking = "create networking.k8s.io/networkpolicies";
    let role = json!({"metadata": {"name": name}, "rules": rules(lacking)});
    assert_eq!(kubectl.post(roles, &role).await.0, 201);
    let to = json!({"metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": name}]});
    assert_eq!(kubectl.post(bindings, &to).await.0, 201);
    until("only the one that lacks is missing", async || driver.check().await.missing_permissions == [lacking]).await;
    // and with all of them the driver does all that it does
    assert_eq!(kubectl.patch(&format!("{roles}/{name}"), &json!({"rules": rules("")})).await.0, 200);
    until("nothing is missing", async || driver.check().await.healthy).await;
    driver.ensure_namespace(&want).await.unwrap();
    let want = NamespaceWant { existed: true, ..want };
    let policy = format!("/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies/tenantry-default", want.name);
    kubectl.patch(&policy, &json!({"spec": {"podSelector": {"matchLabels": {"guarded": "yes"}}}})).await;
    assert_eq!(driver.ensure_namespace(&want).await.unwrap().repaired, ["NetworkPolicy tenantry-default"]);
    for role in Role::ALL {
        driver.kubeconfig(&want.name, want.tenant_uid, role).await.unwrap();
    }
    let disk = DiskWant { place: place(&want, "data"), size_gib: 1, storage_class: None };
    until("the disk is made", async || driver.ensure_disk(&disk).await.is_ok()).await;
    let mut web = app(&want, "web");
    web.spec.disks = vec![Mount { disk: "data".to_owned(), path: "/data".to_owned() }];
    until("the app serves", async || driver.ensure_app(&web).await.unwrap().1 == Rollout::Complete).await;
    assert_eq!(driver.list_namespaces().await.unwrap().get(&want.name), Some(&want.uid));
    web.spec.ports.clear();
    driver.ensure_app(&web).await.unwrap();
    until("the app is gone", async || driver.delete_app(&web.place).await.unwrap() == Deletion::Gone).await;
    until("the disk is gone", async || driver.delete_disk(&disk.place).await.unwrap() == Deletion::Gone).await;
    assert!(driver.get_place(&want.name).await.unwrap().is_some());
    driver.release_namespace(&want.name, want.uid).await.unwrap();
    driver.ensure_namespace(&NamespaceWant { adopt: true, existed: false, ..want.clone() }).await.unwrap();
    until("the namespace is gone", async || driver.delete_namespace(&want.name, want.uid).await.unwrap() == Deletion::Gone).await;
    for path in [home, format!("{bindings}/{name}"), format!("{roles}/{name}")] {
        assert_eq!(kubectl.delete(&path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_namespace_that_is_let_go_is_as_it_was_before_it_was_taken_over() {
    let Some(cluster) = Cluster::find().await else { return };
    let (kubectl, driver, name) = (&cluster.kubectl, &cluster.driver, unique("running"));
    let path = format!("/api/v1/namespaces/{name}");
    let labels = json!({"app.kubernetes.io/managed-by": "Helm", "team": "shop"});
    assert_eq!(kubectl.post("/api/v1/namespaces", &json!({"metadata": {"name": name, "labels": labels}})).await.0, 201);
    let settings = json!({"metadata": {"name": "settings"}, "data": {"colour": "red"}});
    assert_eq!(kubectl.post(&format!("{path}/configmaps"), &settings).await.0, 201);
    let account = json!({"metadata": {"name": "robot"}});
    assert_eq!(kubectl.post(&format!("{path}/serviceaccounts"), &account).await.0, 201);
    let before = kubectl.get(&path).await.1;
    let limits = Limits::compute(Some(2000), Some(2048), Some(8 * 1024));
    let want = NamespaceWant { name: name.clone(), uid: uid(), tenant_uid: uid(), limits, adopt: true, existed: false };
    driver.ensure_namespace(&want).await.unwrap();
    // it is looked after like any other, and its old label is not forgotten
    let again = NamespaceWant { existed: true, ..want.clone() };
    assert_eq!(driver.ensure_namespace(&again).await.unwrap().repaired, Vec::<String>::new());
    assert_eq!(kubectl.get(&path).await.1["metadata"]["labels"]["app.kubernetes.io/managed-by"], "tenantry");
    driver.release_namespace(&name, want.uid).await.unwrap();
    driver.release_namespace(&name, want.uid).await.unwrap();
    let after = kubectl.get(&path).await.1;
    for part in ["labels", "annotations", "uid", "deletionTimestamp"] {
        assert_eq!(after["metadata"][part], before["metadata"][part], "{part}");
    }
    assert_eq!(kubectl.get(&format!("{path}/configmaps/settings")).await.1["data"]["colour"], "red");
    assert_eq!(kubectl.get(&format!("{path}/serviceaccounts/robot")).await.0, 200);
    let core = ["resourcequotas/tenantry", "limitranges/tenantry", "serviceaccounts/tenantry-admin", "serviceaccounts/tenantry-member"];
    for inside in core {
        assert_eq!(kubectl.get(&format!("{path}/{inside}")).await.0, 404, "{inside}");
    }
    for (group, kind) in
        [("networking.k8s.io", "networkpolicies"), ("rbac.authorization.k8s.io", "roles"), ("rbac.authorization.k8s.io", "rolebindings")]
    {
        let left = kubectl.get(&format!("/apis/{group}/v1/namespaces/{name}/{kind}")).await.1;
        assert_eq!(left["items"], json!([]), "{kind}");
    }
    assert_eq!(kubectl.delete(&path).await.0, 200);
}

#[tokio::test]
async fn what_the_cluster_has_for_itself_is_nobodys_to_take() {
    let Some(cluster) = Cluster::find().await else { return };
    let limits = Limits::compute(Some(1000), Some(1024), Some(1024));
    for name in ["default", "kube-system"] {
        let query = PlaceQuery { prefix: name.to_owned(), after: None, limit: 500 };
        let listed = cluster.driver.list_places(&query).await.unwrap().items;
        assert!(!listed.iter().any(|place| place.name == name), "{listed:?}");
        assert_eq!(cluster.driver.get_place(name).await.unwrap(), None);
        let want = NamespaceWant { name: name.to_owned(), uid: uid(), tenant_uid: uid(), limits, adopt: true, existed: false };
        let error = cluster.driver.ensure_namespace(&want).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::NotOurs && error.message.contains("the cluster itself"), "{error:?}");
    }
    let query = PlaceQuery { prefix: String::new(), after: Some("x&labelSelector=y".to_owned()), limit: 1 };
    assert_eq!(cluster.driver.list_places(&query).await.unwrap_err().kind, DriverErrorKind::Invalid);
}
