//! How a command ends, in numbers that scripts can use.

use std::fmt;
use std::io;
use std::process::ExitCode;

use tenantry_client::Error;
use tenantry_domain::ErrorKind;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Ok = 0,
    /// It failed.
    Failure = 1,
    /// The command was not understood.
    Usage = 2,
    /// Nobody is logged in, or the credentials are wrong.
    NotAuthenticated = 3,
    /// There is no such object.
    NotFound = 4,
    /// The state of things forbids it: a name is taken, in use, quota or balance too low, changed meanwhile.
    Conflict = 5,
    /// It was accepted, but did not settle in time, or settled as failed.
    NotSettled = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What the user reads.
    pub(crate) message: String,
}

impl Failure {
    /// The command can't be meant like that.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Something failed on this machine.
    pub(crate) fn local(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into() }
    }

    /// There is no such object.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { exit: Exit::NotFound, message: message.into() }
    }

    /// It did not settle.
    pub(crate) fn not_settled(message: impl Into<String>) -> Self {
        Self { exit: Exit::NotSettled, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.kind() {
            Some(
                ErrorKind::Unauthenticated | ErrorKind::WrongCredentials | ErrorKind::SecondFactorRequired | ErrorKind::WrongOldPassword,
            ) => Exit::NotAuthenticated,
            Some(ErrorKind::NotFound) => Exit::NotFound,
            Some(
                ErrorKind::AlreadyExists
                | ErrorKind::Conflict
                | ErrorKind::StaleVersion
                | ErrorKind::QuotaExceeded
                | ErrorKind::BalanceTooLow,
            ) => Exit::Conflict,
            _ => Exit::Failure,
        };
        let unauthenticated = error.kind() == Some(ErrorKind::Unauthenticated);
        // the server speaks of headers, to whoever writes requests
        let mut message =
            if unauthenticated { "nobody is logged in there, or the session has ended".to_owned() } else { error.to_string() };
        if let Some(problem) = error.problem() {
            for blocker in &problem.blockers {
                message += &format!("\n  - {blocker}");
            }
            if unauthenticated {
                message += "\n  log in with: tenantry login";
            }
            if let (500.., Some(request)) = (problem.status, &problem.request_id) {
                message += &format!("\n  request {request}");
            }
        }
        Self { exit, message }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // the reader of a pipe has seen enough
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Ok } else { Exit::Failure };
        Self { exit, message: error.to_string() }
    }
}
