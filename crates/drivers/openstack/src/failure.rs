//! What the refusals of an OpenStack service mean.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use tenantry_driver_api::{DriverError, DriverErrorKind};

/// The most that is repeated of a service's own words.
const MOST_WORDS: usize = 500;
/// How long is waited when a service asks to be left alone and does not say for how long.
const BREATH: Duration = Duration::from_secs(1);

/// Short for a result with a [`Failed`].
pub(crate) type Outcome<T> = Result<T, Failed>;

/// A failed call: what to tell, and what the callers here tell apart.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The HTTP status; 0 without an answer.
    pub status: u16,
    /// What to tell.
    pub error: DriverError,
}

impl From<DriverError> for Failed {
    fn from(error: DriverError) -> Self {
        Self { status: 0, error }
    }
}

impl From<Failed> for DriverError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl Failed {
    /// Whether what was called is not there.
    pub(crate) const fn absent(&self) -> bool {
        self.status == 404
    }

    /// Whether it cannot be done now, because of how things are there.
    pub(crate) const fn conflicts(&self) -> bool {
        self.status == 409
    }
}

/// A 404 is nothing found.
pub(crate) fn found<T>(outcome: Outcome<T>) -> Outcome<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(failed) if failed.absent() => Ok(None),
        Err(failed) => Err(failed),
    }
}

/// What answers there is something else: a page of a proxy, say. What it wrote is not repeated, since it may repeat what it was sent.
pub(crate) fn not_openstack(service: &str) -> Failed {
    DriverError::new(DriverErrorKind::Server, format!("{service} does not speak like an OpenStack service")).into()
}

/// The words and the name of a failure, wherever a service puts them: `{"NeutronError": {"message", "type"}}`,
/// `{"itemNotFound": {"message", "code"}}`, `{"error": {"message", "title"}}`, `{"message"}`.
fn words(body: &[u8]) -> Option<(String, String)> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let clip = |text: &str| text.chars().take(MOST_WORDS).collect::<String>();
    if let Some(message) = said["message"].as_str() {
        return Some((clip(message), String::new()));
    }
    if let Some(errors) = said["errors"].as_array() {
        let title = errors.iter().find_map(|e| e["title"].as_str().or_else(|| e["detail"].as_str()))?;
        return Some((clip(title), String::new()));
    }
    let (name, inner) = said.as_object()?.iter().find(|(_, inner)| inner["message"].is_string())?;
    let fault = inner["type"].as_str().unwrap_or(name);
    Some((clip(inner["message"].as_str()?), fault.to_owned()))
}

/// An answer that is a refusal.
pub(crate) fn refused(service: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Failed {
    let (words, fault) = words(body).unwrap_or_default();
    let quota = fault == "OverQuota" || words.to_lowercase().contains("quota");
    let kind = match status {
        401 => DriverErrorKind::Unauthorized,
        403 | 409 | 413 if quota => DriverErrorKind::QuotaExceeded,
        403 => DriverErrorKind::Forbidden,
        // only the service itself can say that something is not there
        404 if words.is_empty() => return not_openstack(service),
        404 | 409 | 410 | 412 => DriverErrorKind::Conflict,
        408 | 504 => DriverErrorKind::Timeout,
        413 | 429 => DriverErrorKind::Throttled,
        code if code >= 500 => DriverErrorKind::Server,
        _ => DriverErrorKind::Invalid,
    };
    let message = match (status, words.as_str()) {
        (401, _) => format!("{service} does not accept the credentials"),
        (code, "") => format!("{service} answered {code}"),
        (code, words) => format!("{service} answered {code}: {words}"),
    };
    let asked = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok()).map(Duration::from_secs);
    let retry_after = asked.or_else(|| (kind == DriverErrorKind::Throttled).then_some(BREATH));
    Failed { status, error: DriverError { retry_after, ..DriverError::new(kind, message) } }
}
