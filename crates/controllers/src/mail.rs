//! A mail is handed to the mail server until it takes it, refuses it for good, or nobody has a use for it any more.
//!
//! It is sent at least once: a server that dies between the answer and its own commit leaves a mail that another one sends again. Its id
//! is the same then, so that a mail program shows it once.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{MailId, Result, Timestamp};
use tenantry_driver_api::{DriverError, Mailer, Message};
use tenantry_engine::{Controller, Outcome, Step};
use tenantry_store::Store;
use tenantry_store::mails::{Ending, Pending};
use tenantry_store::work::{Lease, Seen, WorkKind};

pub(crate) struct Mails {
    pub(crate) store: Store,
    pub(crate) mailer: Arc<dyn Mailer>,
}

/// Whether a mail is sent at all; what becomes of it when it is not.
fn plan(pending: &Pending, now: Timestamp) -> std::result::Result<&str, Ending> {
    let Some(recipient) = &pending.recipient else { return Err(Ending::Dropped) };
    if pending.expires_at() <= now {
        let message = format!("it could not be sent in time, after {} attempts", pending.attempts);
        return Err(Ending::GivenUp(message));
    }
    Ok(recipient)
}

/// What became of a mail that was handed over, or what to do.
fn judge(pending: &Pending, answer: std::result::Result<(), DriverError>) -> Step {
    match answer {
        Ok(()) => ended(Ending::Sent),
        Err(error) if error.permanent() => ended(Ending::GivenUp(error.message)),
        Err(error) => {
            let outcome = Outcome::Failed { reason: error.message, permanent: false, retry_after: error.retry_after };
            Step { attempts: pending.attempts, ..Step::of(outcome) }
        }
    }
}

fn ended(ending: Ending) -> Step {
    Step { seen: Seen::Mail(ending), ..Step::of(Outcome::Gone) }
}

/// Counts how an attempt ended, and logs what went wrong.
fn told(lease: &Lease, outcome: &'static str, reason: &str) {
    metrics::counter!("tenantry_mails_total", "outcome" => outcome).increment(1);
    if !reason.is_empty() {
        tracing::warn!(mail = lease.object, reason, "a mail is not sent: {outcome}");
    }
}

#[async_trait]
impl Controller for Mails {
    fn kind(&self) -> WorkKind {
        WorkKind::Mail
    }

    async fn reconcile(&self, lease: &Lease) -> Result<Step> {
        let Some(pending) = self.store.mails().pending(MailId(lease.object)).await? else { return Ok(Step::gone()) };
        let recipient = match plan(&pending, self.store.clock().now()) {
            Ok(recipient) => recipient,
            Err(ending) => {
                if let Ending::GivenUp(reason) = &ending {
                    told(lease, "given_up", reason);
                }
                return Ok(ended(ending));
            }
        };
        let content = self.store.mails().content(&pending)?;
        let message = Message { id: pending.uid.clone(), to: recipient.to_owned(), subject: content.subject, text: content.text };
        let answer = self.mailer.send(&message).await;
        match &answer {
            Ok(()) => told(lease, "sent", ""),
            Err(error) => told(lease, if error.permanent() { "given_up" } else { "failed" }, &error.message),
        }
        Ok(judge(&pending, answer))
    }
}
