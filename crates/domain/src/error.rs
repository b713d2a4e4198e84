//! The one error of Tenantry. Dialects render it; nobody else decides what a user is told.
//!
//! The public text says what was wrong and what would be right. The source is for the log alone:
//! [`std::fmt::Display`] never prints it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::ObjectKind;

/// Short for a result with the domain's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a program has to tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The body or a parameter could not be read at all (syntax).
    Malformed,
    /// A required argument is absent.
    MissingArgument,
    /// An argument has a value that is not allowed.
    InvalidArgument,
    /// No token, or one that is unknown or expired.
    Unauthenticated,
    /// The user or the password is wrong; deliberately not said which.
    WrongCredentials,
    /// The password is right, and a one-time code is needed beside it.
    SecondFactorRequired,
    /// The old password given for a change of password is wrong.
    WrongOldPassword,
    /// The caller sees the object but may not do this.
    Forbidden,
    /// There is no such object, or the caller may not know of it.
    NotFound,
    /// The name (or email) is taken.
    AlreadyExists,
    /// The state of things forbids it: in use, being deleted, of another kind.
    Conflict,
    /// `If-Match` names another version than the present one.
    StaleVersion,
    /// The quota has no room.
    QuotaExceeded,
    /// The account cannot pay.
    BalanceTooLow,
    /// Too many attempts; try later.
    TooManyRequests,
    /// The path is known, the method is not.
    MethodNotAllowed,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// A datacenter, registry or other peer could not be reached or answered with a failure.
    PeerUnavailable,
    /// It took longer than allowed.
    Timeout,
    /// A bug or a failure of our own.
    Internal,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 20] = [
        Self::Malformed,
        Self::MissingArgument,
        Self::InvalidArgument,
        Self::Unauthenticated,
        Self::WrongCredentials,
        Self::SecondFactorRequired,
        Self::WrongOldPassword,
        Self::Forbidden,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Conflict,
        Self::StaleVersion,
        Self::QuotaExceeded,
        Self::BalanceTooLow,
        Self::TooManyRequests,
        Self::MethodNotAllowed,
        Self::BodyTooLarge,
        Self::PeerUnavailable,
        Self::Timeout,
        Self::Internal,
    ];

    /// The stable code that programs match on.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingArgument => "missing_argument",
            Self::InvalidArgument => "invalid_argument",
            Self::Unauthenticated => "unauthenticated",
            Self::WrongCredentials => "wrong_credentials",
            Self::SecondFactorRequired => "second_factor_required",
            Self::WrongOldPassword => "wrong_old_password",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::StaleVersion => "stale_version",
            Self::QuotaExceeded => "quota_exceeded",
            Self::BalanceTooLow => "balance_too_low",
            Self::TooManyRequests => "too_many_requests",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTooLarge => "body_too_large",
            Self::PeerUnavailable => "peer_unavailable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Malformed | Self::MissingArgument => 400,
            Self::Unauthenticated | Self::WrongCredentials | Self::SecondFactorRequired => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AlreadyExists | Self::Conflict | Self::QuotaExceeded | Self::BalanceTooLow => 409,
            Self::StaleVersion => 412,
            Self::BodyTooLarge => 413,
            Self::InvalidArgument | Self::WrongOldPassword => 422,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::PeerUnavailable => 502,
            Self::Timeout => 504,
        }
    }

    /// Whether the same request may succeed later without being changed.
    #[must_use]
    pub const fn retryable(self) -> bool {
        match self {
            Self::TooManyRequests | Self::PeerUnavailable | Self::Timeout | Self::Internal | Self::StaleVersion => true,
            Self::Malformed
            | Self::MissingArgument
            | Self::InvalidArgument
            | Self::Unauthenticated
            | Self::WrongCredentials
            | Self::SecondFactorRequired
            | Self::WrongOldPassword
            | Self::Forbidden
            | Self::NotFound
            | Self::AlreadyExists
            | Self::Conflict
            | Self::QuotaExceeded
            | Self::BalanceTooLow
            | Self::MethodNotAllowed
            | Self::BodyTooLarge => false,
        }
    }
}

/// An error with its public text. Cheap to clone.
#[derive(Clone)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// What the user is told.
    pub message: String,
    /// The argument that was wrong, where there is one.
    pub field: Option<String>,
    /// The kind of object that it is about, where there is one.
    pub object: Option<ObjectKind>,
    /// What stands in the way (names of children, resources, users of a disk).
    pub blockers: Vec<String>,
    /// When to come back, for [`ErrorKind::TooManyRequests`] and [`ErrorKind::PeerUnavailable`].
    pub retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` that tells the user `message`.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None, object: None, blockers: Vec::new(), retry_after: None, source: None }
    }

    /// `field` has a value that is not allowed; `message` says what would be.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(ErrorKind::InvalidArgument, message) }
    }

    /// The required argument `field` is absent.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(ErrorKind::MissingArgument, format!("'{field}' is required")) }
    }

    /// There is no such object, or the caller may not know of it; the text is the same for both.
    #[must_use]
    pub fn not_found(object: ObjectKind, id: impl fmt::Display) -> Self {
        Self { object: Some(object), ..Self::new(ErrorKind::NotFound, format!("there is no {} '{id}'", object.noun())) }
    }

    /// The name is taken.
    #[must_use]
    pub fn already_exists(object: ObjectKind, message: impl Into<String>) -> Self {
        Self { object: Some(object), ..Self::new(ErrorKind::AlreadyExists, message) }
    }

    /// The state of `object` forbids it.
    #[must_use]
    pub fn conflict(object: ObjectKind, message: impl Into<String>) -> Self {
        Self { object: Some(object), ..Self::new(ErrorKind::Conflict, message) }
    }

    /// A failure of our own: the user is told that there was one, the log gets `source`.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: Some(Arc::from(source.into())),
            ..Self::new(ErrorKind::Internal, "an internal error occurred; the operator finds it in the server's log under this request id")
        }
    }

    /// Adds what kind of object it is about.
    #[must_use]
    pub fn about(mut self, object: ObjectKind) -> Self {
        self.object = Some(object);
        self
    }

    /// Adds what stands in the way.
    #[must_use]
    pub fn blocked_by(mut self, blockers: Vec<String>) -> Self {
        self.blockers = blockers;
        self
    }

    /// Adds when to come back.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " (source: {source:?})"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
