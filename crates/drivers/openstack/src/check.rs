//! Looking at a cloud without changing it.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::Value;
use tenantry_domain::datacenter::Health;
use tenantry_domain::resource::Kind;
use tenantry_driver_api::{DriverError, DriverErrorKind, Inspect, Place, Result};
use url::Url;

use crate::OpenStack;
use crate::client::{Call, Client};
use crate::failure::Outcome;
use crate::import::collection;
use crate::objects::text;
use crate::project;
use crate::service::{Service, version_root};
use crate::token::{Scope, Token};

/// The role that makes projects and sets their quotas.
const ADMIN: &str = "admin";

/// What is asked for, of whom, and how.
type Question<'a> = (&'a str, Service, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// A version as `major.minor`, to compare.
fn parsed(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.trim_start_matches('v').split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What an API's own page says of it: `{"version": {..}}` or `{"versions": [{..}]}`.
fn described(page: &Value) -> &Value {
    if page["version"].is_object() { &page["version"] } else { &page["versions"][0] }
}

impl Client {
    async fn page(&self, service: Service, url: Url, token: Option<&str>) -> Outcome<Value> {
        let call = Call { service, method: Method::GET, path: &[], query: &[], body: None };
        Ok(self.send(url, &call, token).await?.1)
    }

    /// The newest microversion of a service, which must be new enough.
    async fn newest(&self, service: Service, token: &Token) -> Outcome<Option<String>> {
        let Some((_, major, minor)) = service.microversion() else { return Ok(None) };
        let root = version_root(&token.endpoint(service, &self.choice)?);
        let page = self.page(service, root, Some(&token.secret)).await?;
        let newest = text(described(&page), "version");
        if parsed(newest).is_none_or(|newest| newest < (major, minor)) {
            let newest = if newest.is_empty() { "none" } else { newest };
            let message = format!("{} offers microversions up to {newest}, and Tenantry needs {major}.{minor}", service.name());
            return Err(DriverError::new(DriverErrorKind::Invalid, message).into());
        }
        Ok(Some(newest.to_owned()))
    }

    /// Whether what only an administrator may look at can be looked at: what is missing, as `verb service/resource`.
    async fn missing_permissions(&self, token: &Token) -> Outcome<Vec<String>> {
        let (account, domain) = (self.account(), self.domain().await?);
        let own = token.project.as_str();
        let mut missing = Vec::new();
        let asked: [Question<'_>; 6] = [
            ("list identity/projects", Service::Identity, &["projects"], &[("domain_id", domain)]),
            ("list identity/roles", Service::Identity, &["roles"], &[]),
            ("get compute/os-quota-sets", Service::Compute, &["os-quota-sets", own, "detail"], &[]),
            ("get block-storage/os-quota-sets", Service::Volumes, &["os-quota-sets", own], &[("usage", "True")]),
            ("get network/quotas", Service::Network, &["quotas", own, "details.json"], &[]),
            ("list image/images", Service::Images, &["images"], &[("limit", "1")]),
        ];
        for (what, service, path, query) in asked {
            match account.get(service, path, query).await {
                Ok(_) => {}
                Err(failed) if failed.status == 403 => missing.push(what.to_owned()),
                Err(failed) => return Err(failed),
            }
        }
        if !token.roles.iter().any(|role| role == ADMIN) {
            missing.extend(["create identity/projects", "update compute/os-quota-sets"].map(str::to_owned));
        }
        Ok(missing)
    }

    /// What is there, and every endpoint that is not.
    async fn look(&self, health: &mut Health) -> Outcome<()> {
        let token = self.token(&Scope::Account).await?;
        let identity = self.page(Service::Identity, self.auth_url.clone(), None).await?;
        let mut versions = vec![format!("Keystone {}", text(described(&identity), "id"))];
        let endpoints = Service::CATALOG.map(|service| token.endpoint(service, &self.choice));
        let missing: Vec<String> = endpoints.into_iter().filter_map(|found| found.err().map(|error| error.message)).collect();
        if !missing.is_empty() {
            return Err(DriverError::new(DriverErrorKind::Invalid, missing.join("; ")).into());
        }
        for (service, name) in [(Service::Compute, "Nova"), (Service::Volumes, "Cinder")] {
            if let Some(newest) = self.newest(service, &token).await? {
                versions.push(format!("{name} {newest}"));
            }
        }
        health.peer_version = versions.join(", ");
        health.missing_permissions = self.missing_permissions(&token).await?;
        if !health.missing_permissions.is_empty() {
            let roles = token.roles.join(", ");
            health.message = format!("the account does not have the role '{ADMIN}' that it takes: it has {roles}");
        }
        Ok(())
    }
}

#[async_trait]
impl Inspect for OpenStack {
    async fn check(&self) -> Health {
        let mut health = Health::default();
        if let Err(failed) = self.client.look(&mut health).await {
            health.message = failed.error.message;
        }
        health.healthy = health.message.is_empty();
        health
    }

    async fn holds(&self, kind: Kind, place: &Place) -> Result<bool> {
        match (kind, collection(kind)) {
            (Kind::Namespace, _) => self.holds_project(place).await,
            (Kind::Attachment, _) => Ok(self.holds_attachment(place).await?),
            (_, Some(of)) => project::holds_marked(self, of, place).await,
            (_, None) => Ok(false),
        }
    }
}
