//! Namespaces.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::future::{join_all, try_join_all};
use serde_json::Value;
use tenantry_domain::resource::NamespaceStatus;
use tenantry_domain::{Amounts, Metric, Uid};
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, NamespaceWant, Namespaces, Result};

use crate::Kubernetes;
use crate::objects::{self, Object, UID, contains, is_ours};
use crate::quantity::{read_cpu, read_mib};

/// What the quota counts as used.
fn used(quota: &Value) -> Amounts {
    let used = &quota["status"]["used"];
    let text = |key: &str| used[key].as_str().unwrap_or("0");
    Amounts::ZERO
        .with(Metric::Cpu, read_cpu(text("requests.cpu")))
        .with(Metric::Memory, read_mib(text("requests.memory")))
        .with(Metric::Storage, read_mib(text("requests.storage")))
}

impl Kubernetes {
    /// Makes the namespace if there is none; one that is there must be ours, or is adopted.
    async fn claim_namespace(&self, want: &NamespaceWant) -> Result<()> {
        let object = objects::namespace(want);
        match self.create("/api/v1/namespaces", &object.body).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind == DriverErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        let Some(found) = self.get(&object.path).await? else {
            return Err(DriverError::new(DriverErrorKind::Conflict, "the namespace went away while it was looked at"));
        };
        if !found["metadata"]["deletionTimestamp"].is_null() {
            return Err(DriverError::new(
                DriverErrorKind::Conflict,
                format!("an earlier namespace '{}' is still being removed there", want.name),
            ));
        }
        if !is_ours(&found, want.uid) {
            if !want.adopt {
                return Err(DriverError::new(
                    DriverErrorKind::NotOurs,
                    format!("a namespace '{}' exists there that is not Tenantry's", want.name),
                ));
            }
            self.apply(&object.path, &object.body).await?;
        }
        Ok(())
    }

    /// Looks at every object and applies those that are missing or changed; answers with them, and with the quota.
    async fn repair(&self, wanted: Vec<Object>) -> Result<(Vec<String>, Value)> {
        let live = try_join_all(wanted.iter().map(|o| self.get(&o.path))).await?;
        let quota = live.first().cloned().flatten().unwrap_or_default();
        let drifted: Vec<&Object> =
            wanted.iter().zip(&live).filter(|(o, l)| l.as_ref().is_none_or(|l| !contains(l, &o.body))).map(|(o, _)| o).collect();
        try_join_all(drifted.iter().map(|o| self.apply(&o.path, &o.body))).await?;
        Ok((drifted.iter().map(|o| o.title()).collect(), quota))
    }
}

#[async_trait]
impl Namespaces for Kubernetes {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        if want.existed {
            let object = objects::namespace(want);
            let found = self.get(&object.path).await?;
            let mut repaired = Vec::new();
            if found.is_none_or(|f| !is_ours(&f, want.uid)) {
                self.claim_namespace(want).await?;
                repaired.push(object.title());
            }
            let (more, quota) = self.repair(objects::inside(want)).await?;
            repaired.extend(more);
            return Ok(NamespaceStatus { used: used(&quota), repaired, foreign: false });
        }
        self.claim_namespace(want).await?;
        let wanted = objects::inside(want);
        let applied = join_all(wanted.iter().map(|o| self.apply(&o.path, &o.body))).await;
        let applied = applied.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(NamespaceStatus { used: applied.first().map(used).unwrap_or_default(), ..NamespaceStatus::default() })
    }

    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        let path = format!("/api/v1/namespaces/{name}");
        let Some(found) = self.get(&path).await? else { return Ok(Deletion::Gone) };
        if !is_ours(&found, uid) {
            return Ok(Deletion::Gone);
        }
        if found["metadata"]["deletionTimestamp"].is_null() {
            self.delete(&path, &found, "Background").await?;
        }
        let stuck = |c: &&Value| c["status"] == "True" && c["message"].as_str().is_some_and(|m| !m.is_empty());
        let conditions = found["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let why = conditions.iter().rfind(stuck).and_then(|c| c["message"].as_str()).unwrap_or("its contents are being removed");
        Ok(Deletion::InProgress(format!("the namespace is being removed: {why}")))
    }

    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        let mut found = BTreeMap::new();
        let mut next = String::new();
        loop {
            let path = format!("/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dtenantry&limit=500&continue={next}");
            let page = self.get(&path).await?.unwrap_or_default();
            for item in page["items"].as_array().into_iter().flatten() {
                if let Some(uid) = item["metadata"]["labels"][UID].as_str().and_then(|u| u.parse().ok()) {
                    found.insert(objects::name(item).to_owned(), uid);
                }
            }
            match page["metadata"]["continue"].as_str() {
                Some(token) if !token.is_empty() => next = token.to_owned(),
                _ => return Ok(found),
            }
        }
    }
}
