//! An image registry, over the Docker Registry HTTP API v2: the catalog, tags, and of every tag its digest and size.
//!
//! Basic and token authentication, private certificate authorities. Credentials go to the registry itself, and to the token
//! service that it names only when that is the registry's own host or speaks TLS.

mod auth;
mod tls;

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;
use tenantry_domain::registry::{Image, ImageTag, RegistryConnection};
use tenantry_driver_api::{DriverError, DriverErrorKind, Images, Result};
use tokio::sync::RwLock;
use url::Url;

/// How long one call may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Repositories, and tags of one, that are asked for at the same time.
const AT_ONCE: usize = 8;
/// The most tags shown of one repository.
const MOST_TAGS: usize = 200;
/// The most bytes read of one answer.
const MOST_BYTES: usize = 8 << 20;
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// A registry.
pub struct Registry {
    http: Client,
    base: Url,
    connection: RegistryConnection,
    /// The Authorization header that the registry accepted last.
    authorization: RwLock<Option<String>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registry({})", self.connection.name)
    }
}

impl Registry {
    /// Prepares a connection; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for a URL or certificate that cannot be read.
    pub fn new(connection: &RegistryConnection) -> Result<Self> {
        let invalid = |message: String| DriverError::new(DriverErrorKind::Invalid, message);
        let base = Url::parse(&connection.url).map_err(|e| invalid(format!("the URL cannot be read: {e}")))?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls::config(connection.ca_pem.as_deref())?)
            .connect_timeout(Duration::from_secs(3))
            .timeout(CALL_LIMIT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|e| invalid(e.to_string()))?;
        Ok(Self { http, base, connection: connection.clone(), authorization: RwLock::new(None) })
    }

    async fn send(&self, path: &str, authorization: Option<String>) -> Result<Response> {
        let url =
            self.base.join(path).map_err(|e| DriverError::new(DriverErrorKind::Server, format!("the registry names a wrong page: {e}")))?;
        if url.origin() != self.base.origin() {
            return Err(DriverError::new(DriverErrorKind::Server, "the registry names a page on another host"));
        }
        let mut request = self.http.get(url).header(ACCEPT, MANIFESTS).header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.send().await.map_err(unreachable)
    }

    async fn get(&self, path: &str) -> Result<(HeaderMap, Value)> {
        let present = self.authorization.read().await.clone();
        let mut response = self.send(path, present).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            let authorization = auth::answer(&self.http, &self.base, &self.connection, &challenge).await?;
            *self.authorization.write().await = Some(authorization.clone());
            response = self.send(path, Some(authorization)).await?;
        }
        let kind = match response.status() {
            status if status.is_success() => return read(response).await,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => DriverErrorKind::Unauthorized,
            StatusCode::NOT_FOUND => DriverErrorKind::Conflict,
            StatusCode::TOO_MANY_REQUESTS => DriverErrorKind::Throttled,
            _ => DriverErrorKind::Server,
        };
        let message = if kind == DriverErrorKind::Unauthorized {
            "it does not accept the user name and password".to_owned()
        } else {
            format!("it answered {}", response.status().as_u16())
        };
        Err(DriverError::new(kind, message))
    }

    async fn image(&self, repository: String) -> Result<Image> {
        // a repository whose last tag was removed answers 404
        let tags = match self.get(&format!("/v2/{repository}/tags/list?n={MOST_TAGS}")).await {
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
        let (headers, manifest) = match self.get(&format!("/v2/{repository}/manifests/{tag}")).await {
            Err(error) if error.kind == DriverErrorKind::Conflict => return Ok(None),
            other => other?,
        };
        let digest = headers.get("docker-content-digest").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let mut size = layers(&manifest);
        for platform in manifest["manifests"].as_array().into_iter().flatten().take(64) {
            if let Some(digest) = platform["digest"].as_str() {
                size += layers(&self.get(&format!("/v2/{repository}/manifests/{digest}")).await?.1);
            }
        }
        Ok(Some(ImageTag { name: tag, digest, size }))
    }
}

fn layers(manifest: &Value) -> i64 {
    let size = |part: &Value| part["size"].as_i64().unwrap_or(0);
    size(&manifest["config"]) + manifest["layers"].as_array().into_iter().flatten().map(size).sum::<i64>()
}

async fn read(response: Response) -> Result<(HeaderMap, Value)> {
    let headers = response.headers().clone();
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(unreachable)?);
        if bytes.len() > MOST_BYTES {
            return Err(DriverError::new(DriverErrorKind::Server, "its answer is larger than a registry's should be"));
        }
    }
    let value = serde_json::from_slice(&bytes)
        .map_err(|_| DriverError::new(DriverErrorKind::Server, "what answers there does not speak like a registry"))?;
    Ok((headers, value))
}

/// The innermost cause says what is wrong: a name, a refused connection, a certificate. The URL is left out.
fn unreachable(error: reqwest::Error) -> DriverError {
    if error.is_timeout() {
        return DriverError::new(DriverErrorKind::Timeout, format!("it did not answer within {} s", CALL_LIMIT.as_secs()));
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    DriverError::new(DriverErrorKind::Unreachable, format!("it cannot be reached: {innermost}"))
}

/// The path of the next page, from a Link header.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = headers.get("link")?.to_str().ok()?;
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then(|| target.to_owned())
}

#[async_trait]
impl Images for Registry {
    async fn images(&self, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
        let mut names: Vec<String> = Vec::new();
        let mut path = match after {
            Some(after) => {
                let query: String = url::form_urlencoded::byte_serialize(after.as_bytes()).collect();
                format!("/v2/_catalog?n={}&last={query}", limit.min(500))
            }
            None => format!("/v2/_catalog?n={}", limit.min(500)),
        };
        while names.len() < limit {
            let (headers, catalog) = self.get(&path).await?;
            names.extend(catalog["repositories"].as_array().into_iter().flatten().filter_map(|r| r.as_str().map(str::to_owned)));
            match next_page(&headers) {
                Some(next) if next != path => path = next,
                _ => break,
            }
        }
        names.truncate(limit);
        let mut images = Vec::with_capacity(names.len());
        let mut found = futures::stream::iter(names.into_iter().map(|name| self.image(name))).buffered(AT_ONCE);
        while let Some(image) = found.next().await {
            images.push(image?);
        }
        Ok(images)
    }
}
