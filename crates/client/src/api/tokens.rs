//! Tokens for programs, second factors, and why something is allowed. What answers a secret is not repeated once it may have arrived:
//! no server keeps the answer.

use reqwest::Method;
use tenantry_domain::{ApiTokenId, UserId};

use crate::call::{Call, json, nothing, pairs};
use crate::client::Client;
use crate::list::List;
use crate::types::{
    FirstCode, IssuedToken, NewToken, OfferedFactor, OwnPassword, OwnerFilter, Question, RecoveryCodes, Rotation, SecondFactor, Token, Why,
};

impl Client {
    /// Tokens: one's own, or those of somebody whom one administers.
    pub fn list_tokens(&self, filter: &OwnerFilter) -> List<Token> {
        List::new(self, "tokens", filter)
    }

    /// Makes a token for a program that acts as oneself.
    pub fn create_token(&self, new: &NewToken) -> Call<IssuedToken> {
        self.post("tokens", new).never_twice()
    }

    /// One token, without its secret.
    pub fn get_token(&self, id: ApiTokenId) -> Call<Token> {
        self.get(format!("tokens/{id}"))
    }

    /// Gives one's token another secret.
    pub fn rotate_token(&self, id: ApiTokenId, wanted: Rotation) -> Call<IssuedToken> {
        self.post(format!("tokens/{id}/rotate"), &wanted).never_twice()
    }

    /// Removes a token.
    pub fn delete_token(&self, id: ApiTokenId) -> Call<()> {
        self.delete(format!("tokens/{id}"))
    }

    /// Whether one has a second factor.
    pub fn get_second_factor(&self) -> Call<SecondFactor> {
        self.get("users/me/second-factor".to_owned())
    }

    /// Begins with a second factor.
    pub fn begin_second_factor(&self, own: &OwnPassword) -> Call<OfferedFactor> {
        self.post("users/me/second-factor", own).never_twice()
    }

    /// Confirms it with its first code.
    pub fn confirm_second_factor(&self, first: &FirstCode) -> Call<RecoveryCodes> {
        self.post("users/me/second-factor/confirm", first).never_twice()
    }

    /// New recovery codes instead of those that are left.
    pub fn renew_recovery_codes(&self, own: &OwnPassword) -> Call<RecoveryCodes> {
        self.post("users/me/second-factor/recovery-codes", own).never_twice()
    }

    /// Removes one's own second factor.
    pub fn delete_second_factor(&self, own: &OwnPassword) -> Call<()> {
        Call::new(self, Method::DELETE, "users/me/second-factor".to_owned(), nothing).body(own)
    }

    /// Removes the second factor of somebody who lost the device, as their administrator.
    pub fn reset_second_factor(&self, user: UserId) -> Call<()> {
        self.delete(format!("users/{user}/second-factor"))
    }

    /// Which grant allows an action, or what is missing.
    pub fn get_why(&self, question: &Question) -> Call<Why> {
        let call = Call::new(self, Method::GET, "why".to_owned(), json);
        // a question is plain text and numbers: there is nothing in it that could not be written
        pairs(question).unwrap_or_default().into_iter().fold(call, |call, (name, value)| call.query(&name, value))
    }
}
