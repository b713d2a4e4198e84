//! The operations, a file for each resource, named as in the API's document: `<verb>_<resource>`.

mod accounts;
mod apps;
mod cloud;
mod datacenters;
mod directories;
mod groups;
mod links;
mod mails;
mod records;
mod registries;
mod resources;
mod sessions;
mod sign_ons;
mod tenants;
mod tokens;
mod usage;
mod users;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Call, json, nothing, remainder};
use crate::client::Client;

impl Client {
    fn get<T: DeserializeOwned>(&self, path: String) -> Call<T> {
        Call::new(self, Method::GET, path, json)
    }

    fn post<T: DeserializeOwned>(&self, path: impl Into<String>, body: &impl Serialize) -> Call<T> {
        Call::new(self, Method::POST, path.into(), json).body(body)
    }

    /// A command without arguments.
    fn command<T: DeserializeOwned>(&self, path: String) -> Call<T> {
        Call::new(self, Method::POST, path, json)
    }

    fn put<T: DeserializeOwned>(&self, path: String, body: &impl Serialize) -> Call<T> {
        Call::new(self, Method::PUT, path, json).body(body)
    }

    fn patch<T: DeserializeOwned>(&self, path: String, body: &impl Serialize) -> Call<T> {
        Call::new(self, Method::PATCH, path, json).body(body)
    }

    /// A delete that is over when it is answered.
    fn delete(&self, path: String) -> Call<()> {
        Call::new(self, Method::DELETE, path, nothing)
    }

    /// A delete that a controller carries out.
    fn remove<T: DeserializeOwned>(&self, path: String) -> Call<Option<T>> {
        Call::new(self, Method::DELETE, path, remainder)
    }
}
