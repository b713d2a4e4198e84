//! The one place that talks to the cloud: addresses, tokens and their renewal, microversions, failures, limits, pages.
//!
//! Nothing is sent twice, but what was refused because of a token that ran out: the controllers call again, and every create looks
//! first for what an earlier one made.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tenantry_domain::datacenter::OpenstackConnection;
use tenantry_driver_api::http::Http;
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Purpose, Result};
use tokio::sync::OnceCell;
use url::Url;

use crate::failure::{self, Failed, Outcome};
use crate::service::{Choice, Service};
use crate::token::{Scope, Token};

/// The longest that one call may take. Making a server takes clouds their time.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// The most bytes read of one answer.
const MOST_BYTES: usize = 32 << 20;
/// How many are asked for in one page, and how many are read of one list.
const PAGE: &str = "500";
const MOST_ITEMS: usize = 20_000;
/// The most projects whose tokens are kept.
const MOST_TOKENS: u64 = 1000;

/// How long nobody mends the user of ours again: all who were refused before it was mended only log in.
const MENDED_LIFE: Duration = Duration::from_secs(10);

/// A connection to a cloud. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    http: Http,
    pub(crate) connection: Arc<OpenstackConnection>,
    pub(crate) auth_url: Url,
    pub(crate) choice: Choice,
    pub(crate) limit: Duration,
    pub(crate) tokens: Cache<Scope, Arc<Token>>,
    /// Whether the user of ours was mended a moment ago.
    pub(crate) mended: Cache<(), ()>,
    /// The domain in which projects are made, by id, once it is known.
    pub(crate) domain: Arc<OnceCell<String>>,
}

/// One call: to which service, how, with which path (each segment as it is meant, not escaped), query and body.
pub(crate) struct Call<'a> {
    pub service: Service,
    pub method: Method,
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    pub body: Option<&'a Value>,
}

impl Client {
    /// Prepares a connection; nothing is dialled yet.
    pub(crate) fn new(connection: &OpenstackConnection, guard: &Guard) -> Result<Self> {
        let invalid = |message: &str| DriverError::new(DriverErrorKind::Invalid, message);
        let mut auth_url = Url::parse(connection.auth_url.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
            .ok_or_else(|| invalid("the URL of Keystone must be one, for example https://cloud.example.org:5000/v3"))?;
        if !auth_url.username().is_empty() || auth_url.password().is_some() {
            return Err(invalid("the URL of Keystone must not hold a user name or a password"));
        }
        auth_url.set_query(None);
        auth_url.set_fragment(None);
        let path = auth_url.path().trim_end_matches('/').to_owned();
        auth_url.set_path(&if path.ends_with("/v3") { path } else { format!("{path}/v3") });
        let interface = connection.interface.clone().unwrap_or_else(|| "public".to_owned());
        if !matches!(interface.as_str(), "public" | "internal" | "admin") {
            return Err(invalid("the interface must be public, internal or admin"));
        }
        let choice = Choice { region: connection.region.clone(), interface, secure: auth_url.scheme() == "https" };
        Ok(Self {
            http: Http::new(guard, Purpose::Datacenter, connection.ca_pem.as_deref())?,
            connection: Arc::new(connection.clone()),
            auth_url,
            choice,
            limit: CALL_LIMIT,
            tokens: Cache::builder().max_capacity(MOST_TOKENS).build(),
            mended: Cache::builder().time_to_live(MENDED_LIFE).build(),
            domain: Arc::default(),
        })
    }

    /// The account itself, in its own project: for what only an administrator may do.
    pub(crate) const fn account(&self) -> Session<'_> {
        Session { client: self, scope: Scope::Account }
    }

    /// In a tenant's project.
    pub(crate) const fn in_project(&self, id: String) -> Session<'_> {
        Session { client: self, scope: Scope::Project(id) }
    }

    /// Sends one request and reads the whole answer; an empty one is null.
    pub(crate) async fn send(&self, url: Url, call: &Call<'_>, token: Option<&str>) -> Outcome<(HeaderMap, Value)> {
        let name = call.service.name();
        let said = |error: DriverError| Failed::from(DriverError { message: format!("{name} {}", error.message), ..error });
        let with = |mut request: RequestBuilder| {
            request = request.header(ACCEPT, "application/json");
            if let Some(token) = token {
                request = request.header("X-Auth-Token", token);
            }
            if let Some((kind, major, minor)) = call.service.microversion() {
                request = request.header("OpenStack-API-Version", format!("{kind} {major}.{minor}"));
            }
            match call.body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let response = self.http.send(call.method.clone(), url, self.limit, with).await.map_err(said)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = Http::read(response, MOST_BYTES, self.limit).await.map_err(said)?;
        if status.is_success() {
            if body.iter().all(u8::is_ascii_whitespace) {
                return Ok((headers, Value::Null));
            }
            let json = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("json"));
            return match serde_json::from_slice(&body) {
                Ok(value) if json => Ok((headers, value)),
                _ => Err(failure::not_openstack(name)),
            };
        }
        if status.is_client_error() || status.is_server_error() {
            return Err(failure::refused(name, status.as_u16(), &headers, &body));
        }
        Err(failure::not_openstack(name))
    }
}

/// Calls with the token of one project. Cheap to make.
#[derive(Clone)]
pub(crate) struct Session<'a> {
    pub client: &'a Client,
    pub scope: Scope,
}

impl Session<'_> {
    /// Calls, once more with a new token when the old one is not taken any more.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Outcome<Value> {
        let token = self.client.token(&self.scope).await?;
        match self.call_with(call, &token).await {
            Err(failed) if failed.status == 401 => {
                let token = self.client.renewed(&self.scope, &token).await?;
                self.call_with(call, &token).await
            }
            other => other,
        }
    }

    async fn call_with(&self, call: &Call<'_>, token: &Token) -> Outcome<Value> {
        let mut url = match call.service {
            Service::Identity => self.client.auth_url.clone(),
            service => token.endpoint(service, &self.client.choice)?,
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        Ok(self.client.send(url, call, Some(&token.secret)).await?.1)
    }

    pub(crate) async fn get(&self, service: Service, path: &[&str], query: &[(&str, &str)]) -> Outcome<Value> {
        self.call(&Call { service, method: Method::GET, path, query, body: None }).await
    }

    pub(crate) async fn post(&self, service: Service, path: &[&str], body: &Value) -> Outcome<Value> {
        self.call(&Call { service, method: Method::POST, path, query: &[], body: Some(body) }).await
    }

    pub(crate) async fn put(&self, service: Service, path: &[&str], body: Option<&Value>) -> Outcome<Value> {
        self.call(&Call { service, method: Method::PUT, path, query: &[], body }).await
    }

    pub(crate) async fn patch(&self, service: Service, path: &[&str], body: &Value) -> Outcome<Value> {
        self.call(&Call { service, method: Method::PATCH, path, query: &[], body: Some(body) }).await
    }

    /// Removes; what is not there is removed. Answers whether it was there.
    pub(crate) async fn delete(&self, service: Service, path: &[&str]) -> Outcome<bool> {
        let outcome = self.call(&Call { service, method: Method::DELETE, path, query: &[], body: None }).await;
        failure::found(outcome).map(|found| found.is_some())
    }

    /// Every item of a list, page by page.
    pub(crate) async fn list(&self, service: Service, path: &[&str], many: &str, query: &[(&str, &str)]) -> Outcome<Vec<Value>> {
        let name = service.name();
        let mut items: Vec<Value> = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut with = query.to_vec();
            with.push(("limit", PAGE));
            if let Some(marker) = &marker {
                with.push(("marker", marker));
            }
            let mut page = self.get(service, path, &with).await?;
            let Value::Array(more) = page[many].take() else { return Err(failure::not_openstack(name)) };
            let last = more.last().map(|item| item["id"].as_str().unwrap_or_default().to_owned());
            items.extend(more);
            let Some(next) = next_marker(&page, last) else {
                if page["truncated"] == true {
                    let message = format!("{name} gives only a part of the list of {many}, and no way to the rest (list_limit)");
                    return Err(DriverError::new(DriverErrorKind::Server, message).into());
                }
                return Ok(items);
            };
            if marker.as_ref() == Some(&next) || items.len() > MOST_ITEMS {
                let message = format!("{name} gives a list of {many} that does not end");
                return Err(DriverError::new(DriverErrorKind::Server, message).into());
            }
            marker = Some(next);
        }
    }
}

/// Where the next page begins, if there is one. Links may name another host (that of a proxy): only their marker counts.
fn next_marker(page: &Value, last: Option<String>) -> Option<String> {
    // Cinder's volume_types have volume_type_links
    let links = page.as_object()?.iter().filter(|(key, _)| key.ends_with("_links")).filter_map(|(_, links)| links.as_array()).flatten();
    let link = links.filter(|link| link["rel"] == "next").find_map(|link| link["href"].as_str());
    let link = link.or_else(|| page["links"]["next"].as_str()).or_else(|| page["next"].as_str())?;
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let marker = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "marker").map(|(_, value)| value.into_owned());
    // an empty page is the last one, whatever it says
    last.map(|last| marker.unwrap_or(last)).filter(|marker| !marker.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_next_page_is_found_wherever_a_service_says_it() {
        let last = || Some("z".to_owned());
        for (page, next) in [
            (json!({"servers_links": [{"rel": "next", "href": "http://elsewhere/servers?limit=1&marker=a%2Fb"}]}), Some("a/b")),
            (json!({"servers_links": [{"rel": "previous", "href": "http://elsewhere/servers?marker=a"}]}), None),
            (json!({"volume_type_links": [{"rel": "next", "href": "http://elsewhere/types?limit=1&marker=t"}]}), Some("t")),
            (json!({"links": {"next": null, "self": "x"}}), None),
            (json!({"links": {"next": "http://x/v3/projects?marker=p"}}), Some("p")),
            (json!({"next": "/v2/images?marker=i"}), Some("i")),
            (json!({"next": "/v2/images"}), Some("z")),
        ] {
            assert_eq!(next_marker(&page, last()).as_deref(), next, "{page}");
        }
        assert_eq!(next_marker(&json!({"next": "/v2/images?marker=i"}), None), None);
    }
}
