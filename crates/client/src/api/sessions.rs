//! Sessions.

use tenantry_domain::{SessionId, UserId};

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::secret::Secret;
use crate::types::{NewSession, OpenSession, OwnerFilter, Session, StartedSession};

impl Client {
    /// Logs in. The answer's token is for [`Client::with_token`]. A user with a second factor is refused with
    /// [`tenantry_domain::ErrorKind::SecondFactorRequired`]: see [`Client::create_session_with_code`].
    pub fn create_session(&self, username: impl Into<String>, password: impl Into<Secret>) -> Call<StartedSession> {
        self.post("sessions", &NewSession { username: username.into(), password: password.into(), code: None }).never_twice()
    }

    /// The same with a one-time code, or a recovery code.
    pub fn create_session_with_code(
        &self,
        username: impl Into<String>,
        password: impl Into<Secret>,
        code: impl Into<Secret>,
    ) -> Call<StartedSession> {
        self.post("sessions", &NewSession { username: username.into(), password: password.into(), code: Some(code.into()) }).never_twice()
    }

    /// Who the token belongs to.
    pub fn get_session(&self) -> Call<Session> {
        self.get("sessions/current".to_owned())
    }

    /// Logs out: the token ends.
    pub fn delete_session(&self) -> Call<()> {
        self.delete("sessions/current".to_owned())
    }

    /// Open sessions: one's own, or those of somebody whom one administers.
    pub fn list_sessions(&self, filter: &OwnerFilter) -> List<OpenSession> {
        List::new(self, "sessions", filter)
    }

    /// Ends one session.
    pub fn end_session(&self, id: SessionId) -> Call<()> {
        self.delete(format!("sessions/{id}"))
    }

    /// Ends all sessions of somebody; without a user all of one's own but the present one.
    pub fn end_sessions(&self, of: Option<UserId>) -> Call<()> {
        let call = self.delete("sessions".to_owned());
        match of {
            Some(user) => call.query("user_id", user),
            None => call,
        }
    }
}
