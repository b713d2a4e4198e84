//! What a tenant's people may do in their namespace with kubectl.
//!
//! Kubernetes' own roles `edit` and `admin` let them rewrite the network policy, and `admin` the role bindings: what keeps a tenant
//! in its bounds would be in the tenant's hands. So every namespace has roles of its own, in which that is read-only.

use serde_json::{Value, json};
use tenantry_domain::user::Role;

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const RBAC: &str = "rbac.authorization.k8s.io";

fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
}

/// The rules of a role.
pub(crate) fn rules(role: Role) -> Vec<Value> {
    let mut rules = vec![
        rule(&WRITE, "", &["pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "replicationcontrollers"]),
        rule(&WRITE, "", &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "services/proxy"]),
        rule(&["create"], "", &["pods/eviction"]),
        rule(&WRITE, "", &["replicationcontrollers/scale"]),
        rule(&WRITE, "apps", &["deployments", "statefulsets", "daemonsets", "replicasets"]),
        rule(&WRITE, "apps", &["deployments/scale", "statefulsets/scale", "replicasets/scale"]),
        rule(&WRITE, "batch", &["jobs", "cronjobs"]),
        rule(&WRITE, "autoscaling", &["horizontalpodautoscalers"]),
        rule(&WRITE, "policy", &["poddisruptionbudgets"]),
        rule(&WRITE, "networking.k8s.io", &["ingresses"]),
        rule(&READ, "", &["namespaces", "resourcequotas", "limitranges", "serviceaccounts", "endpoints", "events", "pods/log"]),
        rule(&READ, "apps", &["controllerrevisions"]),
        rule(&READ, "discovery.k8s.io", &["endpointslices"]),
        rule(&READ, "events.k8s.io", &["events"]),
        rule(&READ, "metrics.k8s.io", &["pods"]),
        rule(&READ, "networking.k8s.io", &["networkpolicies"]),
    ];
    if role != Role::Member {
        rules.push(rule(&WRITE, "", &["serviceaccounts"]));
        rules.push(rule(&READ, RBAC, &["roles", "rolebindings"]));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_can_write_what_keeps_a_tenant_in_its_bounds() {
        for role in Role::OF_TENANTS {
            for rule in rules(role) {
                let has = |key: &str, wanted: &[&str]| rule[key].as_array().unwrap().iter().any(|v| wanted.contains(&v.as_str().unwrap()));
                let bounds =
                    ["namespaces", "resourcequotas", "limitranges", "networkpolicies", "roles", "rolebindings", "serviceaccounts/token"];
                assert!(!has("resources", &["*"]) && !has("verbs", &["*", "escalate", "bind", "impersonate"]), "{rule}");
                assert!(!has("resources", &bounds) || rule["verbs"] == json!(READ), "{rule}");
            }
        }
    }
}
