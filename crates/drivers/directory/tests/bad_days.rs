//! Directories that fail, hang, lie and break off: each failure keeps its meaning, blames nobody for what is not their fault, and holds
//! no secret.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenantry_driver_api::{Directory as _, DriverError, DriverErrorKind, Guard};
use tenantry_driver_directory::{Groups, Ldap, Member, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: Duration = Duration::from_millis(300);
const READER: &str = "the-readers-password";
const PASSWORD: &str = "a-persons-password";

const BIND: u8 = 0x60;
const SEARCH: u8 = 0x63;
const EXTENDED: u8 = 0x77;

/// Type, length, value, as BER has it.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), value].concat()
}

fn result(tag: u8, code: u8, text: &str) -> Vec<u8> {
    tlv(tag, &[tlv(0x0a, &[code]), tlv(0x04, b""), tlv(0x04, text.as_bytes())].concat())
}

fn bound(code: u8) -> Vec<u8> {
    result(0x61, code, "")
}

fn done(code: u8) -> Vec<u8> {
    result(0x65, code, "")
}

fn entry(dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attribute =
        |(name, value): &(&str, &str)| tlv(0x30, &[tlv(0x04, name.as_bytes()), tlv(0x31, &tlv(0x04, value.as_bytes()))].concat());
    let all: Vec<u8> = attributes.iter().flat_map(attribute).collect();
    tlv(0x64, &[tlv(0x04, dn.as_bytes()), tlv(0x30, &all)].concat())
}

fn alice() -> Vec<u8> {
    entry("uid=alice,dc=example", &[("entryUUID", "7f-1"), ("uid", "alice"), ("cn", "Alice"), ("mail", "alice@example.org")])
}

/// What a server does with a request: answers, or breaks off.
enum Reply {
    /// These messages, each in an envelope with the request's number.
    Say(Vec<Vec<u8>>),
    /// These bytes as they are, and then the end.
    Break(Vec<u8>),
    /// Nothing, for ever.
    Hang,
}

/// A server of the test's own, which keeps what it was sent.
struct Server {
    url: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Answers each request by its kind, and how many of that kind came before on the connection.
    async fn start(reply: impl Fn(u8, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ldap://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (Arc::clone(&received), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&kept), Arc::clone(&reply)));
            }
        });
        Self { url, received }
    }

    fn directory(&self) -> Ldap {
        directory(&self.url)
    }

    fn was_told(&self, text: &str) -> bool {
        self.received.lock().unwrap().iter().any(|message| message.windows(text.len()).any(|part| part == text.as_bytes()))
    }

    fn requests(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

async fn converse(mut stream: TcpStream, kept: Arc<Mutex<Vec<Vec<u8>>>>, reply: Arc<impl Fn(u8, usize) -> Reply + Send + Sync>) {
    let mut kinds = Vec::new();
    while let Some(message) = message(&mut stream).await {
        // a message is its number, an INTEGER, and the operation
        let end = 2 + usize::from(message[1]);
        let (number, operation) = (message[..end].to_vec(), message[end]);
        kept.lock().unwrap().push(message);
        let before = kinds.iter().filter(|kind| **kind == operation).count();
        kinds.push(operation);
        match reply(operation, before) {
            Reply::Say(messages) => {
                for said in messages {
                    let _ = stream.write_all(&tlv(0x30, &[number.as_slice(), &said].concat())).await;
                }
            }
            Reply::Break(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Hang => std::future::pending().await,
        }
    }
}

/// The next message without its envelope.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    assert_eq!(stream.read_u8().await.ok()?, 0x30);
    let length = match stream.read_u8().await.ok()? {
        short @ 0..0x80 => usize::from(short),
        long => {
            let mut bytes = [0; 8];
            stream.read_exact(&mut bytes[8 - usize::from(long & 0x7f)..]).await.ok()?;
            usize::from_be_bytes(bytes)
        }
    };
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.ok()?;
    Some(message)
}

fn settings(url: &str) -> Settings {
    Settings {
        name: "staff".into(),
        url: url.into(),
        start_tls: false,
        bind_dn: "cn=reader,dc=example".into(),
        bind_password: READER.into(),
        user_base: "dc=example".into(),
        ..Settings::default()
    }
}

fn open(settings: Settings) -> Ldap {
    Ldap::new(settings, &Guard::new(&["127.0.0.0/8"]).unwrap()).unwrap().with_step_limit(LIMIT)
}

fn directory(url: &str) -> Ldap {
    open(settings(url))
}

/// How every call that would need an answer fails; it names the directory and no secret.
async fn failures(directory: &Ldap) -> Vec<DriverError> {
    let errors = vec![
        directory.check().await.unwrap_err(),
        directory.authenticate("alice", PASSWORD).await.unwrap_err(),
        directory.find("alice").await.unwrap_err(),
        directory.users("", 10).await.unwrap_err(),
    ];
    for error in &errors {
        let told = format!("{error:?} {error} {directory:?}");
        assert!(error.message.starts_with("directory 'staff' "), "{told}");
        assert!(!told.contains(READER) && !told.contains(PASSWORD), "{told}");
    }
    errors
}

async fn all_fail(server: &Server, kind: DriverErrorKind, part: &str) {
    for error in failures(&server.directory()).await {
        assert!(error.kind == kind && error.message.contains(part), "{:?} {error}", error.kind);
    }
}

#[tokio::test]
async fn one_that_answers_as_it_should_lets_in_who_has_the_password() {
    let server = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![alice(), done(0)] })).await;
    let person = server.directory().authenticate("alice", PASSWORD).await.unwrap().unwrap();
    assert_eq!((person.subject.as_str(), person.login.as_str(), person.name.as_str()), ("7f-1", "alice", "Alice"));
    assert_eq!(person.email.as_deref(), Some("alice@example.org"));
    // logged in to search, as the person, and again to search for groups
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_nobody_and_take_the_same_steps() {
    let steps = async |entries: fn() -> Vec<Vec<u8>>| {
        let reply =
            move |operation, before| Reply::Say(if operation == BIND { vec![bound(if before == 0 { 0 } else { 49 })] } else { entries() });
        let server = Server::start(reply).await;
        assert_eq!(server.directory().authenticate("alice", PASSWORD).await.unwrap(), None);
        server.requests()
    };
    let wrong = steps(|| vec![alice(), done(0)]).await;
    let unknown = steps(|| vec![done(0)]).await;
    assert_eq!(wrong, unknown);
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    // such a directory would accept it, as the protocol says it should
    let server = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![alice(), done(0)] })).await;
    assert_eq!(server.directory().authenticate("alice", "").await.unwrap(), None);
    assert_eq!(server.directory().authenticate("", PASSWORD).await.unwrap(), None);
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_person_without_a_name_is_not_bound_as_nobody() {
    let nameless = || entry("", &[("entryUUID", "7f-1"), ("uid", "alice")]);
    let reply = move |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![nameless(), done(0)] });
    let server = Server::start(reply).await;
    assert_eq!(server.directory().authenticate("alice", PASSWORD).await.unwrap(), None);
    assert!(!server.was_told(PASSWORD));
}

#[tokio::test]
async fn two_people_with_one_login_are_an_error_and_nobody_is_let_in() {
    let reply = |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![alice(), alice(), done(0)] });
    let server = Server::start(reply).await;
    let error = server.directory().authenticate("alice", PASSWORD).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("several people"), "{error}");
    assert!(!server.was_told(PASSWORD));
}

#[tokio::test]
async fn what_a_person_types_is_a_value_and_no_filter() {
    let server = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![done(0)] })).await;
    for login in ["*", "alice)(uid=*", "a\\2a", "a\0b", "(|(uid=*))", "Ω*"] {
        assert_eq!(server.directory().find(login).await.unwrap(), None);
        // as the value of an equality, whole
        let value = [[0x04, u8::try_from(login.len()).unwrap()].as_slice(), login.as_bytes()].concat();
        let received = server.received.lock().unwrap();
        let search = received.iter().rfind(|message| message[2 + usize::from(message[1])] == SEARCH).unwrap();
        assert!(search.windows(value.len()).any(|part| part == value), "{login:?}");
    }
}

#[tokio::test]
async fn one_that_is_down_or_has_no_name_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    // a label of 70 letters: no resolver asks anybody for it
    for url in [format!("ldap://{address}"), format!("ldap://{}.invalid", "k".repeat(70))] {
        for error in failures(&directory(&url)).await {
            assert_eq!(error.kind, DriverErrorKind::Unreachable, "{error}");
            assert!(!error.permanent());
        }
    }
}

#[tokio::test]
async fn one_on_an_address_that_is_not_allowed_is_not_dialled() {
    let server = Server::start(|_, _| Reply::Hang).await;
    let settings = Settings { name: "staff".into(), url: server.url.clone(), user_base: "dc=example".into(), ..Settings::default() };
    let directory = Ldap::new(settings, &Guard::new::<&str>(&[]).unwrap()).unwrap();
    for error in failures(&directory).await {
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
    }
}

#[tokio::test]
async fn one_that_hangs_is_given_up_at_every_step() {
    let bind = Server::start(|_, _| Reply::Hang).await;
    let search = Server::start(|operation, _| if operation == BIND { Reply::Say(vec![bound(0)]) } else { Reply::Hang }).await;
    let rest = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![alice()] })).await;
    for server in [bind, search, rest] {
        all_fail(&server, DriverErrorKind::Timeout, "within").await;
    }
}

#[tokio::test]
async fn pages_without_end_are_given_up() {
    let cookie = tlv(0x30, &[tlv(0x02, &[0]), tlv(0x04, b"on and on")].concat());
    let control = tlv(0xa0, &tlv(0x30, &[tlv(0x04, b"1.2.840.113556.1.4.319"), tlv(0x04, &cookie)].concat()));
    let reply = move |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![[done(0), control.clone()].concat()] });
    let server = Server::start(reply).await;
    let error = server.directory().users("", 10).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn one_that_breaks_off_in_the_middle_cannot_be_reached() {
    let at_once = Server::start(|_, _| Reply::Break(Vec::new())).await;
    let in_a_search = Server::start(|operation, _| match operation {
        BIND => Reply::Say(vec![bound(0)]),
        // half of an entry
        _ => Reply::Break(tlv(0x30, &[tlv(0x02, &[2]), alice()].concat())[..40].to_vec()),
    })
    .await;
    for server in [at_once, in_a_search] {
        all_fail(&server, DriverErrorKind::Unreachable, "").await;
    }
}

#[tokio::test]
async fn what_is_no_directory_is_said_to_be_none_and_nothing_panics() {
    let not_ldap = Server::start(|_, _| Reply::Break(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    // an entry that holds a number where its name should be
    let malformed = tlv(0x64, &tlv(0x02, &[7]));
    let wrong_entry =
        Server::start(move |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![malformed.clone(), done(0)] }))
            .await;
    let wrong_kind = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![tlv(0x6f, b"")] })).await;
    for server in [not_ldap, wrong_entry, wrong_kind] {
        for error in failures(&server.directory()).await {
            assert!(matches!(error.kind, DriverErrorKind::Server | DriverErrorKind::Unreachable), "{:?} {error}", error.kind);
        }
    }
}

#[tokio::test]
async fn one_that_gives_more_than_it_was_asked_for_is_stopped() {
    let flood = || (0..5000).map(|_| alice()).chain([done(0)]).collect();
    let server = Server::start(move |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { flood() })).await;
    let error = server.directory().users("", 10).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("more entries"), "{error}");
}

#[tokio::test]
async fn referrals_are_not_followed() {
    let elsewhere = Server::start(|_, _| Reply::Hang).await;
    let reference = tlv(0x73, &tlv(0x04, elsewhere.url.as_bytes()));
    let server =
        Server::start(move |operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![reference.clone(), done(0)] }))
            .await;
    assert_eq!(server.directory().find("alice").await.unwrap(), None);
    let refers = Server::start(|operation, _| Reply::Say(if operation == BIND { vec![bound(0)] } else { vec![done(10)] })).await;
    all_fail(&refers, DriverErrorKind::Invalid, "referrals are not followed").await;
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn what_the_directory_refuses_keeps_its_meaning() {
    use DriverErrorKind::{Forbidden, Invalid, Server as Failed, Throttled, Unauthorized};
    // the account that searches is not let in, wherever the directory sees the fault
    for code in [19, 32, 34, 48, 49, 50, 53] {
        let server = Server::start(move |_, _| Reply::Say(vec![bound(code)])).await;
        all_fail(&server, Unauthorized, "bind_password").await;
    }
    for (code, kind) in [(8, Invalid), (13, Invalid), (51, Throttled), (52, Failed), (80, Failed)] {
        let server = Server::start(move |_, _| Reply::Say(vec![bound(code)])).await;
        all_fail(&server, kind, &code.to_string()).await;
    }
    for (code, kind) in [(1, Unauthorized), (50, Forbidden), (52, Failed)] {
        let server = Server::start(move |operation, _| Reply::Say(vec![if operation == BIND { bound(0) } else { done(code) }])).await;
        all_fail(&server, kind, &code.to_string()).await;
    }
}

#[tokio::test]
async fn one_that_does_not_turn_to_tls_is_told_no_password() {
    let server =
        Server::start(|operation, _| Reply::Say(vec![if operation == EXTENDED { result(0x78, 2, "no TLS here") } else { bound(0) }])).await;
    let directory = open(Settings { start_tls: true, ..settings(&server.url) });
    for error in failures(&directory).await {
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("start_tls"), "{error}");
    }
    assert!(!server.was_told(READER) && !server.was_told(PASSWORD));
}

#[tokio::test]
async fn one_that_hangs_or_breaks_off_before_tls_is_told_no_password() {
    use DriverErrorKind::{Timeout, Unreachable};
    let silent = Server::start(|_, _| Reply::Hang).await;
    let broken = Server::start(|_, _| Reply::Break(Vec::new())).await;
    let agrees = Server::start(|_, _| Reply::Say(vec![result(0x78, 0, "")])).await;
    // the last agrees to TLS and does not speak it
    for (server, scheme) in [(&silent, "ldap"), (&broken, "ldap"), (&silent, "ldaps"), (&broken, "ldaps"), (&agrees, "ldap")] {
        let url = server.url.replace("ldap:", &format!("{scheme}:"));
        for error in failures(&open(Settings { start_tls: true, ..settings(&url) })).await {
            assert!(matches!(error.kind, Timeout | Unreachable), "{:?} {error}", error.kind);
        }
    }
    for server in [silent, broken, agrees] {
        assert!(!server.was_told(READER) && !server.was_told(PASSWORD));
    }
}

#[tokio::test]
async fn groups_that_an_entry_names_count_where_groups_are() {
    let named = ["cn=ops,ou=groups,dc=example", "cn=admins,ou=self-made,dc=example"];
    let member_of = tlv(0x30, &[tlv(0x04, b"MEMBEROF"), tlv(0x31, &named.map(|name| tlv(0x04, name.as_bytes())).concat())].concat());
    let attributes = [("entryUUID", "7f-1"), ("UID", "alice")]
        .map(|(name, value)| tlv(0x30, &[tlv(0x04, name.as_bytes()), tlv(0x31, &tlv(0x04, value.as_bytes()))].concat()));
    let person = tlv(0x64, &[tlv(0x04, b"uid=alice,dc=example"), tlv(0x30, &[attributes.concat(), member_of].concat())].concat());
    // the first search is for the person, the second for groups
    let reply = move |operation, before| {
        Reply::Say(match (operation, before) {
            (BIND, _) => vec![bound(0)],
            (_, 0) => vec![person.clone(), done(0)],
            _ => vec![entry("cn=posix,ou=groups,dc=example", &[]), entry("cn=ops,ou=groups,dc=example", &[]), done(0)],
        })
    };
    let server = Server::start(reply).await;
    let everywhere = server.directory().find("alice").await.unwrap().unwrap();
    assert_eq!(everywhere.groups, ["cn=admins,ou=self-made,dc=example", "cn=ops,ou=groups,dc=example"]);
    let groups = Groups { base: "ou=groups,dc=example".into(), member: "memberUid".into(), member_is: Member::Login, ..Groups::default() };
    let placed = open(Settings { groups: Some(groups), ..settings(&server.url) }).find("alice").await.unwrap().unwrap();
    assert_eq!(placed.groups, ["cn=ops,ou=groups,dc=example", "cn=posix,ou=groups,dc=example"]);
    assert!(server.was_told("memberUid"));
}
