//! How a peer fails, told apart as far as a controller acts on it.

use std::time::Duration;

use thiserror::Error;

/// Short for a result with a [`DriverError`].
pub type Result<T> = std::result::Result<T, DriverError>;

/// What went wrong at the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DriverErrorKind {
    /// No connection: name resolution, refused, TLS, reset.
    Unreachable,
    /// No answer in time. The call may have been carried out.
    Timeout,
    /// The peer asks to be called less often.
    Throttled,
    /// The peer failed (5xx).
    Server,
    /// The peer does not accept our credentials.
    Unauthorized,
    /// Our credentials do not allow it.
    Forbidden,
    /// The peer refuses what we ask for, and will again.
    Invalid,
    /// The peer's own quota has no room.
    QuotaExceeded,
    /// Something of that name exists that is not ours.
    NotOurs,
    /// Somebody changed it at the same moment; the next look decides anew.
    Conflict,
}

/// A failure of a driver's call. The message names the peer's own words and never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct DriverError {
    /// What went wrong.
    pub kind: DriverErrorKind,
    /// What to tell people.
    pub message: String,
    /// When the peer wants to be called again.
    pub retry_after: Option<Duration>,
}

impl DriverError {
    /// A failure of `kind`.
    #[must_use]
    pub fn new(kind: DriverErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None }
    }

    /// Whether nothing but a change (of the spec, of the peer, by an administrator) will help. Controllers still look
    /// again, but seldom, and the row says Failed.
    #[must_use]
    pub const fn permanent(&self) -> bool {
        match self.kind {
            DriverErrorKind::Invalid | DriverErrorKind::QuotaExceeded | DriverErrorKind::NotOurs | DriverErrorKind::Forbidden => true,
            DriverErrorKind::Unreachable
            | DriverErrorKind::Timeout
            | DriverErrorKind::Throttled
            | DriverErrorKind::Server
            | DriverErrorKind::Unauthorized
            | DriverErrorKind::Conflict => false,
        }
    }
}
