//! The reconciler. It claims work by leases, runs one step of the controller for it, and writes the outcome on the row, again
//! and again, until row and peer agree. It knows no kind of resource by its rules.
//!
//! Guarantees: a step is never run by two workers at once as long as it ends within its lease; nothing waits for a worker that
//! died; what was enqueued during a step is worked on again; concurrency is bounded for each datacenter; a panic is a failed step; what
//! is at rest is looked at again evenly, in a part of the room, so that nobody who asks for something waits behind it.

mod pace;
mod periodic;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
pub use periodic::{Housekeeping, housekeeping, number_and_seal, purge_expired};
use tenantry_domain::{Result, Timestamp};
use tenantry_store::Store;
use tenantry_store::work::{Lease, Next, Queue, Seen, WorkKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::pace::Pace;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The row and the peer agree. It is looked at again at the next resync.
    Done,
    /// It goes on by itself; the reason says what it waits for.
    Wait {
        /// What it waits for.
        reason: String,
        /// When to look again.
        after: Duration,
    },
    /// It did not work.
    Failed {
        /// Why, for people.
        reason: String,
        /// Whether only a change will help; then it is tried again, but seldom.
        permanent: bool,
        /// When the peer wants to be called again.
        retry_after: Option<Duration>,
    },
    /// The object is gone.
    Gone,
}

/// What a step of a controller answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What was seen.
    pub seen: Seen,
    /// How it ended.
    pub outcome: Outcome,
    /// How many attempts in a row had failed before this one.
    pub attempts: i64,
    /// When to look again when all is well; the engine's resync without it.
    pub resync: Option<Duration>,
}

impl Step {
    /// A step that ended so, with nothing seen.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        Self { seen: Seen::Nothing, outcome, attempts: 0, resync: None }
    }

    /// The object is gone.
    #[must_use]
    pub const fn gone() -> Self {
        Self { seen: Seen::Gone, outcome: Outcome::Gone, attempts: 0, resync: None }
    }
}

/// One step towards what a row asks for. It takes no input but the id: event and timer lead to the same code.
#[async_trait]
pub trait Controller: Send + Sync {
    /// The kind of work that it does.
    fn kind(&self) -> WorkKind;
    /// Looks at the row and at the peer, and does what is next.
    async fn reconcile(&self, lease: &Lease) -> Result<Step>;
}

/// How the engine works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Steps at the same time for each datacenter.
    pub per_lane: usize,
    /// Steps at the same time that run against no datacenter of their own (lane 0).
    pub unlaned: usize,
    /// How long a claim holds.
    pub lease: Duration,
    /// The longest that a step may take; shorter than the lease.
    pub step: Duration,
    /// How often to look for work that nobody announced.
    pub poll: Duration,
    /// How often to look at what is at rest.
    pub resync: Duration,
    /// The wait after the first failure; it doubles.
    pub backoff: Duration,
    /// The longest wait after failures.
    pub longest_backoff: Duration,
    /// How often to try what only a change will help.
    pub permanent_retry: Duration,
}

/// The part of a lane's room that what is at rest may take.
const RESTING_PART: usize = 4;

impl Settings {
    /// How many steps for a queue may run at the same time in a lane.
    fn room(&self, lane: i64, queue: Queue) -> usize {
        let all = if lane == 0 { self.unlaned } else { self.per_lane };
        match queue {
            Queue::Pressing => all,
            Queue::Resting => (all / RESTING_PART).max(1),
        }
    }

    /// How many more steps for a queue may begin in a lane.
    fn left(&self, lane: i64, under_way: UnderWay, queue: Queue) -> usize {
        let own = self.room(lane, queue).saturating_sub(under_way.of(queue));
        own.min(self.room(lane, Queue::Pressing).saturating_sub(under_way.all()))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            per_lane: 16,
            unlaned: 8,
            lease: Duration::from_secs(60),
            step: Duration::from_secs(45),
            poll: Duration::from_secs(1),
            resync: Duration::from_secs(300),
            backoff: Duration::from_secs(1),
            longest_backoff: Duration::from_secs(300),
            permanent_retry: Duration::from_secs(600),
        }
    }
}

/// The steps under way in a lane.
#[derive(Debug, Clone, Copy, Default)]
struct UnderWay {
    pressing: usize,
    resting: usize,
}

impl UnderWay {
    const fn count(&mut self, queue: Queue) -> &mut usize {
        match queue {
            Queue::Pressing => &mut self.pressing,
            Queue::Resting => &mut self.resting,
        }
    }

    const fn of(self, queue: Queue) -> usize {
        match queue {
            Queue::Pressing => self.pressing,
            Queue::Resting => self.resting,
        }
    }

    const fn all(self) -> usize {
        self.pressing + self.resting
    }
}

/// How often the queue is measured, also while it never runs dry.
const MEASURE: Duration = Duration::from_secs(5);

/// The reconciler.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    controllers: HashMap<WorkKind, Arc<dyn Controller>>,
    settings: Settings,
    owner: String,
    lanes: Mutex<BTreeMap<i64, UnderWay>>,
    freed: Notify,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// An engine with these controllers.
    #[must_use]
    pub fn new(store: Store, controllers: Vec<Arc<dyn Controller>>, settings: Settings) -> Self {
        let owner = store.clock().uid().to_string();
        let controllers = controllers.into_iter().map(|c| (c.kind(), c)).collect();
        Self(Arc::new(Inner { store, controllers, settings, owner, lanes: Mutex::default(), freed: Notify::new() }))
    }

    /// Works until `stop`, then waits for the steps under way.
    pub async fn run(&self, stop: CancellationToken) {
        let mut steps = JoinSet::new();
        let mut measured: Option<Instant> = None;
        let (mut pace, mut more_rests) = (Pace::new(Instant::now()), true);
        while !stop.is_cancelled() {
            while steps.try_join_next().is_some() {}
            if measured.is_none_or(|at| at.elapsed() >= MEASURE) {
                self.measure(&mut pace).await;
                measured = Some(Instant::now());
            }
            let asked = self.0.store.clock().now();
            let mut claimed = self.claim_or_tell(Queue::Pressing, usize::MAX).await;
            let allowed = pace.allowed(Instant::now(), more_rests);
            if allowed > 0 {
                // asked first: a step that ends meanwhile must not hide that there was no room
                let full = self.is_full_for(Queue::Resting);
                let resting = self.claim_or_tell(Queue::Resting, allowed).await;
                pace.spend(resting.len());
                more_rests = full || !resting.is_empty();
                claimed.extend(resting);
            }
            let idle = claimed.is_empty();
            for lease in claimed {
                let engine = self.clone();
                steps.spawn(async move { engine.work(lease).await });
            }
            if idle {
                let mut poll = self.until_due(asked).await.min(self.0.settings.poll);
                if more_rests {
                    poll = poll.min(pace.until_next(Instant::now()));
                }
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.0.store.work_committed() => {}
                    () = self.0.freed.notified() => {}
                    () = tokio::time::sleep(poll) => {}
                }
            }
        }
        while steps.join_next().await.is_some() {}
    }

    /// How long it is until something that was not due at `asked` is; for ever if nothing waits for its time.
    async fn until_due(&self, asked: Timestamp) -> Duration {
        let due = self.0.store.work().next_pressing(asked).await.unwrap_or_default();
        due.map_or(Duration::MAX, |due| due.since(self.0.store.clock().now()))
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges")]
    async fn measure(&self, pace: &mut Pace) {
        if let Ok(backlog) = self.0.store.work().backlog().await {
            metrics::gauge!("tenantry_queue_due").set(backlog.due as f64);
            metrics::gauge!("tenantry_queue_lag_seconds").set(backlog.lag.as_secs_f64());
            metrics::gauge!("tenantry_queue_resting_due").set(backlog.resting_due as f64);
            pace.set(backlog.resting, self.0.settings.resync);
        }
    }

    /// Runs everything that is due, one after another, and what comes due while it does; `advance` is told when the next is due
    /// and answers whether to go on (having stepped its clock). For tests, and for work in the foreground.
    ///
    /// # Errors
    /// When the database fails, or a step answers an error of its own: that is where a crash test stops.
    pub async fn run_until(&self, mut advance: impl FnMut(Timestamp) -> bool) -> Result<()> {
        loop {
            let mut leases = self.claim_one(Queue::Pressing).await?;
            if leases.is_empty() {
                leases = self.claim_one(Queue::Resting).await?;
            }
            let worked = !leases.is_empty();
            for lease in leases {
                let Some(controller) = self.0.controllers.get(&lease.kind) else { continue };
                let step = controller.reconcile(&lease).await?;
                let next = self.next(&step);
                self.0.store.work().finish(&lease, &step.seen, &next).await?;
            }
            if worked {
                continue;
            }
            match self.0.store.work().next_due().await? {
                Some(due) if advance(due) => {}
                _ => return Ok(()),
            }
        }
    }

    /// Whether more of a queue may be due where nothing more can begin now.
    fn is_full_for(&self, queue: Queue) -> bool {
        let lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().any(|(lane, under_way)| self.0.settings.left(*lane, *under_way, queue) == 0)
    }

    async fn claim_one(&self, queue: Queue) -> Result<Vec<Lease>> {
        self.0.store.work().claim(queue, &self.0.owner, self.0.settings.lease, 1, &[]).await
    }

    async fn claim_or_tell(&self, queue: Queue, most: usize) -> Vec<Lease> {
        self.claim(queue, most).await.unwrap_or_else(|error| {
            tracing::error!(?error, "work could not be claimed");
            Vec::new()
        })
    }

    async fn claim(&self, queue: Queue, most: usize) -> Result<Vec<Lease>> {
        let (full, room) = {
            let lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let settings = &self.0.settings;
            let left: Vec<(i64, usize)> = lanes.iter().map(|(lane, n)| (*lane, settings.left(*lane, *n, queue))).collect();
            let full: Vec<i64> = left.iter().filter(|(_, n)| *n == 0).map(|(lane, _)| *lane).collect();
            // what is claimed may all be of one lane: of the fullest that has room, or of one that is empty
            let room = left.iter().map(|(_, n)| *n).filter(|n| *n > 0).min();
            let empty = settings.room(0, queue).min(settings.room(1, queue));
            (full, room.unwrap_or(usize::MAX).min(empty).min(most).max(1))
        };
        if !self.0.store.work().any_due(queue, &full).await? {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(room).unwrap_or(1);
        let claimed = self.0.store.work().claim(queue, &self.0.owner, self.0.settings.lease, limit, &full).await?;
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        for lease in &claimed {
            *lanes.entry(lease.lane).or_default().count(queue) += 1;
        }
        Ok(claimed)
    }

    async fn work(&self, lease: Lease) {
        let begun = Instant::now();
        let step = self.step(&lease).await;
        let kind = lease.kind.name();
        let outcome = match &step.outcome {
            Outcome::Done => "done",
            Outcome::Wait { .. } => "wait",
            Outcome::Failed { .. } => "failed",
            Outcome::Gone => "gone",
        };
        metrics::counter!("tenantry_reconcile_total", "kind" => kind, "outcome" => outcome).increment(1);
        metrics::histogram!("tenantry_reconcile_seconds", "kind" => kind).record(begun.elapsed().as_secs_f64());
        let next = self.next(&step);
        if let Err(error) = self.0.store.work().finish(&lease, &step.seen, &next).await {
            tracing::error!(?error, kind, object = lease.object, "an outcome could not be written; the step will be done again");
        }
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = lanes.get_mut(&lease.lane) {
            *under_way.count(lease.queue) -= 1;
            if under_way.all() == 0 {
                lanes.remove(&lease.lane);
            }
        }
        drop(lanes);
        self.0.freed.notify_one();
    }

    async fn step(&self, lease: &Lease) -> Step {
        let Some(controller) = self.0.controllers.get(&lease.kind).cloned() else {
            return self.broken(lease, "this server has no controller for it; another one may").await;
        };
        let limit = self.0.settings.step;
        let task = {
            let lease = lease.clone();
            // a task of its own, so that a panic ends it and nothing else
            tokio::spawn(async move { tokio::time::timeout(limit, controller.reconcile(&lease)).await })
        };
        match task.await {
            Ok(Ok(Ok(step))) => step,
            Ok(Ok(Err(error))) => {
                tracing::error!(?error, kind = lease.kind.name(), object = lease.object, "a step failed");
                self.broken(lease, "an internal error occurred; it is tried again, and the server's log has more").await
            }
            Ok(Err(_)) => self.broken(lease, "it took too long; it is tried again").await,
            Err(panic) => {
                tracing::error!(%panic, kind = lease.kind.name(), object = lease.object, "a step panicked");
                self.broken(lease, "an internal error occurred; it is tried again, and the server's log has more").await
            }
        }
    }

    /// A step that came to no answer: it counts as an attempt, so that it is tried ever less often.
    async fn broken(&self, lease: &Lease, reason: &str) -> Step {
        let attempts = self.0.store.work().attempts(lease).await.unwrap_or(0);
        let outcome = Outcome::Failed { reason: reason.to_owned(), permanent: false, retry_after: None };
        Step { attempts, ..Step::of(outcome) }
    }

    fn next(&self, step: &Step) -> Next {
        let clock = self.0.store.clock();
        next(&self.0.settings, clock.now(), clock.jitter(), step)
    }
}

/// What is left alone for so long is no more pressing than what is at rest.
const LONG: Duration = Duration::from_secs(60);

/// When to look again. `jitter` is between 0 and 1.
fn next(settings: &Settings, now: Timestamp, jitter: f64, step: &Step) -> Next {
    let queue = |wait: Duration| if wait < LONG { Queue::Pressing } else { Queue::Resting };
    match &step.outcome {
        Outcome::Done | Outcome::Gone => {
            // spread, so that what was made together is not looked at together for ever
            let wait = step.resync.unwrap_or(settings.resync).mul_f64(0.9 + 0.2 * jitter);
            // what asks for a time of its own keeps it
            let queue = if step.resync.is_none() { Queue::Resting } else { Queue::Pressing };
            Next { at: now.plus(wait), reason: String::new(), failed: false, queue }
        }
        Outcome::Wait { reason, after } => Next { at: now.plus(*after), reason: reason.clone(), failed: false, queue: queue(*after) },
        Outcome::Failed { reason, permanent, retry_after } => {
            let doubled = settings.backoff.saturating_mul(1 << step.attempts.clamp(0, 20));
            let longest = doubled.min(settings.longest_backoff);
            let wait = if *permanent { settings.permanent_retry } else { longest.mul_f64(0.5 + 0.5 * jitter) };
            let wait = retry_after.map_or(wait, |asked| wait.max(asked.min(settings.longest_backoff)));
            Next { at: now.plus(wait), reason: reason.clone(), failed: true, queue: queue(wait) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn after(attempts: i64, permanent: bool, retry_after: Option<u64>, jitter: f64) -> Duration {
        let outcome = Outcome::Failed { reason: "broken".to_owned(), permanent, retry_after: retry_after.map(Duration::from_secs) };
        let next = next(&Settings::default(), NOW, jitter, &Step { attempts, ..Step::of(outcome) });
        assert!(next.failed);
        assert_eq!(next.reason, "broken");
        next.at.since(NOW)
    }

    #[test]
    fn the_wait_after_failures_doubles_up_to_the_longest() {
        let waits: Vec<u64> = (0..10).map(|attempts| after(attempts, false, None, 1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(after(i64::MAX, false, None, 1.0).as_secs(), 300);
    }

    #[test]
    fn waits_are_spread_so_that_what_failed_together_is_not_tried_together() {
        assert_eq!(after(3, false, None, 0.0), Duration::from_secs(4));
        assert_eq!(after(3, false, None, 0.5), Duration::from_secs(6));
    }

    #[test]
    fn what_only_a_change_will_help_is_tried_seldom_however_new_it_is() {
        assert_eq!(after(0, true, None, 0.3), Duration::from_secs(600));
        assert_eq!(after(9, true, Some(5), 0.3), Duration::from_secs(600));
    }

    #[test]
    fn a_peer_that_asks_to_be_left_alone_is_but_not_for_ever() {
        assert_eq!(after(0, false, Some(20), 1.0), Duration::from_secs(20));
        assert_eq!(after(6, false, Some(20), 1.0), Duration::from_secs(64));
        assert_eq!(after(0, false, Some(86_400), 1.0), Duration::from_secs(300));
    }

    #[test]
    fn what_is_at_rest_is_looked_at_again_around_the_resync() {
        let at = |jitter, resync| {
            let next = next(&Settings::default(), NOW, jitter, &Step { resync, ..Step::of(Outcome::Done) });
            let queue = if resync.is_none() { Queue::Resting } else { Queue::Pressing };
            assert_eq!((next.reason.as_str(), next.failed, next.queue), ("", false, queue));
            next.at.since(NOW).as_secs()
        };
        assert_eq!((at(0.0, None), at(1.0, None)), (270, 330));
        assert_eq!(at(0.5, Some(Duration::from_secs(30))), 30);
    }

    #[test]
    fn what_is_left_alone_for_long_is_not_pressing() {
        let queue = |outcome| next(&Settings::default(), NOW, 1.0, &Step::of(outcome)).queue;
        let wait = |seconds| Outcome::Wait { reason: String::new(), after: Duration::from_secs(seconds) };
        assert_eq!((queue(wait(59)), queue(wait(60))), (Queue::Pressing, Queue::Resting));
        let failed = |permanent| Outcome::Failed { reason: String::new(), permanent, retry_after: None };
        assert_eq!((queue(failed(false)), queue(failed(true))), (Queue::Pressing, Queue::Resting));
    }

    #[test]
    fn waiting_is_no_failure() {
        let outcome = Outcome::Wait { reason: "for the bus".to_owned(), after: Duration::from_secs(2) };
        let expected =
            Next { at: NOW.plus(Duration::from_secs(2)), reason: "for the bus".to_owned(), failed: false, queue: Queue::Pressing };
        assert_eq!(next(&Settings::default(), NOW, 0.9, &Step::of(outcome)), expected);
    }
}
