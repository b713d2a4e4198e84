//! What every platform must do alike, as cases that run against a live one: the sandbox in its own tests, a cluster or a cloud in
//! the tests against real peers. A driver that passes can be put where another was.
//!
//! Every case has a namespace of its own below the given prefix and removes it again, also when it fails. No case waits for longer
//! than the given [`Patience`] allows, and a run names every case that failed.

pub mod cloud;
mod containers;
mod site;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
pub use containers::{Capabilities, run};
use tenantry_domain::Uid;

use crate::{DriverError, DriverErrorKind, Result};

/// How long is waited for what does not happen at once.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often it is looked at.
    pub rounds: u32,
    /// How long is waited between two looks.
    pub pause: Duration,
}

/// What every suite needs and no driver offers.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Makes a namespace that is not Tenantry's, as somebody else would have.
    async fn plant_foreign_namespace(&self, name: &str) -> Result<()>;
    /// A uid that was never used there.
    fn uid(&self) -> Uid;
}

/// A case that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub case: &'static str,
    /// What was not as it should be.
    pub what: String,
}

/// The cases that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures(pub Vec<Failure>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|failure| writeln!(f, "{}: {}", failure.case, failure.what))
    }
}

impl std::error::Error for Failures {}

type Outcome<T = ()> = std::result::Result<T, String>;

fn told(doing: &str, error: &DriverError) -> String {
    format!("{doing}: {:?}: {}", error.kind, error.message)
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// The call must fail, and in this way.
fn refused<T: fmt::Debug>(doing: &str, answer: &Result<T>, kind: DriverErrorKind) -> Outcome {
    check(answer.as_ref().is_err_and(|e| e.kind == kind), || format!("{doing} should be refused as {kind:?}, and was answered {answer:?}"))
}

/// Runs cases, one after the other, each in a scene of its own that is tidied up afterwards.
macro_rules! run_cases {
    ($scene:expr; $($case:path),* $(,)?) => {{
        let (mut names, mut failures) = (Vec::new(), Vec::new());
        $({
            let scene = $scene(names.len() + 1);
            let name = stringify!($case);
            let name = name.rsplit("::").next().unwrap_or(name);
            let outcome = $case(&scene).await;
            let tidied = scene.tidy().await;
            failures.extend(outcome.and(tidied).err().map(|what| Failure { case: name, what }));
            names.push(name);
        })*
        if failures.is_empty() { Ok(names) } else { Err(Failures(failures)) }
    }};
}
use run_cases;
