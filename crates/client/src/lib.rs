//! A typed client of Tenantry's native API (`/api/v2`, described in `docs/native-api.md`).
//!
//! ```no_run
//! # async fn walk() -> tenantry_client::Result<()> {
//! use std::time::Duration;
//! use tenantry_client::{Client, types::{Limits, NewTenant}};
//!
//! let client = Client::builder("http://127.0.0.1:8080").build()?;
//! let session = client.create_session("admin", "the password").await?;
//! let client = client.with_token(session.token);
//! let quota = Limits { cpu: Some(4.0), memory_gib: Some(8.0), storage_gib: Some(50.0), ..Limits::default() };
//! let new = NewTenant { name: "dev".into(), quota, ..NewTenant::default() };
//! let tenant = client.create_tenant(&new).wait(Duration::from_secs(30)).await?;
//! # let _ = tenant; Ok(()) }
//! ```
//!
//! What holds: a mutation is sent with an `Idempotency-Key` that stays the same over its repeats, so that nothing is done
//! twice when an answer is lost; a refusal is an [`Error::Problem`] with the server's whole document; secrets are not in any `Debug`.

mod api;
mod call;
mod client;
mod error;
mod events;
mod list;
mod secret;
mod sse;
mod tls;
pub mod types;

pub use call::Call;
pub use client::{Builder, Client, Retry};
pub use error::{Error, Problem, Result};
pub use events::Change;
pub use list::{List, Page};
pub use secret::Secret;
