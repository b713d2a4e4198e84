//! What the API server's failures mean.

use std::time::Duration;

use serde_json::Value;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

/// A 404 is nothing found.
pub(crate) fn found(answer: Result<Value>) -> Result<Option<Value>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.message.starts_with(NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

const NOT_FOUND: &str = "not found: ";

pub(crate) fn translate(error: kube::Error) -> DriverError {
    match error {
        kube::Error::Api(status) => {
            let kind = match status.code {
                401 => DriverErrorKind::Unauthorized,
                403 if status.message.contains("exceeded quota") => DriverErrorKind::QuotaExceeded,
                403 if status.message.contains("being terminated") => DriverErrorKind::Conflict,
                403 => DriverErrorKind::Forbidden,
                404 | 409 => DriverErrorKind::Conflict,
                429 => DriverErrorKind::Throttled,
                code if code >= 500 => DriverErrorKind::Server,
                _ => DriverErrorKind::Invalid,
            };
            let message = match status.code {
                404 => format!("{NOT_FOUND}{}", status.message),
                401 => "the API server does not accept the credentials".to_owned(),
                code => format!("the API server answered {code}: {}", status.message),
            };
            let retry_after = (status.code == 429).then_some(Duration::from_secs(1));
            DriverError { retry_after, ..DriverError::new(kind, message) }
        }
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => {
            DriverError::new(DriverErrorKind::Server, "what answers there does not speak like a Kubernetes API server")
        }
        other => {
            // the innermost cause says what is wrong: a name, a refused connection, a certificate
            let mut innermost: &dyn std::error::Error = &other;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            DriverError::new(DriverErrorKind::Unreachable, format!("the API server cannot be reached: {innermost}"))
        }
    }
}
