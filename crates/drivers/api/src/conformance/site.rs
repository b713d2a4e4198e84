//! The place of a case, and the cases of namespaces, which every platform has.

use tenantry_domain::Uid;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::NamespaceStatus;

use super::{Hooks, Outcome, Patience, check, refused, told};
use crate::{Deletion, DriverErrorKind, FoundPlace, NamespaceWant, PlaceQuery, Platform, Result};

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

/// Every place of this prefix, page by page.
async fn places(site: &Site<'_>, prefix: &str, limit: usize) -> Outcome<Vec<FoundPlace>> {
    let mut query = PlaceQuery { prefix: prefix.to_owned(), after: None, limit };
    let mut all = Vec::new();
    loop {
        let page = site.platform.list_places(&query).await.map_err(|e| told("listing places", &e))?;
        check(page.items.len() <= limit, || format!("a page of {limit} has {} places", page.items.len()))?;
        all.extend(page.items);
        match page.next {
            Some(next) if query.after.as_ref() != Some(&next) => query.after = Some(next),
            Some(next) => return Err(format!("the page after '{next}' is followed by itself")),
            None => return Ok(all),
        }
    }
}

/// The place of the case, as it is listed and as it is found by its name.
async fn place(site: &Site<'_>) -> Outcome<FoundPlace> {
    let listed = places(site, &site.name, 100).await?.into_iter().find(|p| p.name == site.name);
    let found = site.platform.get_place(&site.name).await.map_err(|e| told("looking for a place", &e))?.map(|(place, _)| place);
    check(listed == found, || format!("the place is listed as {listed:?} and found as {found:?}"))?;
    found.ok_or_else(|| "the place is not there".to_owned())
}

pub(super) async fn places_are_listed_by_prefix_and_page_by_page(site: &Site<'_>) -> Outcome {
    let more = ["a", "b", "c"].map(|end| {
        let name = format!("{}-{end}", site.name);
        Site::new(site.platform, site.hooks, site.patience, site.limits, name)
    });
    let outcome = listed_place_by_place(site, &more).await;
    for planted in &more {
        planted.tidy().await?;
    }
    outcome
}

async fn listed_place_by_place(site: &Site<'_>, more: &[Site<'_>]) -> Outcome {
    for planted in more {
        site.hooks.plant_foreign_namespace(&planted.name).await.map_err(|e| told("planting", &e))?;
    }
    let wanted: Vec<&str> = more.iter().map(|planted| planted.name.as_str()).collect();
    for limit in [2, 100] {
        let found = places(site, &format!("{}-", site.name), limit).await?;
        let mut names: Vec<&str> = found.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        check(names == wanted, || format!("in pages of {limit} there are {names:?}"))?;
        check(found.iter().all(|p| !p.peer_id.is_empty() && p.mark.is_none()), || format!("the planted are told as {found:?}"))?;
    }
    let absent = format!("{}-absent", site.name);
    check(places(site, &absent, 100).await?.is_empty(), || "a prefix that no place has lets places through".to_owned())?;
    let found = site.platform.get_place(&absent).await.map_err(|e| told("looking for a place", &e))?;
    check(found.is_none(), || format!("what is not there is found as {found:?}"))
}

pub(super) async fn a_place_of_another_tenantry_is_told_and_not_adopted(site: &Site<'_>) -> Outcome {
    site.make_namespace().await?;
    let found = place(site).await?;
    check(found.mark == Some(site.uid), || format!("a namespace of a Tenantry is told as {found:?}"))?;
    let other = NamespaceWant { uid: site.hooks.uid(), tenant_uid: site.hooks.uid(), adopt: true, ..site.namespace() };
    refused("adopting what another Tenantry has", &site.platform.ensure_namespace(&other).await, DriverErrorKind::NotOurs)?;
    check(place(site).await? == found, || "what another Tenantry has is not as it was".to_owned())
}

pub(super) async fn what_was_adopted_is_let_go_and_stays(site: &Site<'_>) -> Outcome {
    site.hooks.plant_foreign_namespace(&site.name).await.map_err(|e| told("planting", &e))?;
    let before = place(site).await?;
    let let_go = async |uid| site.platform.release_namespace(&site.name, uid).await.map_err(|e| told("letting it go", &e));
    site.make_namespace_as(&NamespaceWant { adopt: true, ..site.namespace() }).await?;
    // somebody else's hands change nothing
    let_go(site.hooks.uid()).await?;
    check(place(site).await?.mark == Some(site.uid), || "it was let go for somebody whose it is not".to_owned())?;
    for _ in 0..2 {
        let_go(site.uid).await?;
        check(place(site).await? == before, || format!("what was let go is not as it was: {before:?}"))?;
    }
    let listed = site.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(!listed.contains_key(&site.name), || "what was let go is listed as ours".to_owned())?;
    refused("taking what was let go", &site.platform.ensure_namespace(&site.namespace()).await, DriverErrorKind::NotOurs)?;
    site.delete_namespace().await?;
    check(place(site).await? == before, || "what was let go was removed".to_owned())
}

pub(super) async fn letting_go_of_what_is_absent_succeeds(site: &Site<'_>) -> Outcome {
    site.platform.release_namespace(&site.name, site.uid).await.map_err(|e| told("letting go of what is absent", &e))
}
