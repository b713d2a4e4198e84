//! The sandbox does what every cloud of virtual servers must do, the suite that says so finds one that does not, and ten thousand
//! servers are as fast as ten.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tenantry_domain::cloud::Power;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Metric, Uid, quota::Limits};
use tenantry_driver_api::cloud::{CloudNetworks as _, CloudPlace, FloatingIpWant, VolumeWant, Volumes as _};
use tenantry_driver_api::conformance::cloud::{Capabilities, Hooks, run};
use tenantry_driver_api::conformance::{Hooks as PlainHooks, Patience};
use tenantry_driver_api::{DriverErrorKind, NamespaceWant, Namespaces as _, Place, Result, Rollout};
use tenantry_driver_sandbox::{Fault, Faults, Sandbox};

const PATIENCE: Patience = Patience { rounds: 3, pause: Duration::ZERO };

struct Bench {
    sandbox: Sandbox,
    faults: Arc<Faults>,
    uids: AtomicU64,
    _folder: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::new(Faults::default());
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), Arc::clone(&faults)).await.unwrap();
        Self { sandbox, faults, uids: AtomicU64::new(0), _folder: folder }
    }

    async fn project(&self, limits: Limits) -> NamespaceWant {
        let (uid, tenant_uid) = (self.uid(), self.uid());
        let want = NamespaceWant { name: "shop".to_owned(), uid, tenant_uid, limits, adopt: false, existed: false };
        self.sandbox.ensure_namespace(&want).await.unwrap();
        want
    }

    fn at(&self, name: &str) -> CloudPlace {
        let place = Place { namespace: "shop".to_owned(), name: name.to_owned(), uid: self.uid(), tenant_uid: self.uid() };
        CloudPlace { place, peer_id: String::new(), untried: false, unchanged: false, existed: false, repair: false }
    }

    fn volume(&self, name: &str, size_gib: i64) -> VolumeWant {
        VolumeWant { at: self.at(name), size_gib, description: String::new(), volume_type: None, snapshot: None, image: None }
    }
}

#[async_trait]
impl PlainHooks for Bench {
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()> {
        self.sandbox.plant_namespace(name).await
    }

    fn uid(&self) -> Uid {
        format!("00000000-0000-7000-8000-{:012}", self.uids.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
    }
}

#[async_trait]
impl Hooks for Bench {
    async fn plant(&self, kind: Kind, project: &str, name: &str, networks: &[String]) -> Result<String> {
        self.sandbox.plant(kind, project, name, networks).await
    }

    async fn remove(&self, kind: Kind, project: &str, peer_id: &str) -> Result<()> {
        self.sandbox.remove_object(kind, project, peer_id).await
    }

    async fn stop(&self, project: &str, peer_id: &str) -> Result<()> {
        self.sandbox.stop_server(project, peer_id).await
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        enforces_quota: true,
        image: None,
        broken_image: Some("broken-1.0".to_owned()),
        private_flavors: true,
        powers: Power::ALL.to_vec(),
        consoles: true,
    }
}

#[tokio::test]
async fn the_sandbox_is_a_cloud_of_servers() {
    let bench = Bench::new().await;
    let names = run(&bench.sandbox, capabilities(), "cloud", &bench, PATIENCE).await.unwrap_or_else(|failures| panic!("{failures}"));
    assert!(names.len() >= 33, "{names:?}");
    let left = bench.sandbox.export().await.unwrap();
    assert_eq!(left, serde_json::json!([]), "every case removes what it made");
}

#[tokio::test]
async fn the_suite_finds_a_cloud_that_fails() {
    let bench = Bench::new().await;
    let names = run(&bench.sandbox, capabilities(), "well", &bench, PATIENCE).await.unwrap();
    for fault in [Fault::Down, Fault::Error, Fault::Busy, Fault::LoseAnswer] {
        bench.faults.set(fault);
        let failures = run(&bench.sandbox, capabilities(), "ill", &bench, PATIENCE).await.unwrap_err();
        assert_eq!(failures.0[0].case, "the_catalog_can_be_read", "{fault:?}");
    }
    bench.faults.set(Fault::None);
    // what the cloud cannot do it must not be believed to
    let broken = Capabilities { image: Some("broken-1.0".to_owned()), ..capabilities() };
    let failures = run(&bench.sandbox, broken, "broken", &bench, PATIENCE).await.unwrap_err();
    let failed: Vec<_> = failures.0.iter().map(|f| f.case).collect();
    assert!(failed.contains(&"a_server_gets_every_power") && failed.len() < names.len(), "{failures}");
}

#[tokio::test]
async fn what_was_lost_is_found_and_not_made_twice() {
    let bench = Bench::new().await;
    bench.project(Limits::NONE).await;
    let want = bench.volume("data", 1);
    bench.faults.set(Fault::LoseAnswer);
    for _ in 0..3 {
        assert_eq!(bench.sandbox.ensure_volume(&want).await.unwrap_err().kind, DriverErrorKind::Timeout);
    }
    bench.faults.set(Fault::None);
    bench.sandbox.ensure_volume(&want).await.unwrap();
    let held = bench.sandbox.export().await.unwrap();
    assert_eq!(held.as_array().unwrap().iter().filter(|o| o["kind"] == "volume").count(), 1);
}

#[tokio::test]
async fn every_metric_is_counted_and_given_back() {
    let bench = Bench::new().await;
    let limits = Limits::NONE.with(Metric::Networks, Some(1)).with(Metric::Servers, Some(1)).with(Metric::FloatingIps, Some(1));
    let limits = limits.with(Metric::Routers, Some(1)).with(Metric::Volumes, Some(1)).with(Metric::Cpu, Some(1000));
    bench.project(limits).await;
    let network = bench.sandbox.plant(Kind::Network, "shop", "lan", &[]).await.unwrap();
    let mut planted = vec![(Kind::Network, network)];
    for kind in [Kind::Router, Kind::Volume, Kind::FloatingIp, Kind::Server] {
        planted.insert(0, (kind, bench.sandbox.plant(kind, "shop", "one", &[]).await.unwrap()));
    }
    for (kind, _) in &planted {
        let error = bench.sandbox.plant(*kind, "shop", "two", &[]).await.unwrap_err();
        assert_eq!(error.kind, DriverErrorKind::QuotaExceeded, "{kind}: {error}");
        assert!(error.message.contains("limited to"), "{error}");
    }
    for (kind, id) in planted.drain(..) {
        bench.sandbox.remove_object(kind, "shop", &id).await.unwrap();
    }
    for kind in [Kind::Network, Kind::Router, Kind::Volume, Kind::FloatingIp, Kind::Server] {
        bench.sandbox.plant(kind, "shop", "three", &[]).await.unwrap_or_else(|error| panic!("{kind} was not given back: {error}"));
    }
}

#[tokio::test]
async fn a_volume_that_was_grown_by_somebody_else_is_told_also_where_drift_is_put_right() {
    let bench = Bench::new().await;
    bench.project(Limits::NONE).await;
    let mut want = bench.volume("data", 4);
    want.at.peer_id = bench.sandbox.ensure_volume(&want).await.unwrap().0.peer_id;
    let wanted = VolumeWant { at: CloudPlace { existed: true, repair: true, ..want.at }, size_gib: 2, ..want };
    let (status, rollout) = bench.sandbox.ensure_volume(&wanted).await.unwrap();
    assert_eq!(status.size_gib, 4);
    assert!(matches!(rollout, Rollout::Drifted(why) if why.contains("4 GiB")));
}

#[tokio::test]
async fn thousands_of_addresses_are_given_out_once_each() {
    let bench = Bench::new().await;
    bench.project(Limits::NONE).await;
    let external = tenantry_driver_api::cloud::Offers::catalog(&bench.sandbox, "shop").await.unwrap();
    let external = external.networks.into_iter().find(|n| n.external).unwrap().id;
    let mut addresses = std::collections::BTreeSet::new();
    for n in 0..2000 {
        let at = bench.at(&format!("front-{n}"));
        let want = FloatingIpWant { at, description: String::new(), external_network: external.clone(), server: None };
        addresses.insert(bench.sandbox.ensure_floating_ip(&want).await.unwrap().0.address);
    }
    assert_eq!(addresses.len(), 2000);
}
