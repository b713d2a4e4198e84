//! An image registry, over the Docker Registry HTTP API v2: the catalog, tags, and of every tag its digest and size.
//!
//! Basic and token authentication, private certificate authorities. Credentials go to the registry itself, and to the token
//! service that it names only when that speaks TLS, or is the host of a registry that itself does not.

mod auth;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, LINK, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tenantry_domain::registry::{Image, ImageTag, RegistryConnection};
use tenantry_driver_api::http::Http;
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Images, Purpose, Result};
use tokio::sync::RwLock;
use url::Url;

/// How long one call may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Repositories, and tags of one, that are asked for at the same time.
const AT_ONCE: usize = 8;
/// Repositories asked for in one page.
const MOST_AT_ONCE: usize = 500;
/// Pages one after the other that bring nothing new: after these the catalog is taken to go round in circles.
const MOST_IDLE: usize = 10;
/// The most tags shown of one repository.
const MOST_TAGS: usize = 200;
/// The most bytes read of one answer.
const MOST_BYTES: usize = 8 << 20;
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// A registry.
pub struct Registry {
    http: Http,
    base: Url,
    connection: RegistryConnection,
    limit: Duration,
    /// The Authorization header that was accepted last, by repository: a token is often good for one. The catalog has the empty name.
    accepted: RwLock<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registry({})", self.connection.name)
    }
}

impl Registry {
    /// Prepares a connection, which goes where the guard lets it; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for a URL or certificate that cannot be read.
    pub fn new(connection: &RegistryConnection, guard: &Guard) -> Result<Self> {
        let invalid = |message: String| DriverError::new(DriverErrorKind::Invalid, message);
        let base = Url::parse(&connection.url).map_err(|e| invalid(format!("the URL cannot be read: {e}")))?;
        let http = Http::new(guard, Purpose::Registry, connection.ca_pem.as_deref())?;
        Ok(Self { http, base, connection: connection.clone(), limit: CALL_LIMIT, accepted: RwLock::default() })
    }

    /// The same registry, at which no call takes longer than this.
    #[must_use]
    pub const fn with_call_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What this registry did wrong.
    fn failure(&self, kind: DriverErrorKind, did: &str) -> DriverError {
        DriverError::new(kind, format!("registry '{}' {did}", self.connection.name))
    }

    /// An answer that is neither what was asked for nor about credentials.
    fn refused(&self, response: &Response, who: &str) -> DriverError {
        let kind = match response.status() {
            StatusCode::FORBIDDEN => DriverErrorKind::Forbidden,
            StatusCode::NOT_FOUND => DriverErrorKind::Conflict,
            StatusCode::TOO_MANY_REQUESTS => DriverErrorKind::Throttled,
            _ => DriverErrorKind::Server,
        };
        let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
        let failure = self.failure(kind, format!("{who} answered {}", response.status().as_u16()).trim_start());
        DriverError { retry_after: asked.map(Duration::from_secs), ..failure }
    }

    /// What the client says of a failed call, with the registry's name.
    fn failed(&self, error: &DriverError, who: &str) -> DriverError {
        self.failure(error.kind, format!("{who} {}", error.message).trim_start())
    }

    async fn send(&self, path: &str, authorization: Option<String>) -> Result<Response> {
        let wrong = |message: String| self.failure(DriverErrorKind::Server, &message);
        let url = self.base.join(path).map_err(|e| wrong(format!("names a page that cannot be read: {e}")))?;
        if url.origin() != self.base.origin() {
            return Err(wrong("names a page on another host".to_owned()));
        }
        let with = |request: reqwest::RequestBuilder| {
            let request = request.header(ACCEPT, MANIFESTS).header(ACCEPT, "application/json");
            authorization.iter().fold(request, |request, header| request.header(AUTHORIZATION, header))
        };
        self.http.send(Method::GET, url, self.limit, with).await.map_err(|e| self.failed(&e, ""))
    }

    /// What was accepted for the repository, or, of a password, anywhere.
    async fn accepted(&self, repository: &str) -> Option<String> {
        let accepted = self.accepted.read().await;
        let password = || accepted.get("").filter(|header| header.starts_with("Basic "));
        accepted.get(repository).or_else(password).cloned()
    }

    /// Reads a path that belongs to a repository, or to the catalog (the empty name).
    async fn get(&self, repository: &str, path: &str) -> Result<(HeaderMap, Value)> {
        let accepted = self.accepted(repository).await;
        let mut response = self.send(path, accepted).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            let authorization = auth::answer(self, response.headers()).await?;
            response = self.send(path, Some(authorization.clone())).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                self.accepted.write().await.insert(repository.to_owned(), authorization);
            }
        }
        match response.status() {
            status if status.is_success() => read(self, response).await,
            StatusCode::UNAUTHORIZED if self.connection.username.is_empty() => {
                Err(self.failure(DriverErrorKind::Unauthorized, "asks for a user name and a password"))
            }
            StatusCode::UNAUTHORIZED => Err(self.failure(DriverErrorKind::Unauthorized, "does not accept the user name and password")),
            _ => Err(self.refused(&response, "")),
        }
    }

    /// The names of repositories after `after`, at most `limit`.
    async fn catalog(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let at_once = limit.min(MOST_AT_ONCE);
        let page = |last: Option<&str>| match last {
            Some(last) => {
                let last: String = url::form_urlencoded::byte_serialize(last.as_bytes()).collect();
                format!("/v2/_catalog?n={at_once}&last={last}")
            }
            None => format!("/v2/_catalog?n={at_once}"),
        };
        let (mut names, mut known) = (Vec::<String>::new(), HashSet::new());
        let (mut path, mut idle) = (page(after), 0);
        while names.len() < limit && idle < MOST_IDLE {
            let (headers, catalog) = self.get("", &path).await?;
            let listed = match catalog.get("repositories") {
                Some(Value::Array(listed)) => listed.iter().filter_map(Value::as_str).collect(),
                Some(Value::Null) => Vec::new(),
                _ => return Err(self.failure(DriverErrorKind::Server, "does not answer like a registry")),
            };
            // a registry that does not know 'last' begins from the beginning
            let begin = after.and_then(|after| listed.iter().position(|name| *name == after)).map_or(0, |found| found + 1);
            let before = names.len();
            names.extend(listed[begin..].iter().filter(|name| known.insert((**name).to_owned())).map(|name| (*name).to_owned()));
            idle = if names.len() == before { idle + 1 } else { 0 };
            path = match next_page(&headers) {
                Some(next) => next,
                // one that gives no link may still hold more
                None if listed.len() >= at_once && idle == 0 => page(names.last().map(String::as_str)),
                None => break,
            };
        }
        names.truncate(limit);
        Ok(names)
    }

    async fn image(&self, repository: String) -> Result<Image> {
        // a repository whose last tag was removed answers 404
        let tags = match self.get(&repository, &format!("/v2/{repository}/tags/list?n={MOST_TAGS}")).await {
            Err(error) if error.kind == DriverErrorKind::Conflict => Value::Null,
            other => other?.1,
        };
        let names: Vec<String> =
            tags["tags"].as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).take(MOST_TAGS).collect();
        let mut tags: Vec<ImageTag> = Vec::with_capacity(names.len());
        let mut found = futures::stream::iter(names.into_iter().map(|tag| self.tag(&repository, tag))).buffered(AT_ONCE);
        while let Some(tag) = found.next().await {
            tags.extend(tag?);
        }
        drop(found);
        Ok(Image { registry: self.connection.name.clone(), name: repository, tags })
    }

    async fn tag(&self, repository: &str, tag: String) -> Result<Option<ImageTag>> {
        let (headers, manifest) = match self.get(repository, &format!("/v2/{repository}/manifests/{tag}")).await {
            Err(error) if error.kind == DriverErrorKind::Conflict => return Ok(None),
            other => other?,
        };
        let digest = headers.get("docker-content-digest").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let mut size = layers(&manifest);
        for platform in manifest["manifests"].as_array().into_iter().flatten().take(64) {
            let Some(digest) = platform["digest"].as_str() else { continue };
            match self.get(repository, &format!("/v2/{repository}/manifests/{digest}")).await {
                // an index may name platforms that were never pushed there
                Err(error) if error.kind == DriverErrorKind::Conflict => {}
                other => size += layers(&other?.1),
            }
        }
        Ok(Some(ImageTag { name: tag, digest, size }))
    }
}

fn layers(manifest: &Value) -> i64 {
    let size = |part: &Value| part["size"].as_i64().unwrap_or(0);
    size(&manifest["config"]) + manifest["layers"].as_array().into_iter().flatten().map(size).sum::<i64>()
}

async fn read(registry: &Registry, response: Response) -> Result<(HeaderMap, Value)> {
    let headers = response.headers().clone();
    let bytes = Http::read(response, MOST_BYTES, registry.limit).await.map_err(|e| registry.failed(&e, ""))?;
    let value = serde_json::from_slice(&bytes).map_err(|_| registry.failure(DriverErrorKind::Server, "does not answer like a registry"))?;
    Ok((headers, value))
}

/// The path of the next page, from the Link headers.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(",<").flat_map(|l| l.split(", <")));
    let parsed = links.filter_map(|link| link.trim().trim_start_matches('<').split_once('>'));
    let next = |parameters: &str| parameters.split(';').any(|p| matches!(p.trim(), "rel=next" | "rel=\"next\""));
    parsed.filter(|(_, parameters)| next(parameters)).map(|(target, _)| target.to_owned()).next()
}

#[async_trait]
impl Images for Registry {
    async fn repositories(&self, limit: usize) -> Result<Vec<String>> {
        self.catalog(None, limit).await
    }

    async fn images(&self, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        let names = self.catalog(after, limit).await?;
        let mut images = Vec::with_capacity(names.len());
        let mut found = futures::stream::iter(names.into_iter().map(|name| self.image(name))).buffered(AT_ONCE);
        while let Some(image) = found.next().await {
            images.push(image?);
        }
        Ok(images)
    }
}
