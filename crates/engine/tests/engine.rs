//! What the engine promises, with a controller that does as the test says.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up fails")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tenantry_domain::policy::{Allowed, Scope, act, obj};
use tenantry_domain::resource::Kind;
use tenantry_domain::{Clock as _, Error, Result, TenantId};
use tenantry_engine::{Controller, Engine, Outcome, Settings, Step};
use tenantry_store::tenants::NewTenant;
use tenantry_store::work::{Lease, Next, Queue, Seen, WorkKind};
use tenantry_store::{Options, Store, Vault};
use tenantry_testkit::clock::TestClock;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes on a slow machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    store: Store,
    clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new(1));
        let options = Options { durable: false, ..Options::embedded(folder.path()) };
        let store = Store::connect(&options, clock.clone(), Vault::new(&[7; 32])).await.unwrap();
        store.migrate().await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.tenants().insert_root().await.unwrap();
        tx.commit().await.unwrap();
        Self { store, clock, _folder: folder }
    }

    async fn enqueue(&self, pieces: &[(i64, i64)]) {
        let tx = self.store.begin().await.unwrap();
        for (object, lane) in pieces {
            tx.work().enqueue(WorkKind::Tenant, *object, *lane).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn tenant(&self, name: &str) -> TenantId {
        let tx = self.store.begin().await.unwrap();
        let allowed: Allowed<act::Create, obj::Tenant> = Allowed::system(TenantId::ROOT);
        let new = NewTenant { name: name.to_owned(), slug: name.to_owned(), ..NewTenant::default() };
        let id = tx.tenants().insert(&allowed, self.clock.uid(), &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn reason(&self, id: TenantId) -> (String, i64) {
        let progress = self.store.tenants().get(&Scope::system(), id).await.unwrap().progress;
        (progress.reason, progress.attempts)
    }

    fn engine(&self, controller: Arc<dyn Controller>, settings: Settings) -> Engine {
        Engine::new(self.store.clone(), vec![controller], settings)
    }
}

fn quick() -> Settings {
    Settings { poll: Duration::from_millis(5), ..Settings::default() }
}

fn start(engine: &Engine) -> (CancellationToken, JoinHandle<()>) {
    let (engine, stop) = (engine.clone(), CancellationToken::new());
    let token = stop.clone();
    (stop, tokio::spawn(async move { engine.run(token).await }))
}

/// Says which object and lane it was called for, and holds every step until it gets a permit.
struct Held {
    begun: mpsc::UnboundedSender<(i64, i64)>,
    permits: Semaphore,
    under_way: Mutex<HashMap<i64, usize>>,
    most: Mutex<HashMap<i64, usize>>,
    ended: AtomicUsize,
}

impl Held {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<(i64, i64)>) {
        let (begun, calls) = mpsc::unbounded_channel();
        let held =
            Self { begun, permits: Semaphore::new(0), under_way: Mutex::default(), most: Mutex::default(), ended: AtomicUsize::new(0) };
        (Arc::new(held), calls)
    }
}

#[async_trait]
impl Controller for Held {
    fn kind(&self) -> WorkKind {
        WorkKind::Tenant
    }
    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        {
            let mut under_way = self.under_way.lock().unwrap();
            let count = under_way.entry(lease.lane).or_default();
            *count += 1;
            let mut most = self.most.lock().unwrap();
            let highest = most.entry(lease.lane).or_default();
            *highest = (*highest).max(*count);
        }
        self.begun.send((lease.object, lease.lane)).unwrap();
        self.permits.acquire().await.unwrap().forget();
        *self.under_way.lock().unwrap().get_mut(&lease.lane).unwrap() -= 1;
        self.ended.fetch_add(1, Ordering::SeqCst);
        Ok(Step::of(Outcome::Done))
    }
}

async fn next<T>(calls: &mut mpsc::UnboundedReceiver<T>) -> T {
    tokio::time::timeout(PATIENCE, calls.recv()).await.expect("a step begins").expect("the engine lives")
}

#[tokio::test]
async fn a_full_lane_is_never_exceeded_and_does_not_hold_up_another() {
    let world = World::new().await;
    let (held, mut calls) = Held::new();
    let engine = world.engine(held.clone(), Settings { per_lane: 3, unlaned: 2, ..quick() });
    let pieces: Vec<(i64, i64)> =
        (0..10).map(|n| (100 + n, 1)).chain((0..3).map(|n| (200 + n, 2))).chain((0..4).map(|n| (300 + n, 0))).collect();
    world.enqueue(&pieces).await;
    let (stop, running) = start(&engine);
    let mut begun: HashMap<i64, usize> = HashMap::new();
    for _ in 0..3 + 3 + 2 {
        *begun.entry(next(&mut calls).await.1).or_default() += 1;
    }
    // work is claimed in the order in which it came: what could begin in those lanes would before this
    world.clock.step(Duration::from_secs(1));
    world.enqueue(&[(400, 3)]).await;
    assert_eq!(next(&mut calls).await, (400, 3));
    assert_eq!(begun, HashMap::from([(1, 3), (2, 3), (0, 2)]), "every lane is filled, none beyond its room");
    held.permits.add_permits(pieces.len() + 1);
    for _ in 0..pieces.len() - 8 {
        next(&mut calls).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(held.ended.load(Ordering::SeqCst), pieces.len() + 1);
    assert_eq!(*held.most.lock().unwrap(), HashMap::from([(1, 3), (2, 3), (0, 2), (3, 1)]));
}

#[tokio::test]
async fn what_is_at_rest_is_looked_at_in_its_part_of_the_room_and_holds_nobody_up() {
    let world = World::new().await;
    let mut pieces = Vec::new();
    for n in 0..20 {
        pieces.push((world.tenant(&format!("t{n}")).await.0, 1));
    }
    let (held, mut calls) = Held::new();
    let engine = world.engine(held.clone(), Settings { per_lane: 8, ..quick() });
    world.enqueue(&pieces).await;
    held.permits.add_permits(pieces.len());
    let (stop, running) = start(&engine);
    for _ in &pieces {
        next(&mut calls).await;
    }
    while world.store.work().backlog().await.unwrap().resting < 20 {
        tokio::task::yield_now().await;
    }
    *held.most.lock().unwrap() = HashMap::new();
    world.clock.step(Duration::from_secs(1000));
    for _ in 0..2 {
        next(&mut calls).await;
    }
    // eighteen are due and wait; what is asked for now does not
    let asked: Vec<(i64, i64)> = (0..6).map(|n| (4000 + n, 1)).collect();
    world.enqueue(&asked).await;
    for _ in &asked {
        assert!(next(&mut calls).await.0 >= 4000);
    }
    assert_eq!(world.store.work().backlog().await.unwrap().resting_due, 20);
    held.permits.add_permits(20 + asked.len());
    for _ in 0..18 {
        next(&mut calls).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(*held.most.lock().unwrap(), HashMap::from([(1, 8)]));
}

#[tokio::test]
async fn what_is_at_rest_follows_as_soon_as_there_is_room() {
    let world = World::new().await;
    let mut pieces = Vec::new();
    for n in 0..1000 {
        pieces.push((world.tenant(&format!("t{n}")).await.0, 1));
    }
    world.enqueue(&pieces).await;
    let (held, mut calls) = Held::new();
    held.permits.add_permits(2 * pieces.len());
    // one at a time, and nothing but the end of one lets the next begin
    let settings = Settings { per_lane: 4, poll: Duration::from_secs(3600), resync: Duration::from_secs(1), ..Settings::default() };
    let (stop, running) = start(&world.engine(held.clone(), settings.clone()));
    for _ in &pieces {
        next(&mut calls).await;
    }
    stop.cancel();
    running.await.unwrap();
    world.clock.step(Duration::from_secs(1000));
    let begun = Instant::now();
    let (stop, running) = start(&world.engine(held, settings));
    for _ in &pieces {
        next(&mut calls).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "with one at each tick of the pace it takes ten seconds");
}

/// Asks for a look a moment later, again and again.
struct Impatient(mpsc::UnboundedSender<()>);

#[async_trait]
impl Controller for Impatient {
    fn kind(&self) -> WorkKind {
        WorkKind::Tenant
    }
    async fn reconcile(&self, _: &Lease) -> Result<Step> {
        self.0.send(()).unwrap();
        Ok(Step::of(Outcome::Wait { reason: "it goes on".to_owned(), after: Duration::from_millis(20) }))
    }
}

#[tokio::test]
async fn what_waits_for_its_time_is_looked_at_then_and_not_at_the_next_poll() {
    let world = World::new().await;
    let tenant = world.tenant("alpha").await;
    world.enqueue(&[(tenant.0, 1)]).await;
    let clock = world.clock.clone();
    let ticking = tokio::spawn(async move {
        let tick = Duration::from_millis(5);
        loop {
            clock.step(tick);
            tokio::time::sleep(tick).await;
        }
    });
    let (begun, mut calls) = mpsc::unbounded_channel();
    let settings = Settings { poll: Duration::from_secs(3600), ..Settings::default() };
    let (stop, running) = start(&world.engine(Arc::new(Impatient(begun)), settings));
    for _ in 0..5 {
        next(&mut calls).await;
    }
    ticking.abort();
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn stopping_waits_for_the_steps_under_way_and_begins_no_more() {
    let world = World::new().await;
    let tenant = world.tenant("alpha").await;
    let (held, mut calls) = Held::new();
    let engine = world.engine(held.clone(), Settings { per_lane: 1, ..quick() });
    // the second is held back by the first, and could begin only after the stop
    world.enqueue(&[(tenant.0, 1), (4711, 1)]).await;
    let (stop, mut running) = start(&engine);
    next(&mut calls).await;
    stop.cancel();
    // however long one looks: it cannot end while the step is held
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut running).await.is_err(), "a step is under way");
    held.permits.add_permits(2);
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
    assert_eq!(held.ended.load(Ordering::SeqCst), 1);
    let progress = world.store.tenants().get(&Scope::system(), tenant).await.unwrap().progress;
    assert!(progress.next_attempt_at.is_some(), "its outcome was written");
    assert!(calls.try_recv().is_err());
    assert!(world.store.work().any_due(Queue::Pressing, &[]).await.unwrap(), "the other piece is left to whoever comes next");
}

#[tokio::test]
async fn what_is_enqueued_during_a_step_is_worked_on_again_at_once() {
    let world = World::new().await;
    let (held, mut calls) = Held::new();
    let engine = world.engine(held.clone(), quick());
    world.enqueue(&[(1, 1)]).await;
    let (stop, running) = start(&engine);
    next(&mut calls).await;
    world.enqueue(&[(1, 1)]).await;
    assert!(calls.try_recv().is_err(), "not while it is being worked on");
    held.permits.add_permits(2);
    assert_eq!(next(&mut calls).await, (1, 1));
    stop.cancel();
    running.await.unwrap();
}

/// Breaks in the way that the test asks for.
struct Broken(How, mpsc::UnboundedSender<()>);

#[derive(Clone, Copy)]
enum How {
    Panic,
    Error,
    Hang,
}

#[async_trait]
impl Controller for Broken {
    fn kind(&self) -> WorkKind {
        WorkKind::Tenant
    }
    async fn reconcile(&self, _: &Lease) -> Result<Step> {
        self.1.send(()).unwrap();
        match self.0 {
            How::Panic => panic!("on purpose"),
            How::Error => Err(Error::internal("on purpose")),
            How::Hang => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_step_that_panics_errs_or_hangs_is_a_failed_attempt_tried_ever_less_often() {
    for how in [How::Panic, How::Error, How::Hang] {
        let world = World::new().await;
        let tenant = world.tenant("alpha").await;
        let (called, mut calls) = mpsc::unbounded_channel();
        let settings = Settings { per_lane: 1, unlaned: 1, step: Duration::from_millis(20), ..quick() };
        let engine = world.engine(Arc::new(Broken(how, called)), settings);
        let mut changes = world.store.changes();
        world.enqueue(&[(tenant.0, 0)]).await;
        let (stop, running) = start(&engine);
        for attempt in 1..=5 {
            next(&mut calls).await;
            // the lane has room for one: that it goes on shows that the room is given back
            while world.reason(tenant).await.1 < attempt {
                tokio::time::timeout(PATIENCE, changes.recv()).await.unwrap().unwrap();
            }
            let progress = world.store.tenants().get(&Scope::system(), tenant).await.unwrap().progress;
            assert!(progress.reason.contains("tried again"), "{}", progress.reason);
            let wait = progress.next_attempt_at.unwrap().since(world.clock.now());
            let longest = Duration::from_secs(1 << (attempt - 1));
            assert!((longest / 2..=longest).contains(&wait), "attempt {attempt}: {wait:?}");
            world.clock.step(wait);
        }
        stop.cancel();
        running.await.unwrap();
    }
}

/// Waits once, then is done.
struct Twice(AtomicUsize);

#[async_trait]
impl Controller for Twice {
    fn kind(&self) -> WorkKind {
        WorkKind::Tenant
    }
    async fn reconcile(&self, _: &Lease) -> Result<Step> {
        Ok(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Step::of(Outcome::Wait { reason: "waits for the second look".to_owned(), after: Duration::from_secs(5) }),
            _ => Step::of(Outcome::Done),
        })
    }
}

#[tokio::test]
async fn work_in_the_foreground_steps_the_clock_to_what_is_due_and_stops_when_told() {
    let world = World::new().await;
    let tenant = world.tenant("alpha").await;
    let controller = Arc::new(Twice(AtomicUsize::new(0)));
    let engine = world.engine(controller.clone(), Settings::default());
    world.enqueue(&[(tenant.0, 0)]).await;
    engine.run_until(|_| false).await.unwrap();
    assert_eq!(world.reason(tenant).await, ("waits for the second look".to_owned(), 0));
    let until = world.clock.now().plus(Duration::from_secs(60));
    engine
        .run_until(|due| {
            due <= until && {
                world.clock.step_to(due);
                true
            }
        })
        .await
        .unwrap();
    assert_eq!(world.reason(tenant).await.0, "");
    assert_eq!(controller.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn work_of_a_worker_that_died_is_done_by_another_and_the_dead_one_writes_nothing() {
    let world = World::new().await;
    let tenant = world.tenant("alpha").await;
    world.enqueue(&[(tenant.0, 0)]).await;
    let term = Duration::from_secs(60);
    let dead = world.store.work().claim(Queue::Pressing, "dead", term, 10, &[]).await.unwrap().pop().unwrap();
    assert!(world.store.work().claim(Queue::Pressing, "other", term, 10, &[]).await.unwrap().is_empty(), "it is leased");
    let engine = world.engine(Arc::new(Twice(AtomicUsize::new(1))), Settings::default());
    let until = world.clock.now().plus(Duration::from_secs(90));
    engine
        .run_until(|due| {
            due <= until && {
                world.clock.step_to(due);
                true
            }
        })
        .await
        .unwrap();
    assert!(world.store.work().claim(Queue::Pressing, "other", term, 10, &[]).await.unwrap().is_empty(), "it was done");
    let late = Next { at: world.clock.now(), reason: "late".to_owned(), failed: true, queue: Queue::Pressing };
    assert!(!world.store.work().finish(&dead, &Seen::Nothing, &late).await.unwrap());
    assert_eq!(world.reason(tenant).await, (String::new(), 0));
}

#[tokio::test]
async fn work_on_a_row_that_is_not_there_goes_away() {
    struct Gone;
    #[async_trait]
    impl Controller for Gone {
        fn kind(&self) -> WorkKind {
            WorkKind::Resource(Kind::Disk)
        }
        async fn reconcile(&self, _: &Lease) -> Result<Step> {
            Ok(Step::gone())
        }
    }
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.work().enqueue(WorkKind::Resource(Kind::Disk), 4711, 1).await.unwrap();
    tx.commit().await.unwrap();
    world.engine(Arc::new(Gone), Settings::default()).run_until(|_| false).await.unwrap();
    assert_eq!(world.store.work().next_due().await.unwrap(), None);
}
