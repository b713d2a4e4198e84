//! Single sign-on with OpenID Connect: the authorization code flow with PKCE.

use async_trait::async_trait;

use crate::{DirectoryUser, Result};

/// A login that was begun. Whoever began it keeps it, hidden from others and bound to the browser that it was begun in, until the
/// provider leads that browser back; it is good for one [`SignOn::finish`].
#[derive(Clone, PartialEq, Eq)]
pub struct PendingSignOn {
    /// Where the browser goes now.
    pub url: String,
    /// What the provider gives back in `state`; the login is found again by it.
    pub state: String,
    /// What the ID token must hold.
    pub nonce: String,
    /// What proves that the code was asked for here.
    pub verifier: String,
    /// Where the provider leads the browser back to.
    pub redirect_uri: String,
}

impl std::fmt::Debug for PendingSignOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PendingSignOn({})", self.redirect_uri)
    }
}

/// How a login ended that the provider answered as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedOn {
    /// This person logged in.
    User(DirectoryUser),
    /// The provider does not accept the code: it was used before, is too old, or was never given. The login has to begin again.
    Refused,
}

/// A provider of single sign-on.
#[async_trait]
pub trait SignOn: Send + Sync {
    /// Asks the provider what it is, as a login would.
    ///
    /// # Errors
    /// `Unreachable`, `Timeout` or `Server` for a provider that does not answer as it should, `Invalid` for settings that do not fit it.
    async fn check(&self) -> Result<()>;

    /// Begins a login that ends at `redirect_uri`.
    ///
    /// # Errors
    /// As [`SignOn::check`].
    async fn begin(&self, redirect_uri: &str) -> Result<PendingSignOn>;

    /// Ends a login with the code that the provider gave the browser. The caller has compared the state.
    ///
    /// # Errors
    /// As [`SignOn::check`]; `Unauthorized` when the provider does not accept our client id and secret; `Server` for an ID token that
    /// cannot be believed (issuer, audience, nonce, time, algorithm or signature).
    async fn finish(&self, pending: &PendingSignOn, code: &str) -> Result<SignedOn>;
}
