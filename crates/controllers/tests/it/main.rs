//! Controllers, engine, store and sandbox together, with a clock that is stepped.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod cloud;
mod cloud_crash;
mod converge;
mod crash;
mod mail;
mod support;
mod taken_over;
