//! Mail, and new passwords by a link in one.

use reqwest::Method;

use crate::call::{Call, nothing};
use crate::client::Client;
use crate::list::List;
use crate::secret::Secret;
use crate::types::{Mail, NewPasswordReset, NoFilter, PasswordResetConfirmation};

impl Client {
    /// Asks for a mail with a link that sets a new password. The answer is the same whether there is such a user or not.
    pub fn create_password_reset(&self, username: impl Into<String>) -> Call<()> {
        let new = NewPasswordReset { username: username.into() };
        Call::new(self, Method::POST, "password-resets".to_owned(), nothing).body(&new).never_twice()
    }

    /// Sets a new password with the token of a mailed link.
    pub fn confirm_password_reset(&self, token: impl Into<Secret>, new_password: impl Into<Secret>) -> Call<()> {
        let confirmation = PasswordResetConfirmation { token: token.into(), new_password: new_password.into() };
        Call::new(self, Method::POST, "password-resets/confirm".to_owned(), nothing).body(&confirmation).never_twice()
    }

    /// What became of mails, the latest first.
    pub fn list_mails(&self) -> List<Mail> {
        List::new(self, "mails", &NoFilter {})
    }
}
