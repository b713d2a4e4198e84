//! The sandbox does what every container platform must do, and the suite that says so finds a platform that does not.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use common::{Bench, PATIENCE};
use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, Mount};
use tenantry_driver_api::conformance::{Capabilities, Hooks as _, run};
use tenantry_driver_api::{AppWant, Apps as _, DiskWant, Disks as _, DriverErrorKind, NamespaceWant, Namespaces as _, Place};
use tenantry_driver_sandbox::Fault;

impl Bench {
    fn place(&self, namespace: &NamespaceWant, name: &str) -> Place {
        Place { namespace: namespace.name.clone(), name: name.to_owned(), uid: self.uid(), tenant_uid: namespace.tenant_uid }
    }
}

fn capabilities() -> Capabilities {
    Capabilities { can_grow: true, enforces_quota: true, images: ["web:1".to_owned(), "web:2".to_owned()] }
}

#[tokio::test]
async fn the_sandbox_is_a_container_platform() {
    let bench = Bench::new().await;
    let names = run(&bench.sandbox, capabilities(), "conformance", &bench, PATIENCE).await.unwrap_or_else(|failures| panic!("{failures}"));
    assert!(names.len() >= 14, "{names:?}");
    let left = bench.sandbox.export().await.unwrap();
    assert_eq!(left, serde_json::json!([]), "every case removes what it made");
}

#[tokio::test]
async fn the_suite_finds_every_case_that_a_platform_fails() {
    let bench = Bench::new().await;
    let names = run(&bench.sandbox, capabilities(), "well", &bench, PATIENCE).await.unwrap();
    for fault in [Fault::Down, Fault::Error, Fault::Busy, Fault::LoseAnswer] {
        bench.faults.set(fault);
        let failures = run(&bench.sandbox, capabilities(), "ill", &bench, PATIENCE).await.unwrap_err();
        let failed: Vec<_> = failures.0.iter().map(|f| f.case).collect();
        assert_eq!(failed, names, "{fault:?}");
    }
    bench.faults.set(Fault::None);
    // what the platform cannot do it must not be believed to: an image that cannot be pulled never serves
    let broken = Capabilities { images: ["web:1".to_owned(), "web:does-not-exist".to_owned()], ..capabilities() };
    let failures = run(&bench.sandbox, broken, "image", &bench, PATIENCE).await.unwrap_err();
    assert_eq!(failures.0.iter().map(|f| f.case).collect::<Vec<_>>(), ["an_app_is_made_scaled_updated_stopped_and_deleted"], "{failures}");
    assert!(failures.to_string().contains("updated: "), "{failures}");
}

#[tokio::test]
async fn an_app_whose_disk_vanished_waits_for_it_and_does_not_fail_for_good() {
    let bench = Bench::new().await;
    let limits = Limits::compute(Some(2000), Some(2048), Some(8 * 1024));
    let namespace =
        NamespaceWant { name: "shop".to_owned(), uid: bench.uid(), tenant_uid: bench.uid(), limits, adopt: false, existed: false };
    bench.sandbox.ensure_namespace(&namespace).await.unwrap();
    let disk = DiskWant { place: bench.place(&namespace, "data"), size_gib: 1, storage_class: None };
    bench.sandbox.ensure_disk(&disk).await.unwrap();
    let spec = AppSpec {
        image: "web:1".to_owned(),
        replicas: 1,
        ports: Vec::new(),
        environment: [].into(),
        disks: vec![Mount { disk: "data".to_owned(), path: "/data".to_owned() }],
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    };
    let app = AppWant { place: bench.place(&namespace, "web"), spec, image_registry: None };
    bench.sandbox.ensure_app(&app).await.unwrap();
    bench.sandbox.remove("disk", "shop", "data").await.unwrap();
    let error = bench.sandbox.ensure_app(&app).await.unwrap_err();
    assert_eq!((error.kind, error.permanent()), (DriverErrorKind::Conflict, false), "{error}");
    assert!(error.message.contains("'data'"), "{error}");
    bench.sandbox.ensure_disk(&disk).await.unwrap();
    bench.sandbox.ensure_app(&app).await.unwrap();
}
