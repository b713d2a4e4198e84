//! Mail servers that are down, hang, refuse, cannot do TLS and break off: each failure says whether it is worth another try, and none
//! holds a password.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Mailer as _, Message};
use tenantry_driver_mail::{Security, Settings, Smtp};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const LIMIT: Duration = Duration::from_millis(500);
const PASSWORD: &str = "the-mail-password";

/// What a server does when it is spoken to.
#[derive(Clone)]
enum Reply {
    Say(String),
    /// Says this and breaks off.
    Break(&'static str),
    Hang,
    /// Says yes, and turns to TLS.
    Tls,
}

fn say(text: &str) -> Reply {
    Reply::Say(text.to_owned())
}

/// What a server that is well says. `offers` are its extensions.
fn well(line: &str, offers: &[&str]) -> Reply {
    match line.get(..4).unwrap_or(line) {
        "" => say("220 mail.test ESMTP"),
        "EHLO" => {
            let mut lines: Vec<String> = offers.iter().map(|offer| format!("250-{offer}")).collect();
            lines.insert(0, "250-mail.test".to_owned());
            say(&[lines.join("\r\n"), "250 8BITMIME".to_owned()].join("\r\n"))
        }
        "AUTH" => say("235 welcome"),
        "DATA" => say("354 go on"),
        "QUIT" => Reply::Break("221 goodbye"),
        "STAR" => Reply::Tls,
        _ => say("250 fine"),
    }
}

/// A server of the test's own, which keeps the lines that it was sent.
struct Server {
    port: u16,
    ca: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers every line: the empty one is the beginning, and `.` the end of a mail, whose lines are not asked about.
    async fn start(name: &str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (Arc::clone(&lines), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, reply, acceptor) = (Arc::clone(&kept), Arc::clone(&reply), acceptor.clone());
                tokio::spawn(async move {
                    let Some(stream) = converse(stream, &kept, &*reply, true).await else { return };
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    converse(stream, &kept, &*reply, false).await;
                });
            }
        });
        Self { port, ca: made.cert.pem(), lines }
    }

    fn settings(&self, security: Security) -> Settings {
        Settings {
            host: "localhost".into(),
            port: self.port,
            security,
            ca_pem: Some(self.ca.clone()),
            username: String::new(),
            password: String::new(),
            from: "Cloud <cloud@example.org>".into(),
            hello: "cloud.example.org".into(),
            limit: LIMIT,
        }
    }

    fn was_told(&self, text: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|line| line.contains(text))
    }
}

/// Answers until the end, or until TLS is wanted: then it gives the stream back.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    kept: &Mutex<Vec<String>>,
    reply: &(impl Fn(&str) -> Reply + Send + Sync),
    greet: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let (mut inside, mut first) = (false, greet);
    loop {
        if !first {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            kept.lock().unwrap().push(line.trim_end().to_owned());
        }
        first = false;
        if inside && line.trim_end() != "." {
            continue;
        }
        let asked = line.trim_end();
        inside = asked == "DATA";
        match reply(asked) {
            Reply::Say(text) => {
                inside &= text.starts_with("354");
                stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
            }
            Reply::Break(text) => {
                let _ = stream.write_all(format!("{text}\r\n").as_bytes()).await;
                return None;
            }
            Reply::Hang => std::future::pending().await,
            Reply::Tls => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
        }
    }
}

fn open(settings: Settings) -> Smtp {
    Smtp::new(settings, &Guard::new(&["127.0.0.0/8", "::1"]).unwrap()).unwrap()
}

fn message() -> Message {
    Message {
        id: "0197a000".into(),
        to: "alice@example.org".into(),
        subject: "Hello / 你好".into(),
        text: "A secret: 1234\n.\n世界\n".into(),
    }
}

/// How sending a mail to the server ends.
async fn fails(settings: Settings) -> DriverError {
    let error = open(settings).send(&message()).await.unwrap_err();
    assert!(!error.message.contains(PASSWORD) && !error.message.contains("1234"), "{error}");
    error
}

#[tokio::test]
async fn a_mail_is_handed_over_with_its_id_over_every_kind_of_connection() {
    for security in [Security::None, Security::StartTls, Security::Opportunistic] {
        let server = Server::start("localhost", |line| well(line, &["STARTTLS", "AUTH PLAIN LOGIN"])).await;
        let settings = Settings { username: "cloud".into(), password: PASSWORD.into(), ..server.settings(security) };
        open(settings.clone()).check().await.unwrap();
        open(settings).send(&message()).await.unwrap();
        for part in [
            "EHLO cloud.example.org",
            "MAIL FROM:<cloud@example.org>",
            "RCPT TO:<alice@example.org>",
            "Message-ID: <0197a000@example.org>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(server.was_told(part), "{security:?} {part}");
        }
        assert_eq!(server.was_told("STARTTLS"), security != Security::None);
    }
}

#[tokio::test]
async fn a_server_that_is_down_hangs_or_breaks_off_is_tried_again() {
    let down = Server::start("localhost", |line| well(line, &[])).await;
    let mut settings = down.settings(Security::None);
    settings.port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = fails(settings).await;
    assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("localhost:"), "{error}");
    for (at, reply, kind) in [
        ("", Reply::Hang, DriverErrorKind::Timeout),
        ("EHLO", Reply::Hang, DriverErrorKind::Timeout),
        ("DATA", Reply::Hang, DriverErrorKind::Timeout),
        (".", Reply::Hang, DriverErrorKind::Timeout),
        ("", Reply::Break("22"), DriverErrorKind::Server),
        ("EHLO", Reply::Break(""), DriverErrorKind::Server),
        ("MAIL", say("nonsense"), DriverErrorKind::Server),
        (".", Reply::Break(""), DriverErrorKind::Server),
    ] {
        let server = Server::start("localhost", {
            let reply = reply.clone();
            move |line| if at.is_empty() == line.is_empty() && line.starts_with(at) { reply.clone() } else { well(line, &[]) }
        })
        .await;
        let error = fails(server.settings(Security::None)).await;
        assert!(!error.permanent(), "{at}: {error}");
        assert!(error.kind == kind || (kind == DriverErrorKind::Server && error.kind == DriverErrorKind::Unreachable), "{at}: {error:?}");
    }
}

#[tokio::test]
async fn what_a_server_refuses_of_a_mail_is_for_good_and_of_itself_for_now() {
    for (at, answer, kind) in [
        ("MAIL", "451 later", DriverErrorKind::Server),
        ("RCPT", "450 mailbox busy", DriverErrorKind::Server),
        (".", "452 no room", DriverErrorKind::Server),
        ("MAIL", "530 log in first", DriverErrorKind::Unauthorized),
        ("RCPT", "550 no such user here", DriverErrorKind::Invalid),
        ("MAIL", "553 not your address", DriverErrorKind::Invalid),
        (".", "554 looks like spam", DriverErrorKind::Invalid),
        ("", "554 not you", DriverErrorKind::Server),
        ("EHLO", "502 no", DriverErrorKind::Server),
    ] {
        let server = Server::start("localhost", move |line| {
            if at.is_empty() == line.is_empty() && line.starts_with(at) { say(answer) } else { well(line, &[]) }
        })
        .await;
        let error = fails(server.settings(Security::None)).await;
        assert_eq!(error.kind, kind, "{at} {answer}: {error}");
        let words = answer.split_once(' ').unwrap().1;
        assert!(error.message.contains(words) && error.message.contains(&answer[..3]), "{answer}: {error}");
    }
}

#[tokio::test]
async fn nothing_is_sent_and_no_password_shown_where_the_wanted_encryption_is_not_to_be_had() {
    let plain = Server::start("localhost", |line| well(line, &["AUTH PLAIN"])).await;
    let with_account = |settings: Settings| Settings { username: "cloud".into(), password: PASSWORD.into(), ..settings };
    let error = fails(plain.settings(Security::StartTls)).await;
    assert!(!error.permanent() && error.message.contains("no STARTTLS"), "{error}");
    let error = fails(with_account(plain.settings(Security::Opportunistic))).await;
    assert!(error.kind == DriverErrorKind::Unauthorized && error.message.contains("no encryption"), "{error}");
    assert!(!plain.was_told("AUTH") && !plain.was_told("MAIL"));
    // a mail without a password goes all the same, as it was chosen
    open(plain.settings(Security::Opportunistic)).send(&message()).await.unwrap();
    // a server that speaks plainly where TLS is expected
    assert!(!fails(plain.settings(Security::Tls)).await.permanent());
    // one that offers STARTTLS and takes it back
    let fickle = Server::start("localhost", |line| if line == "STARTTLS" { say("454 not now") } else { well(line, &["STARTTLS"]) }).await;
    for security in [Security::StartTls, Security::Opportunistic] {
        let error = fails(fickle.settings(security)).await;
        assert!(!error.permanent() && error.message.contains("not now"), "{error}");
    }
    assert!(!fickle.was_told("MAIL"));
}

#[tokio::test]
async fn the_certificate_must_be_believed_and_for_the_configured_host() {
    let other = Server::start("another.example", |line| well(line, &["STARTTLS"])).await;
    for security in [Security::StartTls, Security::Opportunistic] {
        let error = fails(other.settings(security)).await;
        assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("certificate"), "{error}");
    }
    let ours = Server::start("localhost", |line| well(line, &["STARTTLS"])).await;
    let error = fails(Settings { ca_pem: None, ..ours.settings(Security::StartTls) }).await;
    assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("certificate"), "{error}");
    assert!(!other.was_told("MAIL") && !ours.was_told("MAIL"));
}

#[tokio::test]
async fn a_wrong_password_is_the_operators_and_waits_for_them() {
    let server =
        Server::start("localhost", |line| if line.starts_with("AUTH") { say("535 wrong") } else { well(line, &["AUTH PLAIN"]) }).await;
    let settings = Settings { username: "cloud".into(), password: PASSWORD.into(), ..server.settings(Security::None) };
    let error = fails(settings.clone()).await;
    assert!(error.kind == DriverErrorKind::Unauthorized && error.message.contains("mail.username"), "{error}");
    assert_eq!(open(settings).check().await.unwrap_err().kind, DriverErrorKind::Unauthorized);
}

#[tokio::test]
async fn an_address_inside_is_not_dialled() {
    let server = Server::start("localhost", |line| well(line, &[])).await;
    let smtp = Smtp::new(server.settings(Security::None), &Guard::new::<&str>(&[]).unwrap()).unwrap();
    let error = smtp.check().await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
    // a mail waits until an operator allows it
    assert!(!smtp.send(&message()).await.unwrap_err().permanent());
    assert!(server.lines.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_asking() {
    let server = Server::start("localhost", |line| well(line, &[])).await;
    for to in ["nobody", "a@b@c", "a b@example.org", "a@example.org\r\nBcc: b@example.org", ""] {
        let error = open(server.settings(Security::None)).send(&Message { to: to.into(), ..message() }).await.unwrap_err();
        assert_eq!(error.kind, DriverErrorKind::Invalid, "{to:?}: {error}");
    }
    // a subject breaks into no header
    let subject = "Hello\r\nBcc: eve@example.org".to_owned();
    open(server.settings(Security::None)).send(&Message { subject, ..message() }).await.unwrap();
    assert!(!server.lines.lock().unwrap().iter().any(|line| line.starts_with("Bcc:")));
}

#[tokio::test]
async fn a_server_that_does_not_say_goodbye_has_taken_the_mail() {
    let server = Server::start("localhost", |line| if line == "QUIT" { Reply::Hang } else { well(line, &[]) }).await;
    open(server.settings(Security::None)).send(&message()).await.unwrap();
    // dots at the beginning of a line are doubled, so that they end nothing
    assert!(server.lines.lock().unwrap().iter().filter(|line| *line == ".").count() == 1);
}
