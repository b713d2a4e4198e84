//! What tests share: a clock that they step, and databases of their own.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "test support: a failure here is a failed test")]

pub mod clock;
pub mod database;

pub use clock::TestClock;
pub use database::TestDatabase;
