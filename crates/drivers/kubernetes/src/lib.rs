//! A Kubernetes API server as a datacenter. Everything is written by server-side apply with our field manager, carries our
//! uid as a label, and is found again by it.

mod connect;
mod dial;
mod failure;
mod namespace;
mod objects;
mod places;
mod quantity;
mod roles;
mod workload;

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::resource::Kind;
use tenantry_domain::user::Role;
use tenantry_driver_api::{Credentials, Deletion, DriverError, DriverErrorKind, Guard, Inspect, Kubeconfig, Place, Result};

/// The name under which our fields are managed.
pub(crate) const MANAGER: &str = "tenantry";
/// The longest that one call may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// The most bytes read of one answer.
const MOST_BYTES: usize = 64 << 20;
/// How long a tenant's token is good for.
const TOKEN_LIFE_S: i64 = 3600;

/// A connection to an API server. Cheap to clone.
#[derive(Clone)]
pub struct Kubernetes {
    client: Client,
    limit: Duration,
    endpoint: String,
    ca: Option<String>,
    storage_class: Option<String>,
}

impl std::fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kubernetes({})", self.endpoint)
    }
}

impl Kubernetes {
    /// Prepares a connection, which goes where the guard lets it; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for a kubeconfig that cannot be read, or that names files or programs on this machine.
    pub async fn connect(connection: &Connection, options: &DatacenterOptions, guard: &Guard) -> Result<Self> {
        let (config, ca) = connect::config(connection).await?;
        let endpoint = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let client = dial::client(&config, guard)?;
        Ok(Self { client, limit: CALL_LIMIT, endpoint, ca, storage_class: options.storage_class.clone() })
    }

    /// The same connection, on which no call takes longer than this.
    #[must_use]
    pub const fn with_call_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn call(&self, method: &str, path: &str, content_type: &str, body: Option<&Value>) -> Result<Value> {
        let bytes = body.map_or_else(Vec::new, |b| b.to_string().into_bytes());
        let request = http::Request::builder().method(method).uri(path).header("content-type", content_type).body(bytes);
        let request = request.map_err(|e| DriverError::new(DriverErrorKind::Invalid, e.to_string()))?;
        match tokio::time::timeout(self.limit, self.answer(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(DriverError::new(DriverErrorKind::Timeout, format!("the API server did not answer within {:?}", self.limit))),
        }
    }

    /// Sends the request and reads the whole answer.
    async fn answer(&self, request: http::Request<Vec<u8>>) -> Result<Value> {
        let answer = self.client.send(request.map(Body::from)).await.map_err(|e| failure::unreachable(&e))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|e| failure::unreachable(&*e))?.to_bytes();
        if head.status.is_success() {
            serde_json::from_slice(&body).map_err(|_| failure::not_kubernetes())
        } else if head.status.is_client_error() || head.status.is_server_error() {
            Err(failure::refused(head.status, &head.headers, &body))
        } else {
            Err(failure::not_kubernetes())
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Option<Value>> {
        failure::found(self.call("GET", path, "application/json", None).await)
    }

    pub(crate) async fn create(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", &format!("{path}?fieldManager={MANAGER}"), "application/json", Some(body)).await
    }

    /// Server-side apply: makes the object or makes our fields of it as wanted.
    pub(crate) async fn apply(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("PATCH", &format!("{path}?fieldManager={MANAGER}&force=true"), "application/apply-patch+yaml", Some(body)).await
    }

    /// Makes the fields of an object that is there as they are in `change`; null takes one away.
    pub(crate) async fn merge(&self, path: &str, change: &Value) -> Result<Value> {
        self.call("PATCH", &format!("{path}?fieldManager={MANAGER}"), "application/merge-patch+json", Some(change)).await
    }

    /// A page of a list, and where the next one begins.
    pub(crate) async fn page(&self, path: &str, query: &str, limit: usize, after: &str) -> Result<(Vec<Value>, Option<String>)> {
        let mut page = self.get(&format!("{path}?{query}limit={limit}&continue={after}")).await?.unwrap_or_default();
        let next = page["metadata"]["continue"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        let items = page.get_mut("items").map(Value::take);
        Ok((if let Some(Value::Array(items)) = items { items } else { Vec::new() }, next))
    }

    /// Every item of a list, page by page.
    pub(crate) async fn list(&self, path: &str, query: &str) -> Result<Vec<Value>> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let (more, next) = self.page(path, query, 500, &after).await?;
            items.extend(more);
            let Some(next) = next else { return Ok(items) };
            after = next;
        }
    }

    /// Removes an object that has this uid of the peer's; answers whether it is gone.
    pub(crate) async fn delete(&self, path: &str, object: &Value, propagation: &str) -> Result<()> {
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation,
            "preconditions": {"uid": object["metadata"]["uid"]},
        });
        failure::found(self.call("DELETE", path, "application/json", Some(&body)).await).map(|_| ())
    }

    /// Removes an object if it is ours, and says how far that is.
    pub(crate) async fn delete_ours(&self, path: &str, uid: Uid, propagation: &str) -> Result<Deletion> {
        let Some(object) = self.get(path).await? else { return Ok(Deletion::Gone) };
        if !objects::is_ours(&object, uid) {
            return Ok(Deletion::Gone);
        }
        let object = if objects::leaving(&object) {
            object
        } else {
            self.delete(path, &object, propagation).await?;
            let Some(left) = self.get(path).await? else { return Ok(Deletion::Gone) };
            left
        };
        let (kind, name) = (object["kind"].as_str().unwrap_or("object"), objects::name(&object));
        let waits = objects::finalizers(&object).map_or_else(String::new, |held| format!(", held by {held}"));
        Ok(Deletion::InProgress(format!("{kind} '{name}' is being removed{waits}")))
    }

    /// Whether we may do it, asked of the API server itself.
    async fn may(&self, verb: &str, group: &str, resource: &str, subresource: &str) -> Result<bool> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": resource, "subresource": subresource}},
        });
        let answer = self.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await?;
        Ok(answer["status"]["allowed"].as_bool().unwrap_or(false))
    }
}

/// What the driver does there: group, resource, subresource, verbs. What is applied may have to be created; a role gives what we
/// need not be allowed ourselves.
const NEEDED: [(&str, &str, &str, &[&str]); 12] = [
    ("", "namespaces", "", &["get", "list", "create", "patch", "delete"]),
    ("", "resourcequotas", "", &["get", "create", "patch", "delete"]),
    ("", "limitranges", "", &["get", "create", "patch", "delete"]),
    ("", "serviceaccounts", "", &["get", "create", "patch", "delete"]),
    ("", "serviceaccounts", "token", &["create"]),
    ("rbac.authorization.k8s.io", "roles", "", &["get", "create", "patch", "delete", "escalate", "bind"]),
    ("rbac.authorization.k8s.io", "rolebindings", "", &["get", "create", "patch", "delete"]),
    ("networking.k8s.io", "networkpolicies", "", &["get", "create", "patch", "delete"]),
    ("", "persistentvolumeclaims", "", &["get", "list", "create", "patch", "delete"]),
    ("apps", "deployments", "", &["get", "create", "patch", "delete"]),
    ("", "services", "", &["get", "create", "patch", "delete"]),
    ("", "pods", "", &["list"]),
];

#[async_trait]
impl Inspect for Kubernetes {
    async fn check(&self) -> Health {
        let version = match self.get("/version").await {
            Ok(version) => version.unwrap_or_default()["gitVersion"].as_str().unwrap_or("unknown").to_owned(),
            Err(error) => return Health { message: error.message, ..Health::default() },
        };
        let questions =
            NEEDED.iter().flat_map(|(group, resource, sub, verbs)| verbs.iter().map(move |verb| (*verb, *group, *resource, *sub)));
        let asked = join_all(questions.map(|(verb, group, resource, sub)| async move {
            let what = [group, resource, sub].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("/");
            (format!("{verb} {what}"), self.may(verb, group, resource, sub).await)
        }))
        .await;
        let mut missing = Vec::new();
        for (what, answer) in asked {
            match answer {
                Ok(true) => {}
                Ok(false) => missing.push(what),
                Err(error) => return Health { message: error.message, peer_version: version, ..Health::default() },
            }
        }
        let message =
            if missing.is_empty() { String::new() } else { "the credentials do not allow all that Tenantry does there".to_owned() };
        Health { healthy: missing.is_empty(), message, peer_version: version, missing_permissions: missing }
    }

    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        let path = match kind {
            Kind::Namespace => format!("/api/v1/namespaces/{}", place.namespace),
            Kind::Disk => format!("/api/v1/namespaces/{}/persistentvolumeclaims/{}", place.namespace, place.name),
            Kind::App => objects::deployment_path(place),
            // a cluster runs no servers
            _ => return Ok(false),
        };
        Ok(self.get(&path).await?.is_some_and(|found| objects::is_ours(&found, place.uid)))
    }
}

#[async_trait]
impl Credentials for Kubernetes {
    async fn kubeconfig(&self, namespace: &str, _tenant_uid: Uid, role: Role) -> Result<Kubeconfig> {
        let account = objects::account(role);
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": TOKEN_LIFE_S, "audiences": []},
        });
        let answer = self.create(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"), &request).await?;
        let token = answer["status"]["token"].as_str();
        let token = token.ok_or_else(|| DriverError::new(DriverErrorKind::Server, "the API server answered without a token"))?;
        let mut cluster = json!({"server": self.endpoint});
        if let Some(ca) = &self.ca {
            cluster["certificate-authority-data"] = json!(ca);
        }
        // JSON is YAML, and needs no escaping of its own
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": namespace,
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": account, "user": {"token": token}}],
            "contexts": [{"name": namespace, "context": {"cluster": "cluster", "user": account, "namespace": namespace}}],
        });
        Ok(Kubeconfig { yaml: format!("{document:#}\n"), expires_in_s: TOKEN_LIFE_S })
    }
}
