//! Tokens: one of the account's own project, and one of each tenant's project that is worked in. Kept while they are good, and
//! renewed before they run out.
//!
//! How long a token is good is taken from the two times that Keystone gives with it, and counted by this machine's steady clock:
//! a wrong clock on either side changes nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use futures::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_domain::datacenter::OpenstackAccount;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

use crate::client::{Call, Client};
use crate::failure::{self, Outcome};
use crate::service::{self, Choice, Service};

/// How long before its end a token is renewed, at the most.
const MARGIN: Duration = Duration::from_secs(300);

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// The project of the account.
    Account,
    /// A tenant's project, by id.
    Project(String),
}

/// A token with what Keystone says of it.
pub(crate) struct Token {
    /// The token itself; never shown.
    pub secret: String,
    /// The user that it is of, by id.
    pub user: String,
    /// The project that it is good for, by id.
    pub project: String,
    /// The domain of that project, by id and by name.
    pub domain: [String; 2],
    /// The names of the roles that it carries.
    pub roles: Vec<String>,
    catalog: Value,
    renew_at: Instant,
}

impl Token {
    fn read(secret: String, token: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let time = |key: &str| DateTime::parse_from_rfc3339(token[key].as_str()?).ok();
        let life = (time("expires_at")? - time("issued_at")?).to_std().unwrap_or_default();
        let project = &token["project"];
        Some(Self {
            secret,
            user: text(&token["user"]["id"])?,
            project: text(&project["id"])?,
            domain: [text(&project["domain"]["id"])?, text(&project["domain"]["name"]).unwrap_or_default()],
            roles: token["roles"].as_array().into_iter().flatten().filter_map(|role| text(&role["name"])).collect(),
            catalog: token["catalog"].clone(),
            renew_at: Instant::now() + life.saturating_sub(MARGIN.min(life / 5)),
        })
    }

    /// Where a service is for this token.
    pub(crate) fn endpoint(&self, service: Service, choice: &Choice) -> Result<Url> {
        service::endpoint(&self.catalog, service, choice)
    }
}

impl Client {
    /// A token that is still good for a while.
    pub(crate) async fn token(&self, scope: &Scope) -> Result<Arc<Token>> {
        let token = self.issued(scope).await?;
        if Instant::now() < token.renew_at { Ok(token) } else { self.renewed(scope, &token).await }
    }

    /// A token other than this one.
    pub(crate) async fn renewed(&self, scope: &Scope, old: &Arc<Token>) -> Result<Arc<Token>> {
        if self.tokens.get(scope).await.is_some_and(|held| Arc::ptr_eq(&held, old)) {
            self.tokens.invalidate(scope).await;
        }
        self.issued(scope).await
    }

    /// The token that is held, or a new one; who wants the same one at the same moment waits for the same answer.
    async fn issued(&self, scope: &Scope) -> Result<Arc<Token>> {
        let issued = self.tokens.try_get_with(scope.clone(), self.issue(scope)).await;
        issued.map_err(|error| DriverError::clone(&error))
    }

    /// Asks for a token. An application credential is bound to its own project: in tenants' projects a user of ours works.
    fn issue<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Arc<Token>>> {
        Box::pin(async move {
            let identity = match (&self.connection.account, scope) {
                (OpenstackAccount::ApplicationCredential { id, secret }, Scope::Account) => {
                    json!({"methods": ["application_credential"], "application_credential": {"id": id, "secret": secret}})
                }
                (OpenstackAccount::ApplicationCredential { id, secret }, Scope::Project(_)) => {
                    let identity = self.worker_identity(id, secret).await?;
                    return match self.login(&identity, scope).await {
                        // it was never made, or somebody changed its password
                        Err(failed) if failed.status == 401 => {
                            self.mend_worker(id, secret).await?;
                            Ok(Arc::new(self.login(&identity, scope).await?))
                        }
                        other => Ok(Arc::new(other?)),
                    };
                }
                (OpenstackAccount::User { name, password, domain, .. }, _) => {
                    let domain = domain.as_deref().unwrap_or("Default");
                    json!({"methods": ["password"], "password": {"user": {"name": name, "domain": {"name": domain}, "password": password}}})
                }
            };
            Ok(Arc::new(self.login(&identity, scope).await?))
        })
    }

    async fn login(&self, identity: &Value, scope: &Scope) -> Outcome<Token> {
        let mut body = json!({"auth": {"identity": identity}});
        match (&self.connection.account, scope) {
            (_, Scope::Project(id)) => body["auth"]["scope"] = json!({"project": {"id": id}}),
            (OpenstackAccount::User { domain, project, project_domain, .. }, Scope::Account) => {
                let domain = project_domain.as_deref().or(domain.as_deref()).unwrap_or("Default");
                body["auth"]["scope"] = json!({"project": {"name": project, "domain": {"name": domain}}});
            }
            // it brings its project along
            (OpenstackAccount::ApplicationCredential { .. }, Scope::Account) => {}
        }
        let mut url = self.auth_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["auth", "tokens"]);
        }
        let call = Call { service: Service::Identity, method: Method::POST, path: &[], query: &[], body: Some(&body) };
        let (headers, answer) = self.send(url, &call, None).await.map_err(|mut failed| {
            // an application credential that is not there is not found
            if failed.status == 401 || failed.absent() {
                failed.error = DriverError::new(DriverErrorKind::Unauthorized, self.refusal(scope));
            }
            failed
        })?;
        let secret = headers.get("x-subject-token").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let token = secret.and_then(|secret| Token::read(secret, &answer["token"]));
        token.ok_or_else(|| failure::not_openstack(Service::Identity.name()))
    }

    /// What it means that Keystone gives no token. It does not say why, so that nobody learns which users there are.
    fn refusal(&self, scope: &Scope) -> String {
        let refuses = "the identity service does not accept the credentials";
        match (&self.connection.account, scope) {
            (OpenstackAccount::User { name, domain, project, .. }, Scope::Account) => {
                let domain = domain.as_deref().unwrap_or("Default");
                format!(
                    "{refuses}: check the user '{name}' of the domain '{domain}', its password, and its role in the project '{project}'"
                )
            }
            (OpenstackAccount::ApplicationCredential { .. }, Scope::Account) => {
                format!("{refuses}: the application credential is unknown, has run out, or has another secret")
            }
            (_, Scope::Project(id)) => format!("{refuses} in the project {id}: it is gone, or Tenantry has lost its role in it"),
        }
    }
}
