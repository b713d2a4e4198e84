//! What every container platform must do alike, as cases that run against a live one: the sandbox in its own tests, a cluster in
//! the tests against real peers. A driver that passes can be put where another was.
//!
//! Every case has a namespace of its own below the given prefix and removes it again, also when it fails. No case waits for longer
//! than the given [`Patience`] allows, and [`run`] names every case that failed.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, AppStatus, DiskStatus, Mount, NamespaceStatus};
use tenantry_domain::{Metric, Uid};

use crate::{AppWant, ContainerPlatform, Deletion, DiskWant, DriverError, DriverErrorKind, NamespaceWant, Place, Result, Rollout};

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

/// How long is waited for what does not happen at once.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often it is looked at.
    pub rounds: u32,
    /// How long is waited between two looks.
    pub pause: Duration,
}

/// What the suite needs and no driver offers.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Makes a namespace that is not Tenantry's, as somebody else would have.
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()>;
    /// A uid that was never used there.
    fn uid(&self) -> Uid;
}

/// A case that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub case: &'static str,
    /// What was not as it should be.
    pub what: String,
}

/// The cases that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures(pub Vec<Failure>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|failure| writeln!(f, "{}: {}", failure.case, failure.what))
    }
}

impl std::error::Error for Failures {}

type Outcome<T = ()> = std::result::Result<T, String>;

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
) -> std::result::Result<Vec<&'static str>, Failures> {
    let (mut names, mut failures) = (Vec::new(), Vec::new());
    macro_rules! cases {
        ($($case:ident),* $(,)?) => {$({
            let scene = Scene {
                platform,
                can: &capabilities,
                hooks,
                patience,
                name: format!("{namespace_prefix}-{:02}", names.len() + 1),
                uid: hooks.uid(),
                tenant_uid: hooks.uid(),
            };
            let outcome = $case(&scene).await;
            let tidied = scene.tidy().await;
            failures.extend(outcome.and(tidied).err().map(|what| Failure { case: stringify!($case), what }));
            names.push(stringify!($case));
        })*};
    }
    cases![
        the_check_finds_it_healthy,
        making_a_namespace_twice_makes_one,
        a_namespace_that_is_not_ours_is_left_alone,
        a_namespace_that_is_not_ours_can_be_adopted,
        the_list_shows_our_namespaces_with_their_uids,
        deleting_what_is_absent_succeeds,
        deleting_a_namespace_removes_all_in_it_and_ends,
        a_disk_is_made_once_and_grows,
        a_disk_does_not_shrink,
        a_disk_over_the_quota_is_refused,
        an_app_is_made_scaled_updated_stopped_and_deleted,
        a_restart_comes_to_rest,
        a_disk_in_use_outlives_its_delete_until_the_app_is_gone,
        an_app_waits_for_its_disk,
    ];
    if failures.is_empty() { Ok(names) } else { Err(Failures(failures)) }
}

/// One case's namespace, and what it is tested with.
struct Scene<'a> {
    platform: &'a dyn ContainerPlatform,
    can: &'a Capabilities,
    hooks: &'a dyn Hooks,
    patience: Patience,
    name: String,
    uid: Uid,
    tenant_uid: Uid,
}

impl Scene<'_> {
    fn namespace(&self) -> NamespaceWant {
        NamespaceWant {
            name: self.name.clone(),
            uid: self.uid,
            tenant_uid: self.tenant_uid,
            limits: Limits::compute(Some(2000), Some(2048), Some(8 * 1024)),
            adopt: false,
            existed: false,
        }
    }

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

    async fn pause(&self) {
        tokio::time::sleep(self.patience.pause).await;
    }

    /// Makes the namespace; a peer that is busy or not done yet is asked again.
    async fn make_namespace(&self) -> Outcome<NamespaceStatus> {
        let want = self.namespace();
        self.make_namespace_as(&want).await
    }

    async fn make_namespace_as(&self, want: &NamespaceWant) -> Outcome<NamespaceStatus> {
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

    async fn delete_namespace(&self) -> Outcome {
        self.gone("the namespace", || self.platform.delete_namespace(&self.name, self.uid)).await
    }

    async fn delete_disk(&self, place: &Place) -> Outcome {
        self.gone("the disk", || self.platform.delete_disk(place)).await
    }

    async fn delete_app(&self, place: &Place) -> Outcome {
        self.gone("the app", || self.platform.delete_app(place)).await
    }

    /// Deletes until it is gone.
    async fn gone<F: Future<Output = Result<Deletion>>>(&self, what: &str, delete: impl Fn() -> F) -> Outcome {
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
    async fn tidy(&self) -> Outcome {
        match self.platform.ensure_namespace(&self.namespace()).await {
            Err(error) if error.kind == DriverErrorKind::NotOurs => {
                self.make_namespace_as(&NamespaceWant { adopt: true, ..self.namespace() }).await?;
            }
            _ => {}
        }
        self.delete_namespace().await
    }
}

fn told(doing: &str, error: &DriverError) -> String {
    format!("{doing}: {:?}: {}", error.kind, error.message)
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// The call must fail, and in this way.
fn refused<T: fmt::Debug>(doing: &str, answer: &Result<T>, kind: DriverErrorKind) -> Outcome {
    check(answer.as_ref().is_err_and(|e| e.kind == kind), || format!("{doing} should be refused as {kind:?}, and was answered {answer:?}"))
}

async fn the_check_finds_it_healthy(scene: &Scene<'_>) -> Outcome {
    let health = scene.platform.check().await;
    check(health.healthy && health.missing_permissions.is_empty(), || format!("the check found {health:?}"))?;
    check(!health.peer_version.is_empty(), || "the check does not say which version answers".to_owned())
}

async fn making_a_namespace_twice_makes_one(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    scene.make_namespace().await?;
    let looked = scene.make_namespace_as(&NamespaceWant { existed: true, ..scene.namespace() }).await?;
    check(looked.repaired.is_empty(), || format!("nothing changed, and yet it repaired {:?}", looked.repaired))?;
    check(!looked.foreign, || "our own namespace is called foreign".to_owned())
}

async fn a_namespace_that_is_not_ours_is_left_alone(scene: &Scene<'_>) -> Outcome {
    scene.hooks.plant_foreign_namespace(&scene.name).await.map_err(|e| told("planting", &e))?;
    refused("taking a foreign namespace", &scene.platform.ensure_namespace(&scene.namespace()).await, DriverErrorKind::NotOurs)?;
    scene.delete_namespace().await?;
    let listed = scene.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(!listed.contains_key(&scene.name), || "a foreign namespace is listed as ours".to_owned())?;
    let again = scene.platform.ensure_namespace(&scene.namespace()).await;
    refused("taking a foreign namespace after deleting it as ours", &again, DriverErrorKind::NotOurs)
}

async fn a_namespace_that_is_not_ours_can_be_adopted(scene: &Scene<'_>) -> Outcome {
    scene.hooks.plant_foreign_namespace(&scene.name).await.map_err(|e| told("planting", &e))?;
    scene.make_namespace_as(&NamespaceWant { adopt: true, ..scene.namespace() }).await?;
    // from now on it is ours, without any allowance
    scene.make_namespace().await?;
    let listed = scene.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(listed.get(&scene.name) == Some(&scene.uid), || format!("the adopted namespace is listed as {:?}", listed.get(&scene.name)))
}

async fn the_list_shows_our_namespaces_with_their_uids(scene: &Scene<'_>) -> Outcome {
    scene.make_namespace().await?;
    let listed = scene.platform.list_namespaces().await.map_err(|e| told("listing", &e))?;
    check(listed.get(&scene.name) == Some(&scene.uid), || format!("our namespace is listed as {:?}", listed.get(&scene.name)))
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
