//! What a call can end with instead of an answer. A refusal carries the server's problem document whole.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenantry_domain::ErrorKind;

/// Short for a result with the client's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A problem document (RFC 9457) of the native API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:tenantry:problem:<code>`.
    #[serde(rename = "type", default)]
    pub kind_uri: String,
    /// The code in words.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong, and what would be right.
    #[serde(default)]
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// The argument that was wrong.
    #[serde(default)]
    pub field: Option<String>,
    /// What stands in the way.
    #[serde(default)]
    pub blockers: Vec<String>,
    /// The request, for the operator.
    #[serde(default)]
    pub request_id: Option<String>,
    /// When to come back.
    #[serde(default)]
    pub retry_after_s: Option<f64>,
}

impl Problem {
    /// The code as the domain knows it; none for a code of a newer server.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        ErrorKind::ALL.into_iter().find(|kind| kind.code() == self.code)
    }

    /// How long to wait before the same is asked again, where the server says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detail.is_empty() { &self.title } else { &self.detail })
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// The server refused, and says why.
    Problem(Box<Problem>),
    /// Something answered that is not this API: a proxy, or another server.
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// How the body begins.
        body: String,
    },
    /// The server was not reached, or went away.
    Transport(reqwest::Error),
    /// The answer was not what this API answers.
    Decode(serde_json::Error),
    /// The client was set up wrongly: its URL, token or certificates.
    Setup(String),
}

impl Error {
    /// The server's problem document, if it sent one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The code as the domain knows it, if the server said one.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        self.problem().and_then(Problem::kind)
    }

    /// Whether there is no such object (or it may not be seen).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == Some(ErrorKind::NotFound)
    }

    /// Reads the error out of an answer that is none.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        serde_json::from_slice::<Problem>(body).map_or_else(
            |_| Self::Unexpected { status, body: tenantry_domain::name::clip(String::from_utf8_lossy(body).trim()) },
            |problem| Self::Problem(Box::new(problem)),
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Unexpected { status, body } => write!(f, "the answer (status {status}) is not Tenantry's: {body}"),
            Self::Transport(error) => {
                // reqwest says what it did; what went wrong is at the end of the chain
                let mut cause: &dyn std::error::Error = error;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                match error.url() {
                    Some(url) => write!(f, "{} can't be reached: {cause}", url.origin().ascii_serialization()),
                    None => write!(f, "the server can't be reached: {cause}"),
                }
            }
            Self::Decode(error) => write!(f, "the answer can't be read: {error}"),
            Self::Setup(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_domain_is_understood() {
        for kind in ErrorKind::ALL {
            let body = format!(r#"{{"status":{},"code":"{}","detail":"x"}}"#, kind.http_status(), kind.code());
            assert_eq!(Error::read(kind.http_status(), body.as_bytes()).kind(), Some(kind));
        }
    }

    #[test]
    fn an_answer_of_somebody_else_is_told_apart() {
        let error = Error::read(502, b"<html>Bad Gateway</html>");
        assert!(error.problem().is_none());
        assert!(error.to_string().contains("502"), "{error}");
    }
}
