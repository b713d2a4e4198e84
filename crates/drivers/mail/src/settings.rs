//! What an operator says of a mail server.

use std::time::Duration;

use lettre::message::Mailbox;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// It turns to TLS before anything is said; a server that cannot is not talked to.
    StartTls,
    /// The same where the server offers it; without TLS no password is sent.
    Opportunistic,
    /// It is TLS from its first byte.
    Tls,
    /// It is not. Passwords and mails go over the wire as they are.
    None,
}

/// What an operator says of a mail server.
#[derive(Clone)]
pub struct Settings {
    /// Its name, which its certificate must be for, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// A PEM document with certificate authorities that are believed beside the system's.
    pub ca_pem: Option<String>,
    /// The account; empty when the server wants none.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Who mails are from, as `Cloud <cloud@example.org>`.
    pub from: String,
    /// What this server calls itself to the other: its own name.
    pub hello: String,
    /// How long a mail may take.
    pub limit: Duration,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}:{})", self.host, self.port)
    }
}

impl Settings {
    /// The sender, when everything else can be used too.
    pub(crate) fn check(&self) -> Result<Mailbox> {
        let wrong = |what: String| DriverError::new(DriverErrorKind::Invalid, what);
        if self.host.is_empty() || self.host.contains(['/', '@', ' ']) {
            return Err(wrong("host: it must be the name or address of a server, without a port".to_owned()));
        }
        if !self.username.is_empty() && self.password.is_empty() {
            return Err(wrong("username is set and its password is not".to_owned()));
        }
        self.from
            .parse()
            .map_err(|e| wrong(format!("from: '{}' is no mail address, as cloud@example.org or Cloud <cloud@example.org>: {e}", self.from)))
    }

    /// The account with its password.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        (!self.username.is_empty()).then_some((self.username.as_str(), self.password.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings {
            host: "smtp.example.org".into(),
            port: 587,
            security: Security::StartTls,
            ca_pem: None,
            username: "cloud".into(),
            password: "secret-word".into(),
            from: "Cloud <cloud@example.org>".into(),
            hello: "cloud.example.org".into(),
            limit: Duration::from_secs(20),
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_and_no_password_is_repeated() {
        assert_eq!(good().check().unwrap().email.domain(), "example.org");
        for (settings, part) in [
            (Settings { host: String::new(), ..good() }, "host"),
            (Settings { host: "smtp://smtp.example.org".into(), ..good() }, "host"),
            (Settings { password: String::new(), ..good() }, "password"),
            (Settings { from: "nobody".into(), ..good() }, "from"),
        ] {
            let error = settings.check().unwrap_err();
            assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(part), "{error}");
            assert!(!error.message.contains("secret-word") && !format!("{settings:?}").contains("secret-word"), "{error}");
        }
    }
}
