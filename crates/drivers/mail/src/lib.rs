//! Mail over SMTP: every mail has a connection of its own, to an address that the guard has looked at; the certificate must be for the
//! configured host. Over a connection that is not encrypted no password is sent, unless the operator chose to do without TLS.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
pub use settings::{Security, Settings};
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Mailer, Message, Purpose, Result, tls};

/// How long making a connection may take, without TLS.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long saying goodbye may take: the mail is taken by then.
const QUIT_LIMIT: Duration = Duration::from_secs(1);
/// How much of what a server says is repeated.
const MOST_WORDS: usize = 300;

/// A mail server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp {
    settings: Arc<Settings>,
    from: Mailbox,
    hello: ClientId,
    tls: TlsParameters,
    guard: Guard,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({:?})", self.settings)
    }
}

impl Smtp {
    /// Prepares a server; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for settings that cannot be used, which it names.
    pub fn new(settings: Settings, guard: &Guard) -> Result<Self> {
        let wrong = |what: String| DriverError::new(DriverErrorKind::Invalid, what);
        let from = settings.check()?;
        let hello = settings.hello.parse().map_or_else(|_| ClientId::Domain(settings.hello.clone()), client_id);
        let mut parameters = TlsParametersBuilder::new(settings.host.clone()).certificate_store(CertificateStore::Default);
        if let Some(pem) = &settings.ca_pem {
            tls::config(Some(pem)).map_err(|e| wrong(format!("ca_file: {}", e.message)))?;
            let authorities = Certificate::from_pem(pem.as_bytes()).map_err(|e| wrong(format!("ca_file: {e}")))?;
            parameters = parameters.add_root_certificate(authorities);
        }
        let tls = parameters.build_rustls().map_err(|e| wrong(format!("the TLS client cannot be made: {e}")))?;
        Ok(Self { settings: Arc::new(settings), from, hello, tls, guard: guard.clone() })
    }

    /// A connection that mails can be sent on: encrypted as wanted, and logged in.
    async fn open(&self) -> Result<AsyncSmtpConnection> {
        let Settings { host, port, security, .. } = &*self.settings;
        let addresses = self.guard.addresses(host, Purpose::Mail).await.map_err(|e| self.failure(e.kind, &e.message))?;
        let targets: Vec<_> = addresses.into_iter().map(|address| (address, *port).into()).collect();
        let wrapped = (*security == Security::Tls).then(|| self.tls.clone());
        let limit = CONNECT_LIMIT.min(self.settings.limit);
        let opened = AsyncSmtpConnection::connect_tokio1(targets.as_slice(), Some(limit), &self.hello, wrapped, None).await;
        let mut connection = opened.map_err(|e| self.told(&e))?;
        if *security == Security::StartTls && !connection.can_starttls() {
            return Err(self.failure(DriverErrorKind::Server, "offers no STARTTLS: nothing is sent to it without; check mail.security"));
        }
        if matches!(security, Security::StartTls | Security::Opportunistic) && connection.can_starttls() {
            connection.starttls(self.tls.clone(), &self.hello).await.map_err(|e| self.told(&e))?;
        }
        if let Some((username, password)) = self.settings.credentials() {
            if *security != Security::None && !connection.is_encrypted() {
                let message = "offers no encryption: the password is not sent to it without; check mail.security";
                return Err(self.failure(DriverErrorKind::Unauthorized, message));
            }
            let credentials = Credentials::new(username.to_owned(), password.to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(|e| self.refused_login(&e))?;
        }
        Ok(connection)
    }

    /// Does `work` within the time that a mail may take.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.settings.limit, work).await {
            Ok(answer) => answer,
            Err(_) => Err(self.failure(DriverErrorKind::Timeout, &format!("does not answer within {:?}", self.settings.limit))),
        }
    }

    fn mail(&self, message: &Message) -> Result<Mail> {
        let wrong = |what: String| self.failure(DriverErrorKind::Invalid, &what);
        let to: Mailbox = message.to.parse().map_err(|e| wrong(format!("is not asked: '{}' is no mail address: {e}", message.to)))?;
        let domain = self.from.email.domain();
        let mail = Mail::builder()
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .from(self.from.clone())
            .to(to)
            .subject(&message.subject)
            // so that nobody's absence is answered to it (RFC 3834)
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.clone());
        mail.map_err(|e| wrong(format!("is not asked: the mail cannot be written: {e}")))
    }

    async fn sent(&self, mail: &Mail) -> Result<AsyncSmtpConnection> {
        // before the mail itself is spoken of, nothing is its fault
        let mut connection = self.open().await.map_err(temporary)?;
        match connection.send(mail.envelope(), &mail.formatted()).await {
            Ok(_) => Ok(connection),
            Err(error) if error.is_permanent() && !is_about_login(&error) => Err(self.failure(DriverErrorKind::Invalid, &said(&error))),
            // an address that only a server with SMTPUTF8 takes
            Err(error) if error.is_client() => Err(self.failure(DriverErrorKind::Invalid, &said(&error))),
            Err(error) => Err(self.told(&error)),
        }
    }

    fn failure(&self, kind: DriverErrorKind, what: &str) -> DriverError {
        let Settings { host, port, .. } = &*self.settings;
        DriverError::new(kind, format!("the mail server {host}:{port} {what}"))
    }

    /// What went wrong with the connection or the server.
    fn told(&self, error: &lettre::transport::smtp::Error) -> DriverError {
        let kind = match error.status() {
            _ if error.is_timeout() => DriverErrorKind::Timeout,
            Some(_) if is_about_login(error) => DriverErrorKind::Unauthorized,
            Some(_) => DriverErrorKind::Server,
            None if error.is_response() || error.is_client() => DriverErrorKind::Server,
            None => DriverErrorKind::Unreachable,
        };
        self.failure(kind, &said(error))
    }

    /// What went wrong with logging in.
    fn refused_login(&self, error: &lettre::transport::smtp::Error) -> DriverError {
        if error.is_permanent() {
            let message = format!("does not accept mail.username and its password: {}", said(error));
            return self.failure(DriverErrorKind::Unauthorized, &message);
        }
        self.told(error)
    }
}

fn client_id(address: std::net::IpAddr) -> ClientId {
    match address {
        std::net::IpAddr::V4(address) => ClientId::Ipv4(address),
        std::net::IpAddr::V6(address) => ClientId::Ipv6(address),
    }
}

/// Whether the server wants somebody to log in first, or better (RFC 4954).
fn is_about_login(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// The server's words, or the connection's.
fn said(error: &lettre::transport::smtp::Error) -> String {
    let mut text = format!("failed: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_WORDS).collect()
}

/// What an operator has to put right is waited for like anything else: the mail is as good as before.
fn temporary(error: DriverError) -> DriverError {
    if error.permanent() { DriverError { kind: DriverErrorKind::Unreachable, ..error } } else { error }
}

/// Says goodbye. What goes wrong here changes nothing.
async fn quit(mut connection: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(QUIT_LIMIT, connection.quit()).await;
}

#[async_trait]
impl Mailer for Smtp {
    async fn check(&self) -> Result<()> {
        let connection = self.in_time(self.open()).await?;
        quit(connection).await;
        Ok(())
    }

    async fn send(&self, message: &Message) -> Result<()> {
        let mail = self.mail(message)?;
        let connection = self.in_time(self.sent(&mail)).await?;
        quit(connection).await;
        Ok(())
    }
}
