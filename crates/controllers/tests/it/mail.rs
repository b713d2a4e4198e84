//! Mail: sent once where nothing breaks, with the same id where something does, and never for ever. On both databases.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tenantry_controllers::mails;
use tenantry_domain::page::PageRequest;
use tenantry_domain::{Error, MailId, Result, Timestamp};
use tenantry_driver_api::{DriverError, DriverErrorKind, Mailer, Message};
use tenantry_engine::{Engine, Settings};
use tenantry_store::mails::{Content, Mail, NewMail};
use tenantry_store::{CommitHook, Store};
use tenantry_testkit::TestDatabase;

/// A mail server that keeps what it takes, and fails as often as it is told to.
#[derive(Default)]
struct Postbox {
    taken: Mutex<Vec<Message>>,
    asked: AtomicUsize,
    fails: AtomicUsize,
    refuses: bool,
}

#[async_trait]
impl Mailer for Postbox {
    async fn check(&self) -> Result<(), DriverError> {
        Ok(())
    }

    async fn send(&self, message: &Message) -> Result<(), DriverError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.refuses {
            return Err(DriverError::new(DriverErrorKind::Invalid, "no such user here"));
        }
        if self.fails.load(Ordering::SeqCst) > 0 {
            self.fails.fetch_sub(1, Ordering::SeqCst);
            return Err(DriverError::new(DriverErrorKind::Unreachable, "the mail server is down"));
        }
        self.taken.lock().unwrap().push(message.clone());
        Ok(())
    }
}

impl Postbox {
    fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().iter().map(|m| (m.to.clone(), m.text.clone())).collect()
    }
}

async fn write(store: &Store, recipient: Option<&str>) -> MailId {
    let content = Content { subject: "Hello".into(), text: "a secret".into() };
    let expires_at = store.clock().now().plus(Duration::from_secs(1800));
    let tx = store.begin().await.unwrap();
    let id = tx.mails().insert(&NewMail { kind: "test", user: None, recipient, content, expires_at }).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Works until nothing is due before `end`, with time going from one to the next.
async fn work(database: &TestDatabase, postbox: &Arc<Postbox>, end: Timestamp) {
    let controller = mails(database.store.clone(), Arc::clone(postbox) as Arc<dyn Mailer>);
    let engine = Engine::new(database.store.clone(), vec![controller], Settings::default());
    let advance = |due: Timestamp| {
        database.clock.step_to(due);
        due <= end
    };
    engine.run_until(advance).await.unwrap();
}

async fn list(store: &Store) -> Vec<Mail> {
    store.mails().list(&PageRequest::first(100)).await.unwrap().items
}

fn later(database: &TestDatabase, seconds: u64) -> Timestamp {
    database.store.clock().now().plus(Duration::from_secs(seconds))
}

/// What is left of the text, and of the work.
async fn left(database: &TestDatabase) -> Vec<String> {
    database.texts("SELECT 'text' FROM mails WHERE content_sealed IS NOT NULL UNION ALL SELECT kind FROM work").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_once_its_text_goes_and_what_became_of_it_stays_for_a_week() {
    for database in TestDatabase::all().await {
        let postbox = Arc::new(Postbox::default());
        write(&database.store, Some("alice@example.org")).await;
        work(&database, &postbox, later(&database, 3600)).await;
        assert_eq!(postbox.taken(), [("alice@example.org".to_owned(), "a secret".to_owned())]);
        let mail = list(&database.store).await.pop().unwrap();
        assert_eq!((mail.state.as_str(), mail.reason.as_str(), mail.attempts), ("sent", "", 0));
        assert!(mail.ended_at.is_some() && left(&database).await.is_empty());
        let week = Duration::from_secs(7 * 86_400);
        assert_eq!(database.store.mails().purge(week).await.unwrap(), 0);
        database.clock.step(week);
        assert_eq!(database.store.mails().purge(week).await.unwrap(), 1);
        assert!(list(&database.store).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_asked_ever_less_often_and_the_row_says_why() {
    for database in TestDatabase::all().await {
        let postbox = Arc::new(Postbox { fails: 3.into(), ..Postbox::default() });
        write(&database.store, Some("alice@example.org")).await;
        work(&database, &postbox, database.store.clock().now()).await;
        let mail = list(&database.store).await.pop().unwrap();
        assert_eq!((mail.state.as_str(), mail.reason.as_str(), mail.attempts), ("pending", "the mail server is down", 1));
        assert!(mail.next_attempt_at.is_some());
        work(&database, &postbox, later(&database, 60)).await;
        assert_eq!((postbox.asked.load(Ordering::SeqCst), postbox.taken().len()), (4, 1));
        let mail = list(&database.store).await.pop().unwrap();
        assert_eq!((mail.state.as_str(), mail.attempts), ("sent", 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_or_too_late_is_given_up_and_says_why() {
    for database in TestDatabase::all().await {
        let refuses = Arc::new(Postbox { refuses: true, ..Postbox::default() });
        write(&database.store, Some("alice@example.org")).await;
        work(&database, &refuses, later(&database, 3600)).await;
        assert_eq!(refuses.asked.load(Ordering::SeqCst), 1);
        let mail = list(&database.store).await.pop().unwrap();
        assert_eq!((mail.state.as_str(), mail.reason.as_str()), ("given_up", "no such user here"));
        let down = Arc::new(Postbox { fails: usize::MAX.into(), ..Postbox::default() });
        write(&database.store, Some("bob@example.org")).await;
        work(&database, &down, later(&database, 2 * 3600)).await;
        let mail = list(&database.store).await.remove(0);
        assert!(mail.state == "given_up" && mail.reason.contains("could not be sent in time"), "{mail:?}");
        let asked = down.asked.load(Ordering::SeqCst);
        assert!((10..30).contains(&asked), "{asked}");
        assert!(left(&database).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_for_nobody_is_not_sent_and_leaves_nothing() {
    for database in TestDatabase::all().await {
        let postbox = Arc::new(Postbox::default());
        write(&database.store, None).await;
        assert!(list(&database.store).await.is_empty());
        work(&database, &postbox, later(&database, 3600)).await;
        assert_eq!(postbox.asked.load(Ordering::SeqCst), 0);
        assert_eq!(database.texts("SELECT CAST(COUNT(*) AS TEXT) FROM mails").await, ["0"]);
        assert!(left(&database).await.is_empty());
    }
}

/// Breaks the commit with this number.
struct Break(AtomicUsize);

#[async_trait]
impl CommitHook for Break {
    async fn before(&self) -> Result<()> {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 { Err(Error::internal("the server was killed")) } else { Ok(()) }
    }
    async fn after(&self) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_after_sending_leaves_a_mail_that_another_one_sends_with_the_same_id() {
    for database in TestDatabase::all().await {
        let postbox = Arc::new(Postbox::default());
        write(&database.store, Some("alice@example.org")).await;
        // the first commit claims the work, the second writes that the mail was sent
        let store = database.another(Some(Arc::new(Break(2.into())))).await;
        let controller = mails(store.clone(), Arc::clone(&postbox) as Arc<dyn Mailer>);
        let killed = Engine::new(store, vec![controller], Settings::default()).run_until(|_| false).await;
        assert!(killed.is_err() && postbox.taken().len() == 1, "{}", database.name);
        assert_eq!(list(&database.store).await[0].state, "pending");
        // nobody else touches it before the lease is over
        work(&database, &postbox, later(&database, 30)).await;
        assert_eq!(postbox.taken().len(), 1);
        work(&database, &postbox, later(&database, 3600)).await;
        let taken = postbox.taken.lock().unwrap().clone();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0], taken[1]);
        assert!(left(&database).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_send_a_mail_once() {
    for database in TestDatabase::all().await {
        let postbox = Arc::new(Postbox::default());
        for n in 0..20 {
            write(&database.store, Some(&format!("user-{n}@example.org"))).await;
        }
        let run = |store: Store| {
            let controller = mails(store.clone(), Arc::clone(&postbox) as Arc<dyn Mailer>);
            let engine = Engine::new(store, vec![controller], Settings::default());
            async move { engine.run_until(|_| false).await }
        };
        let (one, other) = (run(database.store.clone()), run(database.another(None).await));
        let (one, other) = tokio::join!(one, other);
        one.unwrap();
        other.unwrap();
        let mut to: Vec<String> = postbox.taken().into_iter().map(|(to, _)| to).collect();
        to.sort();
        to.dedup();
        assert_eq!((to.len(), postbox.taken().len()), (20, 20));
    }
}
