//! As whom tenants' projects are worked in, and in which domain they are.
//!
//! A user works there itself. An application credential cannot (it is bound to its own project): with it a user of ours is made, whose
//! password is derived from the credential's secret and kept nowhere.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tenantry_domain::datacenter::OpenstackAccount;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};

use crate::client::Client;
use crate::failure::{self, Outcome};
use crate::service::Service::Identity;
use crate::token::Scope;

/// Keystone counts in whole seconds: with a password it takes back the tokens too that it gives in the rest of that second.
const REVOKES: Duration = Duration::from_secs(1);

/// What Keystone is told of the user; this is how it is known to be ours.
const DESCRIPTION: &str = "Tenantry works in its tenants' projects as this user; its password follows from an application credential";

fn worker_name(credential: &str) -> String {
    format!("tenantry-{credential}")
}

fn worker_password(credential: &str, secret: &str) -> Result<String> {
    let short = |_| DriverError::new(DriverErrorKind::Invalid, "the application credential's secret cannot be used");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(short)?;
    mac.update(b"tenantry user in tenants' projects ");
    mac.update(credential.as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// The id of a user, role, project or domain.
pub(crate) fn id_of(object: &Value) -> Outcome<String> {
    object["id"].as_str().map(str::to_owned).ok_or_else(|| failure::not_openstack(Identity.name()))
}

impl Client {
    /// The domain in which projects are made, by id.
    pub(crate) async fn domain(&self) -> Result<&str> {
        let found = self.domain.get_or_try_init(|| async {
            let own = self.token(&Scope::Account).await?.domain.clone();
            let wanted = match &self.connection.domain {
                Some(wanted) if !own.contains(wanted) => wanted,
                _ => return Ok(own.into_iter().next().unwrap_or_default()),
            };
            let named = self.account().list(Identity, &["domains"], "domains", &[("name", wanted)]).await?;
            if let Some(domain) = named.first() {
                return Ok(id_of(domain)?);
            }
            match failure::found(self.account().get(Identity, &["domains", wanted], &[]).await)? {
                Some(found) => Ok(id_of(&found["domain"])?),
                None => Err(DriverError::new(DriverErrorKind::Invalid, format!("the cloud has no domain '{wanted}'"))),
            }
        });
        found.await.map(String::as_str)
    }

    /// The user that works in tenants' projects, by id.
    pub(crate) async fn worker(&self) -> Result<String> {
        match &self.connection.account {
            OpenstackAccount::User { .. } => Ok(self.token(&Scope::Account).await?.user.clone()),
            OpenstackAccount::ApplicationCredential { id, secret } => match self.find_worker(id).await? {
                Some(user) => Ok(id_of(&user)?),
                None => Ok(self.ensure_worker(id, secret).await?),
            },
        }
    }

    /// How the user of ours logs in.
    pub(crate) async fn worker_identity(&self, credential: &str, secret: &str) -> Result<Value> {
        let (name, password) = (worker_name(credential), worker_password(credential, secret)?);
        let user = json!({"name": name, "domain": {"id": self.domain().await?}, "password": password});
        Ok(json!({"methods": ["password"], "password": {"user": user}}))
    }

    async fn find_worker(&self, credential: &str) -> Outcome<Option<Value>> {
        let (name, domain) = (worker_name(credential), self.domain().await?);
        let users = self.account().list(Identity, &["users"], "users", &[("name", &name), ("domain_id", domain)]).await?;
        Ok(users.into_iter().next())
    }

    /// Has the user of ours made, or its password set again, and waits until the tokens that it is given then are good. Who needs it at the
    /// same moment waits for the same one: each time that the password is set takes back all tokens of before.
    pub(crate) async fn mend_worker(&self, credential: &str, secret: &str) -> Result<()> {
        let mended = self.mended.try_get_with((), async {
            self.ensure_worker(credential, secret).await?;
            tokio::time::sleep(REVOKES).await;
            Ok::<_, DriverError>(())
        });
        mended.await.map_err(|error| DriverError::clone(&error))
    }

    /// Makes the user of ours, or sets its password again.
    async fn ensure_worker(&self, credential: &str, secret: &str) -> Outcome<String> {
        let password = worker_password(credential, secret)?;
        let options = json!({"ignore_password_expiry": true, "ignore_change_password_upon_first_use": true});
        if let Some(user) = self.find_worker(credential).await? {
            let id = id_of(&user)?;
            if user["description"] != DESCRIPTION {
                let message = format!("the cloud has a user '{}' that is not Tenantry's", worker_name(credential));
                return Err(DriverError::new(DriverErrorKind::NotOurs, message).into());
            }
            let change = json!({"user": {"password": password, "enabled": true, "options": options}});
            self.account().patch(Identity, &["users", &id], &change).await?;
            return Ok(id);
        }
        let user = json!({
            "name": worker_name(credential), "domain_id": self.domain().await?, "password": password, "enabled": true,
            "description": DESCRIPTION, "options": options,
        });
        id_of(&self.account().post(Identity, &["users"], &json!({"user": user})).await?["user"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_follows_from_the_secret_and_from_the_credential() {
        let password = |credential, secret| worker_password(credential, secret).unwrap();
        assert_eq!(password("a", "s"), password("a", "s"));
        assert_eq!(password("a", "s").len(), 64);
        assert_ne!(password("a", "s"), password("b", "s"));
        assert_ne!(password("a", "s"), password("a", "t"));
    }
}
