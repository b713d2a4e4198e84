//! Users.

use reqwest::Method;
use tenantry_domain::UserId;

use crate::call::{Call, nothing};
use crate::client::Client;
use crate::list::List;
use crate::types::{NewUser, PasswordChange, User, UserChange, UserFilter};

impl Client {
    /// Users.
    pub fn list_users(&self, filter: &UserFilter) -> List<User> {
        List::new(self, "users", filter)
    }

    /// Makes a user.
    pub fn create_user(&self, new: &NewUser) -> Call<User> {
        self.post("users", new)
    }

    /// One user.
    pub fn get_user(&self, id: UserId) -> Call<User> {
        self.get(format!("users/{id}"))
    }

    /// Changes a user.
    pub fn update_user(&self, id: UserId, change: &UserChange) -> Call<User> {
        self.patch(format!("users/{id}"), change)
    }

    /// Removes a user.
    pub fn delete_user(&self, id: UserId) -> Call<()> {
        self.delete(format!("users/{id}"))
    }

    /// Changes a user's password.
    pub fn update_password(&self, id: UserId, change: &PasswordChange) -> Call<()> {
        Call::new(self, Method::PUT, format!("users/{id}/password"), nothing).body(change)
    }
}
