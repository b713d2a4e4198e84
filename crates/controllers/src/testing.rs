//! Rows for the tests of plans.

use tenantry_domain::quota::Limits;
use tenantry_domain::resource::{AppSpec, Audience, DiskSpec, Kind, Mount, NamespaceSpec, Origin, Progress, Resource, Spec, State, Status};
use tenantry_domain::{Clock as _, DatacenterId, ResourceId, TenantId, Timestamp};
use tenantry_testkit::clock::TestClock;

pub(crate) fn row(name: &str, spec: Spec, state: State, generation: i64, observed: i64) -> Resource {
    let clock = TestClock::new(1);
    Resource {
        id: ResourceId(5),
        uid: clock.uid(),
        tenant: TenantId(2),
        tenant_slug: "alpha".to_owned(),
        tenant_uid: clock.uid(),
        suspended: false,
        datacenter: DatacenterId(1),
        audience: Audience::Everyone,
        origin: Origin::Made,
        parent: (spec.kind() != Kind::Namespace).then_some(ResourceId(4)),
        name: name.to_owned(),
        status: Status::empty(spec.kind()),
        spec,
        state,
        progress: Progress { attempts: 3, ..Progress::default() },
        generation,
        observed_generation: observed,
        complete_generation: if state == State::Ready { observed } else { 0 },
        version: 1,
        created_by: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

pub(crate) fn namespace(state: State, generation: i64, observed: i64) -> Resource {
    row("alpha", Spec::Namespace(NamespaceSpec { limits: Limits::default(), adopt: false }), state, generation, observed)
}

pub(crate) fn disk(state: State, generation: i64, observed: i64) -> Resource {
    row("data", Spec::Disk(DiskSpec { size_gib: 4 }), state, generation, observed)
}

pub(crate) fn app_spec(disks: &[&str]) -> AppSpec {
    AppSpec {
        image: "nginx:1.27".to_owned(),
        replicas: 1,
        ports: vec![80],
        environment: std::collections::BTreeMap::new(),
        disks: disks.iter().map(|d| Mount { disk: (*d).to_owned(), path: format!("/{d}") }).collect(),
        cpu_millicores: 100,
        memory_mib: 64,
        stopped: false,
        restarts: 0,
    }
}

pub(crate) fn app(state: State, generation: i64, observed: i64) -> Resource {
    row("web", Spec::App(app_spec(&["data"])), state, generation, observed)
}
