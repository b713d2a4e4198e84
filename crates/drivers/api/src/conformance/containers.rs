//! What every container platform must do alike.

use std::ops::Deref;

use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, AppStatus, DiskStatus, Mount};
use tenantry_domain::{Amounts, Metric};

use super::site::{self, Site};
use super::{Failure, Failures, Hooks, Outcome, Patience, check, refused, run_cases, told};
use crate::{AppWant, ContainerPlatform, Deletion, DiskWant, DriverErrorKind, Place, Rollout};

/// What the platform under test can do.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// Whether a disk can be made larger.
    pub can_grow: bool,
    /// Whether a disk over the namespace's quota is refused.
    pub enforces_quota: bool,
    /// Two images that the platform can run.
    pub images: [String; 2],
}

/// Runs every case, one after the other, and answers with the names of those that were run.
///
/// # Errors
/// With every case that failed, and what was not as it should be.
pub async fn run(
    platform: &dyn ContainerPlatform,
    capabilities: Capabilities,
    namespace_prefix: &str,
    hooks: &dyn Hooks,
    patience: Patience,
) -> Result<Vec<&'static str>, Failures> {
    let limits = Limits::compute(Some(2000), Some(2048), Some(8 * 1024));
    let scene = |n: usize| Scene {
        site: Site::new(platform, hooks, patience, limits, format!("{namespace_prefix}-{n:02}")),
        platform,
        can: &capabilities,
    };
    run_cases![scene;
        site::the_check_finds_it_healthy,
        site::making_a_namespace_twice_makes_one,
        site::a_namespace_that_is_not_ours_is_left_alone,
        site::a_namespace_that_is_not_ours_can_be_adopted,
        site::the_list_shows_our_namespaces_with_their_uids,
        site::places_are_listed_by_prefix_and_page_by_page,
        site::a_place_of_another_tenantry_is_told_and_not_adopted,
        site::what_was_adopted_is_let_go_and_stays,
        site::letting_go_of_what_is_absent_succeeds,
        deleting_what_is_absent_succeeds,
        deleting_a_namespace_removes_all_in_it_and_ends,
        a_disk_is_made_once_and_grows,
        a_disk_does_not_shrink,
        a_disk_over_the_quota_is_refused,
        an_app_is_made_scaled_updated_stopped_and_deleted,
        a_restart_comes_to_rest,
        a_disk_in_use_outlives_its_delete_until_the_app_is_gone,
        an_app_waits_for_its_disk,
        what_lives_in_a_namespace_is_counted,
    ]
}

/// A case's place, and the platform.
struct Scene<'a> {
    site: Site<'a>,
    platform: &'a dyn ContainerPlatform,
    can: &'a Capabilities,
}

impl<'a> Deref for Scene<'a> {
    type Target = Site<'a>;
    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}

impl Scene<'_> {
    fn place(&self, name: &str) -> Place {
        Place { namespace: self.name.clone(), name: name.to_owned(), uid: self.hooks.uid(), tenant_uid: self.tenant_uid }
    }

    fn disk(&self, name: &str, size_gib: i64) -> DiskWant {
        DiskWant { place: self.place(name), size_gib, storage_class: None }
    }

    fn app(&self, name: &str) -> AppWant {
        let spec = AppSpec {
            image: self.can.images[0].clone(),
            replicas: 1,
            ports: vec![8080],
            environment: [("LANG".to_owned(), "C.UTF-8".to_owned())].into(),
            disks: Vec::new(),
            cpu_millicores: 100,
            memory_mib: 64,
            stopped: false,
            restarts: 0,
        };
        AppWant { place: self.place(name), spec, image_registry: None }
    }

    /// Makes the disk. A quota that the peer is still counting refuses at first, with whatever words.
    async fn make_disk(&self, want: &DiskWant) -> Outcome<DiskStatus> {
        let mut last = String::new();
        for _ in 0..self.patience.rounds {
            match self.platform.ensure_disk(want).await {
                Ok(status) => return Ok(status),
                Err(error) => last = told("making the disk", &error),
            }
            self.pause().await;
        }
        Err(last)
    }

    /// Makes the app, and looks until its rollout is complete.
    async fn roll_out(&self, want: &AppWant) -> Outcome<AppStatus> {
        let mut last = String::new();
        for _ in 0..self.patience.rounds {
            match self.platform.ensure_app(want).await {
                Ok((status, Rollout::Complete)) => return Ok(status),
                Ok((status, rollout)) => last = format!("the rollout of '{}' did not end: {rollout:?}, {status:?}", want.place.name),
                Err(error) => last = told("rolling out the app", &error),
            }
            self.pause().await;
        }
        Err(last)
    }

    async fn delete_disk(&self, place: &Place) -> Outcome {
        self.gone("the disk", || self.platform.delete_disk(place)).await
    }

    async fn delete_app(&self, place: &Place) -> Outcome {
        self.gone("the app", || self.platform.delete_app(place)).await
    }
}

async fn deleting_what_is_absent_succeeds(scene: &Scene<'_>) -> Outcome {
    let (disk, app) = (scene.place("absent-disk"), scene.place("absent-app"));
    for namespace_there in [false, true] {
        if namespace_there {
            scene.make_namespace().await?;
        } else {
            let answer = scene.platform.delete_namespace(&scene.name, scene.uid).await;
            check(answer == Ok(Deletion::Gone), || format!("deleting an absent namespace was answered {answer:?}"))?;
        }
        let answer = scene.platform.delete_disk(&disk).await;
        check(answer == Ok(Deletion::Gone), || format!("deleting an absent disk was answered {answer:?}"))?;
        let answer = scene.platform.delete_app(&app).await;
        check(answer == Ok(Deletion::Gone), || format!("deleting an absent app was answered {answer:?}"))?;
    }
    Ok(())
}

async fn deleting_a_namespace_removes_all_in_it_and_ends(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let disk = scene.disk("data", 1);
    scene.make_disk(&disk).await?;
    scene.roll_out(&scene.app("web")).await?;
    scene.delete_namespace().await?;
    scene.delete_namespace().await?;
    let listed = scene.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(!listed.contains_key(&scene.name), || "the deleted namespace is still listed".to_owned())?;
    // made anew, it is empty: a disk of that name and another uid is in nobody's way
    scene.make_namespace().await?;
    scene.make_disk(&scene.disk("data", 1)).await.map(|_| ())
}

async fn a_disk_is_made_once_and_grows(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let disk = scene.disk("data", 1);
    scene.make_disk(&disk).await?;
    let again = scene.make_disk(&disk).await?;
    check(again.size_gib >= 1, || format!("a disk of 1 GiB has {} GiB", again.size_gib))?;
    let other = DiskWant { place: scene.place("data"), ..disk.clone() };
    refused("taking a disk with another uid", &scene.platform.ensure_disk(&other).await, DriverErrorKind::NotOurs)?;
    if scene.can.can_grow {
        let grown = DiskWant { size_gib: 2, ..disk.clone() };
        let mut seen = scene.make_disk(&grown).await?;
        for _ in 0..scene.patience.rounds {
            if seen.size_gib == 2 {
                break;
            }
            scene.pause().await;
            seen = scene.make_disk(&grown).await?;
        }
        check(seen.size_gib == 2, || format!("a disk grown to 2 GiB has {} GiB", seen.size_gib))?;
    }
    scene.delete_disk(&disk.place).await
}

async fn a_disk_does_not_shrink(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let disk = scene.disk("data", 2);
    scene.make_disk(&disk).await?;
    let smaller = DiskWant { size_gib: 1, ..disk.clone() };
    refused("shrinking a disk", &scene.platform.ensure_disk(&smaller).await, DriverErrorKind::Invalid)?;
    scene.make_disk(&disk).await.map(|_| ())
}

async fn a_disk_over_the_quota_is_refused(scene: &Scene<'_>) -> Outcome {
    if !scene.can.enforces_quota {
        return Ok(());
    }
    scene.make_namespace().await?;
    let limit = scene.namespace().limits.get(Metric::Storage).unwrap_or(0) / 1024;
    let fits = scene.disk("fits", limit);
    scene.make_disk(&fits).await?;
    let over = scene.disk("over", 1);
    refused("a disk over the quota", &scene.platform.ensure_disk(&over).await, DriverErrorKind::QuotaExceeded)?;
    // what is given back can be had again; a peer may count it with a delay
    scene.delete_disk(&fits.place).await?;
    scene.make_disk(&over).await.map(|_| ())
}

async fn an_app_is_made_scaled_updated_stopped_and_deleted(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let mut app = scene.app("web");
    for (what, replicas, image, stopped) in
        [("made", 1, 0, false), ("scaled", 2, 0, false), ("updated", 2, 1, false), ("stopped", 2, 1, true)]
    {
        app.spec.replicas = replicas;
        app.spec.image.clone_from(&scene.can.images[image]);
        app.spec.stopped = stopped;
        let seen = scene.roll_out(&app).await.map_err(|e| format!("{what}: {e}"))?;
        let running = app.spec.running();
        check(seen.available == running, || format!("{what}: {} copies serve, {running} should", seen.available))?;
        check(seen.updated == running, || format!("{what}: {} copies are of the newest spec, {running} should be", seen.updated))?;
        check(!seen.address.is_empty(), || format!("{what}: an app with a port has no address"))?;
    }
    let other = AppWant { place: scene.place("web"), ..app.clone() };
    refused("taking an app with another uid", &scene.platform.ensure_app(&other).await, DriverErrorKind::NotOurs)?;
    scene.delete_app(&app.place).await?;
    scene.delete_app(&app.place).await
}

async fn a_restart_comes_to_rest(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let mut app = scene.app("web");
    scene.roll_out(&app).await?;
    app.spec.restarts = 1;
    let seen = scene.roll_out(&app).await?;
    check(seen.available == 1 && seen.updated == 1, || format!("after a restart the app is {seen:?}"))
}

async fn a_disk_in_use_outlives_its_delete_until_the_app_is_gone(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let disk = scene.disk("data", 1);
    scene.make_disk(&disk).await?;
    let mut app = scene.app("web");
    app.spec.disks = vec![Mount { disk: "data".to_owned(), path: "/data".to_owned() }];
    scene.roll_out(&app).await?;
    let seen = scene.make_disk(&disk).await?;
    check(!seen.used_by.is_empty(), || "a disk that an app mounts is used by nobody".to_owned())?;
    let answer = scene.platform.delete_disk(&disk.place).await;
    check(matches!(answer, Ok(Deletion::InProgress(_))), || format!("deleting a disk in use was answered {answer:?}"))?;
    scene.roll_out(&app).await?;
    scene.delete_app(&app.place).await?;
    scene.delete_disk(&disk.place).await
}

async fn an_app_waits_for_its_disk(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let mut app = scene.app("web");
    app.spec.disks = vec![Mount { disk: "data".to_owned(), path: "/data".to_owned() }];
    match scene.platform.ensure_app(&app).await {
        Ok((_, Rollout::Complete)) => return Err("an app whose disk is not there is complete".to_owned()),
        Ok(_) => {}
        Err(error) => check(!error.permanent(), || told("an app whose disk is not there yet is refused for good", &error))?,
    }
    scene.make_disk(&scene.disk("data", 1)).await?;
    scene.roll_out(&app).await.map(|_| ())
}

async fn what_lives_in_a_namespace_is_counted(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    scene.make_disk(&scene.disk("data", 1)).await?;
    scene.roll_out(&scene.app("web")).await?;
    let found = scene.platform.get_place(&scene.name).await.map_err(|e| told("looking for a place", &e))?;
    let held = found.map(|(_, held)| held).unwrap_or_default();
    let wanted = Amounts::ZERO.with(Metric::Cpu, 100).with(Metric::Memory, 64).with(Metric::Storage, 1024).with(Metric::Volumes, 1);
    check(held == wanted, || format!("a disk and an app are counted as {held:?}"))
}
