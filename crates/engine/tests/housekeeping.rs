//! What is done from time to time, turn by turn, with a clock that is stepped: what goes, when, and what stays. On both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::time::Duration;

use tenantry_domain::audit::AuditRecord;
use tenantry_domain::policy::{Allowed, ObjectKind};
use tenantry_domain::token::TokenScope;
use tenantry_domain::{TenantId, Timestamp, UserId};
use tenantry_engine::{Housekeeping, number_and_seal, purge_expired};
use tenantry_store::mails::{Content, NewMail};
use tenantry_store::sessions::Life;
use tenantry_store::users::NewUser;
use tenantry_testkit::TestDatabase;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A database with a root tenant and a user.
struct Place {
    database: TestDatabase,
    user: UserId,
    settings: Housekeeping,
}

impl Place {
    async fn all(settings: &Housekeeping) -> Vec<Self> {
        let mut all = Vec::new();
        for database in TestDatabase::all().await {
            let tx = database.store.begin().await.unwrap();
            tx.tenants().insert_root().await.unwrap();
            let new = NewUser { username: "ann".into(), name: "ann".into(), enabled: true, ..NewUser::default() };
            let user = tx.users().insert(&Allowed::system(TenantId::ROOT), &new).await.unwrap();
            tx.commit().await.unwrap();
            all.push(Self { database, user, settings: settings.clone() });
        }
        all
    }

    /// Time goes by, and then it is the turn of the housekeeping, on two replicas.
    async fn after(&self, time: Duration) {
        self.database.clock.step(time);
        let other = self.database.another(None).await;
        let (one, two) = tokio::join!(purge_expired(&self.database.store, &self.settings), purge_expired(&other, &self.settings));
        one.unwrap();
        two.unwrap();
    }

    /// The values of a query, in order.
    async fn texts(&self, sql: &str) -> Vec<String> {
        self.database.texts(sql).await
    }

    async fn count(&self, table: &str) -> String {
        self.texts(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await.remove(0)
    }

    fn in_time(&self, time: Duration) -> Timestamp {
        self.database.store.clock().now().plus(time)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tokens_go_when_they_are_over_and_not_before() {
    for place in Place::all(&Housekeeping::default()).await {
        let tx = place.database.store.begin().await.unwrap();
        let life = |idle| Life { absolute: 12 * HOUR, idle };
        tx.sessions().insert(place.user, "short", "", "", life(HOUR)).await.unwrap();
        let used = tx.sessions().insert(place.user, "used", "", "", life(HOUR)).await.unwrap();
        let scope = TokenScope::default();
        tx.sessions()
            .insert_token(&Allowed::system(TenantId::ROOT), place.user, "ci", "token", &scope, place.in_time(2 * DAY))
            .await
            .unwrap();
        tx.sessions().failed("account:x", 0, HOUR).await.unwrap();
        tx.commit().await.unwrap();
        let held = async || place.texts("SELECT token_hash FROM sessions ORDER BY token_hash").await;
        place.after(HOUR - Duration::from_millis(1)).await;
        assert_eq!(held().await, ["short", "token", "used"]);
        place.database.store.sessions().used(&[used], HOUR).await.unwrap();
        place.after(Duration::from_millis(1)).await;
        assert_eq!(held().await, ["token", "used"]);
        assert_eq!(place.count("login_throttle").await, "1");
        place.after(12 * HOUR).await;
        assert_eq!(held().await, ["token"]);
        // a brake is remembered for a day
        place.after(DAY).await;
        assert_eq!((held().await, place.count("login_throttle").await), (vec!["token".to_owned()], "0".to_owned()));
        place.after(DAY).await;
        assert!(held().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_go_after_a_day() {
    for place in Place::all(&Housekeeping::default()).await {
        let keep = async |key: &str| {
            let tx = place.database.store.begin().await.unwrap();
            tx.idempotency().insert(place.user, key, "fingerprint", "/api/v2/tenants/1").await.unwrap();
            tx.commit().await.unwrap();
        };
        keep("early").await;
        place.after(HOUR).await;
        keep("late").await;
        place.after(23 * HOUR - MINUTE).await;
        assert_eq!(place.count("idempotency_keys").await, "2");
        place.after(MINUTE).await;
        assert_eq!(place.texts("SELECT key FROM idempotency_keys").await, ["late"]);
        place.after(HOUR).await;
        assert_eq!(place.count("idempotency_keys").await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_get_their_numbers_and_go_when_they_are_old() {
    for place in Place::all(&Housekeeping { keep_events: DAY, ..Housekeeping::default() }).await {
        let happen = async |name: &str| {
            let tx = place.database.store.begin().await.unwrap();
            tx.events().record(ObjectKind::Tenant, 1, Some(TenantId::ROOT), "updated", name, "").await.unwrap();
            tx.commit().await.unwrap();
        };
        let names = async || place.texts("SELECT name FROM events WHERE name IN ('first', 'second') ORDER BY id").await;
        happen("first").await;
        place.after(2 * DAY).await;
        assert_eq!(names().await, ["first"], "nobody can have seen it yet");
        number_and_seal(&place.database.store).await.unwrap();
        assert_eq!(place.texts("SELECT CAST(COUNT(*) AS TEXT) FROM events WHERE seq IS NULL").await, ["0"]);
        happen("second").await;
        number_and_seal(&place.database.store).await.unwrap();
        place.after(HOUR).await;
        assert_eq!(names().await, ["second"]);
        place.after(DAY).await;
        assert!(names().await.is_empty());
    }
}

fn record(detail: &str) -> AuditRecord {
    AuditRecord::by_itself("update", "tenant", "1", Some(TenantId::ROOT), detail)
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_records_are_sealed_and_go_only_where_retention_says_so() {
    let keeps = |keep_audit| Housekeeping { keep_audit, ..Housekeeping::default() };
    for (settings, left) in [(keeps(None), 2), (keeps(Some(30 * DAY)), 1)] {
        for place in Place::all(&settings).await {
            let write = async |detail: &str| {
                let tx = place.database.store.begin().await.unwrap();
                tx.audit().record(&record(detail)).await.unwrap();
                tx.commit().await.unwrap();
            };
            write("early").await;
            place.after(40 * DAY).await;
            assert_eq!(place.count("audit").await, "1", "what is not sealed stays");
            number_and_seal(&place.database.store).await.unwrap();
            write("late").await;
            number_and_seal(&place.database.store).await.unwrap();
            place.after(MINUTE).await;
            assert_eq!(place.count("audit").await, left.to_string(), "{:?}", settings.keep_audit);
            place.after(29 * DAY).await;
            assert_eq!(place.count("audit").await, left.to_string());
            place.after(2 * DAY).await;
            assert_eq!(place.count("audit").await, if left == 2 { "2" } else { "0" });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_over_and_mails_that_ended_go() {
    for place in Place::all(&Housekeeping { keep_mails: DAY, ..Housekeeping::default() }).await {
        let tx = place.database.store.begin().await.unwrap();
        tx.password_resets().insert(Some(place.user), "good", place.in_time(HOUR)).await.unwrap();
        tx.password_resets().insert(None, "nobody's", place.in_time(MINUTE)).await.unwrap();
        let content = Content { subject: String::new(), text: String::new() };
        let new = NewMail { kind: "test", user: None, recipient: Some("a@example.org"), content, expires_at: place.in_time(HOUR) };
        tx.mails().insert(&new).await.unwrap();
        tx.commit().await.unwrap();
        place.after(MINUTE).await;
        assert_eq!(place.texts("SELECT token_hash FROM password_resets").await, ["good"]);
        place.after(HOUR).await;
        assert_eq!(place.count("password_resets").await, "0");
        place.after(2 * DAY).await;
        assert_eq!(place.count("mails").await, "1", "one that is still to be sent, or given up, stays");
        let ended = place.database.store.clock().now().0;
        let sql = format!("UPDATE mails SET state = 'sent', content_sealed = NULL, ended_at = {ended}");
        assert_eq!(place.database.tamper(&sql).await, 1);
        place.after(DAY - MINUTE).await;
        assert_eq!(place.count("mails").await, "1");
        place.after(MINUTE).await;
        assert_eq!(place.count("mails").await, "0");
    }
}
