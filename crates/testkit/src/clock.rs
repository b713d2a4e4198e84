//! A clock for tests: time moves when the test moves it, and randomness and uids repeat from run to run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tenantry_domain::{Clock, Timestamp, Uid};
use uuid::Builder;

/// Where a test clock starts: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp(1_767_225_600_000);

/// A clock that stands still until it is stepped. Two of the same seed give the same uids and random bytes.
#[derive(Debug)]
pub struct TestClock(Mutex<Hands>);

#[derive(Debug, Clone, Copy)]
struct Hands {
    now: Timestamp,
    uids: u64,
    random: u64,
}

impl TestClock {
    /// A clock at [`START`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Hands { now: START, uids: 0, random: seed }))
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another clock that goes on from here, as this one would.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Mutex::new(*self.hands()))
    }

    /// Steps forward.
    pub fn step(&self, by: Duration) {
        let mut hands = self.hands();
        hands.now = hands.now.plus(by);
    }

    /// Steps to a point; a clock never goes back.
    pub fn step_to(&self, to: Timestamp) {
        let mut hands = self.hands();
        hands.now = hands.now.max(to);
    }
}

/// SplitMix64: small, and good enough for what is not secret.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn uid(&self) -> Uid {
        let mut hands = self.hands();
        hands.uids += 1;
        let millis = u64::try_from(hands.now.0).unwrap_or(0);
        let mut tail = [0; 10];
        // the counter comes first, so that later uids sort after earlier ones within a millisecond
        tail[2..].copy_from_slice(&hands.uids.to_be_bytes());
        Uid(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut hands = self.hands();
        for chunk in bytes.chunks_mut(8) {
            let word = next(&mut hands.random).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_until_it_is_stepped_and_never_goes_back() {
        let clock = TestClock::new(1);
        assert_eq!((clock.now(), clock.now()), (START, START));
        clock.step(Duration::from_secs(2));
        clock.step_to(START);
        assert_eq!(clock.now(), START.plus(Duration::from_secs(2)));
        clock.step_to(START.plus(Duration::from_secs(5)));
        assert_eq!(clock.now(), START.plus(Duration::from_secs(5)));
    }

    #[test]
    fn the_same_seed_gives_the_same_uids_and_bytes_and_another_seed_other_bytes() {
        let draw = |seed| {
            let clock = TestClock::new(seed);
            let mut bytes = [0; 11];
            clock.random(&mut bytes);
            (clock.uid(), clock.uid(), bytes)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7).2, draw(8).2);
    }

    #[test]
    fn a_fork_goes_on_as_the_clock_would_have() {
        let clock = TestClock::new(1);
        clock.step(Duration::from_secs(3));
        let _ = clock.uid();
        let fork = clock.fork();
        assert_eq!((fork.now(), fork.uid()), (clock.now(), clock.uid()));
        fork.step(Duration::from_secs(1));
        assert_ne!(fork.now(), clock.now());
    }

    #[test]
    fn uids_are_different_and_sort_by_age() {
        let clock = TestClock::new(1);
        let uids: Vec<Uid> = (0..300).map(|_| clock.uid()).collect();
        assert!(uids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(uids.iter().all(|u| u.0.get_version_num() == 7));
    }
}
