//! Namespaces.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::future::{join_all, try_join_all};
use serde_json::{Map, Value, json};
use tenantry_domain::resource::NamespaceStatus;
use tenantry_domain::{Amounts, Metric, Uid};
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, NamespaceWant, Namespaces, Result};

use crate::objects::{self, MANAGED_BEFORE, MANAGED_BY, OURS, Object, UID, contains, is_ours, leaving};
use crate::places::is_of_the_cluster;
use crate::quantity::{read_cpu, read_mib};
use crate::{Kubernetes, MANAGER, failure};

/// How long a new quota is waited for until it counts, and how long between two looks.
const QUOTA_LIMIT: Duration = Duration::from_secs(3);
const QUOTA_PAUSE: Duration = Duration::from_millis(100);

/// What the quota counts as used.
fn used(quota: &Value) -> Amounts {
    let used = &quota["status"]["used"];
    let text = |key: &str| used[key].as_str().unwrap_or("0");
    Amounts::ZERO
        .with(Metric::Cpu, read_cpu(text("requests.cpu")))
        .with(Metric::Memory, read_mib(text("requests.memory")))
        .with(Metric::Storage, read_mib(text("requests.storage")))
}

fn earlier(name: &str) -> DriverError {
    DriverError::new(DriverErrorKind::Conflict, format!("an earlier namespace '{name}' is still being removed there"))
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
        if leaving(&found) {
            return Err(earlier(&want.name));
        }
        if !self.holds_ours(&found, want.uid).await? {
            let whose = match (mark(&found), is_of_the_cluster(&want.name)) {
                (Some(_), _) => "is another Tenantry's",
                (None, true) => "belongs to the cluster itself",
                (None, false) if want.adopt => return self.adopt_namespace(&object, &found).await,
                (None, false) => "is not Tenantry's",
            };
            let message = format!("a namespace '{}' exists there that {whose}", want.name);
            return Err(DriverError::new(DriverErrorKind::NotOurs, message));
        }
        if !object.matches(&found) {
            self.apply(&object.path, &object.body).await?;
        }
        Ok(())
    }

    /// Puts our labels on a namespace that somebody else made; what the one label said that others write too is kept.
    async fn adopt_namespace(&self, object: &Object, found: &Value) -> Result<()> {
        if let Some(before) = found["metadata"]["labels"][MANAGED_BY].as_str().filter(|before| *before != MANAGER) {
            self.merge(&object.path, &json!({"metadata": {"annotations": {MANAGED_BEFORE: before}}})).await?;
        }
        self.apply(&object.path, &object.body).await.map(|_| ())
    }

    /// Whether a namespace is ours: its label says so, or, when somebody took that label away, the quota inside does.
    async fn holds_ours(&self, found: &Value, uid: Uid) -> Result<bool> {
        if is_ours(found, uid) {
            return Ok(true);
        }
        if mark(found).is_some() {
            return Ok(false);
        }
        let quota = self.get(&objects::quota_path(objects::name(found))).await?;
        Ok(quota.is_some_and(|q| is_ours(&q, uid)))
    }

    /// Applies an object. One that cannot be changed into what is wanted is made anew: a RoleBinding keeps the role that it was
    /// made with, and older API servers keep what somebody else added to a selector.
    async fn put(&self, object: &Object) -> Result<Value> {
        match self.apply(&object.path, &object.body).await {
            Ok(applied) if object.matches(&applied) => return Ok(applied),
            Ok(_) => {}
            Err(error) if error.kind == DriverErrorKind::Invalid => match self.get(&object.path).await? {
                Some(found) if found["roleRef"] != object.body["roleRef"] => {}
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        }
        if let Some(found) = self.get(&object.path).await? {
            self.delete(&object.path, &found, "Background").await?;
        }
        self.apply(&object.path, &object.body).await
    }

    /// Waits until the quota counts, which takes a moment: what is made before that is not counted, and stays uncounted for minutes.
    async fn in_force(&self, want: &NamespaceWant, mut quota: Value) -> Result<Value> {
        let counts = |quota: &Value| {
            let hard = &quota["spec"]["hard"];
            hard.as_object().is_none_or(serde_json::Map::is_empty) || contains(&quota["status"]["hard"], hard)
        };
        let begun = Instant::now();
        loop {
            if counts(&quota) {
                return Ok(quota);
            }
            if begun.elapsed() > QUOTA_LIMIT.min(self.limit) {
                break;
            }
            tokio::time::sleep(QUOTA_PAUSE).await;
            quota = self.get(&objects::quota_path(&want.name)).await?.unwrap_or_default();
        }
        Err(DriverError::new(DriverErrorKind::Conflict, format!("the quota of the namespace '{}' is not in force there yet", want.name)))
    }

    /// Looks at every object and applies those that are missing or changed; answers with them, and with the quota.
    async fn repair(&self, wanted: Vec<Object>) -> Result<(Vec<String>, Value)> {
        let live = try_join_all(wanted.iter().map(|o| self.get(&o.path))).await?;
        let quota = live.first().cloned().flatten().unwrap_or_default();
        let drifted: Vec<&Object> =
            wanted.iter().zip(&live).filter(|(o, l)| l.as_ref().is_none_or(|l| !o.matches(l))).map(|(o, _)| o).collect();
        try_join_all(drifted.iter().map(|o| self.put(o))).await?;
        Ok((drifted.iter().map(|o| o.title()).collect(), quota))
    }
}

/// The uid that a namespace carries, ours or another Tenantry's.
pub(crate) fn mark(found: &Value) -> Option<Uid> {
    found["metadata"]["labels"][UID].as_str()?.parse().ok()
}

#[async_trait]
impl Namespaces for Kubernetes {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        if want.existed {
            let object = objects::namespace(want);
            let found = self.get(&object.path).await?;
            let mut repaired = Vec::new();
            if found.as_ref().is_some_and(leaving) {
                return Err(earlier(&want.name));
            }
            if found.is_none_or(|f| !object.matches(&f)) {
                self.claim_namespace(want).await?;
                repaired.push(object.title());
            }
            let (more, quota) = self.repair(objects::inside(want)).await?;
            repaired.extend(more);
            return Ok(NamespaceStatus { used: used(&quota), repaired, foreign: false });
        }
        self.claim_namespace(want).await?;
        let wanted = objects::inside(want);
        let applied = join_all(wanted.iter().map(|o| self.put(o))).await;
        let applied = applied.into_iter().collect::<Result<Vec<_>>>()?;
        let quota = self.in_force(want, applied.into_iter().next().unwrap_or_default()).await?;
        Ok(NamespaceStatus { used: used(&quota), ..NamespaceStatus::default() })
    }

    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        let path = format!("/api/v1/namespaces/{name}");
        let Some(found) = self.get(&path).await? else { return Ok(Deletion::Gone) };
        // one without a label that is leaving may be ours, with the quota that said so gone already
        let unknown = leaving(&found) && mark(&found).is_none();
        if !unknown && !self.holds_ours(&found, uid).await? {
            return Ok(Deletion::Gone);
        }
        if !leaving(&found) {
            self.delete(&path, &found, "Background").await?;
        }
        let stuck = |c: &&Value| c["status"] == "True" && c["message"].as_str().is_some_and(|m| !m.is_empty());
        let conditions = found["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let why = conditions.iter().rfind(stuck).and_then(|c| c["message"].as_str()).map(str::to_owned);
        let why = why.or_else(|| objects::finalizers(&found).map(|held| format!("it is held by {held}")));
        let why = why.unwrap_or_else(|| "its contents are being removed".to_owned());
        Ok(Deletion::InProgress(format!("the namespace is being removed: {why}")))
    }

    async fn release_namespace(&self, name: &str, uid: Uid) -> Result<()> {
        let path = format!("/api/v1/namespaces/{name}");
        let Some(found) = self.get(&path).await? else { return Ok(()) };
        // one that is leaving takes everything along
        if leaving(&found) || !self.holds_ours(&found, uid).await? {
            return Ok(());
        }
        for inside in objects::paths_inside(name, uid, uid) {
            self.delete_ours(&inside, uid, "Background").await?;
        }
        let metadata = &found["metadata"];
        let mut labels: Map<String, Value> = OURS.iter().map(|label| ((*label).to_owned(), Value::Null)).collect();
        labels.insert(MANAGED_BY.to_owned(), metadata["annotations"][MANAGED_BEFORE].clone());
        let change = json!({"metadata": {"labels": labels, "annotations": {MANAGED_BEFORE: null}}});
        failure::found(self.merge(&path, &change).await).map(|_| ())
    }

    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        let items = self.list("/api/v1/namespaces", "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dtenantry&").await?;
        Ok(items.iter().filter_map(|item| Some((objects::name(item).to_owned(), mark(item)?))).collect())
    }
}
