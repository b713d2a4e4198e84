//! Apps. Every change of one is a release: this file says what an app becomes, [`crate::release`] records it.

use std::collections::BTreeMap;

use tenantry_domain::release::Operation;
use tenantry_domain::resource::{AppSpec, Kind, Mount, Resource, Spec};
use tenantry_domain::{Error, Result, name};
use tenantry_store::Tx;

use crate::Settings;

/// What is asked of an app; what is none stays as it is (or, for a new one, is a default).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppChange {
    /// The image reference.
    pub image: Option<String>,
    /// How many copies.
    pub replicas: Option<i64>,
    /// The ports of its service.
    pub ports: Option<Vec<u16>>,
    /// Environment variables.
    pub environment: Option<BTreeMap<String, String>>,
    /// Disks and where each is mounted.
    pub disks: Option<Vec<Mount>>,
    /// What one copy may use, in millicores.
    pub cpu_millicores: Option<i64>,
    /// What one copy may use, in MiB.
    pub memory_mib: Option<i64>,
}

/// The spec of an app after `operation`. `before` is what it is now, `earlier` what a rollback goes back to.
pub(crate) fn next_spec(
    settings: &Settings,
    operation: Operation,
    before: Option<&AppSpec>,
    earlier: Option<&AppSpec>,
    change: &AppChange,
) -> Result<AppSpec> {
    let present = || before.cloned().ok_or_else(|| Error::internal("an operation on no app"));
    let spec = match operation {
        Operation::Create => apply(default_spec(settings, change)?, change),
        Operation::Update => apply(present()?, change),
        Operation::Scale => {
            let replicas = change.replicas.ok_or_else(|| Error::missing("replicas"))?;
            AppSpec { replicas, ..present()? }
        }
        Operation::Restart => {
            let spec = present()?;
            AppSpec { restarts: spec.restarts + 1, ..spec }
        }
        Operation::Stop => AppSpec { stopped: true, ..present()? },
        Operation::Start => AppSpec { stopped: false, ..present()? },
        Operation::Rollback => {
            let spec = present()?;
            let earlier = earlier.cloned().ok_or_else(|| Error::invalid("operation", "there is no earlier release to go back to"))?;
            AppSpec { restarts: spec.restarts, ..earlier }
        }
        Operation::Delete => present()?,
    };
    check(&spec)?;
    Ok(spec)
}

fn default_spec(settings: &Settings, change: &AppChange) -> Result<AppSpec> {
    Ok(AppSpec {
        image: change.image.clone().ok_or_else(|| Error::missing("image"))?,
        replicas: 1,
        ports: Vec::new(),
        environment: BTreeMap::new(),
        disks: Vec::new(),
        cpu_millicores: settings.default_app_cpu_millicores,
        memory_mib: settings.default_app_memory_mib,
        stopped: false,
        restarts: 0,
    })
}

fn apply(spec: AppSpec, change: &AppChange) -> AppSpec {
    let change = change.clone();
    AppSpec {
        image: change.image.unwrap_or(spec.image),
        replicas: change.replicas.unwrap_or(spec.replicas),
        ports: change.ports.unwrap_or(spec.ports),
        environment: change.environment.unwrap_or(spec.environment),
        disks: change.disks.unwrap_or(spec.disks),
        cpu_millicores: change.cpu_millicores.unwrap_or(spec.cpu_millicores),
        memory_mib: change.memory_mib.unwrap_or(spec.memory_mib),
        ..spec
    }
}

fn check(spec: &AppSpec) -> Result<()> {
    let image_ok = !spec.image.is_empty() && spec.image.len() <= 512 && spec.image.bytes().all(|b| b.is_ascii_graphic());
    if !image_ok {
        return Err(Error::invalid("image", "'image' must be an image reference such as 'nginx:1.27'"));
    }
    if !(0..=1000).contains(&spec.replicas) {
        return Err(Error::invalid("replicas", "'replicas' must be between 0 and 1000"));
    }
    if !(1..=1_000_000).contains(&spec.cpu_millicores) || !(1..=16 << 20).contains(&spec.memory_mib) {
        return Err(Error::invalid("cpu", "a copy of an app needs more than no cpu and memory, and not absurdly much"));
    }
    if spec.ports.len() > 32 || spec.ports.contains(&0) || (1..spec.ports.len()).any(|i| spec.ports[..i].contains(&spec.ports[i])) {
        return Err(Error::invalid("ports", "'ports' must be at most 32 different numbers between 1 and 65535"));
    }
    let variable = |n: &str| {
        !n.is_empty()
            && n.len() <= 256
            && n.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            && !n.as_bytes()[0].is_ascii_digit()
    };
    if spec.environment.len() > 256 || !spec.environment.iter().all(|(n, v)| variable(n) && v.len() <= 32_768) {
        return Err(Error::invalid(
            "environment",
            "environment variables need names of letters, digits, '_', '-' and '.', and values of at most 32 KiB",
        ));
    }
    if spec.disks.len() > 16 {
        return Err(Error::invalid("disks", "an app has at most 16 disks"));
    }
    for mount in &spec.disks {
        name::check_label("disks", &mount.disk)?;
        if !mount.path.starts_with('/') || mount.path.len() > 512 || mount.path.contains([':', '\0']) {
            return Err(Error::invalid("disks", "a disk is mounted at an absolute path"));
        }
    }
    if !spec.disks.is_empty() && spec.replicas > 1 {
        return Err(Error::invalid("replicas", "an app with disks runs in one copy: a disk is mounted by one at a time"));
    }
    Ok(())
}

/// Every disk that an app mounts must exist in its namespace.
pub(crate) async fn check_disks(tx: &Tx, namespace: &Resource, spec: &AppSpec) -> Result<()> {
    if spec.disks.is_empty() {
        return Ok(());
    }
    let disks = tx.resources().siblings(namespace.id, Kind::Disk).await?;
    let missing =
        spec.disks.iter().find(|m| !disks.iter().any(|d| d.name == m.disk && d.state != tenantry_domain::resource::State::Deleting));
    missing.map_or(Ok(()), |m| Err(Error::invalid("disks", format!("the tenant has no disk '{}' in that datacenter", m.disk))))
}

/// The app's spec.
pub(crate) fn spec_of(app: &Resource) -> Result<&AppSpec> {
    if let Spec::App(spec) = &app.spec { Ok(spec) } else { Err(Error::internal("not an app")) }
}
