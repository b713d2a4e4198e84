//! Sessions.

use crate::call::Call;
use crate::client::Client;
use crate::secret::Secret;
use crate::types::{NewSession, Session, StartedSession};

impl Client {
    /// Logs in. The answer's token is for [`Client::with_token`].
    pub fn create_session(&self, username: impl Into<String>, password: impl Into<Secret>) -> Call<StartedSession> {
        self.post("sessions", &NewSession { username: username.into(), password: password.into() }).never_twice()
    }

    /// Who the token belongs to.
    pub fn get_session(&self) -> Call<Session> {
        self.get("sessions/current".to_owned())
    }

    /// Logs out: the token ends.
    pub fn delete_session(&self) -> Call<()> {
        self.delete("sessions/current".to_owned())
    }
}
