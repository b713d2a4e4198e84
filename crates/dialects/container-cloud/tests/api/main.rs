//! The dialect through its router, on a database of its own. No reconciler runs here: what a controller would finish stays under way.
//! `crates/server/tests/container_cloud` has what takes one.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod app;
mod permissions;
