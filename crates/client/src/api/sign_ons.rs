//! Single sign-on.

use crate::call::Call;
use crate::client::Client;
use crate::types::{FinishedSignOn, LoginMethods, NewSignOn, SignOn, StartedSession};

impl Client {
    /// Which ways of logging in there are; nobody has to be logged in for it.
    pub fn list_login_methods(&self) -> Call<LoginMethods> {
        self.get("login-methods".to_owned())
    }

    /// Begins a login at a provider, which leads the person's browser back to `redirect_uri`: `http://127.0.0.1:<port>/callback`.
    pub fn begin_sign_on(&self, provider: &str, redirect_uri: impl Into<String>) -> Call<SignOn> {
        self.post(format!("sign-ons/{provider}"), &NewSignOn { redirect_uri: redirect_uri.into() }).never_twice()
    }

    /// Finishes it with what arrived there. The answer's token is for [`Client::with_token`].
    pub fn finish_sign_on(&self, provider: &str, arrived: &FinishedSignOn) -> Call<StartedSession> {
        self.post(format!("sign-ons/{provider}/finish"), arrived).never_twice()
    }
}
