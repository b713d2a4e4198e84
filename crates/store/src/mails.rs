//! Mail that is to be sent. It is written in the transaction of what causes it, with its text sealed, and a controller sends it; when it
//! is sent or given up the text goes, and what is left tells for some days what became of it.

use std::time::Duration;

use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::{Error, MailId, Result, Timestamp, UserId};

use crate::sql::{Conn, Where, aggregate, exec, json, number, row, rows, to_json, vals};
use crate::work::{Next, WorkKind};
use crate::{Store, Tx};

aggregate!(
    /// Mail that is to be sent.
    Mails,
    mails
);

/// The lane of the work: mail servers that hang hold up nothing else.
const LANE: i64 = -1;
/// How much is removed at once.
const BATCH: i64 = 5000;

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    /// What it is for: a stable name.
    pub kind: &'a str,
    /// Whom it is for.
    pub user: Option<UserId>,
    /// Where it goes. Without an address nothing is sent: such a one is written so that who asked cannot tell that nobody is there.
    pub recipient: Option<&'a str>,
    /// What it says.
    pub content: Content,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

/// What a mail says. It may hold a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({})", self.subject)
    }
}

/// A mail that waits to be sent.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Pending {
    /// The id that it has for its receiver, however often it is sent.
    pub uid: String,
    /// What it is for.
    pub kind: String,
    /// Where it goes.
    pub recipient: Option<String>,
    /// How often it could not be sent.
    pub attempts: i64,
    expires_at: i64,
    content_sealed: String,
}

impl Pending {
    /// When it is of no use any more.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp(self.expires_at)
    }
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// A mail server has taken it.
    Sent,
    /// It will not be sent; the sentence says why.
    GivenUp(String),
    /// It was for nobody.
    Dropped,
}

/// A mail as an administrator sees it: what becomes of it, and not what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The integer id.
    pub id: MailId,
    /// What it is for.
    pub kind: String,
    /// Whom it is for.
    pub user: Option<UserId>,
    /// Where it goes.
    pub recipient: String,
    /// `pending`, `sent` or `given_up`.
    pub state: String,
    /// Why it is not sent; empty when nothing is wrong.
    pub reason: String,
    /// How often it could not be sent.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was sent or given up.
    pub ended_at: Option<Timestamp>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    user_id: Option<i64>,
    recipient: String,
    state: String,
    reason: String,
    attempts: i64,
    next_attempt_at: Option<i64>,
    created_at: i64,
    ended_at: Option<i64>,
}

impl From<Row> for Mail {
    fn from(row: Row) -> Self {
        Self {
            id: MailId(row.id),
            kind: row.kind,
            user: row.user_id.map(UserId),
            recipient: row.recipient,
            state: row.state,
            reason: row.reason,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.map(Timestamp),
            created_at: Timestamp(row.created_at),
            ended_at: row.ended_at.map(Timestamp),
        }
    }
}

/// The row that a mail's text is bound to.
fn sealed_for(uid: &str) -> String {
    format!("mail/{uid}")
}

impl<X: Conn> Mails<'_, X> {
    /// A mail that waits to be sent; none when it does not any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending(&self, id: MailId) -> Result<Option<Pending>> {
        let sql =
            "SELECT uid, kind, recipient, attempts, expires_at, content_sealed FROM mails WHERE id = $1 AND content_sealed IS NOT NULL";
        row(self.0, sql, vals![id.0]).await
    }

    /// What a mail says.
    ///
    /// # Errors
    /// When it is sealed with a key that is not known here.
    pub fn content(&self, pending: &Pending) -> Result<Content> {
        json(&self.0.store().vault().open(&sealed_for(&pending.uid), &pending.content_sealed)?)
    }

    /// A page of mails, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, page: &PageRequest) -> Result<Page<Mail>> {
        let mut filter = Where::default();
        filter.raw("recipient IS NOT NULL").and_if("id < {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT id, kind, user_id, recipient, state, reason, attempts, next_attempt_at, created_at, ended_at FROM mails{} \
             ORDER BY id DESC LIMIT {limit}",
            filter.clause()
        );
        let items: Vec<Mail> = rows::<Row, X>(self.0, &sql, filter.into_values()).await?.into_iter().map(Into::into).collect();
        Ok(Page::cut(items, page.limit, |m| Cursor { key: String::new(), id: m.id.0 }))
    }
}

impl Mails<'_, Tx> {
    /// Writes a mail, and the work of sending it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(&self, new: &NewMail<'_>) -> Result<MailId> {
        let uid = self.0.clock().uid().to_string();
        let sealed = self.0.seal(&sealed_for(&uid), &to_json(&new.content)?).await?;
        let sql = "INSERT INTO mails (uid, kind, user_id, recipient, content_sealed, state, created_at, expires_at) \
            VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7) RETURNING id AS n";
        let user = new.user.map(|u| u.0);
        let values = vals![uid, new.kind, user, new.recipient, sealed, self.0.clock().now().0, new.expires_at.0];
        let id = number(self.0, sql, values).await?;
        self.0.work().enqueue(WorkKind::Mail, id, LANE).await?;
        Ok(MailId(id))
    }

    /// Writes what became of a mail, and forgets what it says.
    pub(crate) async fn end(&self, id: MailId, ending: &Ending) -> Result<()> {
        let (state, reason) = match ending {
            Ending::Dropped => return exec(self.0, "DELETE FROM mails WHERE id = $1", vals![id.0]).await.map(|_| ()),
            Ending::Sent => ("sent", ""),
            Ending::GivenUp(reason) => ("given_up", reason.as_str()),
        };
        let sql = "UPDATE mails SET state = $1, reason = $2, content_sealed = NULL, next_attempt_at = NULL, ended_at = $3 WHERE id = $4";
        exec(self.0, sql, vals![state, reason, self.0.clock().now().0, id.0]).await.map(|_| ())
    }

    /// Writes that a mail is still to be sent; answers whether there is one.
    pub(crate) async fn waits(&self, id: MailId, next: &Next, due: i64) -> Result<bool> {
        let sql = "UPDATE mails SET reason = $1, attempts = CASE WHEN $2 THEN attempts + 1 ELSE attempts END, next_attempt_at = $3 \
            WHERE id = $4 AND content_sealed IS NOT NULL";
        Ok(exec(self.0, sql, vals![next.reason.as_str(), next.failed, due, id.0]).await? > 0)
    }
}

impl Mails<'_, Store> {
    /// Removes what is left of mails that ended that long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self, keep: Duration) -> Result<u64> {
        let until = self.0.clock().now().0 - i64::try_from(keep.as_millis()).map_err(Error::internal)?;
        let tx = self.0.begin().await?;
        let sql = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE ended_at <= $1 LIMIT $2)";
        let count = exec(&tx, sql, vals![until, BATCH]).await?;
        tx.commit().await?;
        Ok(count)
    }
}
