//! A clock that stands where a test puts it.

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use tenantry_domain::{Clock, Timestamp, Uid};

pub struct Stepped {
    now_ms: AtomicI64,
    drawn: AtomicU8,
}

impl Stepped {
    pub fn at(now_ms: i64) -> Self {
        Self { now_ms: AtomicI64::new(now_ms), drawn: AtomicU8::new(0) }
    }

    pub fn step(&self, by: Duration) {
        self.now_ms.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Stepped {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }
    fn uid(&self) -> Uid {
        "00000000-0000-7000-8000-000000000001".parse().unwrap()
    }
    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(self.drawn.fetch_add(1, Ordering::SeqCst));
    }
}
