//! What tests share: a clock that they step, databases of their own, peers that are well, and dialects through their routers.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "test support: a failure here is a failed test")]

pub mod clock;
pub mod cloud;
pub mod database;
pub mod dialect;
pub mod documents;
pub mod generated;
pub mod peers;

pub use clock::TestClock;
pub use database::TestDatabase;
pub use generated::committed;
pub use peers::Well;
