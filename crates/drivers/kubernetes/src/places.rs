//! Namespaces that were there before Tenantry came, and what lives in one.

use async_trait::async_trait;
use serde_json::Value;
use tenantry_domain::{Amounts, Metric, Timestamp};
use tenantry_driver_api::{DriverError, DriverErrorKind, FoundPlace, PlacePage, PlaceQuery, Places, Result};

use crate::Kubernetes;
use crate::namespace::mark;
use crate::objects::{leaving, name};
use crate::quantity::{read_cpu, read_mib};

/// The namespaces that every cluster has for itself.
const OF_THE_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Whether a namespace is the cluster's own: no tenant is put over it.
pub(crate) fn is_of_the_cluster(name: &str) -> bool {
    OF_THE_CLUSTER.contains(&name)
}

fn place(found: &Value) -> Option<FoundPlace> {
    let metadata = &found["metadata"];
    let text = |key: &str| metadata[key].as_str().unwrap_or_default();
    (!leaving(found) && !is_of_the_cluster(name(found))).then(|| FoundPlace {
        name: name(found).to_owned(),
        peer_id: text("uid").to_owned(),
        since: Timestamp::parse(text("creationTimestamp")).ok(),
        mark: mark(found),
    })
}

/// What the containers of a pod ask for or are limited to, whichever is more: both count against our quota.
fn held(containers: &Value) -> impl Iterator<Item = (i64, i64)> + '_ {
    containers.as_array().into_iter().flatten().map(|container| {
        let of = |part: &str, key: &str| container["resources"][part][key].as_str().unwrap_or("0").to_owned();
        let cpu = read_cpu(&of("requests", "cpu")).max(read_cpu(&of("limits", "cpu")));
        (cpu, read_mib(&of("requests", "memory")).max(read_mib(&of("limits", "memory"))))
    })
}

/// What a pod counts as: its containers together, or the largest of those that run before them.
fn of_pod(pod: &Value) -> Amounts {
    if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return Amounts::ZERO;
    }
    let (cpu, memory) = held(&pod["spec"]["containers"]).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let (cpu, memory) =
        held(&pod["spec"]["initContainers"]).fold((cpu, memory), |most: (i64, i64), one| (most.0.max(one.0), most.1.max(one.1)));
    Amounts::ZERO.with(Metric::Cpu, cpu).with(Metric::Memory, memory)
}

fn of_claim(claim: &Value) -> Amounts {
    let size = read_mib(claim["spec"]["resources"]["requests"]["storage"].as_str().unwrap_or("0"));
    Amounts::ZERO.with(Metric::Storage, size).with(Metric::Volumes, 1)
}

#[async_trait]
impl Places for Kubernetes {
    async fn list_places(&self, asked: &PlaceQuery) -> Result<PlacePage> {
        let after = asked.after.as_deref().unwrap_or_default();
        if !after.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)) {
            return Err(DriverError::new(DriverErrorKind::Invalid, "the API server gave no such end of a page"));
        }
        let (items, next) = self.page("/api/v1/namespaces", "", asked.limit, after).await?;
        let items = items.iter().filter_map(place).filter(|found| found.name.starts_with(&asked.prefix)).collect();
        Ok(PlacePage { items, next })
    }

    async fn get_place(&self, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        let path = format!("/api/v1/namespaces/{name}");
        let Some(found) = self.get(&path).await?.as_ref().and_then(place) else { return Ok(None) };
        let pods = self.list(&format!("{path}/pods"), "").await?;
        let claims = self.list(&format!("{path}/persistentvolumeclaims"), "").await?;
        let held = pods.iter().map(of_pod).chain(claims.iter().map(of_claim)).fold(Amounts::ZERO, |sum, one| sum + one);
        Ok(Some((found, held)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_counts_as_the_larger_of_what_it_asks_for_and_what_it_is_limited_to() {
        let container = |requests: Value, limits: Value| json!({"resources": {"requests": requests, "limits": limits}});
        let main = container(json!({"cpu": "250m", "memory": "64Mi"}), json!({"cpu": "1", "memory": "64Mi"}));
        let pod = json!({
            "spec": {"containers": [main, main, {}], "initContainers": [container(json!({"memory": "1Gi"}), json!({}))]},
            "status": {"phase": "Running"},
        });
        assert_eq!(of_pod(&pod), Amounts::ZERO.with(Metric::Cpu, 2000).with(Metric::Memory, 1024));
        let done = json!({"spec": pod["spec"], "status": {"phase": "Succeeded"}});
        assert_eq!(of_pod(&done), Amounts::ZERO);
    }

    #[test]
    fn what_is_the_clusters_own_or_leaving_is_no_place() {
        let found = |name: &str| json!({"metadata": {"name": name, "uid": "u", "creationTimestamp": "2026-11-01T00:00:00Z"}});
        let shop = place(&found("shop")).unwrap();
        assert_eq!((shop.name.as_str(), shop.peer_id.as_str(), shop.mark), ("shop", "u", None));
        assert_eq!(shop.since.unwrap().to_string(), "2026-11-01T00:00:00.000Z");
        for own in OF_THE_CLUSTER {
            assert_eq!(place(&found(own)), None);
        }
        let mut leaving = found("shop");
        leaving["metadata"]["deletionTimestamp"] = json!("2026-11-02T00:00:00Z");
        assert_eq!(place(&leaving), None);
    }
}
