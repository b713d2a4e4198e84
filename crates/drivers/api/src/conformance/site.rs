//! The place of a case, and the cases of namespaces, which every platform has.

use tenantry_domain::Uid;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::NamespaceStatus;

use super::{Hooks, Outcome, Patience, check, refused, told};
use crate::{Deletion, DriverErrorKind, NamespaceWant, Platform, Result};

/// One case's namespace, and what it is tested with.
pub(super) struct Site<'a> {
    pub(super) platform: &'a dyn Platform,
    pub(super) hooks: &'a dyn Hooks,
    pub(super) patience: Patience,
    pub(super) limits: Limits,
    pub(super) name: String,
    pub(super) uid: Uid,
    pub(super) tenant_uid: Uid,
}

impl<'a> Site<'a> {
    pub(super) fn new(platform: &'a dyn Platform, hooks: &'a dyn Hooks, patience: Patience, limits: Limits, name: String) -> Self {
        Self { platform, hooks, patience, limits, name, uid: hooks.uid(), tenant_uid: hooks.uid() }
    }

    pub(super) fn namespace(&self) -> NamespaceWant {
        NamespaceWant {
            name: self.name.clone(),
            uid: self.uid,
            tenant_uid: self.tenant_uid,
            limits: self.limits,
            adopt: false,
            existed: false,
        }
    }

    pub(super) async fn pause(&self) {
        tokio::time::sleep(self.patience.pause).await;
    }

    /// Makes the namespace; a peer that is busy or not done yet is asked again.
    pub(super) async fn make_namespace(&self) -> Outcome<NamespaceStatus> {
        let want = self.namespace();
        self.make_namespace_as(&want).await
    }

    pub(super) async fn make_namespace_as(&self, want: &NamespaceWant) -> Outcome<NamespaceStatus> {
        let mut last = String::new();
        for _ in 0..self.patience.rounds {
            match self.platform.ensure_namespace(want).await {
                Ok(status) => return Ok(status),
                Err(error) if error.permanent() => return Err(told("making the namespace", &error)),
                Err(error) => last = told("making the namespace", &error),
            }
            self.pause().await;
        }
        Err(last)
    }

    pub(super) async fn delete_namespace(&self) -> Outcome {
        self.gone("the namespace", || self.platform.delete_namespace(&self.name, self.uid)).await
    }

    /// Deletes until it is gone.
    pub(super) async fn gone<F: Future<Output = Result<Deletion>>>(&self, what: &str, delete: impl Fn() -> F) -> Outcome {
        let mut last = String::new();
        for _ in 0..self.patience.rounds {
            match delete().await {
                Ok(Deletion::Gone) => return Ok(()),
                Ok(Deletion::InProgress(why)) => last = format!("the delete of {what} did not end: {why}"),
                Err(error) => last = told(&format!("deleting {what}"), &error),
            }
            self.pause().await;
        }
        Err(last)
    }

    /// Removes what the case made; what it planted is taken over first.
    pub(super) async fn tidy(&self) -> Outcome {
        match self.platform.ensure_namespace(&self.namespace()).await {
            Err(error) if error.kind == DriverErrorKind::NotOurs => {
                self.make_namespace_as(&NamespaceWant { adopt: true, ..self.namespace() }).await?;
            }
            _ => {}
        }
        self.delete_namespace().await
    }
}

pub(super) async fn the_check_finds_it_healthy(site: &Site<'_>) -> Outcome {
    let health = site.platform.check().await;
    check(health.healthy && health.missing_permissions.is_empty(), || format!("the check found {health:?}"))?;
    check(!health.peer_version.is_empty(), || "the check does not say which version answers".to_owned())
}

pub(super) async fn making_a_namespace_twice_makes_one(site: &Site<'_>) -> Outcome {
    site.make_namespace().await?;
    site.make_namespace().await?;
    let looked = site.make_namespace_as(&NamespaceWant { existed: true, ..site.namespace() }).await?;
    check(looked.repaired.is_empty(), || format!("nothing changed, and yet it repaired {:?}", looked.repaired))?;
    check(!looked.foreign, || "our own namespace is called foreign".to_owned())
}

pub(super) async fn a_namespace_that_is_not_ours_is_left_alone(site: &Site<'_>) -> Outcome {
    site.hooks.plant_foreign_namespace(&site.name).await.map_err(|e| told("planting", &e))?;
    refused("taking a foreign namespace", &site.platform.ensure_namespace(&site.namespace()).await, DriverErrorKind::NotOurs)?;
    site.delete_namespace().await?;
    let listed = site.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(!listed.contains_key(&site.name), || "a foreign namespace is listed as ours".to_owned())?;
    let again = site.platform.ensure_namespace(&site.namespace()).await;
    refused("taking a foreign namespace after deleting it as ours", &again, DriverErrorKind::NotOurs)
}

pub(super) async fn a_namespace_that_is_not_ours_can_be_adopted(site: &Site<'_>) -> Outcome {
    site.hooks.plant_foreign_namespace(&site.name).await.map_err(|e| told("planting", &e))?;
    site.make_namespace_as(&NamespaceWant { adopt: true, ..site.namespace() }).await?;
    // from now on it is ours, without any allowance
    site.make_namespace().await?;
    let listed = site.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(listed.get(&site.name) == Some(&site.uid), || format!("the adopted namespace is listed as {:?}", listed.get(&site.name)))
}

pub(super) async fn the_list_shows_our_namespaces_with_their_uids(site: &Site<'_>) -> Outcome {
    site.make_namespace().await?;
    let listed = site.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(listed.get(&site.name) == Some(&site.uid), || format!("our namespace is listed as {:?}", listed.get(&site.name)))
}
