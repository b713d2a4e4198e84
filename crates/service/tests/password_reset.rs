//! A new password by a mailed link: who gets one, what it is good for, and that nobody learns who is there. On both databases.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;
use std::time::Duration;

use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::user::User;
use tenantry_domain::{ErrorKind, Result, TenantId, UserId};
use tenantry_service::{Ctx, RequestInfo, Services, Settings, auth, password_reset, second_factor, user};
use tenantry_store::users::{NewUser, UserChange};
use tenantry_testkit::{TestDatabase, Well};

const OLD: &str = "the-old-password";
const NEW: &str = "a-new-password";

/// A platform that sends mail, with the user `alice`, whose address is `alice@example.org`.
struct Platform {
    database: TestDatabase,
    services: Services,
    alice: UserId,
}

impl Platform {
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in TestDatabase::all().await {
            let settings = Settings { public_url: Some("https://cloud.example.org".to_owned()), ..Settings::default() };
            let services = Services::new(database.store.clone(), settings, Arc::new(Well));
            auth::bootstrap(&services, OLD).await.unwrap();
            let mut platform = Self { database, services, alice: UserId(0) };
            platform.alice = platform.add(NewUser { email: Some("alice@example.org".into()), ..named("alice") }).await;
            let ctx = platform.ctx("admin", OLD).await;
            user::set_password(&ctx, platform.alice, None, OLD).await.unwrap();
            all.push(platform);
        }
        all
    }

    async fn add(&self, new: NewUser) -> UserId {
        let tx = self.database.store.begin().await.unwrap();
        let id = tx.users().insert(&Allowed::system(TenantId::ROOT), &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn change(&self, change: UserChange) {
        let tx = self.database.store.begin().await.unwrap();
        tx.users().update(&Allowed::system(TenantId::ROOT), self.alice, &change, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn login(&self, login: &str, password: &str) -> Result<User> {
        auth::login(&self.services, &RequestInfo::default(), login, password, None).await.map(|login| login.user)
    }

    async fn ctx(&self, login: &str, password: &str) -> Ctx {
        let login = auth::login(&self.services, &RequestInfo::default(), login, password, None).await.unwrap();
        let session = auth::authenticate(&self.services, &login.token, "native").await.unwrap();
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: "native", ..RequestInfo::default() })
    }

    async fn ask_from(&self, address: &str, login: &str) -> Result<()> {
        let request = RequestInfo { address: address.to_owned(), dialect: "native", ..RequestInfo::default() };
        password_reset::request(&self.services, &request, login).await
    }

    /// Asks, and answers the address and text of the mail that was written, if one was.
    async fn ask(&self, login: &str) -> Option<(String, String)> {
        let before = self.mails().await;
        self.ask_from("192.0.2.1", login).await.unwrap();
        self.database.clock.step(Duration::from_secs(60));
        let mails = self.database.store.mails();
        let newest = mails.list(&PageRequest::first(1)).await.unwrap().items.pop()?;
        if self.mails().await == before {
            return None;
        }
        let pending = mails.pending(newest.id).await.unwrap().unwrap();
        Some((newest.recipient, mails.content(&pending).unwrap().text))
    }

    async fn mails(&self) -> usize {
        self.database.store.mails().list(&PageRequest::first(1000)).await.unwrap().items.len()
    }

    /// The token of the link that is mailed to who asks for it.
    async fn link(&self, login: &str) -> String {
        token(&self.ask(login).await.unwrap().1)
    }

    async fn confirm(&self, token: &str, new: &str) -> Result<()> {
        password_reset::confirm(&self.services, &RequestInfo { dialect: "native", ..RequestInfo::default() }, token, new).await
    }

    /// The latest record of the audit.
    async fn recorded(&self) -> String {
        let sql = "SELECT action || ' ' || outcome || ' ' || user_name || ': ' || detail FROM audit ORDER BY id DESC LIMIT 1";
        self.database.texts(sql).await.pop().unwrap()
    }

    /// How many rows the three tables that a request writes to have.
    async fn rows(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in ["mails", "password_resets", "work", "audit"] {
            all.extend(self.database.texts(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await);
        }
        all
    }
}

fn named(username: &str) -> NewUser {
    NewUser { username: username.into(), name: username.into(), enabled: true, ..NewUser::default() }
}

fn token(text: &str) -> String {
    let link = text.lines().find(|line| line.starts_with("https://cloud.example.org/reset-password#token=")).unwrap();
    link.split_once('=').unwrap().1.to_owned()
}

/// The link is good for nothing.
fn is_over(answer: Result<()>) {
    let error = answer.unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (ErrorKind::InvalidArgument, Some("token")), "{}", error.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_password_once_and_ends_every_session() {
    for platform in Platform::all().await {
        let session = auth::login(&platform.services, &RequestInfo::default(), "alice", OLD, None).await.unwrap();
        let (to, text) = platform.ask("ALICE@example.org").await.unwrap();
        assert_eq!(to, "alice@example.org");
        assert!(text.contains("'alice'") && text.contains("“alice”") && text.contains("30 minutes"), "{text}");
        assert_eq!(platform.recorded().await, "reset_password allowed ALICE@example.org: a link is mailed");
        let token = token(&text);
        assert_eq!(token.len(), 64);
        for (field, token, password) in
            [("token", "", NEW), ("new_password", token.as_str(), ""), ("new_password", token.as_str(), "short")]
        {
            let error = platform.confirm(token, password).await.unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{}", error.message);
        }
        assert_eq!(platform.confirm(&token, "alice").await.unwrap_err().field.as_deref(), Some("new_password"));
        // a password that breaks the rules uses nothing up
        platform.confirm(&token, NEW).await.unwrap();
        assert_eq!(platform.recorded().await, "reset_password allowed alice: by a mailed link");
        assert_eq!(auth::authenticate(&platform.services, &session.token, "native").await.unwrap_err().kind, ErrorKind::Unauthenticated);
        assert_eq!(platform.login("alice", OLD).await.unwrap_err().kind, ErrorKind::WrongCredentials);
        let alice = platform.login("alice", NEW).await.unwrap();
        assert!(!alice.must_change_password, "nobody else knows it");
        is_over(platform.confirm(&token, "yet-another-password").await);
        assert_eq!(platform.login("alice", NEW).await.unwrap().id, platform.alice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_token_nor_its_mail_lies_in_the_database_in_clear() {
    for platform in Platform::all().await {
        let token = platform.link("alice").await;
        let sql = "SELECT COALESCE(content_sealed, '') || reason || uid FROM mails UNION ALL SELECT token_hash FROM password_resets \
            UNION ALL SELECT detail || object_id FROM audit";
        let stored = platform.database.texts(sql).await;
        assert!(stored.len() > 2 && stored.iter().all(|text| !text.contains(&token) && !text.contains("cloud.example.org")), "{stored:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_link_is_told_the_same_and_leaves_the_same_behind() {
    for platform in Platform::all().await {
        platform.add(named("no-address")).await;
        platform.add(NewUser { enabled: false, email: Some("off@example.org".into()), password_hash: "x".into(), ..named("off") }).await;
        platform.add(NewUser { email: Some("new@example.org".into()), ..named("never-set") }).await;
        let mut grown = Vec::new();
        for (login, why) in [
            ("alice", "a link is mailed"),
            ("nobody", "there is no such user"),
            ("nobody@example.org", "there is no such user"),
            ("no-address", "the user has no mail address"),
            ("off", "the user, or the tenant, is disabled"),
            ("never-set", "an administrator has to set the first password"),
            (&"x".repeat(5000), "there is no such user"),
        ] {
            let before = platform.rows().await;
            let mailed = platform.ask(login).await;
            assert_eq!(mailed.is_some(), login == "alice", "{login}");
            let after = platform.rows().await;
            let count = |texts: &[String]| texts.iter().map(|t| t.parse::<i64>().unwrap()).collect::<Vec<_>>();
            grown.push(count(&after).iter().zip(count(&before)).map(|(a, b)| a - b).collect::<Vec<_>>());
            assert!(platform.recorded().await.ends_with(why), "{login}: {}", platform.recorded().await);
        }
        assert!(grown.iter().all(|rows| *rows == [1, 1, 1, 1]), "{grown:?}");
        assert_eq!(platform.ask_from("192.0.2.1", " ").await.unwrap_err().kind, ErrorKind::MissingArgument);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_from_elsewhere_is_told_where_the_password_is_and_gets_no_link() {
    for platform in Platform::all().await {
        let origin = Some(("staff".to_owned(), "subject-1".to_owned()));
        platform.add(NewUser { email: Some("bob@example.org".into()), origin, ..named("bob") }).await;
        let (to, text) = platform.ask("bob").await.unwrap();
        assert!(to == "bob@example.org" && text.contains("comes from 'staff'") && text.contains("来自“staff”"), "{text}");
        assert!(!text.contains("token="), "{text}");
        assert_eq!(platform.recorded().await, "reset_password refused bob: the password is elsewhere, as a mail says");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_over_with_its_time_with_another_password_another_address_and_with_being_disabled() {
    for platform in Platform::all().await {
        let late = platform.link("alice").await;
        platform.database.clock.step(Duration::from_secs(30 * 60));
        is_over(platform.confirm(&late, NEW).await);
        let token = platform.link("alice").await;
        let admin = platform.ctx("admin", OLD).await;
        user::set_password(&admin, platform.alice, None, OLD).await.unwrap();
        is_over(platform.confirm(&token, NEW).await);
        let token = platform.link("alice").await;
        platform.change(UserChange { email: Some(Some("alice@example.net".into())), ..UserChange::default() }).await;
        is_over(platform.confirm(&token, NEW).await);
        let token = platform.link("alice").await;
        platform.change(UserChange { enabled: Some(false), ..UserChange::default() }).await;
        is_over(platform.confirm(&token, NEW).await);
        platform.change(UserChange { enabled: Some(true), ..UserChange::default() }).await;
        is_over(platform.confirm(&token, NEW).await);
        // a tenant that is shut takes nobody in either
        let token = platform.link("alice").await;
        assert_eq!(platform.database.tamper("UPDATE tenants SET enabled = FALSE WHERE id = 1").await, 1);
        is_over(platform.confirm(&token, NEW).await);
        assert_eq!(platform.recorded().await, "reset_password refused alice: the user, or the tenant, is disabled");
        assert_eq!(platform.database.tamper("UPDATE tenants SET enabled = TRUE WHERE id = 1").await, 1);
        assert_eq!(platform.login("alice", OLD).await.unwrap().id, platform.alice);
        // what is over goes
        platform.database.clock.step(Duration::from_secs(3600));
        platform.database.store.password_resets().purge().await.unwrap();
        assert_eq!(platform.database.texts("SELECT CAST(COUNT(*) AS TEXT) FROM password_resets").await, ["0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_use_a_link_at_the_same_moment_one_sets_the_password() {
    for platform in Platform::all().await {
        let token = platform.link("alice").await;
        let (first, second) = tokio::join!(platform.confirm(&token, "the-first-password"), platform.confirm(&token, "the-second-password"));
        let (won, lost) = if first.is_ok() { ("the-first-password", second) } else { ("the-second-password", first) };
        is_over(lost);
        assert_eq!(platform.login("alice", won).await.unwrap().id, platform.alice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_still_asked_for() {
    for platform in Platform::all().await {
        let alice = platform.ctx("alice", OLD).await;
        let alice = Ctx { caller: tenantry_domain::policy::Caller { must_change_password: false, ..alice.caller.clone() }, ..alice };
        let offer = second_factor::begin(&alice, OLD).await.unwrap();
        assert!(!offer.secret.is_empty());
        assert_eq!(platform.database.tamper("UPDATE users SET totp_confirmed = TRUE WHERE username = 'alice'").await, 1);
        let token = platform.link("alice").await;
        platform.confirm(&token, NEW).await.unwrap();
        assert_eq!(platform.login("alice", NEW).await.unwrap_err().kind, ErrorKind::SecondFactorRequired);
        let alice = platform.database.store.users().get(&Scope::system(), platform.alice).await.unwrap();
        assert!(alice.second_factor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_too_often_is_slowed_down_for_an_account_and_for_an_address_whoever_is_there() {
    for platform in Platform::all().await {
        for login in ["alice", "nobody"] {
            for n in 0..4 {
                platform.ask_from(&format!("192.0.2.{n}"), login).await.unwrap();
            }
            let error = platform.ask_from("192.0.2.99", login).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::TooManyRequests, "{login}");
            assert!(error.retry_after.is_some_and(|wait| wait > Duration::ZERO));
        }
        for n in 0..21 {
            platform.ask_from("198.51.100.1", &format!("user-{n}")).await.unwrap();
        }
        assert_eq!(platform.ask_from("198.51.100.1", "somebody").await.unwrap_err().kind, ErrorKind::TooManyRequests);
        platform.ask_from("198.51.100.2", "somebody").await.unwrap();
        // nor is a mailbox filled from everywhere over time: five good links are enough
        platform.database.clock.step(Duration::from_secs(3600));
        for n in 0..5 {
            assert!(platform.ask("alice").await.is_some(), "{n}");
        }
        assert!(platform.ask("alice").await.is_none());
        assert_eq!(platform.recorded().await, "reset_password refused alice: enough links are on their way");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_guesses_of_the_old_password_do_not_keep_the_new_one_out() {
    for platform in Platform::all().await {
        for _ in 0..8 {
            let _ = platform.login("alice", "a-wrong-password").await.unwrap_err();
        }
        assert_eq!(platform.login("alice", OLD).await.unwrap_err().kind, ErrorKind::TooManyRequests);
        let before = platform.database.store.clock().now();
        platform.ask_from("192.0.2.1", "alice").await.unwrap();
        let mails = platform.database.store.mails();
        let newest = mails.list(&PageRequest::first(1)).await.unwrap().items.pop().unwrap();
        let text = mails.content(&mails.pending(newest.id).await.unwrap().unwrap()).unwrap().text;
        platform.confirm(&token(&text), NEW).await.unwrap();
        assert_eq!(platform.database.store.clock().now(), before);
        assert_eq!(platform.login("alice", NEW).await.unwrap().id, platform.alice);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_no_mail_says_so_to_everybody() {
    for database in TestDatabase::all().await {
        let services = Services::new(database.store.clone(), Settings::default(), Arc::new(Well));
        auth::bootstrap(&services, OLD).await.unwrap();
        for login in ["admin", "nobody"] {
            let error = password_reset::request(&services, &RequestInfo::default(), login).await.unwrap_err();
            assert!(error.kind == ErrorKind::Conflict && error.message.contains("administrator"), "{}", error.message);
        }
    }
}
