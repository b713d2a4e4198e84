//! Disks and apps.

use async_trait::async_trait;
use serde_json::Value;
use tenantry_domain::resource::{AppStatus, DiskStatus};
use tenantry_driver_api::{AppWant, Apps, Deletion, DiskWant, Disks, DriverError, DriverErrorKind, Place, Result, Rollout};

use crate::Kubernetes;
use crate::objects::{self, Object, is_ours, leaving};
use crate::quantity::read_mib;

impl Kubernetes {
    /// Makes an object, or makes it as wanted; one of that name that is not ours is left alone.
    async fn ensure(&self, object: &Object, place: &Place) -> Result<Value> {
        match self.get(&object.path).await? {
            Some(found) if !is_ours(&found, place.uid) => {
                Err(DriverError::new(DriverErrorKind::NotOurs, format!("{} exists there that is not Tenantry's", object.title())))
            }
            Some(found) if leaving(&found) => {
                Err(DriverError::new(DriverErrorKind::Conflict, format!("an earlier {} is still being removed", object.title())))
            }
            Some(found) if object.matches(&found) => Ok(found),
            _ => self.apply(&object.path, &object.body).await,
        }
    }

    async fn users_of(&self, place: &Place) -> Result<Vec<String>> {
        let pods = self.list(&format!("/api/v1/namespaces/{}/pods", place.namespace), "").await?;
        let mounts = |pod: &&Value| {
            let volumes = pod["spec"]["volumes"].as_array();
            volumes.into_iter().flatten().any(|v| v["persistentVolumeClaim"]["claimName"] == place.name.as_str())
        };
        let running = |pod: &&Value| !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        Ok(pods.iter().filter(mounts).filter(running).map(|p| format!("pod '{}'", objects::name(p))).collect())
    }
}

#[async_trait]
impl Disks for Kubernetes {
    async fn ensure_disk(&self, want: &DiskWant) -> Result<DiskStatus> {
        let want = DiskWant { storage_class: want.storage_class.clone().or_else(|| self.storage_class.clone()), ..want.clone() };
        let object = objects::claim(&want);
        let present = self.get(&object.path).await?;
        let size = |claim: &Value| claim["spec"]["resources"]["requests"]["storage"].as_str().map_or(0, read_mib) / 1024;
        if let Some(claim) = present.as_ref().filter(|c| is_ours(c, want.place.uid))
            && size(claim) > want.size_gib
        {
            let message = format!("the disk has {} GiB there and cannot shrink to {}", size(claim), want.size_gib);
            return Err(DriverError::new(DriverErrorKind::Invalid, message));
        }
        let claim = self.ensure(&object, &want.place).await?;
        let capacity = claim["status"]["capacity"]["storage"].as_str().map(read_mib);
        let bound = claim["status"]["phase"] == "Bound";
        let used_by = if present.is_some() { self.users_of(&want.place).await? } else { Vec::new() };
        Ok(DiskStatus { size_gib: capacity.map_or_else(|| size(&claim), |c| c / 1024), bound, used_by })
    }

    async fn delete_disk(&self, place: &Place) -> Result<Deletion> {
        let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims/{}", place.namespace, place.name);
        let users = self.users_of(place).await?;
        if !users.is_empty() {
            return Ok(Deletion::InProgress(format!("the disk is used by {}", users.join(", "))));
        }
        self.delete_ours(&path, place.uid, "Background").await
    }
}

/// How a deployment's rollout stands.
fn rollout(deployment: &Value, wanted: i64) -> (AppStatus, Rollout) {
    let status = &deployment["status"];
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    let seen = AppStatus {
        replicas: number("replicas"),
        updated: number("updatedReplicas"),
        available: number("availableReplicas"),
        address: String::new(),
    };
    let newest = number("observedGeneration") >= deployment["metadata"]["generation"].as_i64().unwrap_or(0);
    if newest && seen.updated == wanted && seen.available == wanted && seen.replicas == wanted {
        return (seen, Rollout::Complete);
    }
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let condition = |kind: &str, value: &str| conditions.iter().find(|c| c["type"] == kind && c["status"] == value);
    let message = |c: &Value| c["message"].as_str().unwrap_or_default().to_owned();
    let progress = format!("{} of {wanted} copies are of the newest release, {} serve", seen.updated, seen.available);
    let stuck = if newest { condition("ReplicaFailure", "True").or_else(|| condition("Progressing", "False")) } else { None };
    let stand = stuck.map_or(Rollout::Progressing(progress), |c| Rollout::Stuck(message(c)));
    (seen, stand)
}

#[async_trait]
impl Apps for Kubernetes {
    async fn ensure_app(&self, want: &AppWant) -> Result<(AppStatus, Rollout)> {
        let deployment = self.ensure(&objects::deployment(want), &want.place).await?;
        let address = if want.spec.ports.is_empty() {
            self.delete_ours(&objects::service_path(&want.place), want.place.uid, "Background").await?;
            String::new()
        } else {
            self.ensure(&objects::service(want), &want.place).await?;
            format!("{}.{}.svc:{}", want.place.name, want.place.namespace, want.spec.ports[0])
        };
        let (status, rollout) = rollout(&deployment, want.spec.running());
        Ok((AppStatus { address, ..status }, rollout))
    }

    async fn delete_app(&self, place: &Place) -> Result<Deletion> {
        let service = self.delete_ours(&objects::service_path(place), place.uid, "Background").await?;
        let deployment = self.delete_ours(&objects::deployment_path(place), place.uid, "Foreground").await?;
        Ok(if deployment == Deletion::Gone { service } else { deployment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rollout_is_complete_only_when_every_copy_is_new_and_serves() {
        let deployment = |status: Value| json!({"metadata": {"generation": 2}, "status": status});
        let full = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
        assert_eq!(rollout(&deployment(full.clone()), 2).1, Rollout::Complete);
        let old = json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
        assert!(matches!(rollout(&deployment(old), 2).1, Rollout::Progressing(_)));
        let extra = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 2});
        assert!(matches!(rollout(&deployment(extra), 2).1, Rollout::Progressing(_)));
        let failed =
            json!({"observedGeneration": 2, "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]});
        assert_eq!(rollout(&deployment(failed), 2).1, Rollout::Stuck("exceeded quota".into()));
        assert_eq!(rollout(&deployment(json!({"observedGeneration": 2})), 0).1, Rollout::Complete);
    }
}
