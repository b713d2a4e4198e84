//! Sending mail.

use async_trait::async_trait;

use crate::Result;

/// A mail of plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What tells it from all others, and is the same when it is sent again: receivers that look at it show it once.
    pub id: String,
    /// The address that it goes to.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text. It may hold a secret: it is never logged.
    pub text: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({})", self.id)
    }
}

/// A server that takes mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Connects and logs in, as for a mail, and sends none.
    ///
    /// # Errors
    /// `Unreachable`, `Timeout` or `Server` for a server that does not answer as it should, `Unauthorized` when it does not take our
    /// credentials, `Invalid` for an address that may not be dialled.
    async fn check(&self) -> Result<()>;

    /// Hands a mail to the server. Without an answer it may have been taken: who sends it again gives it the same id.
    ///
    /// # Errors
    /// `Invalid`, which is permanent, when the server refuses this mail or its receiver; whatever else went wrong is temporary.
    async fn send(&self, message: &Message) -> Result<()>;
}
