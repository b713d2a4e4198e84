//! How fast what is at rest is looked at again: evenly, one after another where it can be, so that ten thousand things that come due
//! together (after a start, or an outage) cost nobody else's request anything, and fast enough that each has its turn in time.

use std::time::{Duration, Instant};

/// The slowest, in looks a second.
const LEAST: f64 = 20.0;
/// How much faster than would be needed if all came due evenly: so much is caught up with.
const AHEAD: f64 = 1.25;
/// The shortest time between two beginnings; where one each time is not enough, it is some.
const SHORTEST: Duration = Duration::from_millis(10);

/// Says how many may begin now.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: f64,
    credit: f64,
    counted: Instant,
}

impl Pace {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { per_second: LEAST, credit: 0.0, counted: now }
    }

    /// So many are at rest, and each is looked at every `resync`.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub(crate) fn set(&mut self, resting: i64, resync: Duration) {
        self.per_second = (AHEAD * resting as f64 / resync.as_secs_f64().max(1.0)).max(LEAST);
    }

    /// The time in which one more may begin, in whole milliseconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most fifty")]
    fn tick(&self) -> Duration {
        Duration::from_millis((1000.0 / self.per_second).ceil() as u64).max(SHORTEST)
    }

    /// How many may begin: as many as a tick adds, and before the next one what is left of that, if `more` is known to wait. So what found
    /// no room begins as soon as there is some.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number that is not negative")]
    pub(crate) fn allowed(&mut self, now: Instant, more: bool) -> usize {
        let passed = now.saturating_duration_since(self.counted);
        if passed >= self.tick() {
            self.counted = now;
            // what was not used is forgotten after a second, so that nothing comes in a rush
            self.credit = self.per_second.mul_add(passed.as_secs_f64(), self.credit).min(self.per_second);
        } else if !more {
            return 0;
        }
        self.credit as usize
    }

    /// So many have begun.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    pub(crate) fn spend(&mut self, begun: usize) {
        self.credit -= begun as f64;
    }

    /// How long to sleep until more may begin.
    pub(crate) fn until_next(&self, now: Instant) -> Duration {
        self.tick().saturating_sub(now.saturating_duration_since(self.counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESYNC: Duration = Duration::from_secs(300);

    /// How many begin in so many seconds, if all that may do; at most so many at once.
    fn begun_in(pace: &mut Pace, from: Instant, seconds: u64) -> (usize, usize) {
        let (mut begun, mut at_once, mut now) = (0, 0, from);
        while now < from + Duration::from_secs(seconds) {
            now += pace.until_next(now);
            let allowed = pace.allowed(now, true);
            pace.spend(allowed);
            begun += allowed;
            at_once = at_once.max(allowed);
        }
        (begun, at_once)
    }

    #[test]
    fn all_have_their_turn_in_the_time_that_they_have_one_after_another() {
        for resting in [7_000, 9_000, 10_000, 20_000] {
            let now = Instant::now();
            let mut pace = Pace::new(now);
            pace.set(resting, RESYNC);
            let (begun, at_once) = begun_in(&mut pace, now, 300);
            let begun = i64::try_from(begun).unwrap();
            assert!(begun >= resting * 6 / 5 && begun <= resting * 5 / 4 + 2, "{begun} of {resting}");
            // the part of a beginning that a tick of whole milliseconds adds comes to one now and then
            assert!(at_once <= 2, "{at_once} of {resting} at once");
        }
    }

    #[test]
    fn very_many_begin_some_at_a_time() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.set(120_000, RESYNC);
        assert_eq!(begun_in(&mut pace, now, 10), (5_000, 5));
    }

    #[test]
    fn few_are_looked_at_no_slower_than_the_least() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.set(3, RESYNC);
        assert_eq!(begun_in(&mut pace, now, 10), (200, 1));
    }

    #[test]
    fn a_long_pause_is_not_followed_by_a_rush() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        let tick = pace.tick();
        assert_eq!(pace.allowed(now, false), 0);
        assert_eq!(pace.allowed(now + Duration::from_secs(3600), false), 20);
        pace.spend(20);
        assert_eq!(pace.allowed(now + Duration::from_secs(3600) + tick, false), 1);
        assert!(pace.until_next(now + Duration::from_secs(3600) + tick) <= tick);
    }

    #[test]
    fn what_found_no_room_begins_before_the_next_tick() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.set(120_000, RESYNC);
        assert_eq!(pace.allowed(now + SHORTEST, true), 5);
        pace.spend(3);
        assert_eq!(pace.allowed(now + SHORTEST, false), 0, "nobody waits");
        assert_eq!(pace.allowed(now + SHORTEST, true), 2);
        pace.spend(2);
        assert_eq!(pace.allowed(now + SHORTEST, true), 0);
    }
}
