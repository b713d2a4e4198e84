//! The objects that Tenantry keeps in a cluster, as pure functions of what is wanted.

use serde_json::{Value, json};
use tenantry_domain::quota::Limits;
use tenantry_domain::user::Role;
use tenantry_domain::{Metric, Uid};
use tenantry_driver_api::{AppWant, DiskWant, NamespaceWant, Place};

use crate::quantity::{cpu, mib};
use crate::roles;

/// The label that says whose an object is.
pub(crate) const UID: &str = "tenantry.io/uid";

/// Our labels on a namespace.
pub(crate) const OURS: [&str; 3] = [MANAGED_BY, "tenantry.io/tenant-uid", UID];
/// The label that others write, too.
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// What that label said before a namespace was taken over, to be said again when it is let go.
pub(crate) const MANAGED_BEFORE: &str = "tenantry.io/managed-by-before";

/// An object with the path that it is applied at.
pub(crate) struct Object {
    pub(crate) path: String,
    pub(crate) body: Value,
}

impl Object {
    /// What it is called in a report.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.body["kind"].as_str().unwrap_or_default(), name(&self.body))
    }

    /// Whether what is there is as wanted. What keeps a tenant in its bounds is exactly that: a selector more or a subject more is
    /// another rule.
    pub(crate) fn matches(&self, live: &Value) -> bool {
        let exact: &[&str] = match self.body["kind"].as_str() {
            Some("NetworkPolicy" | "LimitRange") => &["spec"],
            Some("Role") => &["rules"],
            Some("RoleBinding") => &["roleRef", "subjects"],
            _ => &[],
        };
        contains(live, &self.body) && exact.iter().all(|key| live[key] == self.body[key])
    }
}

/// The name of an object.
pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// Whether an object is being removed.
pub(crate) fn leaving(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// The finalizers that hold an object, if any do.
pub(crate) fn finalizers(object: &Value) -> Option<String> {
    let held: Vec<&str> = object["metadata"]["finalizers"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!held.is_empty()).then(|| held.join(", "))
}

/// Whether an object carries our uid.
pub(crate) fn is_ours(object: &Value, uid: Uid) -> bool {
    object["metadata"]["labels"][UID].as_str() == Some(&uid.to_string())
}

fn labels(uid: Uid, tenant_uid: Uid) -> Value {
    json!({MANAGED_BY: "tenantry", "tenantry.io/tenant-uid": tenant_uid.to_string(), UID: uid.to_string()})
}

/// The service account of a role.
pub(crate) const fn account(role: Role) -> &'static str {
    match role {
        Role::Member => "tenantry-member",
        Role::TenantAdmin | Role::PlatformAdmin | Role::Telecom | Role::Maintainer => "tenantry-admin",
    }
}

/// The namespace itself.
pub(crate) fn namespace(want: &NamespaceWant) -> Object {
    let metadata = json!({"name": want.name, "labels": labels(want.uid, want.tenant_uid)});
    Object {
        path: format!("/api/v1/namespaces/{}", want.name),
        body: json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}),
    }
}

/// Where a namespace's quota is.
pub(crate) fn quota_path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/resourcequotas/tenantry")
}

/// Where everything is that is put inside a namespace: what lets people in first, the quota last.
pub(crate) fn paths_inside(name: &str, uid: Uid, tenant_uid: Uid) -> Vec<String> {
    let want = NamespaceWant { name: name.to_owned(), uid, tenant_uid, limits: Limits::NONE, adopt: false, existed: true };
    inside(&want).into_iter().rev().map(|object| object.path).collect()
}

/// Everything inside the namespace, the quota first.
pub(crate) fn inside(want: &NamespaceWant) -> Vec<Object> {
    let namespace = want.name.as_str();
    let metadata = |name: &str| json!({"name": name, "namespace": namespace, "labels": labels(want.uid, want.tenant_uid)});
    let core = |plural: &str, name: &str| format!("/api/v1/namespaces/{namespace}/{plural}/{name}");
    let mut objects = vec![
        Object {
            path: quota_path(namespace),
            body: json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata("tenantry"), "spec": {"hard": hard(want)}}),
        },
        Object {
            path: core("limitranges", "tenantry"),
            body: json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata("tenantry"), "spec": {"limits": [defaults(want)]}}),
        },
        Object {
            path: format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/tenantry-default"),
            body: json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata("tenantry-default"),
                "spec": {
                    "podSelector": {},
                    "policyTypes": ["Ingress", "Egress"],
                    "ingress": [{"from": [{"podSelector": {}}]}],
                    "egress": [
                        {"to": [{"podSelector": {}}]},
                        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
                    ],
                },
            }),
        },
    ];
    for role in Role::OF_TENANTS {
        let name = account(role);
        objects.push(Object {
            path: core("serviceaccounts", name),
            body: json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)}),
        });
        let rbac = |plural: &str| format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{plural}/{name}");
        objects.push(Object {
            path: rbac("roles"),
            body: json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata(name), "rules": roles::rules(role),
            }),
        });
        objects.push(Object {
            path: rbac("rolebindings"),
            body: json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata(name),
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
            }),
        });
    }
    objects
}

fn hard(want: &NamespaceWant) -> Value {
    let mut hard = json!({});
    for (metric, limit) in want.limits.iter() {
        let Some(limit) = limit else { continue };
        match metric {
            Metric::Cpu => {
                hard["requests.cpu"] = json!(cpu(limit));
                hard["limits.cpu"] = json!(cpu(limit));
            }
            Metric::Memory => {
                hard["requests.memory"] = json!(mib(limit));
                hard["limits.memory"] = json!(mib(limit));
            }
            Metric::Storage => hard["requests.storage"] = json!(mib(limit)),
            Metric::Volumes => hard["persistentvolumeclaims"] = json!(limit.to_string()),
            Metric::Servers | Metric::Networks | Metric::Routers | Metric::Instances | Metric::FloatingIps => {}
        }
    }
    hard
}

/// What a container gets when it says nothing; never more than the whole quota.
fn defaults(want: &NamespaceWant) -> Value {
    let within = |metric, wanted: i64| want.limits.get(metric).filter(|l| *l > 0).map_or(wanted, |l| wanted.min(l));
    let both = |c: i64, m: i64| json!({"cpu": cpu(within(Metric::Cpu, c)), "memory": mib(within(Metric::Memory, m))});
    json!({"type": "Container", "default": both(500, 512), "defaultRequest": both(100, 128)})
}

fn placed(place: &Place) -> Value {
    json!({"name": place.name, "namespace": place.namespace, "labels": labels(place.uid, place.tenant_uid)})
}

/// The claim of a disk.
pub(crate) fn claim(want: &DiskWant) -> Object {
    let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": mib(want.size_gib * 1024)}}});
    if let Some(class) = &want.storage_class {
        spec["storageClassName"] = json!(class);
    }
    Object {
        path: format!("/api/v1/namespaces/{}/persistentvolumeclaims/{}", want.place.namespace, want.place.name),
        body: json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": placed(&want.place), "spec": spec}),
    }
}

/// The image with its registry: the datacenter's, when the name has none.
fn image(want: &AppWant) -> String {
    let first = want.spec.image.split('/').next().unwrap_or_default();
    let named = want.spec.image.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match &want.image_registry {
        Some(registry) if !named => format!("{}/{}", registry.trim_end_matches('/'), want.spec.image),
        _ => want.spec.image.clone(),
    }
}

/// The deployment of an app.
pub(crate) fn deployment(want: &AppWant) -> Object {
    let spec = &want.spec;
    let amounts = json!({"cpu": cpu(spec.cpu_millicores), "memory": mib(spec.memory_mib)});
    let ports: Vec<Value> = spec.ports.iter().map(|p| json!({"containerPort": p, "protocol": "TCP"})).collect();
    let environment: Vec<Value> = spec.environment.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mounts: Vec<Value> = spec.disks.iter().map(|m| json!({"name": m.disk, "mountPath": m.path})).collect();
    let volumes: Vec<Value> = spec.disks.iter().map(|m| json!({"name": m.disk, "persistentVolumeClaim": {"claimName": m.disk}})).collect();
    // within the tenant's quota a rollout must always be able to go on: it may take one away before it adds one
    let strategy = if spec.disks.is_empty() {
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}})
    } else {
        json!({"type": "Recreate"})
    };
    let mut pod_labels = labels(want.place.uid, want.place.tenant_uid);
    pod_labels["app.kubernetes.io/name"] = json!(want.place.name);
    let body = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": placed(&want.place),
        "spec": {
            "replicas": spec.running(),
            "progressDeadlineSeconds": 120,
            "selector": {"matchLabels": {UID: want.place.uid.to_string()}},
            "strategy": strategy,
            "template": {
                "metadata": {"labels": pod_labels, "annotations": {"tenantry.io/restarts": spec.restarts.to_string()}},
                "spec": {
                    "automountServiceAccountToken": false,
                    "containers": [{
                        "name": "main", "image": image(want), "ports": ports, "env": environment, "volumeMounts": mounts,
                        "resources": {"requests": amounts, "limits": amounts},
                    }],
                    "volumes": volumes,
                },
            },
        },
    });
    Object { path: deployment_path(&want.place), body }
}

/// Where an app's deployment is.
pub(crate) fn deployment_path(place: &Place) -> String {
    format!("/apis/apps/v1/namespaces/{}/deployments/{}", place.namespace, place.name)
}

/// Where an app's service is.
pub(crate) fn service_path(place: &Place) -> String {
    format!("/api/v1/namespaces/{}/services/{}", place.namespace, place.name)
}

/// The service of an app that has ports.
pub(crate) fn service(want: &AppWant) -> Object {
    let ports: Vec<Value> =
        want.spec.ports.iter().map(|p| json!({"name": format!("port-{p}"), "port": p, "targetPort": p, "protocol": "TCP"})).collect();
    let body = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": placed(&want.place),
        "spec": {"selector": {UID: want.place.uid.to_string()}, "ports": ports},
    });
    Object { path: service_path(&want.place), body }
}

/// Whether `live` has all that `desired` says; what it has beyond it is not ours to mind.
pub(crate) fn contains(live: &Value, desired: &Value) -> bool {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            desired.iter().all(|(key, value)| live.get(key).is_some_and(|l| contains(l, value)))
        }
        (Value::Array(live), Value::Array(desired)) => live.len() == desired.len() && live.iter().zip(desired).all(|(l, d)| contains(l, d)),
        (live, desired) => live == desired || matches!((live, desired), (Value::Null, Value::Array(list)) if list.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_what_is_missing_or_different_and_not_what_is_more() {
        let desired = json!({"spec": {"hard": {"cpu": "1"}, "list": [{"a": 1}]}});
        assert!(contains(&json!({"spec": {"hard": {"cpu": "1", "x": "2"}, "list": [{"a": 1, "b": 2}]}, "status": {}}), &desired));
        assert!(!contains(&json!({"spec": {"hard": {"cpu": "2"}, "list": [{"a": 1}]}}), &desired));
        assert!(!contains(&json!({"spec": {"hard": {"cpu": "1"}, "list": []}}), &desired));
        assert!(!contains(&json!({}), &desired));
    }

    #[test]
    fn what_keeps_a_tenant_in_its_bounds_is_exactly_as_wanted() {
        let uid: Uid = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        let limits = tenantry_domain::quota::Limits::default();
        let want = NamespaceWant { name: "shop".into(), uid, tenant_uid: uid, limits, adopt: false, existed: true };
        let changed = |kind: &str, pointer: &str, value: Value| {
            let object = inside(&want).into_iter().find(|o| o.body["kind"] == kind).unwrap();
            let mut live = object.body.clone();
            assert!(object.matches(&live), "{kind}");
            *live.pointer_mut(pointer).unwrap() = value;
            !object.matches(&live)
        };
        assert!(changed("NetworkPolicy", "/spec/podSelector", json!({"matchLabels": {"guarded": "yes"}})));
        assert!(changed("NetworkPolicy", "/spec/ingress/0/from/0", json!({"podSelector": {}, "namespaceSelector": {}})));
        assert!(changed("NetworkPolicy", "/spec/egress/0", json!({})));
        assert!(changed("RoleBinding", "/roleRef/name", json!("cluster-admin")));
        assert!(changed("RoleBinding", "/subjects/0/namespace", json!("another")));
        assert!(changed("Role", "/rules/0/verbs", json!(["*"])));
        assert!(!changed(
            "ResourceQuota",
            "/metadata",
            json!({"name": "tenantry", "namespace": "shop", "labels": {
            "app.kubernetes.io/managed-by": "tenantry", "tenantry.io/tenant-uid": uid.to_string(), UID: uid.to_string(), "more": "x"}})
        ));
    }
}
